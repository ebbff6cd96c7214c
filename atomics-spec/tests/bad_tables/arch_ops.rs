//! `arch/*.tbl`: the rows `op`, their bindings and their templates.

use super::arch::{edit, edit_c};
use super::{ARCH, OPS, SEMANTICS, check, each, edited, small};
use atomics_spec::{Source, Spec, Tables};

#[test]
fn an_unknown_variant() {
    each(
        edit,
        r"
        `op       xchg ` -> `op       xchg_full `
        error: `xchg_full` is not a variant of any operation
          --> demo.tbl:12:10
           |
        12 | op       xchg_full 32,64 new>r
           |          ^^^^^^^^^
           = help: write the C name without the family's prefix, such as fetch_add_acquire

        `op       xchg ` -> `op       atomic_xchg `
        error: `atomic_xchg` is not a variant of any operation
          --> demo.tbl:12:10
           |
        12 | op       atomic_xchg 32,64 new>r
           |          ^^^^^^^^^^^
           = help: write the C name without the family's prefix, such as fetch_add_acquire
    ",
    );
    // A user's table may have fewer operations.
    let text = edited(ARCH, "op       xchg ", "op       swap ");
    let archs = vec![Source::new("demo.tbl", &text)];
    let tables = Tables {
        archs,
        strict_archs: false,
        ..small()
    };
    Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn widths() {
    each(
        edit,
        r"
        `op       xchg 32,64 ` -> `op       xchg 32,46,,128 `
        error: `46` is not a width
          --> demo.tbl:12:18
           |
        12 | op       xchg 32,46,,128 new>r
           |                  ^^
           = help: a width is 8, 16, 32 or 64 bits

        error: the list has an empty element
          --> demo.tbl:12:21
           |
        12 | op       xchg 32,46,,128 new>r
           |                     ^
           = help: separate the elements by single commas, without blanks

        error: `128` is not a width
          --> demo.tbl:12:22
           |
        12 | op       xchg 32,46,,128 new>r
           |                      ^^^
           = help: a width is 8, 16, 32 or 64 bits

        `op       xchg 32,64 ` -> `op       xchg 16,64 `
        error: no row `size` for 16 bits
          --> demo.tbl:12:15
           |
        12 | op       xchg 16,64 new>r
           |               ^^
           = help: add one above the rows that use this width

        `op       xchg 32,64 ` -> `op       xchg 32,32 `
        error: a second template for `xchg` at 32 bits
          --> demo.tbl:12:18
           |
        12 | op       xchg 32,32 new>r
           |                  ^^
           = help: remove one of them

        `op       try_cmpxchg 32,64 old@ax` -> `op       xchg 64,32 new@ax>r`
        error: a second template for `xchg` at 64 bits
          --> demo.tbl:14:15
           |
        14 | op       xchg 64,32 new@ax>r
           |               ^^
           = help: remove one of them

        error: a second template for `xchg` at 32 bits
          --> demo.tbl:14:18
           |
        14 | op       xchg 64,32 new@ax>r
           |                  ^^
           = help: remove one of them
    ",
    );
}

#[test]
fn bindings() {
    each(
        edit,
        r"
        `new>r` -> `new`
        error: `new` is not a binding
          --> demo.tbl:12:21
           |
        12 | op       xchg 32,64 new
           |                     ^^^
           = help: a binding is `-`, `>r`, `>r:FILL`, >r:FILL@REG, >r@REG, ARG:FILL@REG>r with at least one of the three suffixes, ARG:memory, +NAME, +NAME/BITS, +NAME@REG, +NAME/BITS@REG, `?`, ?CC, `preserves_flags`, `clobbers_flags`, `stack`, `early`, `word`, word:sign or word:zeros; the arguments of `xchg` are new

        `new>r` -> `old>r`
        error: `old>r` is not a binding
          --> demo.tbl:12:21
           |
        12 | op       xchg 32,64 old>r
           |                     ^^^^^
           = help: a binding is `-`, `>r`, `>r:FILL`, >r:FILL@REG, >r@REG, ARG:FILL@REG>r with at least one of the three suffixes, ARG:memory, +NAME, +NAME/BITS, +NAME@REG, +NAME/BITS@REG, `?`, ?CC, `preserves_flags`, `clobbers_flags`, `stack`, `early`, `word`, word:sign or word:zeros; the arguments of `xchg` are new

        `new>r` -> `>new`
        error: `>new` is not a binding
          --> demo.tbl:12:21
           |
        12 | op       xchg 32,64 >new
           |                     ^^^^
           = help: a binding is `-`, `>r`, `>r:FILL`, >r:FILL@REG, >r@REG, ARG:FILL@REG>r with at least one of the three suffixes, ARG:memory, +NAME, +NAME/BITS, +NAME@REG, +NAME/BITS@REG, `?`, ?CC, `preserves_flags`, `clobbers_flags`, `stack`, `early`, `word`, word:sign or word:zeros; the arguments of `xchg` are new

        `new>r` -> `new>r,?`
        error: these bindings do not yield what the variant returns
          --> demo.tbl:12:21
           |
        12 | op       xchg 32,64 new>r,?
           |                     ^^^^^^^
           = help: forms v and s have no result; operations with a `p` argument have none, or a condition ?CC; other forms B and b have a condition, `?`, or the old value >r; all others have a value >r

        `new>r` -> `new>r,>r`
        error: a second result
          --> demo.tbl:12:27
           |
        12 | op       xchg 32,64 new>r,>r
           |                           ^^
           = help: a variant returns one value

        `32,64 ?e` -> `32,64 ?e,?z`
        error: a second condition
          --> demo.tbl:16:28
           |
        16 | op       add_test 32,64 ?e,?z
           |                            ^^
           = help: a variant returns one value

        `op       read 32,64 >r,preserves_flags` -> `op       read 32,64 r`
        error: `r` is not a binding
          --> demo.tbl:10:21
           |
        10 | op       read 32,64 r
           |                     ^
           = help: a binding is `-`, `>r`, `>r:FILL`, >r:FILL@REG, >r@REG, ARG:FILL@REG>r with at least one of the three suffixes, ARG:memory, +NAME, +NAME/BITS, +NAME@REG, +NAME/BITS@REG, `?`, ?CC, `preserves_flags`, `clobbers_flags`, `stack`, `early`, `word`, word:sign or word:zeros; the arguments of `read` are none
    ",
    );
}

/// `-` says that there are no bindings.
#[test]
fn no_bindings_beside_others() {
    each(
        edit,
        r"
        `new>r` -> `-,new>r`
        error: `-` in a list of bindings
          --> demo.tbl:12:21
           |
        12 | op       xchg 32,64 -,new>r
           |                     ^
           = help: `-` stands alone, for a template without bindings
    ",
    );
    each(
        edit_c,
        r"
        `read 32,64 -` -> `read 32,64 -,-`
        error: `-` in a list of bindings
         --> c.tbl:5:21
          |
        5 | op       read 32,64 -,-
          |                     ^
          = help: `-` stands alone, for a template without bindings

        error: `-` in a list of bindings
         --> c.tbl:5:23
          |
        5 | op       read 32,64 -,-
          |                       ^
          = help: `-` stands alone, for a template without bindings
    ",
    );
}

#[test]
fn bindings_to_registers() {
    each(
        edit,
        r"
        `old@ax` -> `old@bx`
        error: unknown register `bx`
          --> demo.tbl:14:28
           |
        14 | op       try_cmpxchg 32,64 old@bx
           |                            ^^^^^^
           = help: the registers above this row are ax

        `old@ax` -> `old@ax,new@ax`
        error: `old` is in the register `ax` already
          --> demo.tbl:14:35
           |
        14 | op       try_cmpxchg 32,64 old@ax,new@ax
           |                                   ^^^^^^
           = help: each operand has a register of its own

        `old@ax` -> `old@ax,old@ax`
        error: `old` is in the register `ax` already
          --> demo.tbl:14:35
           |
        14 | op       try_cmpxchg 32,64 old@ax,old@ax
           |                                   ^^^^^^
           = help: each operand has a register of its own

        `register ax 32:eax 64:rax` -> `register ax 32:eax`
        error: the register `ax` has no name at 64 bits
          --> demo.tbl:14:28
           |
        14 | op       try_cmpxchg 32,64 old@ax
           |                            ^^^^^^
           = help: the registers above this row are ax
    ",
    );
    // Rows that depend on a faulty row are not reported.
    each(
        edit,
        r"
        `register ax 32:eax 64:rax` -> `register ax 32:eax 64`
        error: `64` has no width
         --> demo.tbl:7:20
          |
        7 | register ax 32:eax 64
          |                    ^^
          = help: a row is: register  NAME  BITS:REGISTER...

        `register ax 32:eax 64:rax\n` -> ``
        error: unknown register `ax`
          --> demo.tbl:13:28
           |
        13 | op       try_cmpxchg 32,64 old@ax
           |                            ^^^^^^
           = help: the registers above this row are none
    ",
    );
}

#[test]
fn bindings_and_what_the_variant_returns() {
    each(
        edit,
        r"
        `new>r` -> `-`
        error: these bindings do not yield what the variant returns
          --> demo.tbl:12:21
           |
        12 | op       xchg 32,64 -
           |                     ^
           = help: forms v and s have no result; operations with a `p` argument have none, or a condition ?CC; other forms B and b have a condition, `?`, or the old value >r; all others have a value >r

        `32,64 ?e` -> `32,64 preserves_flags`
        error: these bindings do not yield what the variant returns
          --> demo.tbl:16:25
           |
        16 | op       add_test 32,64 preserves_flags
           |                         ^^^^^^^^^^^^^^^
           = help: forms v and s have no result; operations with a `p` argument have none, or a condition ?CC; other forms B and b have a condition, `?`, or the old value >r; all others have a value >r

        `32,64 ?e` -> `32,64 ?e,i>r`
        error: these bindings do not yield what the variant returns
          --> demo.tbl:16:25
           |
        16 | op       add_test 32,64 ?e,i>r
           |                         ^^^^^^
           = help: forms v and s have no result; operations with a `p` argument have none, or a condition ?CC; other forms B and b have a condition, `?`, or the old value >r; all others have a value >r

        `old@ax` -> `old@ax,new>r`
        error: these bindings do not yield what the variant returns
          --> demo.tbl:14:28
           |
        14 | op       try_cmpxchg 32,64 old@ax,new>r
           |                            ^^^^^^^^^^^^
           = help: forms v and s have no result; operations with a `p` argument have none, or a condition ?CC; other forms B and b have a condition, `?`, or the old value >r; all others have a value >r

        `old@ax` -> `old@ax>r,,`
        error: `old` is a `p` argument, which cannot be the result
          --> demo.tbl:14:28
           |
        14 | op       try_cmpxchg 32,64 old@ax>r,,
           |                            ^^^^^^^^
           = help: remove `>r`: its register receives the old value, from which the result is computed

        error: the list has an empty element
          --> demo.tbl:14:37
           |
        14 | op       try_cmpxchg 32,64 old@ax>r,,
           |                                     ^
           = help: separate the elements by single commas, without blanks

        error: the list has an empty element
          --> demo.tbl:14:38
           |
        14 | op       try_cmpxchg 32,64 old@ax>r,,
           |                                      ^
           = help: separate the elements by single commas, without blanks

        `store_mb` -> `op set 32 >r\nasm mov {mem}, {i} -- stores\nstore_mb`
        error: these bindings do not yield what the variant returns
          --> demo.tbl:31:11
           |
        31 | op set 32 >r
           |           ^^
           = help: forms v and s have no result; operations with a `p` argument have none, or a condition ?CC; other forms B and b have a condition, `?`, or the old value >r; all others have a value >r

        `store_mb` -> `op set 32 preserves_flags,?e\nasm mov {mem}, {i} -- stores\nstore_mb`
        error: these bindings do not yield what the variant returns
          --> demo.tbl:31:11
           |
        31 | op set 32 preserves_flags,?e
           |           ^^^^^^^^^^^^^^^^^^
           = help: forms v and s have no result; operations with a `p` argument have none, or a condition ?CC; other forms B and b have a condition, `?`, or the old value >r; all others have a value >r
    ",
    );
}

#[test]
fn exits() {
    each(
        edit,
        r"
        `32,64 ?e` -> `32,64 ?`
        error: the template of `add_test` always returns true
          --> demo.tbl:16:10
           |
        16 | op       add_test 32,64 ?
           |          ^^^^^^^^
           = help: the binding `?` promises that an instruction jumps to {no} if the result is false

        `asm      lock add {mem}, {i} -- adds i to *v\n` -> `asm      lock add {mem}, {i} -- adds i to *v\nasm      jne {no} -- exits\nasm      3: -- the end\n`
        error: the template of `add_test` has both {no} and a label `3:`
          --> demo.tbl:16:10
           |
        16 | op       add_test 32,64 ?e
           |          ^^^^^^^^
           = help: where nothing can jump out of `asm!`, {no} is `3:`: use another

        `32,64 old@ax` -> `32,64 old@ax,?`
        error: a jump out of a template that returns a value through its `p` argument
          --> demo.tbl:14:35
           |
        14 | op       try_cmpxchg 32,64 old@ax,?
           |                                   ^
           = help: write the condition code that is the result after the `?`

    ",
    );
}

#[test]
fn conditions_need_rows() {
    each(
        edit,
        r"
        `setcc    set{cc} {r}\n` -> ``
        error: a condition in a table without a row `setcc`
          --> demo.tbl:15:25
           |
        15 | op       add_test 32,64 ?e
           |                         ^^
           = help: add the row above the rows that use conditions
    ",
    );
}

#[test]
fn operands() {
    each(
        edit,
        r"
        `     xchg {mem}, {new}` -> `     xchg {mem}, {old}`
        error: unknown operand `{old}`
          --> demo.tbl:13:22
           |
        13 | asm      xchg {mem}, {old} -- swaps *v and new
           |                      ^^^^^
           = help: the operands here are {new}, {v}, {mem}

        `     xchg {mem}, {new}` -> `     xchg {mem}, {new}, {r}`
        error: unknown operand `{r}`
          --> demo.tbl:13:29
           |
        13 | asm      xchg {mem}, {new}, {r} -- swaps *v and new
           |                             ^^^
           = help: the operands here are {new}, {v}, {mem}

        `     xchg {mem}, {new}` -> `     xchg {mem}, {new`
        error: `{` without `}`
          --> demo.tbl:13:22
           |
        13 | asm      xchg {mem}, {new -- swaps *v and new
           |                      ^^^^
           = help: close the operand

        `     xchg {mem}, {new}` -> `     xchg {mem}, new}`
        error: `}` without `{`
          --> demo.tbl:13:25
           |
        13 | asm      xchg {mem}, new} -- swaps *v and new
           |                         ^
           = help: remove it, or open the operand
    ",
    );
    each(
        edit_c,
        r"
        `{v} = {i}` -> `{v} = {new}`
        error: unknown operand `{new}`
         --> c.tbl:8:36
          |
        8 | c        *({type} volatile *){v} = {new}
          |                                    ^^^^^
          = help: the operands here are {i}, {v}, {type}
    ",
    );
}

#[test]
fn templates_use_what_they_have() {
    each(
        edit,
        r"
        `     xchg {mem}, {new}` -> `     xchg {mem}, eax`
        error: the template of `xchg` does not use the argument `new`
          --> demo.tbl:12:10
           |
        12 | op       xchg 32,64 new>r
           |          ^^^^
           = help: name it in braces in an instruction, or bind it to a fixed register

        `     xchg {mem}, {new}` -> `     mov {new}, 0`
        error: the template of `xchg` does not access the variable
          --> demo.tbl:12:10
           |
        12 | op       xchg 32,64 new>r
           |          ^^^^
           = help: {mem} is the variable in memory, {v} its address

        `mov {r}, {mem}` -> `test {mem}, 0`
        error: the template of `read` does not set its result
          --> demo.tbl:10:10
           |
        10 | op       read 32,64 >r,preserves_flags
           |          ^^^^
           = help: the binding `>r` promises that an instruction sets {r}
    ",
    );
    each(
        edit_c,
        r"
        ` = {i}` -> ` = 0`
        error: the template of `set` does not use the argument `i`
         --> c.tbl:7:10
          |
        7 | op       set  32,64 -
          |          ^^^
          = help: name it in braces in the expression

        `*({type} volatile *){v}\nop ` -> `({type})0\nop `
        error: the template of `read` does not access the variable
         --> c.tbl:5:10
          |
        5 | op       read 32,64 -
          |          ^^^^
          = help: {v} is a pointer to it
    ",
    );
}

#[test]
fn no_registers_in_c() {
    each(
        edit_c,
        r"
        `read 32,64 -` -> `read 32,64 >r,preserves_flags`
        error: `>r` is a binding of registers
         --> c.tbl:5:21
          |
        5 | op       read 32,64 >r,preserves_flags
          |                     ^^
          = help: C has no registers: write `-`

        error: `preserves_flags` is a binding of registers
         --> c.tbl:5:24
          |
        5 | op       read 32,64 >r,preserves_flags
          |                        ^^^^^^^^^^^^^^^
          = help: C has no registers: write `-`
    ",
    );
}

/// The small tables with `name` for the argument of `set` and `xchg`, and `w` for the variable.
#[track_caller]
fn renamed(name: &str, binding: &str, report: &str) {
    let ops = edited(OPS, "s    v  i", &format!("s    v:w i:{name}"));
    let ops = edited(&ops, "I    v  i:new", &format!("I    v:w i:{name}"));
    let semantics = edited(SEMANTICS, "basic i ", &format!("basic {name} "));
    let xchg = format!("basic {name} - w");
    let semantics = edited(&semantics, "basic new -      v", &xchg);
    let arch = edited(ARCH, "new>r", binding);
    let template = format!("{{mem}}, {{{name}}} -- swaps");
    let arch = edited(&arch, "{mem}, {new} -- swaps", &template);
    let mut tables = Tables {
        ops: Source::new("ops.tbl", &ops),
        semantics: Source::new("semantics.tbl", &semantics),
        ..small()
    };
    tables.archs[0].bytes = arch.as_bytes();
    check(&tables, report);
}

#[test]
fn arguments_that_hide_other_operands() {
    each(
        renamed,
        r"
        `v` -> `v>r`
        error: the argument `{v}` of `xchg` has a name that is taken
          --> demo.tbl:12:10
           |
        12 | op       xchg 32,64 v>r
           |          ^^^^
           = help: rename the argument: {v}, {mem} are taken

        error: the argument `{v}` of `set` has a name that is taken
         --> c.tbl:7:10
          |
        7 | op       set  32,64 -
          |          ^^^
          = help: rename the argument: {v}, {type} are taken

        `mem` -> `mem>r`
        error: the argument `{mem}` of `xchg` has a name that is taken
          --> demo.tbl:12:10
           |
        12 | op       xchg 32,64 mem>r
           |          ^^^^
           = help: rename the argument: {v}, {mem} are taken

        error: unknown operand `{i}`
         --> c.tbl:8:36
          |
        8 | c        *({type} volatile *){v} = {i}
          |                                    ^^^
          = help: the operands here are {mem}, {v}, {type}

        `r` -> `>r`
        error: the argument `{r}` of `xchg` has a name that is taken
          --> demo.tbl:12:10
           |
        12 | op       xchg 32,64 >r
           |          ^^^^
           = help: rename the argument: {v}, {mem}, {r} are taken

        error: unknown operand `{i}`
         --> c.tbl:8:36
          |
        8 | c        *({type} volatile *){v} = {i}
          |                                    ^^^
          = help: the operands here are {r}, {v}, {type}

        `type` -> `type>r`
        error: the argument `{type}` of `set` has a name that is taken
         --> c.tbl:7:10
          |
        7 | op       set  32,64 -
          |          ^^^
          = help: rename the argument: {v}, {type} are taken
    ",
    );
}

/// `preserves_flags` would tell the compiler that the instruction keeps the codes that it sets.
#[test]
fn a_condition_is_not_left_alone() {
    each(
        edit,
        r"
        `32,64 ?e` -> `32,64 ?e,preserves_flags`
        error: a template that preserves the flags, with a condition as its result
          --> demo.tbl:16:25
           |
        16 | op       add_test 32,64 ?e,preserves_flags
           |                         ^^^^^^^^^^^^^^^^^^
           = help: the instruction sets the flags that are the result: remove `preserves_flags`
    ",
    );
}
