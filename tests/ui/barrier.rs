//! `smp_mb()` takes `Read`, `Write` or `Full`, and no other ordering.

use atomics_core::barrier::smp_mb;
use atomics_core::Acquire;

fn main() {
    smp_mb(Acquire);
}
