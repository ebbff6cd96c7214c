//! `atomics.tbl`: operations, forms and arguments.

use super::{OPS, check, each, edited, small};
use atomics_spec::{Source, Tables};

/// One edit of the table.
#[track_caller]
fn edit(from: &str, to: &str, report: &str) {
    let text = edited(OPS, from, to);
    check(
        &Tables {
            ops: Source::new("ops.tbl", &text),
            ..small()
        },
        report,
    );
}

#[test]
fn an_unknown_meta_letter() {
    each(
        edit,
        r"
        `vRF  i  v` -> `vXF  i  v`
        error: unknown meta letter `X`
         --> ops.tbl:3:14
          |
        3 | add         vXF  i  v
          |              ^
          = help: the letters are v, l, s, R, F, f, I, i, B, b

        `vRF  i  v` -> `vxyxF-  i  v`
        error: unknown meta letter `x`
         --> ops.tbl:3:14
          |
        3 | add         vxyxF-  i  v
          |              ^
          = help: the letters are v, l, s, R, F, f, I, i, B, b

        error: unknown meta letter `y`
         --> ops.tbl:3:15
          |
        3 | add         vxyxF-  i  v
          |               ^
          = help: the letters are v, l, s, R, F, f, I, i, B, b

        error: unknown meta letter `-`
         --> ops.tbl:3:18
          |
        3 | add         vxyxF-  i  v
          |                  ^
          = help: the letters are v, l, s, R, F, f, I, i, B, b
    ",
    );
}

#[test]
fn a_meta_letter_that_stands_twice() {
    each(
        edit,
        r"
        `vRF  i  v` -> `vRv  i  v`
        error: the meta letter `v` occurs twice
         --> ops.tbl:3:15
          |
        3 | add         vRv  i  v
          |               ^
          = help: write each letter once: it stands for one form of the operation
    ",
    );
}

#[test]
fn meta_letters_for_the_same_function() {
    each(
        edit,
        r"
        `vRF  i  v` -> `vRFfb  i  v`
        error: the meta letters `F` and `f` define the same function
         --> ops.tbl:3:16
          |
        3 | add         vRFfb  i  v
          |                ^
          = help: keep one of them: F and f define fetch_NAME, R defines NAME_return, all others NAME

        error: the meta letters `v` and `b` define the same function
         --> ops.tbl:3:17
          |
        3 | add         vRFfb  i  v
          |                 ^
          = help: keep one of them: F and f define fetch_NAME, R defines NAME_return, all others NAME
    ",
    );
}

#[test]
fn an_unknown_argument_type() {
    each(
        edit,
        r"
        `v  p:old i:new` -> `v  q:old ii i:new`
        error: unknown argument type `q`
         --> ops.tbl:6:21
          |
        6 | try_cmpxchg B    v  q:old ii i:new
          |                     ^
          = help: an argument is `v`, `cv`, `i` or `p`, optionally followed by `:` and a name

        error: unknown argument type `ii`
         --> ops.tbl:6:27
          |
        6 | try_cmpxchg B    v  q:old ii i:new
          |                           ^^
          = help: an argument is `v`, `cv`, `i` or `p`, optionally followed by `:` and a name
    ",
    );
}

#[test]
fn a_missing_column() {
    each(
        edit,
        r"
        `vF   i  v` -> ``
        error: the row ends before its column `meta`
         --> ops.tbl:4:1
          |
        4 | or
          | ^^
          = help: a row is: name  meta  args...

        `vF   i  v` -> `vF`
        error: the row ends before its column `args`
         --> ops.tbl:4:13
          |
        4 | or          vF
          |             ^^
          = help: a row is: name  meta  args...
    ",
    );
}

#[test]
fn a_duplicate_row() {
    each(
        edit,
        r"
        `xchg  ` -> `add   `
        error: the operation `add` has two rows
         --> ops.tbl:5:1
          |
        5 | add         I    v  i:new
          | ^^^
          = help: the first row is in line 3: list all forms there

        error: `xchg` is not an operation of ops.tbl
         --> semantics.tbl:5:1
          |
        5 | xchg        basic new -      v
          | ^^^^
          = help: add a row for it to ops.tbl, or remove this one

        error: `xchg` is not a variant of any operation
          --> demo.tbl:12:10
           |
        12 | op       xchg 32,64 new>r
           |          ^^^^
           = help: write the C name without the family's prefix, such as fetch_add_acquire
    ",
    );
}

#[test]
fn two_rows_for_one_function() {
    each(
        edit,
        r"
        `add_test ` -> `fetch_add b i v\nfetch_or_acquire i v\nfetch_or F i v\nadd_test `
        error: two rows define the function `fetch_add`
         --> ops.tbl:7:1
          |
        7 | fetch_add b i v
          | ^^^^^^^^^
          = help: the other row is in line 3; rename one of the operations

        error: two rows define the function `fetch_or_acquire`
         --> ops.tbl:8:1
          |
        8 | fetch_or_acquire i v
          | ^^^^^^^^^^^^^^^^
          = help: the other row is in line 4; rename one of the operations

        error: `fetch_or` has no row in semantics.tbl
         --> ops.tbl:9:1
          |
        9 | fetch_or F i v
          | ^^^^^^^^
          = help: add a row to semantics.tbl: name  class  new  fails  result
    ",
    );
    // The other way round: the variant comes first.
    each(
        edit,
        r"
        `read ` -> `xchg_relaxed b i v\nread `
        error: `xchg_relaxed` has no row in semantics.tbl
         --> ops.tbl:1:1
          |
        1 | xchg_relaxed b i v
          | ^^^^^^^^^^^^
          = help: add a row to semantics.tbl: name  class  new  fails  result

        error: two rows define the function `xchg_relaxed`
         --> ops.tbl:6:1
          |
        6 | xchg        I    v  i:new
          | ^^^^
          = help: the other row is in line 1; rename one of the operations
    ",
    );
}

#[test]
fn the_same_method_for_two_operations() {
    each(
        edit,
        r"
        `add_test ` -> `load     l v\nnew      v v\nadd_test `
        error: `read` and `load` define the same method `load`
         --> ops.tbl:7:1
          |
        7 | load     l v
          | ^^^^
          = help: `read` is in line 1; rename one of the operations

        error: `load` has no row in semantics.tbl
         --> ops.tbl:7:1
          |
        7 | load     l v
          | ^^^^
          = help: add a row to semantics.tbl: name  class  new  fails  result

        error: `new` defines the method `new`, which exists already
         --> ops.tbl:8:1
          |
        8 | new      v v
          | ^^^
          = help: every `Atomic` has a method with this name: rename the operation

        error: `new` has no row in semantics.tbl
         --> ops.tbl:8:1
          |
        8 | new      v v
          | ^^^
          = help: add a row to semantics.tbl: name  class  new  fails  result
    ",
    );
}

#[test]
fn the_name_of_an_operation() {
    each(
        edit,
        r"
        `add  ` -> `Add  `
        error: `Add` is not a valid name for an operation
         --> ops.tbl:3:1
          |
        3 | Add         vRF  i  v
          | ^^^
          = help: a name is made of a-z, 0-9 and _, and starts with a letter

        `add_test ` -> `_add v v\n2add v v\nself v v\naäd v v\nadd_test `
        error: `_add` is not a valid name for an operation
         --> ops.tbl:7:1
          |
        7 | _add v v
          | ^^^^
          = help: a name is made of a-z, 0-9 and _, and starts with a letter

        error: `2add` is not a valid name for an operation
         --> ops.tbl:8:1
          |
        8 | 2add v v
          | ^^^^
          = help: a name is made of a-z, 0-9 and _, and starts with a letter

        error: an operation cannot be called `self`
         --> ops.tbl:9:1
          |
        9 | self v v
          | ^^^^
          = help: it is a Rust keyword that cannot be an identifier: choose another name

        error: `aäd` is not a valid name for an operation
          --> ops.tbl:10:1
           |
        10 | aäd v v
           | ^^^
           = help: a name is made of a-z, 0-9 and _, and starts with a letter
    ",
    );
}

#[test]
fn the_name_of_an_argument() {
    each(
        edit,
        r"
        `xchg        I    v  i:new` -> `xchg  I  v  i:2nd i: i:a:b`
        error: `2nd` is not a valid name for an argument
         --> ops.tbl:5:15
          |
        5 | xchg  I  v  i:2nd i: i:a:b
          |               ^^^
          = help: a name is made of a-z, 0-9 and _, and starts with a letter

        error: the argument has no name
         --> ops.tbl:5:21
          |
        5 | xchg  I  v  i:2nd i: i:a:b
          |                     ^
          = help: write a name after the `:`, or remove the `:`

        error: `a:b` is not a valid name for an argument
         --> ops.tbl:5:24
          |
        5 | xchg  I  v  i:2nd i: i:a:b
          |                        ^^^
          = help: a name is made of a-z, 0-9 and _, and starts with a letter

        `xchg        I    v  i:new` -> `xchg  I  v  i:self i:long i:int`
        error: an argument cannot be called `self`
         --> ops.tbl:5:15
          |
        5 | xchg  I  v  i:self i:long i:int
          |               ^^^^
          = help: it is a Rust keyword that cannot be an identifier: write another name after a `:`

        error: an argument cannot be called `long`
         --> ops.tbl:5:22
          |
        5 | xchg  I  v  i:self i:long i:int
          |                      ^^^^
          = help: it is a C keyword: write another name after a `:`

        error: an argument cannot be called `int`
         --> ops.tbl:5:29
          |
        5 | xchg  I  v  i:self i:long i:int
          |                             ^^^
          = help: it is a C keyword: write another name after a `:`

        `xchg        I    v  i:new` -> `xchg  I  v  i:new p:new`
        error: two arguments are called `new`
         --> ops.tbl:5:21
          |
        5 | xchg  I  v  i:new p:new
          |                     ^^^
          = help: write another name for one of them after a `:`

        `add         vRF  i  v` -> `add vRF i i v`
        error: two arguments are called `i`
         --> ops.tbl:3:11
          |
        3 | add vRF i i v
          |           ^
          = help: write another name for one of them after a `:`
    ",
    );
}

#[test]
fn one_atomic_variable() {
    each(
        edit,
        r"
        `add         vRF  i  v` -> `add vRF i v cv`
        error: the operation has a second atomic variable
         --> ops.tbl:3:13
          |
        3 | add vRF i v cv
          |             ^^
          = help: write exactly one `v` or `cv`: an operation works on one variable

        `add         vRF  i  v` -> `add vRF i i:j`
        error: `add` has no argument for the atomic variable
         --> ops.tbl:3:1
          |
        3 | add vRF i i:j
          | ^^^
          = help: write exactly one `v`, or `cv` if the operation only reads
    ",
    );
}

#[test]
fn one_pointer() {
    each(
        edit,
        r"
        `p:old i:new` -> `p:old p:new`
        error: the operation has a second `p` argument
         --> ops.tbl:6:27
          |
        6 | try_cmpxchg B    v  p:old p:new
          |                           ^^^^^
          = help: write only one `p`: a failed operation writes the value that it found to it
    ",
    );
}

#[test]
fn an_operation_without_semantics() {
    each(
        edit,
        r"
        `or  ` -> `nor `
        error: `nor` has no row in semantics.tbl
         --> ops.tbl:4:1
          |
        4 | nor         vF   i  v
          | ^^^
          = help: add a row to semantics.tbl: name  class  new  fails  result

        error: `or` is not an operation of ops.tbl
         --> semantics.tbl:4:1
          |
        4 | or          bits  v|i -      -
          | ^^
          = help: add a row for it to ops.tbl, or remove this one
    ",
    );
    let text = OPS.to_owned() + "sub vRF i v\n";
    let tables = Tables {
        ops: Source::new("ops.tbl", &text),
        strict: false,
        ..small()
    };
    check(
        &tables,
        r"
        error: `sub` has no row in semantics.tbl
         --> ops.tbl:8:1
          |
        8 | sub vRF i v
          | ^^^
          = help: add a row to semantics.tbl: name  class  new  fails  result
    ",
    );
}
