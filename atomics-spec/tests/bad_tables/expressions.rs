//! The expressions of `semantics.tbl`.

use super::semantics::{edit, op};
use super::{SEMANTICS, each, edited, small};
use atomics_spec::{Source, Tables};

#[test]
fn expressions_that_do_not_parse() {
    each(
        edit,
        r"
        `v|i` -> `v|`
        error: expected a variable or a number at the end of `v|`
         --> semantics.tbl:4:19
          |
        4 | or          bits  v| -      -
          |                   ^^
          = help: an expression is made of `i`, `v`, numbers, ( ) and + - & | ^ ~ == != < <= > >=

        `v|i` -> `v||i`
        error: expected a variable or a number but found `|` in `v||i`
         --> semantics.tbl:4:21
          |
        4 | or          bits  v||i -      -
          |                     ^
          = help: an expression is made of `i`, `v`, numbers, ( ) and + - & | ^ ~ == != < <= > >=

        `v|i` -> `v*i`
        error: expected an operator but found `*` in `v*i`
         --> semantics.tbl:4:20
          |
        4 | or          bits  v*i -      -
          |                    ^
          = help: an expression is made of `i`, `v`, numbers, ( ) and + - & | ^ ~ == != < <= > >=

        `v|i` -> `(v|i`
        error: expected `)` at the end of `(v|i`
         --> semantics.tbl:4:19
          |
        4 | or          bits  (v|i -      -
          |                   ^^^^
          = help: an expression is made of `i`, `v`, numbers, ( ) and + - & | ^ ~ == != < <= > >=

        `v|i` -> `v|i)`
        error: expected an operator but found `)` in `v|i)`
         --> semantics.tbl:4:22
          |
        4 | or          bits  v|i) -      -
          |                      ^
          = help: an expression is made of `i`, `v`, numbers, ( ) and + - & | ^ ~ == != < <= > >=

        `v|i` -> `v|ä`
        error: expected a variable or a number but found `ä` in `v|ä`
         --> semantics.tbl:4:21
          |
        4 | or          bits  v|ä -      -
          |                     ^
          = help: an expression is made of `i`, `v`, numbers, ( ) and + - & | ^ ~ == != < <= > >=

        `v!=old` -> `v=old`
        error: expected an operator but found `=` in `v=old`
         --> semantics.tbl:6:24
          |
        6 | try_cmpxchg basic new v=old v==old
          |                        ^
          = help: an expression is made of `v`, `old`, `new`, numbers, ( ) and + - & | ^ ~ == != < <= > >=

        `v!=old` -> `v!old`
        error: expected an operator but found `!` in `v!old`
         --> semantics.tbl:6:24
          |
        6 | try_cmpxchg basic new v!old v==old
          |                        ^
          = help: an expression is made of `v`, `old`, `new`, numbers, ( ) and + - & | ^ ~ == != < <= > >=
    ",
    );
}

#[test]
fn variables_and_numbers() {
    each(
        edit,
        r"
        `v|i` -> `v|j`
        error: unknown variable `j`
         --> semantics.tbl:4:21
          |
        4 | or          bits  v|j -      -
          |                     ^
          = help: the known variables are `i`, `v`

        `v|i` -> `v|V`
        error: unknown variable `V`
         --> semantics.tbl:4:21
          |
        4 | or          bits  v|V -      -
          |                     ^
          = help: the known variables are `i`, `v`
    ",
    );
    // `new` is known only after its own column.
    each(
        edit,
        r"
        `v|i` -> `v|new`
        error: unknown variable `new`
         --> semantics.tbl:4:21
          |
        4 | or          bits  v|new -      -
          |                     ^^^
          = help: the known variables are `i`, `v`

        `v|i` -> `v|128`
        error: `128` is not a number from 0 to 127
         --> semantics.tbl:4:21
          |
        4 | or          bits  v|128 -      -
          |                     ^^^
          = help: numbers are decimal and must fit into the narrowest type, which has 8 bits

        `v|i` -> `v|0x10`
        error: `0x10` is not a number from 0 to 127
         --> semantics.tbl:4:21
          |
        4 | or          bits  v|0x10 -      -
          |                     ^^^^
          = help: numbers are decimal and must fit into the narrowest type, which has 8 bits

        `v|i` -> `v|12345678901234567890`
        error: `12345678901234567890` is not a number from 0 to 127
         --> semantics.tbl:4:21
          |
        4 | or          bits  v|12345678901234567890 -      -
          |                     ^^^^^^^^^^^^^^^^^^^^
          = help: numbers are decimal and must fit into the narrowest type, which has 8 bits
    ",
    );
}

#[test]
fn truths_and_values() {
    each(
        edit,
        r"
        `v|i` -> `v==i`
        error: `v == i` is a comparison, not a value
         --> semantics.tbl:4:19
          |
        4 | or          bits  v==i -      -
          |                   ^^^^
          = help: write the value that the operation stores in the column `new`

        `v!=old` -> `v-old`
        error: `v - old` is a value, not a comparison
         --> semantics.tbl:6:23
          |
        6 | try_cmpxchg basic new v-old v==old
          |                       ^^^^^
          = help: write a comparison such as v==u in the column `fails`

        `v!=old` -> `v==old==new`
        error: the comparison `v == old` is used as a value
         --> semantics.tbl:6:23
          |
        6 | try_cmpxchg basic new v==old==new v==old
          |                       ^^^^^^^^
          = help: only the outermost operator of an expression can be a comparison

        `v|i` -> `~(v<i)`
        error: the comparison `v < i` is used as a value
         --> semantics.tbl:4:19
          |
        4 | or          bits  ~(v<i) -      -
          |                   ^^^^^^
          = help: only the outermost operator of an expression can be a comparison

        `v|i` -> `v+(v<i)`
        error: the comparison `v < i` is used as a value
         --> semantics.tbl:4:21
          |
        4 | or          bits  v+(v<i) -      -
          |                     ^^^^^
          = help: only the outermost operator of an expression can be a comparison
    ",
    );
}

#[test]
fn expressions_that_are_too_long() {
    edit(
        "v|i",
        &format!("v{}", "+i".repeat(32)),
        r"
        error: the expression has more than 64 operands, operators and parentheses
         --> semantics.tbl:4:19
          |
        4 | or          bits  v+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i+i -      -
          |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = help: write a shorter expression
    ",
    );
    let nested = format!("{}v{}", "(".repeat(64), ")".repeat(64));
    edit(
        "v|i",
        &nested,
        r"
        error: the expression has more than 64 operands, operators and parentheses
         --> semantics.tbl:4:19
          |
        4 | or          bits  ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((v)))))))))))))...
          |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = help: write a shorter expression
    ",
    );
    for long in [
        "(".repeat(4000),
        "~".repeat(4000),
        "-".repeat(4000),
        "v+".repeat(2000),
    ] {
        let text = edited(SEMANTICS, "v|i", &long);
        let semantics = Source::new("semantics.tbl", &text);
        let errors = super::errors(&Tables {
            semantics,
            ..small()
        })
        .0;
        assert_eq!(errors.len(), 1);
        assert!(
            errors[0].message.contains("more than 64 operands"),
            "{}",
            errors[0]
        );
    }
    op(
        "sub vRF i v",
        &format!("sub bits v{} - -", "-i".repeat(31)),
        "",
    );
}
