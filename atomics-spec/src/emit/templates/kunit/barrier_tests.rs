#[test]
fn smp_store_mb() {
    let x = Atomic::new(1_u32);
    barrier::smp_store_mb(&x, 2);
    assert_eq!(x.load(Relaxed), 2);
}

#[test]
fn smp_store_mb_by_workers() {
    assert!(store_buffering(barrier::smp_store_mb));
}

#[test]
fn smp_mb_before_atomic_by_workers() {
    assert!(store_buffering(|x, n| {
        x.store(n, Relaxed);
        barrier::smp_mb__before_atomic();
        Atomic::new(0_u32).xchg(n, Relaxed);
    }));
}

#[test]
fn smp_mb_after_atomic_by_workers() {
    assert!(store_buffering(|x, n| {
        x.xchg(n, Relaxed);
        barrier::smp_mb__after_atomic();
    }));
}
