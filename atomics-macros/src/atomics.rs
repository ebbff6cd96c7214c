//! `atomics!`: reads the tables, generates the module with `atomics-spec`, and parses it to tokens.

mod files;
mod input;

use atomics_spec::emit::layout::Backend;
use atomics_spec::emit::{FAULT, arch_items, arch_stand_in, module_tree, stand_in};
use atomics_spec::plan::Missing;
use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Error, LitStr};

use files::Files;
pub use input::{Input, Instructions};

/// Expands to the module, or to compile errors.
pub fn expand(input: &Input) -> TokenStream {
    let (files, unread) = Files::read(input);
    let done = match input.fault.clone().or(unread) {
        Some(fault) => Err(fault),
        None => try_expand(input, &files),
    };
    done.unwrap_or_else(|error| failed(input, &files, error))
}

/// Expands to the items of one architecture, or to a compile error and what stands in for them.
pub fn expand_instructions(input: &Instructions) -> TokenStream {
    let expand = || {
        let (files, unread) = Files::read(&input.input);
        if let Some(fault) = unread {
            return Err(fault);
        }
        let (site, spec) = (files.site(), files.spec()?);
        let name = input.arch.value();
        let arch = spec.asm_archs().find(|arch| arch.name == name);
        let arch = arch.ok_or_else(|| {
            Error::new(
                input.arch.span(),
                format!("no table is called `{name}`: only `atomics!` may call this macro"),
            )
        })?;
        match arch_items(&spec, arch) {
            Ok(text) => items(site, &text),
            Err(e) => {
                let error = missing(site, &e).into_compile_error();
                let rest = items(site, &arch_stand_in(&spec))?;
                Ok(quote!(#error #rest))
            }
        }
    };
    expand().unwrap_or_else(Error::into_compile_error)
}

/// Parses the text of a module for the inside of a module.
fn items(site: Span, text: &str) -> syn::Result<TokenStream> {
    // A macro inside a module cannot expand to the documentation of the module.
    let items = text.lines().filter(|line| !line.starts_with("//!"));
    tokens(site, &items.collect::<Vec<_>>().join("\n"))
}

fn missing(site: Span, missing: &Missing) -> Error {
    let message = missing.to_string();
    Error::new(site, message.trim_start_matches("error: "))
}

/// Parses generated text into tokens.
fn tokens(site: Span, text: &str) -> syn::Result<TokenStream> {
    text.parse().map_err(|e| {
        let message = format!("the generated code does not parse; this is a bug: {e}");
        Error::new(site, message)
    })
}

fn try_expand(input: &Input, files: &Files) -> syn::Result<TokenStream> {
    let (site, spec) = (files.site(), files.spec()?);
    let backend = input.backend.as_ref().unwrap_or(&Backend::Asm);
    let path = input.path.as_ref().map(LitStr::value);
    let macros = input.macros.as_ref().map_or_else(
        || "::atomics_macros".to_owned(),
        |path| path.to_token_stream().to_string(),
    );
    // A compilation needs the instructions of one architecture only, so a nested macro call
    // generates them. The input of another macro must be complete.
    let later =
        |arch: &str| format!("{macros}::atomics_instructions! {{ {arch:?}, {OWN_INPUT} }}\n");
    let later: Option<&dyn Fn(&str) -> String> = match input.into {
        Some(_) => None,
        None => Some(&later),
    };
    let text =
        module_tree(&spec, backend, path.as_deref(), later).map_err(|e| missing(site, &e))?;
    let body = with_own_input(tokens(site, &text)?, &input.tokens);
    let paths = files.paths();
    // `include_bytes!` makes cargo rebuild the crate when the file changes.
    let module = module(
        input,
        quote! {
            #body
            #(const _: &[u8] = ::core::include_bytes!(#paths);)*
        },
    );
    Ok(match &input.into {
        Some(into) => quote!(#into! { #module }),
        None => module,
    })
}

fn module(input: &Input, body: TokenStream) -> TokenStream {
    let Input {
        attributes,
        visibility,
        name,
        ..
    } = input;
    quote! {
        #(#attributes)*
        #[allow(dead_code, reason = "a crate need not use every operation")]
        #visibility mod #name {
            #body
        }
    }
}

/// The compile errors, and a module in which the user's code finds what it names.
fn failed(input: &Input, files: &Files, error: Error) -> TokenStream {
    if input.into.is_some() {
        return error.into_compile_error();
    }
    let errors: Vec<_> = error.into_iter().map(Error::into_compile_error).collect();
    let (last, others) = errors.split_last().unzip();
    let others = others.unwrap_or_default();
    let body = tokens(files.site(), &stand_in(&files.tables()));
    let body = body.unwrap_or_else(Error::into_compile_error);
    let paths = files.paths();
    // A corrected file must be read again.
    let module = module(
        input,
        quote! {
            #body
            #(const _: &[u8] = ::core::include_bytes!(#paths);)*
        },
    );
    let module = replaced(module, FAULT, &quote!((#last)));
    quote!(#(#others)* #module)
}

/// The place of the input in the calls of `atomics_instructions!`.
const OWN_INPUT: &str = "own_input";

/// Puts the input into the calls, which are in the module `backend`. Its tokens have their places in
/// the source, so that an error in an inner call points there.
fn with_own_input(body: TokenStream, input: &TokenStream) -> TokenStream {
    let mut is_backend = false;
    let one = |token: TokenTree| match token {
        TokenTree::Group(group) if is_backend => {
            is_backend = false;
            regrouped(&group, OWN_INPUT, input)
        }
        other => {
            is_backend = matches!(&other, TokenTree::Ident(ident) if ident == "backend");
            other.into()
        }
    };
    body.into_iter().map(one).collect()
}

/// Replaces the identifier `name`.
fn replaced(tokens: TokenStream, name: &str, by: &TokenStream) -> TokenStream {
    let one = |token: TokenTree| match token {
        TokenTree::Ident(ident) if ident == name => by.clone(),
        TokenTree::Group(group) => regrouped(&group, name, by),
        other => other.into(),
    };
    tokens.into_iter().map(one).collect()
}

fn regrouped(group: &Group, name: &str, by: &TokenStream) -> TokenStream {
    let mut new = Group::new(group.delimiter(), replaced(group.stream(), name, by));
    new.set_span(group.span());
    TokenTree::from(new).into()
}
