//! `arch/*.tbl`: registers that a template needs for itself, what fills registers, and pairs.

use super::arch::edit;
use super::each;

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
           = help: a binding is `-`, `>r`, >r@REG, ARG>r, ARG@REG, ARG@REG>r, ARG:FILL, ARG:memory, +NAME, +NAME@REG, +NAME/BITS, ?CC, `keep`, `cc`, `apart`, `word`, word:sign or word:zero; the arguments of `xchg` are new

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
           = help: the width of a scratch register has a row `size` above this row

        `new>r` -> `new>r,+new`
        error: `{new}` would be a register of `xchg` and something else
          --> demo.tbl:12:10
           |
        12 | op       xchg 32,64 new>r,+new
           |          ^^^^
           = help: {v}, {mem}, the arguments and the rows `text` stand for other things here: rename the register

        `new>r` -> `new>r,+mem`
        error: `{mem}` would be a register of `xchg` and something else
          --> demo.tbl:12:10
           |
        12 | op       xchg 32,64 new>r,+mem
           |          ^^^^
           = help: {v}, {mem} stand for other things here: rename the register

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
           = help: a binding is `-`, `>r`, >r@REG, ARG>r, ARG@REG, ARG@REG>r, ARG:FILL, ARG:memory, +NAME, +NAME@REG, +NAME/BITS, ?CC, `keep`, `cc`, `apart`, `word`, word:sign or word:zero; the arguments of `xchg` are new
    ",
    );
}

#[test]
fn what_fills_registers() {
    each(
        edit,
        r"
        `new>r` -> `new:ones>r`
        error: `ones` fills no register
          --> demo.tbl:12:21
           |
        12 | op       xchg 32,64 new:ones>r
           |                     ^^^^^^^^^^
           = help: behind `:` stand `zero` or `sign`, for the bits of the register above the argument; or, behind a binding `word`, `zeros` or `ones`, for those of the word around it; or `memory`, for an address in the register

        `new>r` -> `new:zero>r,new:sign`
        error: `new` is bound twice
          --> demo.tbl:12:32
           |
        12 | op       xchg 32,64 new:zero>r,new:sign
           |                                ^^^^^^^^
           = help: join the bindings

        `new>r` -> `new:>r`
        error: `` fills no register
          --> demo.tbl:12:21
           |
        12 | op       xchg 32,64 new:>r
           |                     ^^^^^^
           = help: behind `:` stand `zero` or `sign`, for the bits of the register above the argument; or, behind a binding `word`, `zeros` or `ones`, for those of the word around it; or `memory`, for an address in the register

        `new>r` -> `new>r,cc`
        error: `cc` says what the row `flags` says already
          --> demo.tbl:12:27
           |
        12 | op       xchg 32,64 new>r,cc
           |                           ^^
           = help: remove it: `keep` is for tables with flags, `cc` for those without

        `new>r` -> `new>r,word`
        error: a variable that is not a part of a word
          --> demo.tbl:12:27
           |
        12 | op       xchg 32,64 new>r,word
           |                           ^^^^
           = help: the binding is for 8 and 16 bits, in tables with a row `size` for 32

        `new>r` -> `new>r,word:ones`
        error: `word:ones` is not a binding
          --> demo.tbl:12:27
           |
        12 | op       xchg 32,64 new>r,word:ones
           |                           ^^^^^^^^^
           = help: a binding is `-`, `>r`, >r@REG, ARG>r, ARG@REG, ARG@REG>r, ARG:FILL, ARG:memory, +NAME, +NAME@REG, +NAME/BITS, ?CC, `keep`, `cc`, `apart`, `word`, word:sign or word:zero; the arguments of `xchg` are new

        `op       xchg 32,64 new>r` -> `size     8  reg - [{v}]\nop       xchg 8 word,new>r`
        error: what surrounds `new` in the word is not said
          --> demo.tbl:13:17
           |
        13 | op       xchg 8 word,new>r
           |                 ^^^^^^^^^^
           = help: bind it as new:zeros or new:ones

        `op       xchg 32,64 new>r` -> `size     8  reg - [{v}]\nop       xchg 8 word,word,new:zeros>r`
        error: a second `word`
          --> demo.tbl:13:22
           |
        13 | op       xchg 8 word,word,new:zeros>r
           |                      ^^^^
           = help: remove one of them

        `op       xchg 32,64 new>r` -> `op       xchg 32,64 apart,new>r,apart`
        error: a second `apart`
          --> demo.tbl:12:33
           |
        12 | op       xchg 32,64 apart,new>r,apart
           |                                 ^^^^^
           = help: remove one of them

        `op       xchg 32,64 new>r` -> `size     8  reg - [{v}]\nop       xchg 8 word,new:zero>r`
        error: `zero` fills no register
          --> demo.tbl:13:22
           |
        13 | op       xchg 8 word,new:zero>r
           |                      ^^^^^^^^^^
           = help: behind `:` stand `zero` or `sign`, for the bits of the register above the argument; or, behind a binding `word`, `zeros` or `ones`, for those of the word around it; or `memory`, for an address in the register
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
           = help: an argument in memory is only read: it is neither a pointer, nor holds it the result, nor is it in a word; its address is in any register

        `new>r` -> `>r,new:memory,new:memory`
        error: `new` is bound twice
          --> demo.tbl:12:35
           |
        12 | op       xchg 32,64 >r,new:memory,new:memory
           |                                   ^^^^^^^^^^
           = help: remove one of them

        `new>r` -> `>r,new:memory@ax`
        error: `new` cannot be in memory here
          --> demo.tbl:12:24
           |
        12 | op       xchg 32,64 >r,new:memory@ax
           |                        ^^^^^^^^^^^^^
           = help: an argument in memory is only read: it is neither a pointer, nor holds it the result, nor is it in a word; its address is in any register

        `old@ax` -> `old:memory`
        error: `old` cannot be in memory here
          --> demo.tbl:14:28
           |
        14 | op       try_cmpxchg 32,64 old:memory
           |                            ^^^^^^^^^^
           = help: an argument in memory is only read: it is neither a pointer, nor holds it the result, nor is it in a word; its address is in any register
    ",
    );
}

#[test]
fn pairs() {
    each(
        edit,
        r"
        `size     64 reg r` -> `size     64 pair -`
        error: `rax` at 64 bits
         --> demo.tbl:7:20
          |
        7 | register ax 32:eax 64:rax
          |                    ^^^^^^
          = help: values of the class `pair` are in two registers, LOW+HIGH, and others in one

        error: widths in one register and in two
          --> demo.tbl:10:15
           |
        10 | op       read 32,64 >r,keep
           |               ^^^^^
           = help: write a row for the width of the class `pair`, which has registers {i.lo} and {i.hi}

        error: widths in one register and in two
          --> demo.tbl:12:15
           |
        12 | op       xchg 32,64 new>r
           |               ^^^^^
           = help: write a row for the width of the class `pair`, which has registers {i.lo} and {i.hi}

        error: widths in one register and in two
          --> demo.tbl:14:22
           |
        14 | op       try_cmpxchg 32,64 old@ax
           |                      ^^^^^
           = help: write a row for the width of the class `pair`, which has registers {i.lo} and {i.hi}

        error: widths in one register and in two
          --> demo.tbl:16:19
           |
        16 | op       add_test 32,64 ?e
           |                   ^^^^^
           = help: write a row for the width of the class `pair`, which has registers {i.lo} and {i.hi}

        `register ax 32:eax 64:rax` -> `size     8  pair - [{v}]\nregister ax 32:eax 64:rax`
        error: a pair of registers for 8 bits
         --> demo.tbl:7:13
          |
        7 | size     8  pair - [{v}]
          |             ^^^^
          = help: a pair holds 64 bits in two registers of the row `size  32` above it

        `register ax 32:eax 64:rax` -> `register ax 32:eax 64:eax+edx`
        error: `eax+edx` at 64 bits
         --> demo.tbl:7:20
          |
        7 | register ax 32:eax 64:eax+edx
          |                    ^^^^^^^^^^
          = help: values of the class `pair` are in two registers, LOW+HIGH, and others in one

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
        error: unknown order of bytes `middle`
         --> demo.tbl:4:10
          |
        4 | endian   middle
          |          ^^^^^^
          = help: write `little` or `big` if templates rely on it; else leave out the row

        `flags    yes` -> `flags    yes\ncodes    CR0`
        error: `CR0` is no register
         --> demo.tbl:5:10
          |
        5 | codes    CR0
          |          ^^^
          = help: write the register that holds the condition codes, as `asm!` calls it

        `flags    yes` -> `flags    yes\ncodes    cr0\ncodes    cr1`
        error: a second row `codes`
         --> demo.tbl:6:1
          |
        6 | codes    cr1
          | ^^^^^
          = help: there is one such row in a table

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
