//! A crate of macros that replaces the item below an attribute behind the back of a derive.

extern crate proc_macro;

use proc_macro::TokenStream;

/// Replaces the item by the attribute's argument.
#[proc_macro_attribute]
pub fn replace(argument: TokenStream, _item: TokenStream) -> TokenStream {
    argument
}

/// Returns the item as it is.
#[proc_macro_attribute]
pub fn keep(_argument: TokenStream, item: TokenStream) -> TokenStream {
    item
}
