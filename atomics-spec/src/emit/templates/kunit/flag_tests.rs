#[test]
fn atomic_flag() {
    for old in [false, true] {
        let mut flag = AtomicFlag::new(!old);
        assert_eq!(*flag.get_mut(), !old);
        *flag.get_mut() = old;
        for load in flag::LOADS {
            assert_eq!(load(&flag), old);
        }
        for new in [false, true] {
            for store in flag::STORES {
                let flag = AtomicFlag::new(old);
                store(&flag, new);
                assert_eq!(flag.load(Relaxed), new);
            }
            for exchange in flag::EXCHANGES {
                let flag = AtomicFlag::new(old);
                assert_eq!(exchange(&flag, new), old);
                assert_eq!(flag.load(Relaxed), new);
            }
            for compare in flag::COMPARES {
                let flag = AtomicFlag::new(old);
                assert_eq!(compare(&flag, !old, new), Err(old));
                assert_eq!(flag.load(Relaxed), old);
                assert_eq!(compare(&flag, old, new), Ok(old));
                assert_eq!(flag.load(Relaxed), new);
            }
        }
    }
}

#[test]
fn atomic_flag_by_workers() {
    for exchange in flag::EXCHANGES {
        assert!(flag::is_conserved(exchange));
    }
    for acquire in flag::acquires() {
        assert!(flag::is_lock(acquire));
    }
}
