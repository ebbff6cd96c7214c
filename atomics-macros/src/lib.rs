//! Macros.
mod derive;
use proc_macro::TokenStream;
/// Derive.
#[proc_macro_derive(AtomicType, attributes(atomic))]
pub fn derive_atomic_type(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    derive::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
