//! Several errors: all of them are reported, sorted by table and by place.

use super::{ARCH, OPS, SEMANTICS, TYPES, check, edited, errors, small};
use atomics_spec::{Source, Tables};

/// The places of the errors, as `FILE:LINE:COLUMN`.
fn places(tables: &Tables<'_>) -> Vec<String> {
    errors(tables)
        .0
        .iter()
        .map(|e| e.place.to_string())
        .collect()
}

#[test]
fn of_one_file() {
    let text = "\
read  l    cv
set   s    i
add   vXF  i    v  v:w
Or    vF   i    v
or    vF   i
xchg  I    v    i:new
xchg  I    v    i:new
";
    let ops = Source::new("ops.tbl", text);
    check(
        &Tables { ops, ..small() },
        r"
        error: `set` has no argument for the atomic variable
         --> ops.tbl:2:1
          |
        2 | set   s    i
          | ^^^
          = help: write exactly one `v`, or `cv` if the operation only reads

        error: unknown meta letter `X`
         --> ops.tbl:3:8
          |
        3 | add   vXF  i    v  v:w
          |        ^
          = help: the letters are v, l, s, R, F, f, I, i, B, b

        error: the operation has a second atomic variable
         --> ops.tbl:3:20
          |
        3 | add   vXF  i    v  v:w
          |                    ^^^
          = help: write exactly one `v` or `cv`: an operation works on one variable

        error: `Or` is not a valid name for an operation
         --> ops.tbl:4:1
          |
        4 | Or    vF   i    v
          | ^^
          = help: a name is made of a-z, 0-9 and _, and starts with a letter

        error: `or` has no argument for the atomic variable
         --> ops.tbl:5:1
          |
        5 | or    vF   i
          | ^^
          = help: write exactly one `v`, or `cv` if the operation only reads

        error: the operation `xchg` has two rows
         --> ops.tbl:7:1
          |
        7 | xchg  I    v    i:new
          | ^^^^
          = help: the first row is in line 6: list all forms there

        error: `try_cmpxchg` is not an operation of ops.tbl
         --> semantics.tbl:6:1
          |
        6 | try_cmpxchg basic new v!=old v==old
          | ^^^^^^^^^^^
          = help: add a row for it to ops.tbl, or remove this one

        error: `add_test` is not an operation of ops.tbl
         --> semantics.tbl:7:1
          |
        7 | add_test    bits  v+i -      new==0
          | ^^^^^^^^
          = help: add a row for it to ops.tbl, or remove this one

        error: `try_cmpxchg` is not a variant of any operation
          --> demo.tbl:14:10
           |
        14 | op       try_cmpxchg 32,64 old@ax
           |          ^^^^^^^^^^^
           = help: write the C name without the family's prefix, such as fetch_add_acquire
    ",
    );
}

#[test]
fn of_one_file_that_two_tables_show() {
    // The first error is found with the semantics, but is reported before the second one.
    let ops = edited(OPS, "read        l    cv", "read        lF   cv");
    let ops = ops + "sub vRF i v\n";
    let ops = Source::new("ops.tbl", &ops);
    check(
        &Tables { ops, ..small() },
        r"
        error: the form `l` cannot be combined with others
         --> ops.tbl:1:13
          |
        1 | read        lF   cv
          |             ^^
          = help: `l` stores nothing, but all other forms store a value

        error: `sub` has no row in semantics.tbl
         --> ops.tbl:8:1
          |
        8 | sub vRF i v
          | ^^^
          = help: add a row to semantics.tbl: name  class  new  fails  result
    ",
    );
}

#[test]
fn of_several_tables() {
    let ops = edited(OPS, "xchg        I ", "xchg        X ");
    let semantics = edited(SEMANTICS, "v|i", "v|j") + "sub bits v-i - -\n";
    let types = edited(TYPES, "basic,sums\n", "basic,sum\n");
    let arch = edited(ARCH, "{new} -- swaps", "{old} -- swaps");
    let arch = edited(&arch, "mfence -- orders all", "mfence");
    let arch = arch + "op sub 32 -\nop fetch_add 32 i>r,preserves_flags,i>r\n";
    let mut tables = Tables {
        ops: Source::new("ops.tbl", &ops),
        semantics: Source::new("semantics.tbl", &semantics),
        types: Source::new("types.tbl", &types),
        docs: vec![Source::new("docs/add.md", "Adds.\n")],
        ..small()
    };
    tables.archs[0].bytes = arch.as_bytes();
    // There are no errors about the semantics and templates of `xchg`, because it has a row.
    assert_eq!(
        places(&tables),
        [
            "ops.tbl:5:13",
            "semantics.tbl:4:21",
            "semantics.tbl:8:1",
            "types.tbl:7:32",
            "demo.tbl:19:10",
            "demo.tbl:32:4",
            "demo.tbl:33:37",
            "docs/add.md:1:1",
        ]
    );
}

#[test]
fn every_row_of_a_file() {
    let text = "wrong row\n".repeat(1000);
    for which in 0..4 {
        let mut tables = small();
        let source = Source::new("bad.tbl", &text);
        match which {
            0 => tables.ops = source,
            1 => tables.semantics = source,
            2 => tables.types = source,
            _ => tables.archs[0] = source,
        }
        let lines: Vec<_> = errors(&tables).0.into_iter().map(|e| e.place).collect();
        let own = lines.iter().filter(|p| p.file == "bad.tbl").map(|p| p.line);
        let mut own: Vec<_> = own.collect();
        assert!(own.is_sorted());
        own.dedup();
        assert_eq!(own, (1..=1000).collect::<Vec<_>>());
    }
}
