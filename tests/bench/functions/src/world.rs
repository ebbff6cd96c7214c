//! The variables that the functions access.

use crate::implementation::{A32, A64};

/// The variables that the functions access. `c/functions.c` declares the same structure.
#[repr(C, align(128))]
pub struct World {
    /// The variable of the operations on 32 bits.
    pub word: A32,
    /// Another one on the same cache line.
    pub neighbour: A32,
    /// The variable of the operations on 64 bits.
    pub wide: A64,
    /// Another one on the same cache line.
    pub wide_neighbour: A64,
    /// Fields of a structure.
    pub a: A32,
    /// A field.
    pub b: A32,
    /// A field.
    pub c: A32,
    /// A field.
    pub d: A32,
    /// A field.
    pub e: A32,
    /// Says that the fields are valid.
    pub flag: A32,
    /// Counts references.
    pub references: A32,
    /// A lock: 1 if it is held.
    pub lock: A32,
    /// Counts changes of the fields: odd while they change.
    pub sequence: A32,
    /// The first element of a list, as an index.
    pub first: A32,
    /// Where the next element of the ring is written.
    pub head: A32,
    /// Where the next element of the ring is read.
    pub tail: A32,
    /// The elements of the ring.
    pub slots: [A32; 16],
    /// Counters.
    pub array: [A32; 64],
}

impl World {
    /// The variables in their first state.
    pub const fn new() -> Self {
        Self {
            word: A32::new(0),
            neighbour: A32::new(0),
            wide: A64::new(0),
            wide_neighbour: A64::new(0),
            a: A32::new(0),
            b: A32::new(0),
            c: A32::new(0),
            d: A32::new(0),
            e: A32::new(0),
            flag: A32::new(1),
            references: A32::new(1),
            lock: A32::new(0),
            sequence: A32::new(0),
            first: A32::new(0),
            head: A32::new(0),
            tail: A32::new(0),
            slots: [const { A32::new(0) }; 16],
            array: [const { A32::new(0) }; 64],
        }
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}
