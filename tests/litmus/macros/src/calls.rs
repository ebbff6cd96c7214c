//! The functions that a test calls.

use atomics_litmus_syntax::{Source, is_known, is_of_type};
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{Expr, ExprCall, Path};

/// The first function that a test calls whose body is not known yet.
pub fn unknown(source: &Source) -> Option<Path> {
    struct Calls<'s> {
        source: &'s Source,
        found: Option<Path>,
    }
    impl<'ast> Visit<'ast> for Calls<'_> {
        fn visit_expr_call(&mut self, call: &'ast ExprCall) {
            if let Expr::Path(path) = &*call.func
                && let Some(last) = path.path.segments.last()
            {
                let mut models = self.source.models.iter();
                let is_here = models.any(|model| model.sig.ident == last.ident);
                let is_known = is_known(&last.ident.to_string()) || is_of_type(&path.path);
                if !is_here && !is_known {
                    self.found.get_or_insert_with(|| path.path.clone());
                }
            }
            syn::visit::visit_expr_call(self, call);
        }
    }
    let mut calls = Calls {
        source,
        found: None,
    };
    source.threads.iter().for_each(|t| calls.visit_block(t));
    for model in &source.models {
        calls.visit_block(&model.block);
    }
    calls.found
}

/// A test without the functions that are given with it: `@models { .. }`.
pub fn without_models(tokens: TokenStream) -> TokenStream {
    let is_given = match tokens.clone().into_iter().next() {
        Some(TokenTree::Punct(sign)) => sign.as_char() == '@',
        _ => false,
    };
    tokens
        .into_iter()
        .skip(if is_given { 3 } else { 0 })
        .collect()
}
