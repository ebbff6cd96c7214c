//! How many cases there are. The build script, which writes the cases, has this module as well.

/// The number of random cases per call, in addition to the edge values.
pub const RANDOM: u32 = 100;
/// How many combinations of value and operands to try in turn with each kind of call that is
/// interrupted.
pub const INTERRUPTED: usize = 10;
/// How many calls in a row each thread makes on a variable beside those of others.
pub const ROUND: usize = 50;
/// How many threads use one variable.
pub const THREADS: u32 = 4;
/// How many calls each of them makes.
pub const TIMES: u32 = 2_000;
