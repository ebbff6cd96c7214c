//! A barrier orders loads, stores or everything.

use atomics_core::barrier::smp_mb;
use atomics_core::Acquire;

fn main() {
    smp_mb(Acquire);
}
