//! The code that runs a test on the machine at hand: the threads as they are written.

use std::collections::BTreeSet;

use atomics_litmus_syntax::{Content, Shared, Source, named};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Block, Expr, Ident, Pat, Stmt, Type};

/// An expression that runs a test and returns what was seen.
pub fn run(source: &Source) -> TokenStream {
    let shared: Vec<&Ident> = source.shared.iter().map(|shared| &shared.name).collect();
    let types = source.shared.iter().map(|shared| match &shared.content {
        Content::Value(value) => {
            let ty = &value.0;
            quote!(#ty)
        }
        Content::Fields(path, _) => quote!(#path),
    });
    let fresh = source.shared.iter().map(fresh);
    let pointers = source
        .shared
        .iter()
        .filter_map(|shared| match &shared.content {
            Content::Value(value) => match (pointee(&value.0), &value.1) {
                (Some(_), Expr::Reference(to)) => {
                    let (name, to) = (&shared.name, &to.expr);
                    Some(quote! {
                        let to = ::core::ptr::from_ref(&shared.#to.0);
                        *shared.#name.0.get_mut() = to as _;
                    })
                }
                _ => None,
            },
            Content::Fields(..) => None,
        });
    let wanted = named(&source.condition);
    let locals: Vec<Vec<&Ident>> = source
        .threads
        .iter()
        .map(|thread| locals(thread, &wanted, &shared))
        .collect();
    let threads: Vec<Ident> = (0..source.threads.len())
        .map(|number| format_ident!("thread{number}"))
        .collect();
    let bodies = source.threads.iter().zip(&locals).enumerate();
    let bodies = bodies.map(|(number, (thread, locals))| {
        let statements = thread.stmts.iter().map(|statement| match statement {
            // More follows the last expression.
            Stmt::Expr(expr, None) => quote!(#expr;),
            other => quote!(#other),
        });
        quote! {
            scope.spawn(|| batch.thread(#number, |shared: &Shared| {
                #[allow(unused_variables)]
                let Shared { #(#shared: ::atomics_litmus::user::Line(#shared)),* } = shared;
                #(#statements)*
                #[allow(unreachable_code)]
                ::atomics_litmus::user::Sent((#(#locals,)*))
            }))
        }
    });
    let finals: Vec<&Ident> = shared
        .iter()
        .copied()
        .filter(|name| wanted.contains(&name.to_string()))
        .filter(|name| !addressed(&source.condition).contains(&name.to_string()))
        .collect();
    let mut shown: Vec<&Ident> = locals.iter().flatten().copied().collect();
    shown.extend(&finals);
    let format = shown.iter().map(|name| format!("{name}={{:?}}"));
    let format = format.collect::<Vec<_>>().join("; ");
    let condition = native(&source.condition, &shared);
    let dots = threads.iter().map(|_| quote!(::atomics_litmus::user::Sent));
    quote! {{
        struct Shared {
            #(#shared: ::atomics_litmus::user::Line<#types>,)*
        }
        ::atomics_litmus::user::run(
            || Shared { #(#fresh,)* },
            |shared: &mut Shared| {
                let _ = &shared;
                #(#pointers)*
            },
            |batch| ::std::thread::scope(|scope| {
                #(let #threads = #bodies;)*
                #(let mut #threads = ::atomics_litmus::user::joined(#threads).into_iter();)*
                ::core::iter::from_fn(|| ::core::option::Option::Some((#(#threads.next()?,)*)))
                    .collect::<::std::vec::Vec<_>>()
            }),
            |shared: &mut Shared, (#(#dots((#(#locals,)*)),)*)| {
                #(let #finals = *shared.#finals.0.get_mut();)*
                let text = ::std::format!(#format, #(#shown),*);
                let _ = &shared;
                (text, #condition)
            },
        )
    }}
}

/// A field of the shared variables, at the start of a round.
fn fresh(shared: &Shared) -> TokenStream {
    let name = &shared.name;
    let value = value(shared);
    quote!(#name: ::atomics_litmus::user::Line(#value))
}

fn value(shared: &Shared) -> TokenStream {
    match &shared.content {
        Content::Fields(path, fields) => {
            let names = fields.iter().map(|field| &field.name);
            let values = fields.iter().map(value);
            quote!(#path { #(#names: #values),* })
        }
        Content::Value(found) => {
            let (ty, init) = &**found;
            match pointee(ty) {
                Some(true) => quote!(<#ty>::new(::core::ptr::null_mut())),
                Some(false) => quote!(<#ty>::new(::core::ptr::null())),
                None => quote!(<#ty>::new(#init)),
            }
        }
    }
}

/// Whether a variable holds a `*mut` pointer; `None` if it holds none.
fn pointee(ty: &Type) -> Option<bool> {
    let Type::Path(path) = ty else {
        return None;
    };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments
    else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(Type::Ptr(pointer)) => {
            Some(matches!(pointer.mutability, syn::PointerMutability::Mut(_)))
        }
        _ => None,
    }
}

/// The variables of a thread that the condition names, each once.
fn locals<'s>(thread: &'s Block, wanted: &BTreeSet<String>, shared: &[&Ident]) -> Vec<&'s Ident> {
    let mut found: Vec<&Ident> = Vec::new();
    for statement in &thread.stmts {
        let Stmt::Local(local) = statement else {
            continue;
        };
        let pattern = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            pattern => pattern,
        };
        if let Pat::Ident(pattern) = pattern
            && wanted.contains(&pattern.ident.to_string())
            && !found.contains(&&pattern.ident)
            && !shared.contains(&&pattern.ident)
        {
            found.push(&pattern.ident);
        }
    }
    found
}

/// The names in a condition of variables that it takes the address of.
fn addressed(condition: &Expr) -> BTreeSet<String> {
    match condition {
        Expr::Reference(inner) => named(&inner.expr),
        Expr::Paren(inner) => addressed(&inner.expr),
        Expr::Unary(inner) => addressed(&inner.expr),
        Expr::Binary(binary) => {
            let mut all = addressed(&binary.left);
            all.extend(addressed(&binary.right));
            all
        }
        _ => BTreeSet::new(),
    }
}

/// The condition, in which an address is one of this round's variables.
fn native(condition: &Expr, shared: &[&Ident]) -> TokenStream {
    match condition {
        Expr::Reference(inner) => match &*inner.expr {
            Expr::Path(path) if shared.iter().any(|name| path.path.is_ident(*name)) => {
                quote!((::core::ptr::from_ref(&shared.#path.0) as _))
            }
            _ => quote!(#condition),
        },
        Expr::Paren(inner) => {
            let inner = native(&inner.expr, shared);
            quote!((#inner))
        }
        Expr::Unary(unary) => {
            let (op, inner) = (&unary.op, native(&unary.expr, shared));
            quote!(#op #inner)
        }
        Expr::Binary(binary) => {
            let (left, right) = (native(&binary.left, shared), native(&binary.right, shared));
            let op = &binary.op;
            quote!(#left #op #right)
        }
        other => quote!(#other),
    }
}
