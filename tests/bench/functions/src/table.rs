//! All functions, for the program that runs them.

use crate::function::Function;
use crate::{operations, realistic};

/// All functions: the operations alone, and then what code does with them.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    operations::FUNCTIONS.iter().chain(realistic::FUNCTIONS)
}
