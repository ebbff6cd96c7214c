//! Atomics under the Linux Kernel Memory Model.
#![no_std]

mod atomic;

pub use atomic::*;
