//! An unknown option and a missing file are errors. Uses of the modules give no others.

atomics_macros::atomics! {
    mod atomics;
    tables = "atomics.tbl",
}

atomics_macros::atomics! {
    mod missing;
    table = "no/such/file.tbl",
}

use atomics::{Atomic, Full, barrier};

static FLAG: Atomic<bool> = Atomic::new(false);

fn main() {
    barrier::smp_mb(Full);
    let _ = FLAG.load(missing::Acquire);
}
