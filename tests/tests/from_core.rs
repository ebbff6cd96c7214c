//! What users of `core::sync::atomic` expect of its replacement.

#[path = "from_core/generic.rs"]
mod generic;
#[path = "from_core/names.rs"]
mod names;
#[path = "from_core/traits.rs"]
mod traits;

/// The crate and its barriers are imported together: both name the same module `ordering`.
mod imports {
    use atomics_core::barrier::ordering::Read as BarrierRead;
    use atomics_core::barrier::*;
    use atomics_core::*;

    fn publish<O: ordering::ReleaseOrRelaxed>(x: &Atomic<u32>, order: O) {
        x.store(2, order);
    }

    #[test]
    fn the_crate_and_its_barriers_are_imported_together() {
        let x = Atomic::new(1_u32);
        publish(&x, Release);
        smp_mb(Full);
        smp_mb(Read);
        smp_mb(Write);
        barrier();
        smp_store_mb(&x, x.load(Acquire) + 1);
        assert_eq!(x.load(Relaxed), 3);
        assert_eq!(Read, BarrierRead);
    }
}
