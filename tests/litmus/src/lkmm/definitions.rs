//! The C functions that herd7's definitions have.

use atomics_spec::Variant;

/// herd7's definitions of C functions.
pub trait Definitions {
    /// Whether a C function is defined.
    fn has(&self, variant: &Variant<'_>) -> bool;
}
