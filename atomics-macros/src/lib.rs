//! Procedural macros for atomics under the Linux Kernel Memory Model.
//!
//! - `atomics!` generates a module of atomic operations from tables, the built-in ones of
//!   `atomics-spec` or your own: your own operations, types, instructions, or C helpers. It is behind
//!   the feature `atomics`, which is on by default: the derive alone builds faster.
//! - [`derive(AtomicType)`](derive@AtomicType) implements `AtomicType` for an enum or a newtype, if
//!   that is provably sound.
//!
//! The generator itself is `atomics-spec`, which `cargo xtask gen` uses as well; this crate only
//! turns its text into tokens.

#[cfg(feature = "atomics")]
mod atomics;
// This module is also copied into a kernel tree: see CONTRIBUTING.md.
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
/// of the table, and depends only on `core`. Types implement its `AtomicType` with
/// `#[derive(AtomicType)]` and `#[atomic(crate = crate::atomics)]`.
///
/// Options follow the module, in any order. A path is relative to the folder of `Cargo.toml`, and
/// the crate is rebuilt when the file changes:
///
/// - `table = "FILE"`: the operations, in the format of the kernel's
///   `scripts/atomic/atomics.tbl`.
/// - `semantics = "FILE"`: what the operations compute. Every operation of the table needs a row in
///   this file, and every row needs an operation.
/// - `types = "FILE"`: the types, and the classes of operations that they have.
/// - `arch = ["FILE", ...]`: the instructions of architectures.
/// - `docs = "FOLDER"`: a file `OP.md` for each operation: prose, and one example.
/// - `extend = true`: these files are added to the built-in tables instead of taking their place. They
///   have only rows that are new: an operation, its semantics, a class of operations. In the file of
///   `types`, a row for a type adds classes to those that it has; the first row of a file of `arch`
///   names the architecture, and the rows after it are added to its table.
/// - `backend = asm`: inline assembly from the tables of `arch`. This is the default.
/// - `backend = c("PREFIX")`: C functions, each named PREFIX and the name of the operation or
///   barrier: `my_driver_atomic_fetch_add`, `my_driver_smp_wmb`. Their C source is what
///   `atomics_spec::OwnFiles::c_files` makes of the same files in a build script (the crate
///   `atomics-spec` with its feature `tools`; the folder `example` has a whole crate), or your own with
///   the same functions. A barrier
///   that reaches devices, `mb` or `dma_mb`, exists everywhere if the table `c` has an expression
///   for it, and else on the architectures that have a table, of the width of the table `c` if
///   there is one. Elsewhere the barrier does not compile, and its C function is not called.
/// - `path = "PATH"`: the path of the module, such as `my_crate::atomics`, for the examples in its
///   documentation. Without it, the examples are shown but not run.
/// - `into = MACRO`: hands the module to `MACRO!` instead of defining it.
/// - `macros = PATH`: the path of this crate, if it is not `::atomics_macros`.
///
/// If a table is not given, the macro uses the built-in table of `atomics-spec`, which may have
/// more operations than your own tables.
///
/// # Errors
///
/// Every error in a table is a compile error at the macro call. It says what is wrong and how to
/// fix it, and gives the file, the line number, the column and the line itself.
#[cfg(feature = "atomics")]
#[proc_macro]
pub fn atomics(input: TokenStream) -> TokenStream {
    match syn::parse::<atomics::Input>(input) {
        Ok(input) => atomics::expand(&input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

/// Expands to the instructions of one architecture. [`atomics!`] expands to calls of this macro, so
/// that a compilation generates only the instructions of its own target.
#[cfg(feature = "atomics")]
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
/// It accepts the following, which is provably sound, and rejects everything else with a reason:
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
