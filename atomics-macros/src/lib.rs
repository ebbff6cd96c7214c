//! Procedural macros for atomics under the Linux Kernel Memory Model.
//!
//! - [`atomics!`] generates a module of atomic operations from tables, the built-in ones of
//!   `atomics-spec` or your own: your own operations, types, instructions, or C helpers.
//! - [`derive(AtomicType)`](derive@AtomicType) makes an enum or a newtype atomic, where that is
//!   provably sound.
//!
//! The generator itself is `atomics-spec`, which `cargo xtask gen` uses as well; this crate only
//! turns its text into tokens.

mod atomics;
// The kernel takes in the text of this module, too: see CONTRIBUTING.md.
mod derive;

use proc_macro::TokenStream;

/// Generates a module with the atomic operations of a table.
///
/// ```ignore
/// atomics_macros::atomics! {
///     /// Our own atomics.
///     pub mod atomics;
///
///     table = "tables/atomics.tbl",
///     semantics = "tables/semantics.tbl",
///     backend = c("my_driver_"),
/// }
///
/// use atomics::{Atomic, Relaxed};
/// ```
///
/// The module has what `atomics-core` has - `Atomic<T>`, the orderings, `AtomicType`, the
/// functions on raw pointers, the modules `barrier`, `ordering` and `raw` - with the operations
/// of the table, and depends on nothing but `core`. Types get its `AtomicType` with
/// `#[derive(AtomicType)]` and `#[atomic(crate = crate::atomics)]`.
///
/// After the module come options, in any order; a path is relative to the folder of
/// `Cargo.toml`, and a change of the file rebuilds the crate:
///
/// - `table = "FILE"`: the operations, in the format of the kernel's
///   `scripts/atomic/atomics.tbl`.
/// - `semantics = "FILE"`: what they compute. Every operation of the table needs a row in it, and
///   every row an operation.
/// - `types = "FILE"`: which types there are, and which classes of operations they have.
/// - `arch = ["FILE", ...]`: the instructions of architectures.
/// - `docs = "FOLDER"`: a file `OP.md` for each operation: prose, and one example.
/// - `backend = asm`: inline assembly by the tables of `arch`. This is the default.
/// - `backend = c("PREFIX")`: functions of C, each with the name of the operation after PREFIX:
///   `my_driver_atomic_fetch_add`. Their C text is what `atomics_spec::emit::c` writes, or your
///   own.
/// - `path = "PATH"`: the path of the module, such as `my_crate::atomics`, with which the
///   examples in its documentation run. Without it they are shown and not run.
/// - `into = MACRO`: hands the module to `MACRO!` instead of defining it.
/// - `macros = PATH`: the path of this crate, if it is not `::atomics_macros`.
///
/// For a table that is not given, the built-in one of `atomics-spec` serves; it may know more
/// operations than a table of yours uses.
///
/// # Errors
///
/// All faults of all tables are compile errors at the macro call, each with the file, the line
/// and the column, the line itself, and what would be right.
#[proc_macro]
pub fn atomics(input: TokenStream) -> TokenStream {
    match syn::parse::<atomics::Input>(input) {
        Ok(input) => atomics::expand(&input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

/// The instructions of one architecture, where [`atomics!`] has its module for them: so that those
/// of the others need not be made.
#[doc(hidden)]
#[proc_macro]
pub fn atomics_instructions(input: TokenStream) -> TokenStream {
    match syn::parse::<atomics::Instructions>(input) {
        Ok(input) => atomics::expand_instructions(&input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

/// Implements `AtomicType` for an enum or a newtype, without `unsafe` in your code.
///
/// It takes what is provably sound, and refuses everything else with the reason:
///
/// - an enum whose variants have no fields, with `#[repr(i8)]` or another of `i16`, `i32`,
///   `i64`, `isize`, `u8`, `u16`, `u32`, `u64`, `usize`;
/// - a `#[repr(transparent)]` struct with one field whose type is an `AtomicType`, if the struct
///   is `Send`.
///
/// The type must be `Copy`. `#[atomic(crate = path)]` names the crate or module whose
/// `AtomicType` is implemented, if it is not `::atomics_core`.
///
/// ```ignore
/// use atomics_core::{Atomic, AtomicType, Full};
///
/// #[derive(AtomicType, Clone, Copy, Debug, PartialEq)]
/// #[repr(u8)]
/// enum State {
///     Idle,
///     Busy,
/// }
///
/// let state = Atomic::new(State::Idle);
/// assert_eq!(state.cmpxchg(State::Idle, State::Busy, Full), Ok(State::Idle));
/// ```
#[proc_macro_derive(AtomicType, attributes(atomic))]
pub fn derive_atomic_type(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    derive::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
