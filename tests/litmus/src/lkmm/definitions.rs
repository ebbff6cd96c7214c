//! Which of C's functions herd7's definitions have.

use atomics_spec::Variant;

/// What herd7's definitions have.
pub trait Definitions {
    /// Whether a C function is defined.
    fn has(&self, variant: &Variant<'_>) -> bool;
}
