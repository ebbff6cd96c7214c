//! `types.tbl`: classes, families and types.

use super::{TYPES, check, each, edited, small};
use atomics_spec::{Source, Tables};

/// One edit of the table.
#[track_caller]
fn edit(from: &str, to: &str, report: &str) {
    let text = edited(TYPES, from, to);
    check(
        &Tables {
            types: Source::new("types.tbl", &text),
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
        `type   u32 ` -> `tpye   u32 `
        error: unknown row `tpye`
         --> types.tbl:7:1
          |
        7 | tpye   u32    atomic     basic,sums
          | ^^^^
          = help: a row starts with `class`, `family` or `type`
    ",
    );
    // The class of the misspelt row is not reported as missing.
    each(
        edit,
        r"
        `class  bits` -> `clas   bits`
        error: unknown row `clas`
         --> types.tbl:3:1
          |
        3 | clas   bits   value   bitwise
          | ^^^^
          = help: a row starts with `class`, `family` or `type`
    ",
    );
}

#[test]
fn missing_rows() {
    let text = "family atomic i32 32 atomic_t int\n";
    check(
        &Tables {
            types: Source::new("types.tbl", text),
            ..small()
        },
        r"
        error: the table has no row `class`
         --> types.tbl:1:1
          |
        1 | family atomic i32 32 atomic_t int
          | ^^^^^^
          = help: a table needs at least one row `class`, one row `family` and one row `type`

        error: the table has no row `type`
         --> types.tbl:1:1
          |
        1 | family atomic i32 32 atomic_t int
          | ^^^^^^
          = help: a table needs at least one row `class`, one row `family` and one row `type`
    ",
    );
    let text = "class basic stored basic\n";
    check(
        &Tables {
            types: Source::new("types.tbl", text),
            ..small()
        },
        r"
        error: the table has no row `family`
         --> types.tbl:1:1
          |
        1 | class basic stored basic
          | ^^^^^
          = help: a table needs at least one row `class`, one row `family` and one row `type`

        error: the table has no row `type`
         --> types.tbl:1:1
          |
        1 | class basic stored basic
          | ^^^^^
          = help: a table needs at least one row `class`, one row `family` and one row `type`
    ",
    );
}

#[test]
fn columns() {
    each(
        edit,
        r"
        `class  bits   value   bitwise` -> `class bits value`
        error: the row ends before its column `title`
         --> types.tbl:3:12
          |
        3 | class bits value
          |            ^^^^^
          = help: a row is: class  name  operand  title

        `class  bits   value   bitwise` -> `class bits`
        error: the row ends before its column `operand`
         --> types.tbl:3:7
          |
        3 | class bits
          |       ^^^^
          = help: a row is: class  name  operand  title

        `class  bits   value   bitwise` -> `class bits\nclass`
        error: the row ends before its column `operand`
         --> types.tbl:3:7
          |
        3 | class bits
          |       ^^^^
          = help: a row is: class  name  operand  title

        error: the row ends before its column `name`
         --> types.tbl:4:1
          |
        4 | class
          | ^^^^^
          = help: a row is: class  name  operand  title

        `atomic_t int` -> `atomic_t`
        error: the row ends before its column `C-value`
         --> types.tbl:4:31
          |
        4 | family atomic     i32 32      atomic_t
          |                               ^^^^^^^^
          = help: a row is: family  name  repr  bits  C-object  C-value

        `atomic     i32 32      atomic_t int` -> `atomic`
        error: the row ends before its column `repr`
         --> types.tbl:4:8
          |
        4 | family atomic
          |        ^^^^^^
          = help: a row is: family  name  repr  bits  C-object  C-value

        `atomic     basic,sums\n` -> `atomic\n`
        error: the row ends before its column `classes`
         --> types.tbl:7:15
          |
        7 | type   u32    atomic
          |               ^^^^^^
          = help: a row is: type  name  family  classes

        `atomic     basic,sums\n` -> `atomic basic, sums\n`
        error: unexpected column `sums`
         --> types.tbl:7:29
          |
        7 | type   u32    atomic basic, sums
          |                             ^^^^
          = help: a row is: type  name  family  classes
    ",
    );
}

#[test]
fn classes() {
    each(
        edit,
        r"
        `class  bits   value ` -> `class  bits   values`
        error: unknown operand `values`
         --> types.tbl:3:15
          |
        3 | class  bits   values  bitwise
          |               ^^^^^^
          = help: an operand is `stored`, `delta` or `value`

        `class  bits ` -> `class  Bits value bitwise\nclass bits `
        error: `Bits` is not a valid name for a class
         --> types.tbl:3:8
          |
        3 | class  Bits value bitwise
          |        ^^^^
          = help: a name is made of a-z, 0-9 and _, and starts with a letter

        `class  bits ` -> `class  basic value bitwise\nclass bits `
        error: the class `basic` has two rows
         --> types.tbl:3:8
          |
        3 | class  basic value bitwise
          |        ^^^^^
          = help: keep one row for each class

        `class  bits ` -> `class add value adding\nclass  bits `
        error: the class `add` defines the trait `AtomicAdd`, which exists already
         --> types.tbl:3:7
          |
        3 | class add value adding
          |       ^^^
          = help: choose another name

        `class  bits ` -> `class basic_ops value more\nclass  bits `
        error: the class `basic_ops` defines the trait `AtomicBasicOps`, which exists already
         --> types.tbl:3:7
          |
        3 | class basic_ops value more
          |       ^^^^^^^^^
          = help: choose another name
    ",
    );
}

#[test]
fn families() {
    each(
        edit,
        r"
        `i32 32  ` -> `u32 32  `
        error: unknown repr `u32`
         --> types.tbl:4:19
          |
        4 | family atomic     u32 32      atomic_t int
          |                   ^^^
          = help: a repr is i8, i16, i32, i64, isize or ptr

        `i32 32  ` -> `i32 33  `
        error: unknown width `33`
         --> types.tbl:4:23
          |
        4 | family atomic     i32 33      atomic_t int
          |                       ^^
          = help: a width is 8, 16, 32, 64 or `pointer`

        `i32 32  ` -> `i32 64  `
        error: `i32` does not have this width
         --> types.tbl:4:23
          |
        4 | family atomic     i32 64      atomic_t int
          |                       ^^
          = help: write the width of the repr, which is `pointer` for `isize` and `ptr`

        `ptr pointer -` -> `i32 32      -`
        error: the families `atomic` and `atomic_ptr` have the same repr
         --> types.tbl:5:19
          |
        5 | family atomic_ptr i32 32      -        const void *
          |                   ^^^
          = help: write a different repr for each family

        `type   i32 ` -> `family atomic i64 64 - s64\ntype   i32 `
        error: the family `atomic` has two rows
         --> types.tbl:6:8
          |
        6 | family atomic i64 64 - s64
          |        ^^^^^^
          = help: keep one row for each family

        `type   i32 ` -> `family atomic-64 i64 64 - s64\ntype   i32 `
        error: `atomic-64` is not a valid name for a family
         --> types.tbl:6:8
          |
        6 | family atomic-64 i64 64 - s64
          |        ^^^^^^^^^
          = help: a name is made of a-z, 0-9 and _, and starts with a letter

        `atomic_t int` -> `struct atomic`
        error: `struct` is not the name of a C type
         --> types.tbl:4:31
          |
        4 | family atomic     i32 32      struct atomic
          |                               ^^^^^^
          = help: write the name of its own `typedef`, such as atomic_t, or `-` if there is none

        `atomic_t int` -> `atomic_t int;`
        error: `int;` is not the C type of i32
         --> types.tbl:4:40
          |
        4 | family atomic     i32 32      atomic_t int;
          |                                        ^^^^
          = help: write s32, or int, or int32_t

        `pointer -        const` -> `pointer atomic_t const`
        error: the families `atomic` and `atomic_ptr` both have the type `atomic_t`
         --> types.tbl:5:31
          |
        5 | family atomic_ptr ptr pointer atomic_t const void *
          |                               ^^^^^^^^
          = help: write a different C-object for each family; a family without one has the type NAME_t
    ",
    );
}

#[test]
fn types() {
    each(
        edit,
        r"
        `type   u32 ` -> `type   f32 `
        error: unknown type `f32`
         --> types.tbl:7:8
          |
        7 | type   f32    atomic     basic,sums
          |        ^^^
          = help: a type is i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, bool, *const or *mut; implement AtomicType for others

        `type   u32 ` -> `type   i32 `
        error: the type `i32` has two rows
         --> types.tbl:7:8
          |
        7 | type   i32    atomic     basic,sums
          |        ^^^
          = help: list all classes of a type in one row

        `u32    atomic ` -> `u32    atomci `
        error: unknown family `atomci`
         --> types.tbl:7:15
          |
        7 | type   u32    atomci     basic,sums
          |               ^^^^^^
          = help: add a row `family` for it above the types that use it

        `type   u32    atomic ` -> `type   u64    atomic `
        error: the type `u64` does not fit the family `atomic`
         --> types.tbl:7:15
          |
        7 | type   u64    atomic     basic,sums
          |               ^^^^^^
          = help: use a family with a repr of the same size; pointers need the repr `ptr`, other types an integer

        `type   u32    atomic ` -> `type   *mut   atomic `
        error: the type `*mut` does not fit the family `atomic`
         --> types.tbl:7:15
          |
        7 | type   *mut   atomic     basic,sums
          |               ^^^^^^
          = help: use a family with a repr of the same size; pointers need the repr `ptr`, other types an integer

        `type   u32    atomic ` -> `type   usize  atomic_ptr `
        error: the type `usize` does not fit the family `atomic_ptr`
         --> types.tbl:7:15
          |
        7 | type   usize  atomic_ptr     basic,sums
          |               ^^^^^^^^^^
          = help: use a family with a repr of the same size; pointers need the repr `ptr`, other types an integer
    ",
    );
}

#[test]
fn classes_of_types() {
    // A type that names an unknown class.
    each(
        edit,
        r"
        `basic,sums\n` -> `basic,sum,,signed\n`
        error: unknown class `sum`
         --> types.tbl:7:32
          |
        7 | type   u32    atomic     basic,sum,,signed
          |                                ^^^
          = help: the classes above this row are basic, sums, bits

        error: the list has an empty element
         --> types.tbl:7:36
          |
        7 | type   u32    atomic     basic,sum,,signed
          |                                    ^
          = help: separate the elements by single commas, without blanks

        error: unknown class `signed`
         --> types.tbl:7:37
          |
        7 | type   u32    atomic     basic,sum,,signed
          |                                     ^^^^^^
          = help: the classes above this row are basic, sums, bits

        `basic,sums\n` -> `basic,sums,basic\n`
        error: the class `basic` occurs twice
         --> types.tbl:7:37
          |
        7 | type   u32    atomic     basic,sums,basic
          |                                     ^^^^^
          = help: list each class once

        `atomic_ptr basic` -> `atomic_ptr basic,bits,sums`
        error: `*const` cannot have the class `bits`
         --> types.tbl:8:32
          |
        8 | type   *const atomic_ptr basic,bits,sums
          |                                ^^^^
          = help: the class computes values that may not be valid for this type: only integers can have it

        error: `*const` cannot have the class `sums`
         --> types.tbl:8:37
          |
        8 | type   *const atomic_ptr basic,bits,sums
          |                                     ^^^^
          = help: the class computes values that may not be valid for this type: only integers can have it

        `family atomic ` -> `type u8 atomic basic\nfamily atomic `
        error: unknown family `atomic`
         --> types.tbl:4:9
          |
        4 | type u8 atomic basic
          |         ^^^^^^
          = help: add a row `family` for it above the types that use it

        `class  sums ` -> `family atomic_i8 i8 8 - s8\ntype u8 atomic_i8 basic,sums\nclass  sums `
        error: unknown class `sums`
         --> types.tbl:3:25
          |
        3 | type u8 atomic_i8 basic,sums
          |                         ^^^^
          = help: the classes above this row are basic
    ",
    );
}

#[test]
fn bool_computes_nothing() {
    each(
        edit,
        r"
        `type   u32 ` -> `family atomic_i8 i8 8 - s8\ntype bool atomic_i8 sums\ntype   u32 `
        error: `bool` cannot have the class `sums`
         --> types.tbl:8:21
          |
        8 | type bool atomic_i8 sums
          |                     ^^^^
          = help: the class computes values that may not be valid for this type: only integers can have it
    ",
    );
}

#[test]
fn one_fault_is_one_error() {
    // There are no errors about the types of the family or the operations of the class.
    each(
        edit,
        r"
        `family atomic     i32 32 ` -> `family atomic     i32 31 `
        error: unknown width `31`
         --> types.tbl:4:23
          |
        4 | family atomic     i32 31      atomic_t int
          |                       ^^
          = help: a width is 8, 16, 32, 64 or `pointer`

        `class  basic  stored` -> `class  basic  store`
        error: unknown operand `store`
         --> types.tbl:1:15
          |
        1 | class  basic  store  basic
          |               ^^^^^
          = help: an operand is `stored`, `delta` or `value`
    ",
    );
}

#[test]
fn an_argument_with_the_name_of_a_c_type() {
    let types = edited(TYPES, "atomic_t int", "atomic_t s32");
    let ops = edited(super::OPS, "i:new\ntry", "i:new i:s32 i:atomic_t\ntry");
    let tables = Tables {
        ops: Source::new("ops.tbl", &ops),
        types: Source::new("types.tbl", &types),
        ..small()
    };
    check(
        &tables,
        r"
        error: an argument cannot be called `s32`
         --> ops.tbl:5:29
          |
        5 | xchg        I    v  i:new i:s32 i:atomic_t
          |                             ^^^
          = help: it is a C type: write another name after a `:`

        error: an argument cannot be called `atomic_t`
         --> ops.tbl:5:35
          |
        5 | xchg        I    v  i:new i:s32 i:atomic_t
          |                                   ^^^^^^^^
          = help: it is a C type: write another name after a `:`
    ",
    );
}
