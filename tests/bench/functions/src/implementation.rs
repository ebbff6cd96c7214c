//! The implementation of atomics that the functions use: the types `A32` and `A64`, the orderings,
//! and the barriers.

#![allow(unused_imports, reason = "C needs no methods")]

#[cfg(any(feature = "core", feature = "portable"))]
mod extra;

#[cfg(any(feature = "calls", feature = "c"))]
#[path = "implementation/calls.rs"]
mod selected;
#[cfg(feature = "core")]
#[path = "implementation/core.rs"]
mod selected;
#[cfg(not(any(
    feature = "calls",
    feature = "c",
    feature = "core",
    feature = "portable"
)))]
#[path = "implementation/ours.rs"]
mod selected;
#[cfg(feature = "portable")]
#[path = "implementation/portable.rs"]
mod selected;

pub use selected::*;
