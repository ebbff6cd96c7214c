//! Faults of the macro's input.

atomics_macros::atomics! {
    mod atomics;
    tables = "atomics.tbl",
}

atomics_macros::atomics! {
    mod missing;
    table = "no/such/file.tbl",
}

fn main() {}
