//! The macros of `atomics-litmus`, which re-exports and documents them.

mod calls;
mod native;

use atomics_litmus_syntax::{Claim, Source, c};
use atomics_spec::Spec;
use proc_macro::TokenStream;
use quote::{format_ident, quote};
use syn::{ItemFn, parse_macro_input};

/// A litmus test, as a `#[test]`.
///
/// ```text
/// litmus! {
///     /// What is published before the flag is seen after it.
///     fn publish_then_consume();
///     shared { data: Atomic<i32> = 0, ready: Atomic<bool> = false }
///     thread { data.store(1, Relaxed); ready.store(true, Release); }
///     thread { let r0 = ready.load(Acquire); let r1 = data.load(Relaxed); }
///     never (r0 && r1 == 0)
/// }
/// ```
///
/// The claim is `never`, `sometimes` or `always`. The test compares it with
///
/// - what the threads do on this machine, for a fraction of a second;
/// - the verdict of the Linux kernel's memory model, by herd7;
/// - the machine code of the same threads on each architecture that herd7 has a model of, or on
///   those that `LKMM_LITMUS_ARCH` names, separated by commas (`none` for none). They are compiled
///   as they are written, with the functions that they call, but outside of their crate: what is
///   not in their own tokens, such as an alias of a type, is not known there. What is not judged for
///   such a reason is told of in one line. herd7 follows no jumps back: it sees loops that the
///   compiler does not unroll in executions where their bodies run once.
///
/// Without herd7 and a kernel tree, it says in one line that only the first was done; with
/// `LKMM_LITMUS=require`, that is a failure.
///
/// # What a test may have
///
/// In a thread, the name of a shared variable is a reference to it. A shared variable may be a
/// structure, `slot: Slot { full: Atomic<u32> = 0 }`, or hold the address of another,
/// `at: Atomic<*const Atomic<i32>> = &data`.
///
/// Threads have the methods of `Atomic<T>` that take an ordering, barriers, `let`, `if`, `match`,
/// numbers and truths, `Result` and `Option`, calls of functions that are marked with
/// `#[litmus::model]`, `for` over a range of constants, and `loop` and `while`. A test with those
/// states how often they run at most, with `unroll 3;` before `shared`: longer executions are not
/// looked at by the models. What cannot be expressed is an error at its place.
///
/// The condition is about the variables that threads have at their ends, and about the final values
/// of shared variables: with `==`, `!=`, `&&`, `||`, `!`, `is_ok()` and the like.
#[proc_macro]
pub fn litmus(input: TokenStream) -> TokenStream {
    let tokens = proc_macro2::TokenStream::from(input.clone());
    let source = parse_macro_input!(input as Source);
    // The body of a function is in the macro of the same name, which calls this one again.
    if let Some(model) = calls::unknown(&source) {
        let given = &source.models;
        let rest = calls::without_models(tokens);
        return quote! { #model! { @models { #(#given)* } #rest } }.into();
    }
    let expanded = Spec::builtin()
        .map_err(|error| syn::Error::new(source.span(), error.to_string()))
        .and_then(|spec| c(&spec, &source));
    if let Err(error) = expanded {
        return error.to_compile_error().into();
    }
    // The engine reads it again, for the models and to compile it for each architecture.
    let text = tokens.to_string();
    let (name, attributes) = (&source.name, &source.attributes);
    let claim = match source.claim {
        Claim::Never => quote!(Never),
        Claim::Sometimes => quote!(Sometimes),
        Claim::Always => quote!(Always),
    };
    let run = native::run(&source);
    quote! {
        #(#attributes)*
        #[test]
        fn #name() {
            let seen = #run;
            ::atomics_litmus::user::conclude(
                ::core::concat!(::core::file!(), ":", ::core::line!()),
                #text,
                ::atomics_litmus::Verdict::#claim,
                &seen,
            );
        }
    }
    .into()
}

/// Marks a function that threads of `litmus!` may call, so that the code that ships is the code
/// that is judged.
///
/// The function itself stays as it is. Beside it there is a macro of the same name, with its text,
/// which has to be in scope where the test is: import the function by its name. It is visible in
/// the crate of the function only.
#[proc_macro_attribute]
pub fn model(_: TokenStream, item: TokenStream) -> TokenStream {
    let function = parse_macro_input!(item as ItemFn);
    if let Some(receiver) = function.sig.receiver() {
        let message = "a model is no method: take the structure as the parameter";
        return syn::Error::new_spanned(receiver, message)
            .to_compile_error()
            .into();
    }
    let name = &function.sig.ident;
    let exported = format_ident!("__litmus_model_{name}");
    let mut copy = function.clone();
    copy.attrs.clear();
    quote! {
        #function

        #[allow(unused_macros)]
        macro_rules! #exported {
            (@models { $($models:tt)* } $($rest:tt)*) => {
                ::atomics_litmus::litmus! { @models { $($models)* #copy } $($rest)* }
            };
        }
        #[allow(unused_imports)]
        #[doc(hidden)]
        pub(crate) use #exported as #name;
    }
    .into()
}
