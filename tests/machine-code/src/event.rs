//! The effect of an instruction on memory and on the order of accesses.

/// The kind of a memory access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A load.
    Load,
    /// A store.
    Store,
    /// An atomic load and store.
    Rmw,
    /// An atomic load, and a store if the loaded value is the expected one.
    Cas,
    /// A load that sets a reservation.
    LoadLinked,
    /// A store that succeeds only if the reservation is still held.
    StoreConditional,
    /// A load and a store that are not atomic. Allowed only on the stack.
    Plain,
}

/// The scope of an ordering guarantee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// There is no guarantee.
    #[default]
    None,
    /// It holds for other CPUs.
    Smp,
    /// It also holds for devices that are coherent with the caches.
    Dma,
    /// It holds for all observers.
    Io,
    /// One of the two accesses does not exist, so they cannot be out of order.
    Absent,
}

/// A set of accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Loads.
    Reads,
    /// Stores.
    Writes,
    /// Loads and stores.
    All,
}

impl Side {
    /// Whether the set contains stores, if `store` is set, or else loads.
    pub fn has(self, store: bool) -> bool {
        match self {
            Self::Reads => !store,
            Self::Writes => store,
            Self::All => true,
        }
    }
}

/// An ordering guarantee of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Earlier accesses before later ones.
    Fence(Side, Side, Level),
    /// The same, as if there were a fence right before the access.
    Before(Side, Side, Level),
    /// The same, as if there were a fence right after the access.
    After(Side, Side, Level),
    /// The load of this access before later accesses.
    Load(Side),
    /// The store of this access before later accesses.
    Store(Side),
    /// Earlier accesses before the load of this access.
    ToLoad(Side),
    /// Earlier accesses before the store of this access.
    ToStore(Side),
    /// Loads before all later accesses, if a conditional jump between them may depend on the loads.
    Control,
}

/// An event on a path that is relevant to the order of accesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An access to the variable.
    Access {
        /// The kind of access.
        access: Access,
        /// Whether it stored, if it is conditional and this is known.
        stored: Option<bool>,
        /// Its ordering guarantees.
        rules: Vec<Rule>,
        /// The instruction, without registers.
        text: String,
    },
    /// A fence.
    Fence {
        /// Its ordering guarantees.
        rules: Vec<Rule>,
        /// The instruction.
        text: String,
    },
    /// A conditional jump.
    Branch,
}
