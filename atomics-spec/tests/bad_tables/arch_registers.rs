//! `arch/*.tbl`: scratch registers of templates, the bits that fill registers, and pairs.

use super::arch::edit;
use super::{ARCH, check, each, edited, small};
use atomics_spec::{Source, Tables};

#[test]
fn scratch_registers() {
    each(
        edit,
        r"
        `new>r` -> `new>r,+T`
        error: `+T` is not a binding
          --> demo.tbl:12:27
           |
        12 | op       xchg 32,64 new>r,+T
           |                           ^^
           = help: a binding is `-`, `>r`, `>r:FILL`, >r:FILL@REG, >r@REG, ARG:FILL@REG>r with at least one of the three suffixes, ARG:memory, +NAME, +NAME/BITS, +NAME@REG, +NAME/BITS@REG, `?`, ?CC, `preserves_flags`, `clobbers_flags`, `stack`, `early`, `word`, word:sign or word:zeros; the arguments of `xchg` are new

        `new>r` -> `new>r,+t,+t`
        error: a second register `t`
          --> demo.tbl:12:30
           |
        12 | op       xchg 32,64 new>r,+t,+t
           |                              ^^
           = help: each register has a name of its own

        `new>r` -> `new>r,+t`
        error: the template of `xchg` does not use its register `t`
          --> demo.tbl:12:10
           |
        12 | op       xchg 32,64 new>r,+t
           |          ^^^^
           = help: name it in braces in an instruction, or remove its binding

        `new>r` -> `new>r,+t/46`
        error: `46` is not a width
          --> demo.tbl:12:30
           |
        12 | op       xchg 32,64 new>r,+t/46
           |                              ^^
           = help: a width is 8, 16, 32 or 64 bits

        `new>r` -> `new>r,+t/16`
        error: no single register holds 16 bits
          --> demo.tbl:12:27
           |
        12 | op       xchg 32,64 new>r,+t/16
           |                           ^^^^^
           = help: a scratch register has the width of a row `size` above this row

        `new>r` -> `new>r,+new`
        error: the register `{new}` of `xchg` has a name that is taken
          --> demo.tbl:12:10
           |
        12 | op       xchg 32,64 new>r,+new
           |          ^^^^
           = help: rename the register: {v}, {mem}, the arguments and the rows `let` are taken

        `new>r` -> `new>r,+mem`
        error: the register `{mem}` of `xchg` has a name that is taken
          --> demo.tbl:12:10
           |
        12 | op       xchg 32,64 new>r,+mem
           |          ^^^^
           = help: rename the register: {v}, {mem} are taken

        `new>r` -> `new>r,+t@bx`
        error: unknown register `bx`
          --> demo.tbl:12:27
           |
        12 | op       xchg 32,64 new>r,+t@bx
           |                           ^^^^^
           = help: the registers above this row are ax

        `new>r` -> `>x`
        error: `>x` is not a binding
          --> demo.tbl:12:21
           |
        12 | op       xchg 32,64 >x
           |                     ^^
           = help: a binding is `-`, `>r`, `>r:FILL`, >r:FILL@REG, >r@REG, ARG:FILL@REG>r with at least one of the three suffixes, ARG:memory, +NAME, +NAME/BITS, +NAME@REG, +NAME/BITS@REG, `?`, ?CC, `preserves_flags`, `clobbers_flags`, `stack`, `early`, `word`, word:sign or word:zeros; the arguments of `xchg` are new
    ",
    );
}

#[test]
fn what_fills_registers() {
    each(
        edit,
        r"
        `new>r` -> `new:ones>r`
        error: `ones` cannot fill a register here
          --> demo.tbl:12:21
           |
        12 | op       xchg 32,64 new:ones>r
           |                     ^^^^^^^^^^
           = help: after `:`, write `zeros` or `sign` for the bits of the register above the argument; after a binding `word`, `zeros` or `ones` for the bits of the word around it; or `memory` for an argument in memory

        `new>r` -> `>r:ones`
        error: `ones` cannot fill a register here
          --> demo.tbl:12:21
           |
        12 | op       xchg 32,64 >r:ones
           |                     ^^^^^^^
           = help: after `>r:`, write `zeros` or `sign` for what the instructions leave in the register above the result

        `op       xchg 32,64 new>r` -> `size     8  reg - [{v}]\nop       xchg 8 word,new:zeros,>r:sign`
        error: `>r:sign` after `word`
          --> demo.tbl:13:32
           |
        13 | op       xchg 8 word,new:zeros,>r:sign
           |                                ^^^^^^^
           = help: the result is the whole word there: write `>r`

        `new>r` -> `new:zeros>r,new:sign`
        error: `new` is bound twice
          --> demo.tbl:12:33
           |
        12 | op       xchg 32,64 new:zeros>r,new:sign
           |                                 ^^^^^^^^
           = help: join the bindings

        `new>r` -> `new:>r`
        error: `` cannot fill a register here
          --> demo.tbl:12:21
           |
        12 | op       xchg 32,64 new:>r
           |                     ^^^^^^
           = help: after `:`, write `zeros` or `sign` for the bits of the register above the argument; after a binding `word`, `zeros` or `ones` for the bits of the word around it; or `memory` for an argument in memory

        `new>r` -> `new>r,word`
        error: a variable that is not a part of a 32-bit word
          --> demo.tbl:12:27
           |
        12 | op       xchg 32,64 new>r,word
           |                           ^^^^
           = help: the binding is for 8 and 16 bits, in tables with a row `size` for 32 bits

        `new>r` -> `new>r,word:ones`
        error: `word:ones` is not a binding
          --> demo.tbl:12:27
           |
        12 | op       xchg 32,64 new>r,word:ones
           |                           ^^^^^^^^^
           = help: a binding is `-`, `>r`, `>r:FILL`, >r:FILL@REG, >r@REG, ARG:FILL@REG>r with at least one of the three suffixes, ARG:memory, +NAME, +NAME/BITS, +NAME@REG, +NAME/BITS@REG, `?`, ?CC, `preserves_flags`, `clobbers_flags`, `stack`, `early`, `word`, word:sign or word:zeros; the arguments of `xchg` are new

        `op       xchg 32,64 new>r` -> `size     8  reg - [{v}]\nop       xchg 8 word,new>r`
        error: nothing fills the word around `new`
          --> demo.tbl:13:17
           |
        13 | op       xchg 8 word,new>r
           |                 ^^^^^^^^^^
           = help: write new:zeros or new:ones

        `op       xchg 32,64 new>r` -> `size     8  reg - [{v}]\nop       xchg 8 word,word,new:zeros>r`
        error: a second `word`
          --> demo.tbl:13:22
           |
        13 | op       xchg 8 word,word,new:zeros>r
           |                      ^^^^
           = help: remove one of them

        `op       xchg 32,64 new>r` -> `op       xchg 32,64 early,new>r,early`
        error: a second `early`
          --> demo.tbl:12:33
           |
        12 | op       xchg 32,64 early,new>r,early
           |                                 ^^^^^
           = help: remove one of them

        `op       xchg 32,64 new>r` -> `size     8  reg - [{v}]\nop       xchg 8 word,new:sign>r`
        error: `sign` cannot fill a register here
          --> demo.tbl:13:22
           |
        13 | op       xchg 8 word,new:sign>r
           |                      ^^^^^^^^^^
           = help: after `:`, write `zeros` or `sign` for the bits of the register above the argument; after a binding `word`, `zeros` or `ones` for the bits of the word around it; or `memory` for an argument in memory
    ",
    );
}

/// `word` decides what the bindings of arguments mean.
#[test]
fn the_word_comes_first() {
    each(
        edit,
        r"
        `op       xchg 32,64 new>r` -> `size     8  reg - [{v}]\nop       xchg 8 new:sign>r,word`
        error: `word` must come before the bindings of arguments
          --> demo.tbl:13:28
           |
        13 | op       xchg 8 new:sign>r,word
           |                            ^^^^
           = help: move it to the start of the list

        `op       xchg 32,64 new>r` -> `size     8  reg - [{v}]\nop       xchg 8 new:zeros>r,word:sign`
        error: `word:sign` must come before the bindings of arguments
          --> demo.tbl:13:29
           |
        13 | op       xchg 8 new:zeros>r,word:sign
           |                             ^^^^^^^^^
           = help: move it to the start of the list

        `op       xchg 32,64 new>r` -> `size     8  reg - [{v}]\nop       xchg 8 >r,new:memory,word`
        error: `word` must come before the bindings of arguments
          --> demo.tbl:13:31
           |
        13 | op       xchg 8 >r,new:memory,word
           |                               ^^^^
           = help: move it to the start of the list
    ",
    );
}

#[test]
fn the_condition_codes() {
    each(
        edit,
        r"
        `new>r` -> `new>r,clobbers_flags`
        error: `clobbers_flags` repeats the row `flags`
          --> demo.tbl:12:27
           |
        12 | op       xchg 32,64 new>r,clobbers_flags
           |                           ^^^^^^^^^^^^^^
           = help: remove it: `preserves_flags` is for tables with `flags  yes`, `clobbers_flags` for tables with `flags  no`

        `flags    yes` -> `flags    no`
        error: `preserves_flags` repeats the row `flags`
          --> demo.tbl:10:24
           |
        10 | op       read 32,64 >r,preserves_flags
           |                        ^^^^^^^^^^^^^^^
           = help: remove it: `preserves_flags` is for tables with `flags  yes`, `clobbers_flags` for tables with `flags  no`

        error: a template that preserves the flags, with a condition as its result
          --> demo.tbl:16:25
           |
        16 | op       add_test 32,64 ?e
           |                         ^^
           = help: the instruction sets the flags that are the result: add `clobbers_flags`

        `>r,preserves_flags` -> `preserves_flags,>r,preserves_flags`
        error: a second `preserves_flags`
          --> demo.tbl:10:40
           |
        10 | op       read 32,64 preserves_flags,>r,preserves_flags
           |                                        ^^^^^^^^^^^^^^^
           = help: remove one of them
    ",
    );
    // Without the row, a table is like one with `flags  yes`.
    let without_row = |from: &str, to: &str, report: &str| {
        let text = edited(&edited(ARCH, "flags    yes\n", ""), from, to);
        let archs = vec![Source::new("demo.tbl", &text)];
        check(&Tables { archs, ..small() }, report);
    };
    each(
        without_row,
        r"
        `new>r` -> `new>r,clobbers_flags`
        error: `clobbers_flags` in a table without a row `flags`
          --> demo.tbl:11:27
           |
        11 | op       xchg 32,64 new>r,clobbers_flags
           |                           ^^^^^^^^^^^^^^
           = help: remove it: without the row, templates clobber the condition codes unless they say otherwise
    ",
    );
    // What hangs on a faulty row is not complained of.
    let clobbering = |from: &str, to: &str, report: &str| {
        let text = edited(&edited(ARCH, "new>r", "new>r,clobbers_flags"), from, to);
        let archs = vec![Source::new("demo.tbl", &text)];
        check(&Tables { archs, ..small() }, report);
    };
    each(
        clobbering,
        r"
        `flags    yes` -> `flags    nope`
        error: `nope` is neither `yes` nor `no`
         --> demo.tbl:4:10
          |
        4 | flags    nope
          |          ^^^^
          = help: write `yes` if instructions clobber the condition codes unless a template says otherwise, `no` if they preserve them
    ",
    );
}

#[test]
fn arguments_in_memory() {
    each(
        edit,
        r"
        `new>r` -> `new:memory>r`
        error: `new` cannot be in memory here
          --> demo.tbl:12:21
           |
        12 | op       xchg 32,64 new:memory>r
           |                     ^^^^^^^^^^^^
           = help: an argument in memory is only read, through an address in any register: it is not a `p` argument, and goes with no `>r`, fixed register or `word`

        `new>r` -> `>r,new:memory,new:memory`
        error: `new` is bound twice
          --> demo.tbl:12:35
           |
        12 | op       xchg 32,64 >r,new:memory,new:memory
           |                                   ^^^^^^^^^^
           = help: remove one of them

        `new>r` -> `>r,new:memory,new:zeros`
        error: `new` is bound twice
          --> demo.tbl:12:35
           |
        12 | op       xchg 32,64 >r,new:memory,new:zeros
           |                                   ^^^^^^^^^
           = help: an argument in memory has no other binding

        `new>r` -> `>r,new@ax,new:memory`
        error: `new` is bound twice
          --> demo.tbl:12:31
           |
        12 | op       xchg 32,64 >r,new@ax,new:memory
           |                               ^^^^^^^^^^
           = help: remove one of them

        `new>r` -> `new>r,new:memory`
        error: `new` is bound twice
          --> demo.tbl:12:27
           |
        12 | op       xchg 32,64 new>r,new:memory
           |                           ^^^^^^^^^^
           = help: remove one of them

        `new>r` -> `>r,new:memory@ax`
        error: `new` cannot be in memory here
          --> demo.tbl:12:24
           |
        12 | op       xchg 32,64 >r,new:memory@ax
           |                        ^^^^^^^^^^^^^
           = help: an argument in memory is only read, through an address in any register: it is not a `p` argument, and goes with no `>r`, fixed register or `word`

        `old@ax` -> `old:memory`
        error: `old` cannot be in memory here
          --> demo.tbl:14:28
           |
        14 | op       try_cmpxchg 32,64 old:memory
           |                            ^^^^^^^^^^
           = help: an argument in memory is only read, through an address in any register: it is not a `p` argument, and goes with no `>r`, fixed register or `word`
    ",
    );
}

#[test]
fn pairs() {
    each(
        edit,
        r"
        `size     64 reg r` -> `size     64 pair -`
        error: `rax`, but values of 64 bits take two
         --> demo.tbl:7:20
          |
        7 | register ax 32:eax 64:rax
          |                    ^^^^^^
          = help: write LOW+HIGH at a width of the class `pair`, and one register at any other

        error: widths of one register and of a pair in one row
          --> demo.tbl:10:15
           |
        10 | op       read 32,64 >r,preserves_flags
           |               ^^^^^
           = help: write a separate row for the width of the class `pair`, whose registers are {i.lo} and {i.hi}

        error: widths of one register and of a pair in one row
          --> demo.tbl:12:15
           |
        12 | op       xchg 32,64 new>r
           |               ^^^^^
           = help: write a separate row for the width of the class `pair`, whose registers are {i.lo} and {i.hi}

        error: widths of one register and of a pair in one row
          --> demo.tbl:14:22
           |
        14 | op       try_cmpxchg 32,64 old@ax
           |                      ^^^^^
           = help: write a separate row for the width of the class `pair`, whose registers are {i.lo} and {i.hi}

        error: widths of one register and of a pair in one row
          --> demo.tbl:16:19
           |
        16 | op       add_test 32,64 ?e
           |                   ^^^^^
           = help: write a separate row for the width of the class `pair`, whose registers are {i.lo} and {i.hi}

        `register ax 32:eax 64:rax` -> `size     8  pair - [{v}]\nregister ax 32:eax 64:rax`
        error: a pair of registers for 8 bits
         --> demo.tbl:7:13
          |
        7 | size     8  pair - [{v}]
          |             ^^^^
          = help: a pair holds 64 bits in two registers of the row `size  32` above it

        `register ax 32:eax 64:rax` -> `register ax 32:eax 64:eax+edx`
        error: `eax+edx`, but values of 64 bits take one register
         --> demo.tbl:7:20
          |
        7 | register ax 32:eax 64:eax+edx
          |                    ^^^^^^^^^^
          = help: write LOW+HIGH at a width of the class `pair`, and one register at any other

        `register ax 32:eax 64:rax` -> `register ax 32:eax 64:rax+`
        error: the register has no name at 64 bits
         --> demo.tbl:7:20
          |
        7 | register ax 32:eax 64:rax+
          |                    ^^^^^^^
          = help: a row is: register  NAME  BITS:REGISTER...
    ",
    );
}

#[test]
fn the_registers_of_an_architecture() {
    each(
        edit,
        r"
        `flags    yes` -> `endian   middle\nflags    yes`
        error: unknown byte order `middle`
         --> demo.tbl:4:10
          |
        4 | endian   middle
          |          ^^^^^^
          = help: write `little` or `big` if templates rely on the byte order; otherwise remove the row

        `flags    yes` -> `flags    yes  CR0`
        error: `CR0` is not a register
         --> demo.tbl:4:15
          |
        4 | flags    yes  CR0
          |               ^^^
          = help: write the register that holds the condition codes, as `asm!` names it

        `flags    yes` -> `flags    yes cr0 cr1`
        error: unexpected column `cr1`
         --> demo.tbl:4:18
          |
        4 | flags    yes cr0 cr1
          |                  ^^^
          = help: a row is: flags  yes|no  [REGISTER]

        `flags    yes` -> `flags    yes\naddress  reg!`
        error: `reg!` is not a register class
         --> demo.tbl:5:10
          |
        5 | address  reg!
          |          ^^^^
          = help: write the name of a register class of `asm!`, such as reg
    ",
    );
}
