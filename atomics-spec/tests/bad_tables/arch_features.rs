//! `arch/*.tbl`: CPU features, the rows `let` and `when`, and lists of variants.

use super::arch::edit;
use super::{ARCH, check, each, edited, small};
use atomics_spec::{Source, Tables};

#[test]
fn features() {
    each(
        edit,
        r"
        `register ax 32:eax` -> `feature  lse lse -\nregister ax 32:eax`
        error: the row ends before its column `DIRECTIVE|-`
         --> demo.tbl:7:18
          |
        7 | feature  lse lse -
          |                  ^
          = help: a row is: feature  NAME  TARGET_FEATURE  MACRO|-  DIRECTIVE|-

        `register ax 32:eax` -> `feature  LSE lse - -\nregister ax 32:eax`
        error: `LSE` is not the name of a feature
         --> demo.tbl:7:10
          |
        7 | feature  LSE lse - -
          |          ^^^
          = help: a name is made of a-z, 0-9 and _, and starts with a letter

        `register ax 32:eax` -> `feature  lse lse - -\nfeature  lse lse2 - -\nregister ax 32:eax`
        error: the feature `lse` has two rows
         --> demo.tbl:8:10
          |
        8 | feature  lse lse2 - -
          |          ^^^
          = help: remove one of them

        `register ax 32:eax` -> `feature  a a - -\nfeature  b b - -\nfeature  c c - -\nfeature  d d - -\nfeature  e e - -\nregister ax 32:eax`
        error: more than 4 features
          --> demo.tbl:11:10
           |
        11 | feature  e e - -
           |          ^
           = help: combine features that CPUs only have together

        `register ax 32:eax` -> `feature  lse lse detected! -\nregister ax 32:eax`
        error: `detected!` is not a macro
         --> demo.tbl:7:18
          |
        7 | feature  lse lse detected! -
          |                  ^^^^^^^^^
          = help: write the macro of `std::arch` that detects the feature, such as is_aarch64_feature_detected, or `-` for none

        `register ax 32:eax` -> `feature  lse lse - .arch {x}\nregister ax 32:eax`
        error: unknown operand `{x}`
         --> demo.tbl:7:26
          |
        7 | feature  lse lse - .arch {x}
          |                          ^^^
          = help: no operand can be used here

        `op       add_test` -> `with     fast\nop       xchg 32 -\nop       add_test`
        error: unknown feature `fast`
          --> demo.tbl:16:10
           |
        16 | with     fast
           |          ^^^^
           = help: the features above this row are none

        `op       add_test` -> `with\nop       add_test`
        error: the row ends before its column `FEATURES|-`
          --> demo.tbl:16:1
           |
        16 | with
           | ^^^^
           = help: a row is: with  FEATURES|-

        `op       add_test 32,64 ?e` -> `feature  lse lse - -\nwith     lse\nop       xchg 64 new>r\nasm      xchg {mem}, {new} -- swaps\nop       xchg 64 new>r\nasm      xchg {mem}, {new} -- swaps\nwith     -\nop       add_test 32,64 ?e`
        error: a second template for `xchg` at 64 bits
          --> demo.tbl:20:15
           |
        20 | op       xchg 64 new>r
           |               ^^
           = help: remove one of them

        `barrier  rmb` -> `feature  lse lse - -\nwith     lse\nbarrier  rmb\nwith     -`
        error: the table lacks the barriers rmb
         --> demo.tbl:1:1
          |
        1 | arch     demo
          | ^^^^
          = help: for a barrier that only restrains the compiler, write a row `barrier` without rows below it
    ",
    );
}

#[test]
fn lets() {
    each(
        edit,
        r"
        `op       xchg` -> `let      w 32\nop       xchg`
        error: the row ends before its column `TEXT`
          --> demo.tbl:12:12
           |
        12 | let      w 32
           |            ^^
           = help: a row is: let  NAME  KEYS  TEXT

        `op       xchg` -> `let      w 32,fast l\nop       xchg`
        error: `fast` is not a width, an ordering or an operation
          --> demo.tbl:12:15
           |
        12 | let      w 32,fast l
           |               ^^^^
           = help: write widths (8, 16, 32, 64), orderings (relaxed, acquire, release, full) or operations, such as add, separated by commas

        `op       xchg` -> `let      w 32,full,32 l\nop       xchg`
        error: `32` is listed twice
          --> demo.tbl:12:20
           |
        12 | let      w 32,full,32 l
           |                    ^^
           = help: remove one of them

        `op       xchg` -> `let      w 33 l\nop       xchg`
        error: `33` is not a width
          --> demo.tbl:12:12
           |
        12 | let      w 33 l
           |            ^^
           = help: a width is 8, 16, 32 or 64 bits

        `op       xchg` -> `let      W 32 l\nop       xchg`
        error: `W` is not a name
          --> demo.tbl:12:10
           |
        12 | let      W 32 l
           |          ^
           = help: a name is made of a-z, 0-9 and _, and starts with a letter

        `op       xchg` -> `let      w 32 {l}\nop       xchg`
        error: unknown operand `{l}`
          --> demo.tbl:12:15
           |
        12 | let      w 32 {l}
           |               ^^^
           = help: no operand can be used here

        `op       xchg` -> `let      w 32,64 l\nlet      w full,64 q\nop       xchg`
        error: a second value of `w` for the same key
          --> demo.tbl:13:10
           |
        13 | let      w full,64 q
           |          ^
           = help: remove the key from one of the rows

        `op       xchg` -> `let      new 32 l\nop       xchg`
        error: the argument `{new}` of `xchg` has a name that is taken
          --> demo.tbl:13:10
           |
        13 | op       xchg 32,64 new>r
           |          ^^^^
           = help: rename the argument: {v}, {mem}, the arguments and the rows `let` are taken

        error: the argument `{new}` of `try_cmpxchg` has a name that is taken
          --> demo.tbl:15:10
           |
        15 | op       try_cmpxchg 32,64 old@ax
           |          ^^^^^^^^^^^
           = help: rename the argument: {v}, {mem}, the arguments and the rows `let` are taken

        `op       xchg` -> `let      mem 32 l\nlet      ax 32 l\nop       xchg`
        error: `{mem}` already has another meaning
          --> demo.tbl:12:10
           |
        12 | let      mem 32 l
           |          ^^^
           = help: choose another name: {v}, {mem}, {r}, {type}, {mask}, {rest}, {shift}, {no} and the registers of the table are taken

        error: `{ax}` already has another meaning
          --> demo.tbl:13:10
           |
        13 | let      ax 32 l
           |          ^^
           = help: choose another name: {v}, {mem}, {r}, {type}, {mask}, {rest}, {shift}, {no} and the registers of the table are taken
    ",
    );
}

#[test]
fn conditions() {
    each(
        edit,
        r"
        `op       read` -> `when     32 nop -- nothing\nop       read`
        error: the row `when` belongs to nothing
          --> demo.tbl:10:1
           |
        10 | when     32 nop -- nothing
           | ^^^^
           = help: it must follow a row `op`, `barrier` or `fence`

        `asm      mfence` -> `when     full mfence`
        error: a row `when` in a barrier or a fence
          --> demo.tbl:19:1
           |
        19 | when     full mfence -- orders all
           | ^^^^
           = help: rows `when` are for templates: barriers have neither widths nor orderings

        `asm      xchg {mem}, {new}` -> `when     32,xadd xchg {mem}, {new}`
        error: `xadd` is not a width, an ordering or an operation
          --> demo.tbl:13:13
           |
        13 | when     32,xadd xchg {mem}, {new} -- swaps *v and new
           |             ^^^^
           = help: write widths (8, 16, 32, 64), orderings (relaxed, acquire, release, full) or operations, such as add, separated by commas

        `asm      xchg {mem}, {new} -- swaps *v and new` -> `when     32`
        error: the row ends before its column `INSTRUCTION`
          --> demo.tbl:13:10
           |
        13 | when     32
           |          ^^
           = help: a row is: when  KEYS  INSTRUCTION -- MEANING

        `asm      xchg {mem}, {new} -- swaps *v and new` -> `when     32 xchg {mem}, {new}`
        error: an instruction without its meaning
          --> demo.tbl:13:13
           |
        13 | when     32 xchg {mem}, {new}
           |             ^^^^^^^^^^^^^^^^^
           = help: after ` -- `, say in plain words what it does

        `asm      xchg {mem}, {new}` -> `when     32 xchg {mem}, {new}`
        error: the template of `xchg` is empty
          --> demo.tbl:12:10
           |
        12 | op       xchg 32,64 new>r
           |          ^^^^
           = help: write it in the rows below this one
    ",
    );
}

#[test]
fn lists() {
    each(
        edit,
        r"
        `op       xchg 32` -> `op       xchg,or 32`
        error: `or` has other arguments than `xchg`
          --> demo.tbl:12:15
           |
        12 | op       xchg,or 32,64 new>r
           |               ^^
           = help: all operations of a row must have the same arguments

        `op       xchg 32` -> `op       xchg*,xchg_acquire 32`
        error: `xchg_acquire` is listed twice
          --> demo.tbl:12:16
           |
        12 | op       xchg*,xchg_acquire 32,64 new>r
           |                ^^^^^^^^^^^^
           = help: remove one of them

        `op       xchg 32` -> `op       swap* 32`
        error: `swap*` is not a variant of any operation
          --> demo.tbl:12:10
           |
        12 | op       swap* 32,64 new>r
           |          ^^^^^
           = help: write the C name without the family's prefix, such as fetch_add_acquire

        `op       xchg 32` -> `op       xchg,,xchg_acquire 32`
        error: the list has an empty element
          --> demo.tbl:12:15
           |
        12 | op       xchg,,xchg_acquire 32,64 new>r
           |               ^
           = help: separate the elements by single commas, without blanks
    ",
    );
}

#[test]
fn how_a_kernel_knows_a_feature() {
    each(
        |_, row, report| {
            let rows = format!("feature fast fast - -\n{row}");
            let text = edited(ARCH, "store_mb xchg", &rows);
            let archs = vec![Source::new("demo.tbl", &text)];
            check(&Tables { archs, ..small() }, report);
        },
        r#"
        `kernel row` -> `kernel fast`
        error: the row ends before its column `OPTION`
          --> demo.tbl:32:8
           |
        32 | kernel fast
           |        ^^^^
           = help: a row is: kernel  FEATURE  OPTION  [HEADERS  SEQUENCE]

        `kernel row` -> `kernel fast FAST`
        error: `FAST` is not an option of the kernel
          --> demo.tbl:32:13
           |
        32 | kernel fast FAST
           |             ^^^^
           = help: write it with its prefix, such as CONFIG_SMP

        `kernel row` -> `kernel fast CONFIG_A\nkernel fast CONFIG_B`
        error: a second row `kernel` for `fast`
          --> demo.tbl:33:8
           |
        33 | kernel fast CONFIG_B
           |        ^^^^
           = help: remove one of them

        `kernel row` -> `kernel fast CONFIG_A asm/a.h JUMP("{l_no}")`
        error: `asm/a.h` is not a header
          --> demo.tbl:32:22
           |
        32 | kernel fast CONFIG_A asm/a.h JUMP("{l_no}")
           |                      ^^^^^^^
           = help: write it as in C: <stdint.h> or "name.h"

        `kernel row` -> `kernel fast CONFIG_A <asm/a.h>`
        error: the row ends before its column `SEQUENCE`
          --> demo.tbl:32:22
           |
        32 | kernel fast CONFIG_A <asm/a.h>
           |                      ^^^^^^^^^
           = help: a row is: kernel  FEATURE  OPTION  HEADERS  SEQUENCE

        `kernel row` -> `kernel fast CONFIG_A <asm/a.h> JUMP("{l_no}", "{l_yes}")`
        error: a sequence has one label
          --> demo.tbl:32:32
           |
        32 | kernel fast CONFIG_A <asm/a.h> JUMP("{l_no}", "{l_yes}")
           |                                ^^^^^^^^^^^^^^^^^^^^^^^^^
           = help: it jumps either to {l_yes} or to {l_no}, and falls through otherwise

        `kernel row` -> `kernel fast CONFIG_A <asm/a.h> JUMP("{no}")`
        error: unknown operand `{no}`
          --> demo.tbl:32:38
           |
        32 | kernel fast CONFIG_A <asm/a.h> JUMP("{no}")
           |                                      ^^^^
           = help: the operands here are {l_yes}, {l_no}

        `kernel row` -> `kernel assembler fast CONFIG_A`
        error: no kernel uses `fast`
          --> demo.tbl:32:18
           |
        32 | kernel assembler fast CONFIG_A
           |                  ^^^^
           = help: above this row, write how a kernel knows the feature: kernel  FEATURE  OPTION

        `kernel row` -> `kernel fast CONFIG_A\nkernel assembler fast CONFIG_B\nkernel assembler fast CONFIG_C`
        error: a second row `kernel  assembler` for `fast`
          --> demo.tbl:34:18
           |
        34 | kernel assembler fast CONFIG_C
           |                  ^^^^
           = help: remove one of them

        `kernel row` -> `kernel fast CONFIG_A\nkernel assembler fast not(CONFIG_B = 19)`
        error: `not(CONFIG_B = 19)` is not a condition
          --> demo.tbl:33:23
           |
        33 | kernel assembler fast not(CONFIG_B = 19)
           |                       ^^^^^^^^^^^^^^^^^^
           = help: write options of the kernel, in `all()`, `any()` and `not()`, as in `cfg`

        `kernel row` -> `kernel directive .arch {r}`
        error: unknown operand `{r}`
          --> demo.tbl:32:24
           |
        32 | kernel directive .arch {r}
           |                        ^^^
           = help: no operand can be used here

        `kernel row` -> `kernel directive .arch a\nkernel directive .arch b`
        error: a second row `kernel  directive`
          --> demo.tbl:33:1
           |
        33 | kernel directive .arch b
           | ^^^^^^
           = help: a table has at most one such row

        `kernel row` -> `kernel inline CONFIG_A, CONFIG_B`
        error: `CONFIG_A, CONFIG_B` is not a condition
          --> demo.tbl:32:15
           |
        32 | kernel inline CONFIG_A, CONFIG_B
           |               ^^^^^^^^^^^^^^^^^^
           = help: write options of the kernel, in `all()`, `any()` and `not()`, as in `cfg`

        `kernel row` -> `kernel inline all(CONFIG_A, not(SMP))`
        error: `all(CONFIG_A, not(SMP))` is not a condition
          --> demo.tbl:32:15
           |
        32 | kernel inline all(CONFIG_A, not(SMP))
           |               ^^^^^^^^^^^^^^^^^^^^^^^
           = help: write options of the kernel, in `all()`, `any()` and `not()`, as in `cfg`
    "#,
    );
}
