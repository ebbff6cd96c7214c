//! `semantics.tbl`: expressions, and whether forms and classes allow them.

use super::{OPS, SEMANTICS, check, each, edited, small};
use atomics_spec::{Source, Spec, Tables};

/// One edit of the table.
#[track_caller]
pub(super) fn edit(from: &str, to: &str, report: &str) {
    let text = edited(SEMANTICS, from, to);
    check(
        &Tables {
            semantics: Source::new("semantics.tbl", &text),
            ..small()
        },
        report,
    );
}

/// Adds an operation and its semantics.
#[track_caller]
pub(super) fn op(op: &str, meaning: &str, report: &str) {
    let ops = format!("{OPS}{op}\n");
    let semantics = format!("{SEMANTICS}{meaning}\n");
    let tables = Tables {
        ops: Source::new("ops.tbl", &ops),
        semantics: Source::new("semantics.tbl", &semantics),
        ..small()
    };
    if report.is_empty() {
        Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"));
    } else {
        check(&tables, report);
    }
}

#[test]
fn a_row_without_an_operation() {
    each(
        edit,
        r"
        `or    ` -> `xor   `
        error: `or` has no row in semantics.tbl
         --> ops.tbl:4:1
          |
        4 | or          vF   i  v
          | ^^
          = help: add a row to semantics.tbl: name  class  new  fails  result

        error: `xor` is not an operation of ops.tbl
         --> semantics.tbl:4:1
          |
        4 | xor         bits  v|i -      -
          | ^^^
          = help: add a row for it to ops.tbl, or remove this one
    ",
    );
    // A user's table may have fewer operations than the semantics.
    let text = SEMANTICS.to_owned() + "xor bits v^i - -\n";
    let semantics = Source::new("semantics.tbl", &text);
    check(
        &Tables {
            semantics,
            ..small()
        },
        r"
        error: `xor` is not an operation of ops.tbl
         --> semantics.tbl:8:1
          |
        8 | xor bits v^i - -
          | ^^^
          = help: add a row for it to ops.tbl, or remove this one
    ",
    );
    let strict = false;
    Spec::load(&Tables {
        semantics,
        strict,
        ..small()
    })
    .unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn columns() {
    each(
        edit,
        r"
        `or          bits  v|i -      -\n` -> `or\n`
        error: the row ends before its column `class`
         --> semantics.tbl:4:1
          |
        4 | or
          | ^^
          = help: a row is: name  class  new  fails  result

        `or          bits  v|i -      -\n` -> `or bits\n`
        error: the row ends before its column `new`
         --> semantics.tbl:4:4
          |
        4 | or bits
          |    ^^^^
          = help: a row is: name  class  new  fails  result

        `or          bits  v|i -      -\n` -> `or bits v|i\n`
        error: the row ends before its column `fails`
         --> semantics.tbl:4:9
          |
        4 | or bits v|i
          |         ^^^
          = help: a row is: name  class  new  fails  result

        `or          bits  v|i -      -\n` -> `or bits v|i -\n`
        error: the row ends before its column `result`
         --> semantics.tbl:4:13
          |
        4 | or bits v|i -
          |             ^
          = help: a row is: name  class  new  fails  result

        `v|i -      -` -> `v | i - -`
        error: expected a variable or a number but found `|` in `|`
         --> semantics.tbl:4:21
          |
        4 | or          bits  v | i - -
          |                     ^
          = help: an expression is made of `i`, `v`, `new`, numbers, ( ) and + - & | ^ ~ == != < <= > >=

        error: unexpected column `-`
         --> semantics.tbl:4:25
          |
        4 | or          bits  v | i - -
          |                         ^
          = help: a row is: name  class  new  fails  result; write expressions without blanks
    ",
    );
}

#[test]
fn two_rows_for_one_operation() {
    each(
        edit,
        r"
        `or   ` -> `add  `
        error: `or` has no row in semantics.tbl
         --> ops.tbl:4:1
          |
        4 | or          vF   i  v
          | ^^
          = help: add a row to semantics.tbl: name  class  new  fails  result

        error: the operation `add` has two rows
         --> semantics.tbl:4:1
          |
        4 | add         bits  v|i -      -
          | ^^^
          = help: the first row is in line 3: remove one of them
    ",
    );
}

#[test]
fn an_unknown_class() {
    each(
        edit,
        r"
        `or          bits` -> `or          bit`
        error: unknown class `bit`
         --> semantics.tbl:4:13
          |
        4 | or          bit  v|i -      -
          |             ^^^
          = help: the classes of types.tbl are basic, sums, bits
    ",
    );
}

#[test]
fn a_load_stores_nothing() {
    each(
        op,
        r"
        `peek l v` -> `peek basic v - -`
        error: `peek` has the form `l`, which stores nothing
         --> semantics.tbl:8:12
          |
        8 | peek basic v - -
          |            ^
          = help: write `-` in the columns `new` and `fails`, or use another meta letter

        `peek l v` -> `peek basic - v==0 -`
        error: `peek` has the form `l`, which stores nothing
         --> semantics.tbl:8:14
          |
        8 | peek basic - v==0 -
          |              ^^^^
          = help: write `-` in the columns `new` and `fails`, or use another meta letter

        `peek lF v` -> `peek basic - - -`
        error: the form `l` cannot be combined with others
         --> ops.tbl:8:6
          |
        8 | peek lF v
          |      ^^
          = help: `l` stores nothing, but all other forms store a value
    ",
    );
}

#[test]
fn whatever_is_no_load_stores_something() {
    each(
        op,
        r"
        `sub vRF i v` -> `sub bits - - -`
        error: `sub` stores a value, but the column `new` is `-`
         --> semantics.tbl:8:10
          |
        8 | sub bits - - -
          |          ^
          = help: write the value that it stores, such as v+i

        `sub F i cv` -> `sub bits v-i - -`
        error: `sub` stores to its variable, which C declares const
         --> ops.tbl:8:9
          |
        8 | sub F i cv
          |         ^^
          = help: write `v` instead of `cv` for a variable that is written
    ",
    );
}

#[test]
fn a_store_does_not_look() {
    each(
        op,
        r"
        `put s v i` -> `put bits v+i - -`
        error: `put` has the form `s`, which does not read the old value
         --> semantics.tbl:8:10
          |
        8 | put bits v+i - -
          |          ^^^
          = help: use the form `v` if the operation depends on the old value or can fail

        `put s v i` -> `put bits i v==0 -`
        error: `put` has the form `s`, which does not read the old value
         --> semantics.tbl:8:12
          |
        8 | put bits i v==0 -
          |            ^^^^
          = help: use the form `v` if the operation depends on the old value or can fail
    ",
    );
}

#[test]
fn a_pointer_needs_a_failure() {
    each(
        op,
        r"
        `try_put B v p:old` -> `try_put bits v+old - v==old`
        error: `try_put` has a `p` argument, but never fails
         --> semantics.tbl:8:20
          |
        8 | try_put bits v+old - v==old
          |                    ^
          = help: write a condition in the column `fails`: on failure, `p` receives the value found
    ",
    );
}

#[test]
fn a_pointer_tells_of_success() {
    each(
        op,
        r"
        `try_put B v p:old i` -> `try_put basic i v!=old v!=old`
        error: `try_put` has a `p` argument, but does not return whether it stored
         --> semantics.tbl:8:24
          |
        8 | try_put basic i v!=old v!=old
          |                        ^^^^^^
          = help: write v==old, which is true if it does not fail
    ",
    );
}

#[test]
fn comparisons_are_signed() {
    each(
        op,
        r"
        `sub_test b i v` -> `sub_test sums v-i - new<0`
        error: a signed comparison is not allowed in the class `sums`, which `u32` has
         --> semantics.tbl:8:21
          |
        8 | sub_test sums v-i - new<0
          |                     ^^^^^
          = help: compare with == or !=, or use a class that only signed types have

        `inc_to vRF v` -> `inc_to sums v+1 v>=9 -`
        error: a signed comparison is not allowed in the class `sums`, which `u32` has
         --> semantics.tbl:8:17
          |
        8 | inc_to sums v+1 v>=9 -
          |                 ^^^^
          = help: compare with == or !=, or use a class that only signed types have
    ",
    );
    op("inc_to vRF v", "inc_to bits v+1 v>=9 -", "");
}

#[test]
fn results_and_the_forms_that_return_them() {
    each(
        op,
        r"
        `sub_test b i v` -> `sub_test bits v-i - new`
        error: `sub_test` has the form `B` or `b`, which returns a comparison
         --> semantics.tbl:8:21
          |
        8 | sub_test bits v-i - new
          |                     ^^^
          = help: write a comparison in the column `result`

        `sub_test B i v` -> `sub_test bits v-i - -`
        error: `sub_test` has the form `B` or `b`, which returns a comparison
         --> semantics.tbl:8:21
          |
        8 | sub_test bits v-i - -
          |                     ^
          = help: write a comparison in the column `result`

        `sub_it i i v` -> `sub_it bits v-i - new==0`
        error: `sub_it` has the form `I` or `i`, which returns a value
         --> semantics.tbl:8:19
          |
        8 | sub_it bits v-i - new==0
          |                   ^^^^^^
          = help: write a value in the column `result`

        `sub_it I i v` -> `sub_it bits v-i - -`
        error: `sub_it` has the form `I` or `i`, which returns a value
         --> semantics.tbl:8:19
          |
        8 | sub_it bits v-i - -
          |                   ^
          = help: write a value in the column `result`

        `sub vRF i v` -> `sub bits v-i - v`
        error: no form of `sub` returns this result
         --> semantics.tbl:8:16
          |
        8 | sub bits v-i - v
          |                ^
          = help: write `-`: F and f return the old value, R the new one, the others nothing
    ",
    );
}

#[test]
fn an_argument_new_is_what_is_stored() {
    each(
        op,
        r"
        `put v v i:new` -> `put bits new+1 - -`
        error: `put` has an argument `new`, but stores a different value
         --> semantics.tbl:8:10
          |
        8 | put bits new+1 - -
          |          ^^^^^
          = help: `new` means the stored value: rename the argument or store it unchanged
    ",
    );
    op("put v v i:new", "put basic new - -", "");
}

#[test]
fn a_class_that_stores_its_arguments() {
    each(
        op,
        r"
        `not v v` -> `not basic ~v - -`
        error: the class `basic` only stores an unchanged argument
         --> semantics.tbl:8:11
          |
        8 | not basic ~v - -
          |           ^^
          = help: its types may not hold every value: use a class that computes values

        `put I v i` -> `put basic i - v+1`
        error: the class `basic` does not return computed values
         --> semantics.tbl:8:15
          |
        8 | put basic i - v+1
          |               ^^^
          = help: return the old value, an argument or a comparison, or use another class

        `put I v i` -> `put basic i v<0 v`
        error: the class `basic` only compares for equality
         --> semantics.tbl:8:13
          |
        8 | put basic i v<0 v
          |             ^^^
          = help: compare the old value and arguments with == or !=, or use another class

        `put b v i` -> `put basic i - v==0`
        error: the class `basic` only compares for equality
         --> semantics.tbl:8:15
          |
        8 | put basic i - v==0
          |               ^^^^
          = help: compare the old value and arguments with == or !=, or use another class
    ",
    );
    // It may compare the old value and arguments for equality, and return the new value.
    op("put I v i", "put basic i v==i new", "");
    op("put b v i", "put basic i - new!=v", "");
}

#[test]
fn a_class_that_adds() {
    each(
        op,
        r"
        `sub vRF i v` -> `sub sums v&i - -`
        error: the class `sums` always adds or subtracts its only argument
         --> semantics.tbl:8:10
          |
        8 | sub sums v&i - -
          |          ^^^
          = help: use another class: `AtomicAdd` only promises that sums are valid

        `sub vRF i v` -> `sub sums i-v - -`
        error: the class `sums` always adds or subtracts its only argument
         --> semantics.tbl:8:10
          |
        8 | sub sums i-v - -
          |          ^^^
          = help: use another class: `AtomicAdd` only promises that sums are valid

        `sub vRF i v` -> `sub sums v-i v==i -`
        error: the class `sums` always adds or subtracts its only argument
         --> semantics.tbl:8:14
          |
        8 | sub sums v-i v==i -
          |              ^^^^
          = help: use another class: `AtomicAdd` only promises that sums are valid

        `sub vF i v i:j` -> `sub sums v-i - -`
        error: the class `sums` always adds or subtracts its only argument
         --> semantics.tbl:8:10
          |
        8 | sub sums v-i - -
          |          ^^^
          = help: use another class: `AtomicAdd` only promises that sums are valid

        `sub_it I i v` -> `sub_it sums v-i - v-1`
        error: the class `sums` only returns the old or the new value
         --> semantics.tbl:8:19
          |
        8 | sub_it sums v-i - v-1
          |                   ^^^
          = help: return `new`, the variable or a comparison, or use another class
    ",
    );
    op("sub vRF i v", "sub sums i+v - -", "");
    op("neg vRF v", "neg sums -v v==0 -", "");
    op("sub_test b i v", "sub_test sums v-i - new!=0", "");
}
