//! Reads litmus tests in Rust, the input of `litmus!`, and writes them as litmus tests in C, which
//! herd7 and the engine in `atomics-litmus` read.
//!
//! ```text
//! tokens --source--> Source --thread, condition--> steps --print--> C
//!                      |
//!                      +--own--> the user's own Rust, for compilers
//! ```
//!
//! It is a crate of its own so that the macro, which has the tokens and their places, and the
//! command, which has a file, share it.
//!
//! An expression becomes its value: the text of a C expression without effects. What has an effect
//! is a step before it, whose result is in a local variable. So the accesses are in Rust's order.

mod access;
mod body;
mod call;
mod condition;
mod expr;
mod file;
mod jumps;
mod loops;
mod own;
mod pattern;
mod print;
mod scope;
mod source;
#[cfg(test)]
mod tests;
mod types;
mod value;

pub use call::{is_known, is_of_type};
pub use condition::named;
pub use file::read;
pub use own::{Kept, Narrow, Own, OwnThread};
pub use print::{Translation, c, translate};
pub use source::{Claim, Content, Shared, Source};
