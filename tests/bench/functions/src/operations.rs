//! Each operation alone, in each ordering.

use crate::function::{Function, Number, Variable, operations, table};
#[allow(unused_imports, reason = "C needs no methods")]
use crate::implementation::*;

operations! {
    load_relaxed(v: A32, i, u: i32) from 0 -> i32 { v.load(Relaxed) }
    load_acquire(v: A32, i, u: i32) from 0 -> i32 { v.load(Acquire) }
    store_relaxed(v: A32, i, u: i32) from 0 -> () { v.store(i, Relaxed) }
    store_release(v: A32, i, u: i32) from 0 -> () { v.store(i, Release) }
    add(v: A32, i, u: i32) from 0 -> () { v.add(i, Relaxed) }
    sub(v: A32, i, u: i32) from 0 -> () { v.sub(i, Relaxed) }
    and(v: A32, i, u: i32) from 0 -> () { v.and(i, Relaxed) }
    andnot(v: A32, i, u: i32) from 0 -> () { v.andnot(i, Relaxed) }
    or(v: A32, i, u: i32) from 0 -> () { v.or(i, Relaxed) }
    xor(v: A32, i, u: i32) from 0 -> () { v.xor(i, Relaxed) }
    inc(v: A32, i, u: i32) from 0 -> () { v.inc(Relaxed) }
    dec(v: A32, i, u: i32) from 0 -> () { v.dec(Relaxed) }
    add_return_relaxed(v: A32, i, u: i32) from 0 -> i32 { v.add_return(i, Relaxed) }
    add_return_acquire(v: A32, i, u: i32) from 0 -> i32 { v.add_return(i, Acquire) }
    add_return_release(v: A32, i, u: i32) from 0 -> i32 { v.add_return(i, Release) }
    add_return_full(v: A32, i, u: i32) from 0 -> i32 { v.add_return(i, Full) }
    fetch_add_relaxed(v: A32, i, u: i32) from 0 -> i32 { v.fetch_add(i, Relaxed) }
    fetch_add_acquire(v: A32, i, u: i32) from 0 -> i32 { v.fetch_add(i, Acquire) }
    fetch_add_release(v: A32, i, u: i32) from 0 -> i32 { v.fetch_add(i, Release) }
    fetch_add_full(v: A32, i, u: i32) from 0 -> i32 { v.fetch_add(i, Full) }
    fetch_sub_relaxed(v: A32, i, u: i32) from 0 -> i32 { v.fetch_sub(i, Relaxed) }
    fetch_sub_acquire(v: A32, i, u: i32) from 0 -> i32 { v.fetch_sub(i, Acquire) }
    fetch_sub_release(v: A32, i, u: i32) from 0 -> i32 { v.fetch_sub(i, Release) }
    fetch_sub_full(v: A32, i, u: i32) from 0 -> i32 { v.fetch_sub(i, Full) }
    fetch_and_relaxed(v: A32, i, u: i32) from 0 -> i32 { v.fetch_and(i, Relaxed) }
    fetch_and_acquire(v: A32, i, u: i32) from 0 -> i32 { v.fetch_and(i, Acquire) }
    fetch_and_release(v: A32, i, u: i32) from 0 -> i32 { v.fetch_and(i, Release) }
    fetch_and_full(v: A32, i, u: i32) from 0 -> i32 { v.fetch_and(i, Full) }
    fetch_or_relaxed(v: A32, i, u: i32) from 0 -> i32 { v.fetch_or(i, Relaxed) }
    fetch_or_acquire(v: A32, i, u: i32) from 0 -> i32 { v.fetch_or(i, Acquire) }
    fetch_or_release(v: A32, i, u: i32) from 0 -> i32 { v.fetch_or(i, Release) }
    fetch_or_full(v: A32, i, u: i32) from 0 -> i32 { v.fetch_or(i, Full) }
    fetch_xor_relaxed(v: A32, i, u: i32) from 0 -> i32 { v.fetch_xor(i, Relaxed) }
    fetch_xor_acquire(v: A32, i, u: i32) from 0 -> i32 { v.fetch_xor(i, Acquire) }
    fetch_xor_release(v: A32, i, u: i32) from 0 -> i32 { v.fetch_xor(i, Release) }
    fetch_xor_full(v: A32, i, u: i32) from 0 -> i32 { v.fetch_xor(i, Full) }
    fetch_inc_relaxed(v: A32, i, u: i32) from 0 -> i32 { v.fetch_inc(Relaxed) }
    fetch_inc_acquire(v: A32, i, u: i32) from 0 -> i32 { v.fetch_inc(Acquire) }
    fetch_inc_release(v: A32, i, u: i32) from 0 -> i32 { v.fetch_inc(Release) }
    fetch_inc_full(v: A32, i, u: i32) from 0 -> i32 { v.fetch_inc(Full) }
    dec_return_relaxed(v: A32, i, u: i32) from 0 -> i32 { v.dec_return(Relaxed) }
    dec_return_acquire(v: A32, i, u: i32) from 0 -> i32 { v.dec_return(Acquire) }
    dec_return_release(v: A32, i, u: i32) from 0 -> i32 { v.dec_return(Release) }
    dec_return_full(v: A32, i, u: i32) from 0 -> i32 { v.dec_return(Full) }
    xchg_relaxed(v: A32, i, u: i32) from 0 -> i32 { v.xchg(i, Relaxed) }
    xchg_acquire(v: A32, i, u: i32) from 0 -> i32 { v.xchg(i, Acquire) }
    xchg_release(v: A32, i, u: i32) from 0 -> i32 { v.xchg(i, Release) }
    xchg_full(v: A32, i, u: i32) from 0 -> i32 { v.xchg(i, Full) }
    cmpxchg_relaxed(v: A32, i, u: i32) from 0 -> i32 { v.cmpxchg(i, u, Relaxed).unwrap_or_else(|found| found) }
    cmpxchg_acquire(v: A32, i, u: i32) from 0 -> i32 { v.cmpxchg(i, u, Acquire).unwrap_or_else(|found| found) }
    cmpxchg_release(v: A32, i, u: i32) from 0 -> i32 { v.cmpxchg(i, u, Release).unwrap_or_else(|found| found) }
    cmpxchg_full(v: A32, i, u: i32) from 0 -> i32 { v.cmpxchg(i, u, Full).unwrap_or_else(|found| found) }
    try_cmpxchg_relaxed(v: A32, i, u: i32) from 0 -> bool { v.cmpxchg(i, u, Relaxed).is_ok() }
    try_cmpxchg_acquire(v: A32, i, u: i32) from 0 -> bool { v.cmpxchg(i, u, Acquire).is_ok() }
    try_cmpxchg_release(v: A32, i, u: i32) from 0 -> bool { v.cmpxchg(i, u, Release).is_ok() }
    try_cmpxchg_full(v: A32, i, u: i32) from 0 -> bool { v.cmpxchg(i, u, Full).is_ok() }
    add_negative_relaxed(v: A32, i, u: i32) from 0 -> bool { v.add_negative(i, Relaxed) }
    add_negative_acquire(v: A32, i, u: i32) from 0 -> bool { v.add_negative(i, Acquire) }
    add_negative_release(v: A32, i, u: i32) from 0 -> bool { v.add_negative(i, Release) }
    add_negative_full(v: A32, i, u: i32) from 0 -> bool { v.add_negative(i, Full) }
    sub_and_test(v: A32, i, u: i32) from 0 -> bool { v.sub_and_test(i, Full) }
    dec_and_test(v: A32, i, u: i32) from 0 -> bool { v.dec_and_test(Full) }
    inc_and_test(v: A32, i, u: i32) from 0 -> bool { v.inc_and_test(Full) }
    add_unless(v: A32, i, u: i32) from 1073741824 -> bool { v.add_unless(i, -1, Full) }
    fetch_add_unless(v: A32, i, u: i32) from 1073741824 -> i32 { v.fetch_add_unless(i, -1, Full) }
    inc_not_zero(v: A32, i, u: i32) from 1 -> bool { v.inc_not_zero(Full) }
    inc_unless_negative(v: A32, i, u: i32) from 0 -> bool { v.inc_unless_negative(Full) }
    dec_unless_positive(v: A32, i, u: i32) from 0 -> bool { v.dec_unless_positive(Full) }
    dec_if_positive(v: A32, i, u: i32) from 1073741824 -> i32 { v.dec_if_positive(Full) }
    wide_load_relaxed(v: A64, i, u: i64) from 0 -> i64 { v.load(Relaxed) }
    wide_load_acquire(v: A64, i, u: i64) from 0 -> i64 { v.load(Acquire) }
    wide_store_relaxed(v: A64, i, u: i64) from 0 -> () { v.store(i, Relaxed) }
    wide_store_release(v: A64, i, u: i64) from 0 -> () { v.store(i, Release) }
    wide_add(v: A64, i, u: i64) from 0 -> () { v.add(i, Relaxed) }
    wide_or(v: A64, i, u: i64) from 0 -> () { v.or(i, Relaxed) }
    wide_inc(v: A64, i, u: i64) from 0 -> () { v.inc(Relaxed) }
    wide_fetch_add_relaxed(v: A64, i, u: i64) from 0 -> i64 { v.fetch_add(i, Relaxed) }
    wide_fetch_add_full(v: A64, i, u: i64) from 0 -> i64 { v.fetch_add(i, Full) }
    wide_fetch_or_relaxed(v: A64, i, u: i64) from 0 -> i64 { v.fetch_or(i, Relaxed) }
    wide_fetch_or_full(v: A64, i, u: i64) from 0 -> i64 { v.fetch_or(i, Full) }
    wide_xchg_relaxed(v: A64, i, u: i64) from 0 -> i64 { v.xchg(i, Relaxed) }
    wide_xchg_full(v: A64, i, u: i64) from 0 -> i64 { v.xchg(i, Full) }
    wide_cmpxchg_relaxed(v: A64, i, u: i64) from 0 -> i64 { v.cmpxchg(i, u, Relaxed).unwrap_or_else(|found| found) }
    wide_cmpxchg_full(v: A64, i, u: i64) from 0 -> i64 { v.cmpxchg(i, u, Full).unwrap_or_else(|found| found) }
    wide_try_cmpxchg_relaxed(v: A64, i, u: i64) from 0 -> bool { v.cmpxchg(i, u, Relaxed).is_ok() }
    wide_try_cmpxchg_full(v: A64, i, u: i64) from 0 -> bool { v.cmpxchg(i, u, Full).is_ok() }
    wide_dec_and_test(v: A64, i, u: i64) from 0 -> bool { v.dec_and_test(Full) }
    wide_inc_not_zero(v: A64, i, u: i64) from 1 -> bool { v.inc_not_zero(Full) }
}
