//! What code does with atomics: fields, arrays, statics, constants, loops, reference counts, locks,
//! rings. A mask of an index leaves no check of bounds, and each static is stored to, so that its value
//! is not known.

use crate::function::{Function, Place, realistic, table};
#[allow(unused_imports, reason = "C needs no methods")]
use crate::implementation::*;
use crate::world::World;

/// A counter that is not behind a pointer.
#[cfg_attr(feature = "c", allow(dead_code, reason = "C has its own"))]
static COUNTER: A32 = A32::new(0);
/// A switch that is not behind a pointer.
#[cfg_attr(feature = "c", allow(dead_code, reason = "C has its own"))]
static ENABLED: A32 = A32::new(1);
/// An array that is not behind a pointer.
#[cfg_attr(feature = "c", allow(dead_code, reason = "C has its own"))]
static TABLE: [A32; 8] = [const { A32::new(3) }; 8];

realistic! {
    four_field_loads(w, n) {
        let sum = w.a.load(Relaxed).wrapping_add(w.b.load(Relaxed));
        sum.wrapping_add(w.c.load(Relaxed)).wrapping_add(w.d.load(Relaxed))
    }
    five_constant_stores(w, n) {
        w.a.store(1, Relaxed);
        w.b.store(2, Relaxed);
        w.c.store(3, Relaxed);
        w.d.store(4, Relaxed);
        w.e.store(5, Relaxed);
        0
    }
    copy_field(w, n) {
        w.b.store(w.a.load(Relaxed), Relaxed);
        0
    }
    compare_fields(w, n) {
        i32::from(w.a.load(Relaxed) == w.b.load(Relaxed))
    }
    add_to_fields(w, n) {
        w.a.add(1, Relaxed);
        w.b.add(2, Relaxed);
        w.c.add(n, Relaxed);
        0
    }
    sum_array(w, n) {
        let mut sum = 0_i32;
        for counter in &w.array {
            sum = sum.wrapping_add(counter.load(Relaxed));
        }
        sum
    }
    clear_array(w, n) {
        for counter in &w.array {
            counter.store(0, Relaxed);
        }
        0
    }
    raise_array(w, n) {
        for counter in &w.array {
            counter.store(counter.load(Relaxed).wrapping_add(n), Relaxed);
        }
        0
    }
    count_array(w, n) {
        let mut count = 0;
        for counter in &w.array {
            if counter.load(Relaxed) != 0 {
                count += 1;
            }
        }
        count
    }
    indexed_load(w, n) {
        w.array[(n & 63) as usize].load(Relaxed)
    }
    indexed_store(w, n) {
        w.array[(n & 63) as usize].store(n, Relaxed);
        0
    }
    indexed_add(w, n) {
        w.array[(n & 63) as usize].fetch_add(1, Relaxed)
    }
    static_load(w, n) {
        COUNTER.load(Relaxed)
    }
    static_store(w, n) {
        COUNTER.store(7, Relaxed);
        0
    }
    static_count(w, n) {
        COUNTER.inc(Relaxed);
        0
    }
    static_switch(w, n) {
        if ENABLED.load(Acquire) != 0 { w.a.load(Relaxed) } else { n }
    }
    static_set_switch(w, n) {
        ENABLED.store(n, Release);
        0
    }
    static_table(w, n) {
        TABLE[(n & 7) as usize].load(Acquire)
    }
    static_set_table(w, n) {
        TABLE[(n & 7) as usize].store(n, Relaxed);
        0
    }
    next_identifier(w, n) {
        w.e.fetch_add(1, Relaxed)
    }
    get_reference(w, n) {
        if w.references.inc_not_zero(Full) { w.a.load(Relaxed) } else { -1 }
    }
    get_reference_below(w, n) {
        if w.references.add_unless(1, 1000, Full) { w.a.load(Relaxed) } else { -1 }
    }
    put_reference(w, n) {
        if w.references.dec_and_test(Full) {
            w.references.store(1, Release);
            1
        } else {
            0
        }
    }
    get_and_put_reference(w, n) {
        if !w.references.inc_not_zero(Full) {
            return -1;
        }
        let value = w.a.load(Relaxed);
        if w.references.dec_and_test(Full) {
            w.references.store(1, Release);
        }
        value
    }
    try_down(w, n) {
        if w.references.dec_if_positive(Full) >= 0 {
            w.references.inc(Relaxed);
            1
        } else {
            w.references.store(1, Relaxed);
            0
        }
    }
    lock_and_unlock(w, n) {
        if w.lock.cmpxchg(0, 1, Acquire).is_err() {
            return -1;
        }
        let value = w.a.load(Relaxed).wrapping_add(1);
        w.a.store(value, Relaxed);
        w.lock.store(0, Release);
        value
    }
    spin_and_unlock(w, n) {
        let mut tries = 0;
        loop {
            if w.lock.load(Relaxed) == 0 && w.lock.cmpxchg(0, 1, Acquire).is_ok() {
                break;
            }
            tries += 1;
            if tries == 100 {
                return -1;
            }
        }
        w.b.store(n, Relaxed);
        w.lock.store(0, Release);
        tries
    }
    test_and_set_bit(w, n) {
        let bit = 1 << (n & 15);
        i32::from(w.d.fetch_or(bit, Full) & bit != 0)
    }
    test_and_clear_bit(w, n) {
        let bit = 1 << (n & 15);
        i32::from(w.d.fetch_and(!bit, Full) & bit != 0)
    }
    set_and_clear_bits(w, n) {
        w.d.or(0x10, Relaxed);
        w.d.andnot(0x20, Relaxed);
        0
    }
    exchange_flag(w, n) {
        if w.flag.xchg(0, Full) == 0 {
            return 0;
        }
        w.flag.store(1, Release);
        1
    }
    publish(w, n) {
        w.a.store(n, Relaxed);
        w.b.store(1, Relaxed);
        w.c.store(2, Relaxed);
        w.flag.store(1, Release);
        0
    }
    consume(w, n) {
        if w.flag.load(Acquire) == 0 {
            return 0;
        }
        w.a.load(Relaxed)
            .wrapping_add(w.b.load(Relaxed))
            .wrapping_add(w.c.load(Relaxed))
    }
    poll_flag(w, n) {
        let mut tries = 0;
        while w.flag.load(Acquire) == 0 {
            tries += 1;
            if tries == 100 {
                return -1;
            }
        }
        tries
    }
    read_sequence(w, n) {
        loop {
            let before = w.sequence.load(Acquire);
            let sum = w.a.load(Relaxed).wrapping_add(w.b.load(Relaxed));
            smp_rmb();
            if before & 1 == 0 && w.sequence.load(Relaxed) == before {
                return sum;
            }
        }
    }
    write_sequence(w, n) {
        let before = w.sequence.load(Relaxed);
        w.sequence.store(before.wrapping_add(1), Relaxed);
        smp_wmb();
        w.a.store(n, Relaxed);
        w.b.store(n, Relaxed);
        w.sequence.store(before.wrapping_add(2), Release);
        0
    }
    store_then_load(w, n) {
        w.a.store(1, Relaxed);
        smp_mb();
        w.b.load(Relaxed)
    }
    raise_maximum(w, n) {
        let mut old = w.c.load(Relaxed);
        while old < n {
            match w.c.cmpxchg(old, n, Relaxed) {
                Ok(_) => return 1,
                Err(found) => old = found,
            }
        }
        0
    }
    advance_state(w, n) {
        if w.flag.cmpxchg(1, 2, Acquire).is_ok() && w.flag.cmpxchg(2, 1, Release).is_ok() {
            return 1;
        }
        0
    }
    push_to_list(w, n) {
        let index = n & 15;
        let mut first = w.first.load(Relaxed);
        loop {
            w.slots[index as usize].store(first, Relaxed);
            match w.first.cmpxchg(first, index, Release) {
                Ok(_) => return first,
                Err(found) => first = found,
            }
        }
    }
    take_list(w, n) {
        w.first.xchg(-1, Acquire)
    }
    ring_push(w, n) {
        let head = w.head.load(Relaxed);
        if head.wrapping_sub(w.tail.load(Acquire)) == 16 {
            return 0;
        }
        w.slots[(head & 15) as usize].store(n, Relaxed);
        w.head.store(head.wrapping_add(1), Release);
        1
    }
    ring_pop(w, n) {
        let tail = w.tail.load(Relaxed);
        if w.head.load(Acquire) == tail {
            return -1;
        }
        let value = w.slots[(tail & 15) as usize].load(Relaxed);
        w.tail.store(tail.wrapping_add(1), Release);
        value
    }
    ring_push_and_pop(w, n) {
        let head = w.head.load(Relaxed);
        if head.wrapping_sub(w.tail.load(Acquire)) != 16 {
            w.slots[(head & 15) as usize].store(n, Relaxed);
            w.head.store(head.wrapping_add(1), Release);
        }
        let tail = w.tail.load(Relaxed);
        if w.head.load(Acquire) == tail {
            return -1;
        }
        let value = w.slots[(tail & 15) as usize].load(Relaxed);
        w.tail.store(tail.wrapping_add(1), Release);
        value
    }
    wide_sum(w, n) {
        let sum = w.wide.load(Relaxed).wrapping_add(w.wide_neighbour.load(Relaxed));
        (sum >> 1) as i32
    }
    wide_count(w, n) {
        w.wide.add(1, Relaxed);
        w.wide_neighbour.add(i64::from(n), Relaxed);
        0
    }
    wide_time(w, n) {
        let next = w.wide.load(Relaxed).wrapping_add(1000);
        w.wide.store(next, Release);
        next as i32
    }
}
