//! A program with one atomic operation, whose size is compared with that of another
//! implementation's.

fn main() {
    #[cfg(not(feature = "c"))]
    std::process::exit(atomics_bench_functions::count_one());
}
