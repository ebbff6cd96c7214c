//! Other crates cannot add an ordering.

use atomics_core::ordering::{Ordering, OrderingType};

struct SeqCst;

impl Ordering for SeqCst {
    const TYPE: OrderingType = OrderingType::Full;
}

fn main() {}
