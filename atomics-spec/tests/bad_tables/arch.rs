//! `arch/*.tbl`: all rows except `op`.

use super::{ARCH, ARCH_C, check, each, edited, small};
use atomics_spec::{Source, Tables};

/// One edit of the table with instructions.
#[track_caller]
pub(super) fn edit(from: &str, to: &str, report: &str) {
    let text = edited(ARCH, from, to);
    check(
        &Tables {
            archs: vec![Source::new("demo.tbl", &text)],
            ..small()
        },
        report,
    );
}

/// One edit of the table in C.
#[track_caller]
pub(super) fn edit_c(from: &str, to: &str, report: &str) {
    let text = edited(ARCH_C, from, to);
    check(
        &Tables {
            archs: vec![Source::new("c.tbl", &text)],
            ..small()
        },
        report,
    );
}

#[test]
fn an_unknown_row() {
    each(
        edit,
        r"
        `store_mb xchg` -> `store_mb xchg\nasmm     nop -- nothing\nasm nop -- nothing`
        error: unknown row `asmm`
          --> demo.tbl:32:1
           |
        32 | asmm     nop -- nothing
           | ^^^^
           = help: a row starts with arch, lang, width, endian, flags, address, size, register, setcc, include, feature, with, let, op, asm, c, when, barrier, fence, kernel or store_mb
    ",
    );
    // The rows that depend on it are not reported.
    each(
        edit,
        r"
        `size     32` -> `sizes    32`
        error: unknown row `sizes`
         --> demo.tbl:5:1
          |
        5 | sizes    32 reg e dword ptr [{v}]
          | ^^^^^
          = help: a row starts with arch, lang, width, endian, flags, address, size, register, setcc, include, feature, with, let, op, asm, c, when, barrier, fence, kernel or store_mb

        `fence    acquire` -> `fences   acquire\nasm      nop -- nothing`
        error: unknown row `fences`
          --> demo.tbl:20:1
           |
        20 | fences   acquire
           | ^^^^^^
           = help: a row starts with arch, lang, width, endian, flags, address, size, register, setcc, include, feature, with, let, op, asm, c, when, barrier, fence, kernel or store_mb
    ",
    );
}

#[test]
fn the_syntax_of_instructions() {
    each(
        edit,
        r"
        `lang     asm` -> `lang     asm intel_syntax`
        error: `intel_syntax` after the language
         --> demo.tbl:2:14
          |
        2 | lang     asm intel_syntax
          |              ^^^^^^^^^^^^
          = help: only `att_syntax` can stand there, for instructions of x86 in AT&T syntax

        `lang     asm` -> `lang     asm att_syntax`
        error: `att_syntax` on demo
         --> demo.tbl:2:14
          |
        2 | lang     asm att_syntax
          |              ^^^^^^^^^^
          = help: remove it: only `asm!` on x86 and x86_64 has two syntaxes

        `lang     asm` -> `lang     asm att_syntax now`
        error: unexpected column `now`
         --> demo.tbl:2:25
          |
        2 | lang     asm att_syntax now
          |                         ^^^
          = help: a row is: lang  asm|c  [att_syntax]
    ",
    );
    each(
        edit_c,
        r"
        `lang     c` -> `lang     c att_syntax`
        error: `att_syntax` after the language
         --> c.tbl:2:12
          |
        2 | lang     c att_syntax
          |            ^^^^^^^^^^
          = help: only `att_syntax` can stand there, for instructions of x86 in AT&T syntax
    ",
    );
}

#[test]
fn missing_rows() {
    each(
        edit,
        r"
        `arch     demo\nlang     asm\nwidth    64\n` -> ``
        error: the table has no row `arch`
         --> demo.tbl:1:1
          |
        1 | flags    yes
          | ^^^^^
          = help: a table names the architecture, the language of its templates and the width of a pointer

        error: the table has no row `lang`
         --> demo.tbl:1:1
          |
        1 | flags    yes
          | ^^^^^
          = help: a table names the architecture, the language of its templates and the width of a pointer

        error: the table has no row `width`
         --> demo.tbl:1:1
          |
        1 | flags    yes
          | ^^^^^
          = help: a table names the architecture, the language of its templates and the width of a pointer

        `barrier  rmb\nbarrier  wmb\n` -> ``
        error: the table lacks the barriers rmb, wmb
         --> demo.tbl:1:1
          |
        1 | arch     demo
          | ^^^^
          = help: for a barrier that only restrains the compiler, write a row `barrier` without rows below it
    ",
    );
    let archs = vec![Source::new("demo.tbl", "lang c\n")];
    check(
        &Tables { archs, ..small() },
        r"
        error: the table has no row `arch`
         --> demo.tbl:1:1
          |
        1 | lang c
          | ^^^^
          = help: a table names the architecture, the language of its templates and the width of a pointer

        error: the table has no row `width`
         --> demo.tbl:1:1
          |
        1 | lang c
          | ^^^^
          = help: a table names the architecture, the language of its templates and the width of a pointer

        error: the table lacks the barriers mb, rmb, wmb, dma_mb, dma_rmb, dma_wmb, smp_mb, smp_rmb, smp_wmb, smp_mb__before_atomic, smp_mb__after_atomic
         --> demo.tbl:1:1
          |
        1 | lang c
          | ^^^^
          = help: for a barrier that only restrains the compiler, write a row `barrier` without rows below it
    ",
    );
}

#[test]
fn rows_that_stand_once() {
    each(
        edit,
        r"
        `flags    yes` -> `flags    yes\nflags    no`
        error: a second row `flags`
         --> demo.tbl:5:1
          |
        5 | flags    no
          | ^^^^^
          = help: a table has at most one such row

        `store_mb xchg` -> `store_mb xchg\nstore_mb xchg\nwidth 64`
        error: a second row `store_mb`
          --> demo.tbl:32:1
           |
        32 | store_mb xchg
           | ^^^^^^^^
           = help: a table has at most one such row

        error: a second row `width`
          --> demo.tbl:33:1
           |
        33 | width 64
           | ^^^^^
           = help: a table has at most one such row

        `barrier  rmb\n` -> `barrier  rmb\nbarrier  rmb\nasm nop -- nothing\n`
        error: the barrier `rmb` has two rows
          --> demo.tbl:22:10
           |
        22 | barrier  rmb
           |          ^^^
           = help: remove one of them

        `fence    acquire\n` -> `fence acquire\nfence acquire\nasm nop -- nothing\n`
        error: the fence `acquire` has two rows
          --> demo.tbl:21:7
           |
        21 | fence acquire
           |       ^^^^^^^
           = help: remove one of them

        `register ax ` -> `register ax 32:eax\nregister ax `
        error: the register `ax` has two rows
         --> demo.tbl:8:10
          |
        8 | register ax 32:eax 64:rax
          |          ^^
          = help: write its names at all widths in one row

        `size     64 reg r` -> `size     32 reg r`
        error: the width 32 has two rows `size`
         --> demo.tbl:6:10
          |
        6 | size     32 reg r qword ptr [{v}]
          |          ^^
          = help: remove one of them
    ",
    );
}

#[test]
fn two_tables_of_one_architecture() {
    let archs = vec![
        Source::new("demo.tbl", ARCH),
        Source::new("again.tbl", ARCH),
    ];
    check(
        &Tables { archs, ..small() },
        r"
        error: the architecture `demo` has two tables
         --> again.tbl:1:10
          |
        1 | arch     demo
          |          ^^^^
          = help: an architecture has one table
    ",
    );
}

#[test]
fn columns() {
    each(
        edit,
        r"
        `flags    yes` -> `flags`
        error: the row ends before its column `yes|no`
         --> demo.tbl:4:1
          |
        4 | flags
          | ^^^^^
          = help: a row is: flags  yes|no  [REGISTER]

        `flags    yes` -> `flags    yes no`
        error: `no` is not a register
         --> demo.tbl:4:14
          |
        4 | flags    yes no
          |              ^^
          = help: write the register that holds the condition codes, as `asm!` names it

        `flags    yes` -> `flags    yes cr0 no`
        error: unexpected column `no`
         --> demo.tbl:4:18
          |
        4 | flags    yes cr0 no
          |                  ^^
          = help: a row is: flags  yes|no  [REGISTER]

        `size     64 reg r qword ptr [{v}]` -> `size     64 reg r`
        error: the row ends before its column `MEMORY`
         --> demo.tbl:6:17
          |
        6 | size     64 reg r
          |                 ^
          = help: a row is: size  BITS  CLASS  MODIFIER  MEMORY

        `register ax 32:eax 64:rax` -> `register ax`
        error: the row ends before its column `BITS:REGISTER`
         --> demo.tbl:7:10
          |
        7 | register ax
          |          ^^
          = help: a row is: register  NAME  BITS:REGISTER...

        `setcc    set{cc} {r}` -> `setcc`
        error: the row ends before its column `LINE`
         --> demo.tbl:9:1
          |
        9 | setcc
          | ^^^^^
          = help: a row is: setcc  LINE

        `asm      mfence -- orders all` -> `asm`
        error: the row ends before its column `INSTRUCTION`
          --> demo.tbl:19:1
           |
        19 | asm
           | ^^^
           = help: a row is: asm  INSTRUCTION -- MEANING

        `barrier  rmb` -> `barrier`
        error: the table lacks the barriers rmb
         --> demo.tbl:1:1
          |
        1 | arch     demo
          | ^^^^
          = help: for a barrier that only restrains the compiler, write a row `barrier` without rows below it

        error: the row ends before its column `NAME`
          --> demo.tbl:21:1
           |
        21 | barrier
           | ^^^^^^^
           = help: a row is: barrier  NAME [stack]

        `op       xchg 32,64 new>r` -> `op       xchg 32,64`
        error: the row ends before its column `BINDINGS`
          --> demo.tbl:12:15
           |
        12 | op       xchg 32,64
           |               ^^^^^
           = help: a row is: op  NAMES  BITS  BINDINGS

        `op       xchg 32,64 new>r` -> `op       xchg 32, 64 new>r`
        error: unexpected column `new>r`
          --> demo.tbl:12:22
           |
        12 | op       xchg 32, 64 new>r
           |                      ^^^^^
           = help: a row is: op  NAMES  BITS  BINDINGS
    ",
    );
}

#[test]
fn the_head_of_a_table() {
    each(
        edit,
        r"
        `arch     demo` -> `arch     x86-64`
        error: `x86-64` is not the name of an architecture
         --> demo.tbl:1:10
          |
        1 | arch     x86-64
          |          ^^^^^^
          = help: a name is made of a-z, 0-9 and _, and starts with a letter

        `lang     asm` -> `lang     rust`
        error: unknown language `rust`
         --> demo.tbl:2:10
          |
        2 | lang     rust
          |          ^^^^
          = help: write `asm` for instructions or `c` for C expressions

        `width    64` -> `width    63`
        error: `63` is not a width
         --> demo.tbl:3:10
          |
        3 | width    63
          |          ^^
          = help: a width is 8, 16, 32 or 64 bits

        `flags    yes` -> `flags    maybe`
        error: `maybe` is neither `yes` nor `no`
         --> demo.tbl:4:10
          |
        4 | flags    maybe
          |          ^^^^^
          = help: write `yes` if instructions clobber the condition codes unless a template says otherwise, `no` if they preserve them

        `store_mb xchg` -> `kernel yes`
        error: `yes` is neither `inline`, `directive`, `assembler` nor a feature
          --> demo.tbl:31:8
           |
        31 | kernel yes
           |        ^^^
           = help: write `kernel  inline` if a kernel can use the instructions inline, or how a kernel knows a feature that has a row above

        `store_mb xchg` -> `kernel inline\nkernel inline`
        error: a second row `kernel  inline`
          --> demo.tbl:32:1
           |
        32 | kernel inline
           | ^^^^^^
           = help: a table has at most one such row

        `store_mb xchg` -> `store_mb swap`
        error: unknown value `swap`
          --> demo.tbl:31:10
           |
        31 | store_mb swap
           |          ^^^^
           = help: write `store_mb  xchg`, or remove the row if smp_store_mb() is a store and smp_mb()
    ",
    );
    each(
        edit_c,
        r#"
        `width    64` -> `width    64\nkernel inline`
        error: C expressions cannot be inline in the Rust code of a kernel
         --> c.tbl:4:1
          |
        4 | kernel inline
          | ^^^^^^
          = help: the row is for tables with `lang  asm`

        `<stdint.h>` -> `stdint.h`
        error: `stdint.h` is not a header
         --> c.tbl:4:10
          |
        4 | include  stdint.h
          |          ^^^^^^^^
          = help: write it as in C: <stdint.h> or "name.h"
    "#,
    );
}

#[test]
fn the_language_stands_above_what_depends_on_it() {
    let text = edited(ARCH, "lang     asm\n", "") + "lang asm\n";
    check(
        &Tables {
            archs: vec![Source::new("demo.tbl", &text)],
            ..small()
        },
        r"
        error: the row `lang` is below a row `op`
          --> demo.tbl:31:1
           |
        31 | lang asm
           | ^^^^
           = help: move it above all rows that depend on it
    ",
    );
    each(
        edit,
        r"
        `lang     asm\nwidth    64` -> `width    64\nkernel   inline\nlang     asm`
        error: the row `lang` is below a row `kernel`
         --> demo.tbl:4:1
          |
        4 | lang     asm
          | ^^^^
          = help: move it above all rows that depend on it

        `lang     asm\n` -> `fence    release\nwhen     full nop -- nothing\nlang     asm\n`
        error: the row `lang` is below a row `when`
         --> demo.tbl:4:1
          |
        4 | lang     asm
          | ^^^^
          = help: move it above all rows that depend on it
    ",
    );
}

#[test]
fn the_flags_stand_above_the_templates() {
    let text = edited(ARCH, "flags    yes\n", "") + "flags yes\n";
    check(
        &Tables {
            archs: vec![Source::new("demo.tbl", &text)],
            ..small()
        },
        r"
        error: the row `flags` is below a row `op`
          --> demo.tbl:31:1
           |
        31 | flags yes
           | ^^^^^
           = help: move it above all rows that depend on it
    ",
    );
}

#[test]
fn a_wrong_language_is_one_error() {
    let text = edited(ARCH_C, "lang     c\n", "lang     C\n");
    check(
        &Tables {
            archs: vec![Source::new("c.tbl", &text)],
            ..small()
        },
        r"
        error: unknown language `C`
         --> c.tbl:2:10
          |
        2 | lang     C
          |          ^
          = help: write `asm` for instructions or `c` for C expressions
    ",
    );
}
