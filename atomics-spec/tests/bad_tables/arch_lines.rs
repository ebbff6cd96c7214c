//! `arch/*.tbl`: the rows for operands, barriers and fences, and the rows `asm` and `c`.

use super::arch::{edit, edit_c};
use super::{ARCH, each, edited, errors, small};
use atomics_spec::{Source, Tables};

#[test]
fn barriers_and_fences() {
    each(
        edit,
        r"
        `barrier  wmb` -> `barrier  wbm\nasm      nop -- nothing`
        error: the table lacks the barriers wmb
         --> demo.tbl:1:1
          |
        1 | arch     demo
          | ^^^^
          = help: for a barrier that only restrains the compiler, write a row `barrier` without rows below it

        error: unknown barrier `wbm`
          --> demo.tbl:22:10
           |
        22 | barrier  wbm
           |          ^^^
           = help: the barriers are mb, rmb, wmb, dma_mb, dma_rmb, dma_wmb, smp_mb, smp_rmb, smp_wmb, smp_mb__before_atomic, smp_mb__after_atomic

        `fence    acquire` -> `fence    acq_rel\nasm      nop -- nothing`
        error: unknown fence `acq_rel`
          --> demo.tbl:20:10
           |
        20 | fence    acq_rel
           |          ^^^^^^^
           = help: the fences are acquire, release, full_before and full_after

        `mfence` -> `mfence {mem}`
        error: unknown operand `{mem}`
          --> demo.tbl:19:17
           |
        19 | asm      mfence {mem} -- orders all
           |                 ^^^^^
           = help: no operand can be used here

        `orders all` -> `orders {mem}`
        error: unknown operand `{mem}`
          --> demo.tbl:19:27
           |
        19 | asm      mfence -- orders {mem}
           |                           ^^^^^
           = help: no operand can be used here

        `fence    acquire` -> `fence    acquire\nasm      nop -- orders {ax}`
        error: unknown operand `{ax}`
          --> demo.tbl:21:24
           |
        21 | asm      nop -- orders {ax}
           |                        ^^^^
           = help: no operand can be used here
    ",
    );
    each(
        edit_c,
        r"
        `while (0)` -> `while (0) -- orders {all}`
        error: unknown operand `{all}`
          --> c.tbl:10:45
           |
        10 | c        do { full(); } while (0) -- orders {all}
           |                                             ^^^^^
           = help: no operand can be used here
    ",
    );
}

#[test]
fn lines_that_belong_to_nothing() {
    each(
        edit,
        r"
        `flags    yes` -> `flags    yes\nasm      nop -- nothing`
        error: the row `asm` belongs to nothing
         --> demo.tbl:5:1
          |
        5 | asm      nop -- nothing
          | ^^^
          = help: it must follow a row `op`, `barrier` or `fence`
    ",
    );
}

#[test]
fn lines_in_another_language() {
    each(
        edit,
        r"
        `asm      mfence -- orders all` -> `c        full()`
        error: a row `c` in a table with `lang  asm`
          --> demo.tbl:19:1
           |
        19 | c        full()
           | ^
           = help: a row is: asm  INSTRUCTION -- MEANING
    ",
    );
    each(
        edit_c,
        r"
        `c        do { full(); } while (0)` -> `asm      mfence -- orders all`
        error: a row `asm` in a table with `lang  c`
          --> c.tbl:10:1
           |
        10 | asm      mfence -- orders all
           | ^^^
           = help: a row is: c  EXPRESSION

        `full(); } while (0)` -> `full(); } while (0) -- ends */ here`
        error: a `*/`, which would end the C comment
          --> c.tbl:10:10
           |
        10 | c        do { full(); } while (0) -- ends */ here
           |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           = help: remove `*/`
    ",
    );
}

#[test]
fn instructions_say_what_they_mean() {
    each(
        edit,
        r"
        `mfence -- orders all` -> `mfence`
        error: an instruction without its meaning
          --> demo.tbl:19:10
           |
        19 | asm      mfence
           |          ^^^^^^
           = help: after ` -- `, say in plain words what it does

        `mfence -- orders all` -> `mfence --`
        error: an instruction without its meaning
          --> demo.tbl:19:10
           |
        19 | asm      mfence --
           |          ^^^^^^^^^
           = help: after ` -- `, say in plain words what it does

        `with {ax}` -> `with {bx}`
        error: unknown operand `{bx}`
          --> demo.tbl:15:56
           |
        15 | ...em}, {new} -- compares *v with {bx}
           |                                   ^^^^
           = help: the only operand here is {ax}

        `with {ax}` -> `with {ax`
        error: `{` without `}`
          --> demo.tbl:15:56
           |
        15 | ...em}, {new} -- compares *v with {ax
           |                                   ^^^
           = help: close the operand
    ",
    );
}

#[test]
fn faults_of_one_template_stay_in_it() {
    let text = edited(ARCH, "asm      xchg {mem}, {new} -- swaps *v and new\n", "")
        .replace("asm      mfence -- orders all", "asm      mfence");
    let archs = vec![Source::new("demo.tbl", &text)];
    let tables = Tables { archs, ..small() };
    let messages: Vec<_> = errors(&tables).0.into_iter().map(|e| e.message).collect();
    assert_eq!(
        messages,
        [
            "the template of `xchg` is empty",
            "an instruction without its meaning"
        ]
    );
}

#[test]
fn sizes() {
    each(
        edit,
        r#"
        `size     32 reg e` -> `size     128 reg e`
        error: `128` is not a width
         --> demo.tbl:5:10
          |
        5 | size     128 reg e dword ptr [{v}]
          |          ^^^
          = help: a width is 8, 16, 32 or 64 bits

        `size     32 reg e` -> `size     32 "reg" e`
        error: `"reg"` is not a register class
         --> demo.tbl:5:13
          |
        5 | size     32 "reg" e dword ptr [{v}]
          |             ^^^^^
          = help: write the name of a register class of `asm!`, such as reg

        `size     32 reg e` -> `size     32 reg ex`
        error: `ex` is not an operand modifier
         --> demo.tbl:5:17
          |
        5 | size     32 reg ex dword ptr [{v}]
          |                 ^^
          = help: write one letter, such as the x of {i:x}, or `-` for none

        `dword ptr [{v}]` -> `dword ptr [{p}]`
        error: unknown operand `{p}`
         --> demo.tbl:5:30
          |
        5 | size     32 reg e dword ptr [{p}]
          |                              ^^^
          = help: the only operand here is {v}

        `dword ptr [{v}]` -> `dword ptr [v]`
        error: the operand `{v}` is missing
         --> demo.tbl:5:19
          |
        5 | size     32 reg e dword ptr [v]
          |                   ^^^^^^^^^^^^^
          = help: the only operand here is {v}

        `dword ptr [{v}]` -> `dword ptr [{v]`
        error: `{` without `}`
         --> demo.tbl:5:30
          |
        5 | size     32 reg e dword ptr [{v]
          |                              ^^^
          = help: close the operand
    "#,
    );
}

#[test]
fn registers() {
    each(
        edit,
        r"
        `32:eax 64:rax` -> `32:eax rax`
        error: `rax` has no width
         --> demo.tbl:7:20
          |
        7 | register ax 32:eax rax
          |                    ^^^
          = help: a row is: register  NAME  BITS:REGISTER...

        `32:eax 64:rax` -> `32:eax 63:rax`
        error: `63` is not a width
         --> demo.tbl:7:20
          |
        7 | register ax 32:eax 63:rax
          |                    ^^
          = help: a width is 8, 16, 32 or 64 bits

        `32:eax 64:rax` -> `32:eax 64:`
        error: the register has no name at 64 bits
         --> demo.tbl:7:20
          |
        7 | register ax 32:eax 64:
          |                    ^^^
          = help: a row is: register  NAME  BITS:REGISTER...

        `32:eax 64:rax` -> `32:eax 32:rax`
        error: a second name of the register at 32 bits
         --> demo.tbl:7:20
          |
        7 | register ax 32:eax 32:rax
          |                    ^^^^^^
          = help: remove one of them
    ",
    );
}

#[test]
fn conditions() {
    each(
        edit,
        r"
        `set{cc} {r}` -> `set{cc} r`
        error: the operand `{r}` is missing
         --> demo.tbl:9:10
          |
        9 | setcc    set{cc} r
          |          ^^^^^^^^^
          = help: the operands here are {cc}, {r}

        `set{cc} {r}` -> `set{cc} {v}`
        error: unknown operand `{v}`
         --> demo.tbl:9:18
          |
        9 | setcc    set{cc} {v}
          |                  ^^^
          = help: the operands here are {cc}, {r}
    ",
    );
}

#[test]
fn templates_without_instructions() {
    each(
        edit,
        r"
        `asm      xchg {mem}, {new} -- swaps *v and new\n` -> ``
        error: the template of `xchg` is empty
          --> demo.tbl:12:10
           |
        12 | op       xchg 32,64 new>r
           |          ^^^^
           = help: write it in the rows below this one

        `store_mb xchg\n` -> `op set 32 -\n`
        error: the template of `set` is empty
          --> demo.tbl:31:4
           |
        31 | op set 32 -
           |    ^^^
           = help: write it in the rows below this one
    ",
    );
    each(
        edit_c,
        r"
        `c        *({type} volatile *){v} = {i}\n` -> ``
        error: the template of `set` is empty
         --> c.tbl:7:10
          |
        7 | op       set  32,64 -
          |          ^^^
          = help: write it in the rows below this one
    ",
    );
}

#[test]
fn one_expression_in_c() {
    each(
        edit_c,
        r"
        `volatile *){v}\nop` -> `volatile *){v}\nc {v}\nop`
        error: a second expression
         --> c.tbl:7:3
          |
        7 | c {v}
          |   ^^^
          = help: write the template as one expression
    ",
    );
}
