
/// The number of rounds; each has one bit in the words of results.
const ROUNDS: u32 = 64 * WORDS as u32;
/// The number of words of results.
const WORDS: usize = 32;
/// How often a worker polls for the other.
const LOOKS: usize = 1000;

/// The store buffering test. Each of two workers stores to its own variable, with `store` ordering
/// this store before later accesses, and then loads the variable of the other. Returns whether in
/// every round at least one of them sees the store of the other.
pub(super) fn store_buffering(store: fn(&Atomic<u32>, u32)) -> bool {
    struct Side {
        ready: Atomic<u32>,
        x: Atomic<u32>,
        /// The rounds in which this side did not see the store of the other.
        missed: [Atomic<u64>; WORDS],
    }

    let side = |_| Side {
        ready: Atomic::new(0),
        x: Atomic::new(0),
        missed: [0; WORDS].map(Atomic::new),
    };
    let shared = (store, [0; WORKERS].map(side));
    let met = together(shared, |(store, sides), worker| {
        let (own, other) = (&sides[worker], &sides[worker ^ 1]);
        for n in 1..=ROUNDS {
            own.ready.store(n, Relaxed);
            // The other worker may be waiting for this CPU.
            let mut looks = 0..LOOKS;
            while other.ready.load(Relaxed) < n && looks.next().is_some() {
                crate::processor::cpu_relax();
            }
            store(&own.x, n);
            if other.x.load(Relaxed) < n {
                let missed = &own.missed[n as usize % WORDS];
                let bit = 1 << (n as usize / WORDS % 64);
                missed.store(missed.load(Relaxed) | bit, Relaxed);
            }
        }
    });
    met.is_ok_and(|met| {
        let (_, sides) = &met.shared;
        sides.chunks_exact(2).all(|pair| {
            let mut words = pair[0].missed.iter().zip(&pair[1].missed);
            words.all(|(a, b)| a.load(Relaxed) & b.load(Relaxed) == 0)
        })
    })
}
