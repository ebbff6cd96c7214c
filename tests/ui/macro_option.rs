//! An unknown option and a missing file in the macro's input are errors.

atomics_macros::atomics! {
    mod atomics;
    tables = "atomics.tbl",
}

atomics_macros::atomics! {
    mod missing;
    table = "no/such/file.tbl",
}

fn main() {}
