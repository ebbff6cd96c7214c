//! `#[derive(AtomicType)]`: a safe way to allow a type in an `Atomic`.
//!
//! `AtomicType` is an unsafe trait: its implementor promises the size, alignment and initialised
//! bytes of its `Repr`, and that a value may move to another thread. The derive gives that promise
//! only where the Rust reference fixes the layout, so it accepts two shapes:
//!
//! - unit-only enums with one of i8, i16, i32, i64, isize, u8, u16, u32, u64, usize in `#[repr]`,
//! - `#[repr(transparent)]` structs with one field of an atomic type, generic or not.
//!
//! It rejects the following, which would allow undefined behaviour in safe code:
//!
//! - unions, variants with fields, additional fields: some bytes may be uninitialised,
//! - no representation, `C`, `Rust`, `align`, `packed`: they leave size or alignment open,
//! - `i128` and `u128`: no atomic access is that wide,
//! - `PhantomData` fields: the marker may forbid exactly the sharing that an `Atomic` allows,
//! - types that are not `Send`: an `Atomic<T>` is `Sync`, so any thread can take the value,
//! - a macro in the field's type: it may expand to a different type each time,
//! - layouts that an attribute macro changes after the derive has read the type; on a generic
//!   struct, where that cannot be checked, every attribute that might be such a macro.
//!
//! It also rejects empty and generic enums and structs without a field, which have no use. The
//! compiler reports a missing `Copy` and names the derive to add. `#[atomic(crate = path)]` names
//! the crate of the trait, if not `::atomics_core`. `::core` must be the real `core` crate.

// Upper and lower case are separate: style editions of rustfmt disagree on the order of a mix.
use proc_macro2::TokenStream;
use quote::ToTokens;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Data, DataEnum, DataStruct, DeriveInput, Error, Field, Fields, Ident};
use syn::{Meta, Path, Result, Token, Type, Variant};

/// The representations that are accepted, and the advice in messages.
type Hints = (&'static str, &'static str);
/// For an enum.
const OF_ENUM: Hints = (
    "i8 i16 i32 i64 isize u8 u16 u32 u64 usize",
    "`#[repr(i32)]` (or i8, i16, i64, isize, u8, u16, u32, u64, usize)",
);
/// For a struct.
const OF_STRUCT: Hints = ("transparent", "`#[repr(transparent)]`");

/// Attributes of a type that are never macros. `cfg_attr` is expanded before a derive runs.
const INERT: &str =
    "allow atomic deny deprecated derive doc expect forbid must_use non_exhaustive repr warn";

/// An error at the first argument, with the rest as its message.
macro_rules! refusal {
    ($at:expr, $($message:tt)+) => { Error::new_spanned(&$at, format!($($message)+)) };
}

/// The type whose layout an accepted type has, and a closure that converts the accepted type to it
/// and does not compile for any other shape. Meaningless once an error has been noted.
type Layout = (TokenStream, TokenStream);

/// The errors noted so far.
type Errors = Vec<Error>;

/// Expands the derive, or returns every reason for rejecting the type.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let mut errors = Errors::new();
    let path = trait_crate(input, &mut errors);
    let layout = match &input.data {
        Data::Enum(data) => enum_layout(input, data, &mut errors),
        Data::Struct(data) => struct_layout(input, data, &mut errors),
        Data::Union(data) => Err(refusal! { data.union_token,
            "`{}` is a union, whose bytes may be uninitialised: use a `#[repr(transparent)]` \
             struct", input.ident
        }),
    };
    let expansion = layout.map(|layout| implement(input, &path, &layout));
    let mut errors = errors.into_iter().chain(expansion.clone().err());
    errors.next().map_or(expansion, |mut all| {
        all.extend(errors);
        Err(all)
    })
}

/// Writes the impl for a type with this layout, and code by which the compiler checks the layout.
fn implement(input: &DeriveInput, path: &TokenStream, (model, witness): &Layout) -> TokenStream {
    let name = &input.ident;
    let (params, arguments, own) = input.generics.split_for_impl();
    let (bounds, proof) = if input.generics.params.is_empty() {
        (quote!(#own), prove(name, model, witness))
    } else {
        let own = own.iter().flat_map(|clause| &clause.predicates);
        let bounds = quote!(where #(#own,)* #model: #path::AtomicType, Self: ::core::marker::Send);
        (bounds, TokenStream::new())
    };
    // With this span, the compiler points at the model if it is not an `AtomicType`.
    let repr = quote_spanned!(model.span()=> <#model as #path::AtomicType>::Repr);
    // SAFETY: the emitted impl keeps the contract of `AtomicType`.
    // - Layout of an enum: "For field-less enums, primitive representations set the size and
    //   alignment to be the same as the primitive type of the same name" (Rust reference,
    //   layout.repr.primitive.enum); `representation` rejects any other hint.
    // - Layout of a struct: "Structs and enums with this representation have the same layout and
    //   ABI as the only non-size 0 non-alignment 1 field" (layout.repr.transparent.layout-abi);
    //   the only field is that field, because no atomic type has size 0.
    // - Round trip: a unit-only enum is its discriminant, a value of the integer, and the struct
    //   is its field. `model` is an `AtomicType`, so each of these values is an initialised
    //   `Repr`; and a `Repr` that came from a `Self` still holds the bits of that `Self`.
    // - Threads: a generic impl is bounded by `Self: Send`, and `prove` requires it otherwise.
    // - Nothing changes the type later: `prove` makes the compiler check the final item, and
    //   `struct_layout` rejects attributes that could rewrite a generic struct.
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        unsafe impl #params #path::AtomicType for #name #arguments #bounds {
            type Repr = #repr;
        }
        #proof
    }
}

/// Writes the checks that need more than tokens, on the final item after all attribute macros.
///
/// The witness compiles only for a field-less enum (`as`) or a struct whose one field is `model`
/// (a pattern without `..`), and equal sizes exclude additional bytes.
fn prove(name: &Ident, model: &TokenStream, witness: &TokenStream) -> TokenStream {
    let changed = format!(
        "`{name}` is not laid out like its integer or field: put `#[derive(AtomicType)]` below \
         the attribute macro that changes it"
    );
    // The compiler's message for a type that is not `Send` ends with the name of the function.
    // A deprecated type must not cause a warning: the impl does not count as a use.
    quote_spanned! {name.span()=>
        #[allow(deprecated)]
        const _: () = {
            use ::core::mem::{align_of, size_of};
            const fn atomics_change_threads_so_unsafe_impl_send_if_ok<T: ::core::marker::Send>() {}
            atomics_change_threads_so_unsafe_impl_send_if_ok::<#name>();
            let _: fn(#name) -> #model = #witness;
            ::core::assert!(
                size_of::<#name>() == size_of::<#model>()
                    && align_of::<#name>() == align_of::<#model>(),
                #changed
            );
        };
    }
}

/// Accepts unit-only enums.
fn enum_layout(input: &DeriveInput, data: &DataEnum, errors: &mut Errors) -> Result<Layout> {
    let name = &input.ident;
    if data.variants.is_empty() {
        errors.push(refusal! { name,
            "`{name}` has no variant, so there is no value to store: give it at least one"
        });
    }
    if !input.generics.params.is_empty() {
        errors.push(refusal! { input.generics,
            "`{name}` has generic parameters, which unit variants cannot use: remove them"
        });
    }
    for Variant { ident, fields, .. } in &data.variants {
        if !matches!(fields, Fields::Unit) {
            errors.push(refusal! { fields,
                "`{name}::{ident}` is not a unit variant, so some of its bytes may be \
                 uninitialised: write `{ident}` alone"
            });
        }
    }
    let integer = representation(input, OF_ENUM, errors)?;
    // Not plain `u32`, which a `type u32 = u8;` in scope would redefine.
    let model = quote!(::core::primitive::#integer);
    Ok((model.clone(), quote!(|value| value as #model)))
}

/// Accepts transparent structs with one field. No attribute may rewrite a generic one later.
fn struct_layout(input: &DeriveInput, data: &DataStruct, errors: &mut Errors) -> Result<Layout> {
    let name = &input.ident;
    let hint = representation(input, OF_STRUCT, errors);
    errors.extend(hint.err());
    for attribute in &input.attrs {
        if !input.generics.params.is_empty() && !is_one_of(attribute.path(), INERT) {
            errors.push(refusal! { attribute,
                "an attribute macro could change the layout of the generic `{name}` later: put \
                 it above `#[derive(AtomicType)]`, or write the `unsafe impl` by hand"
            });
        }
    }
    let Field { ident, ty, .. } = only_field(name, data, errors)?;
    let member = ident.as_ref().map_or(quote!(0), |ident| quote!(#ident));
    Ok((quote!(#ty), quote!(|#name { #member: __value }| __value)))
}

/// The first field; notes an error unless it is the only one and its type is certain.
fn only_field<'a>(name: &Ident, data: &'a DataStruct, errors: &mut Errors) -> Result<&'a Field> {
    let (markers, fields): (Vec<_>, Vec<_>) = data.fields.iter().partition(|f| is_marker(&f.ty));
    errors.extend(markers.iter().map(|marker| refusal! { marker.ty,
        "this marker may be there to forbid exactly the sharing that an `Atomic` allows: remove \
         it from `{name}`, or write the `unsafe impl` by hand with a proof"
    }));
    errors.extend(fields.iter().skip(1).map(|field| {
        refusal! { field,
            "`{name}` has more than one field, so it is not just one integer or pointer: keep one \
             field, or pack the values into one integer"
        }
    }));
    for Field { ty, .. } in fields {
        if quote!(#ty).to_string().contains('!') {
            errors.push(refusal! { ty,
                "a macro may expand to a different type each time, so the layout of `{name}` is \
                 unknown: write the type"
            });
        }
    }
    let none = refusal! { name,
        "`{name}` has no field, so there is nothing to store: give it one of an atomic type"
    };
    data.fields.iter().next().ok_or(none)
}

/// Whether a type is written as a `PhantomData`.
fn is_marker(ty: &Type) -> bool {
    matches!(ty, Type::Path(ty) if ty.path.segments.last().is_some_and(
        |segment| segment.ident.unraw() == "PhantomData"
    ))
}

/// The first representation hint; notes an error unless it is the only one and among `allowed`.
fn representation(input: &DeriveInput, hints: Hints, errors: &mut Errors) -> Result<Path> {
    let (allowed, advice) = hints;
    let name = &input.ident;
    let mut hints = Vec::new();
    for attribute in input.attrs.iter().filter(|a| is_one_of(a.path(), "repr")) {
        hints.extend(attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?);
    }
    let fits = |hint: &&Meta| matches!(hint, Meta::Path(path) if is_one_of(path, allowed));
    let (right, wrong): (Vec<_>, Vec<_>) = hints.iter().partition(fits);
    errors.extend(wrong.iter().map(|hint| wrong_hint(name, hint, advice)));
    errors.extend(right.iter().skip(1).map(|hint| refusal! { hint,
        "`{name}` already has another representation, so its layout is ambiguous: keep only one of \
         them"
    }));
    let none = refusal! { name,
        "`{name}` has no representation that fixes its size and alignment: add {advice}"
    };
    hints.first().map(|hint| hint.path().clone()).ok_or(none)
}

/// The error for a representation hint that is not accepted: the reason, and what to write.
fn wrong_hint(name: &Ident, hint: &Meta, advice: &str) -> Error {
    let word = hint.path().to_token_stream().to_string().replace("r#", "");
    let reason = match word.as_str() {
        "C" => "leaves the layout to the target's C ABI",
        "align" => "may make the type larger and more strictly aligned",
        "packed" => "lowers the alignment that an atomic access needs",
        "transparent" => "asks for the layout of a field, which a unit variant lacks",
        "i128" | "u128" => "is wider than any atomic access",
        _ => "does not give a type the layout of one integer or pointer",
    };
    refusal! { hint, "`{word}` {reason}: give `{name}` only {advice}" }
}

/// The crate of the trait: the path in `#[atomic(crate = path)]`, or `::atomics_core`.
fn trait_crate(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let usage = "`#[atomic(...)]` only names the crate of the trait: write one `crate = path`";
    let mut found = None;
    for attribute in input.attrs.iter().filter(|a| is_one_of(a.path(), "atomic")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") || found.is_some() {
                return Err(meta.error(""));
            }
            found = Some(Path::parse_mod_style(meta.value()?)?);
            Ok(())
        });
        errors.extend(parsed.err().map(|fault| Error::new(fault.span(), usage)));
    }
    found.map_or(quote!(::atomics_core), Path::into_token_stream)
}

/// Whether a path is one of these words. `r#repr` counts as `repr`, as for the compiler.
fn is_one_of(path: &Path, words: &str) -> bool {
    let is = |word| path.get_ident().is_some_and(|ident| ident.unraw() == word);
    words.split(' ').any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An item on one line; indented below it, its expansion (… is any text) or all of its errors.
    const CASES: &str = "
#[repr(u8)] enum r#E { A = 3, B }
  #[automatically_derived] #[allow(deprecated)] unsafe impl ::atomics_core::AtomicType for r#E {
  type Repr = <::core::primitive::u8 as ::atomics_core::AtomicType>::Repr; } #[allow(deprecated)]
  const _: () = { use ::core::mem::{align_of, size_of}; const fn
  atomics_change_threads_so_unsafe_impl_send_if_ok<T: ::core::marker::Send>() {}
  atomics_change_threads_so_unsafe_impl_send_if_ok::<r#E>(); let _: fn(r#E) -> ::core::primitive::u8
  = |value| value as ::core::primitive::u8; ::core::assert!(size_of::<r#E>() ==
  size_of::<::core::primitive::u8>() && align_of::<r#E>() == align_of::<::core::primitive::u8>(),
  \"`r#E` is not laid out like its integer or field: put `#[derive(AtomicType)]` below the attribute
  macro that changes it\"); };
#[repr(transparent)] #[serde(x)] struct S where u8: X { r#fn: *mut u8 }
  #[automatically_derived] #[allow(deprecated)] unsafe impl ::atomics_core::AtomicType for S where
  u8: X { type Repr = <*mut u8 as ::atomics_core::AtomicType>::Repr; } … let _: fn(S) -> *mut u8 =
  |S { r#fn: __value }| __value;
#[repr(transparent)] #[atomic(crate = a::b)] struct S<'a, T: X = u8>(W<'a, T>) where T: Y,;
  #[automatically_derived] #[allow(deprecated)] unsafe impl<'a, T: X> a::b::AtomicType for S<'a, T>
  where T: Y, W<'a, T>: a::b::AtomicType, Self: ::core::marker::Send {
  type Repr = <W<'a, T> as a::b::AtomicType>::Repr; }
enum E {}
  `E` has no variant, so there is no value to store: give it at least one
  `E` has no representation that fixes its size and alignment: add ADVICE
#[repr(C, transparent)] #[r#repr(align(4), i128, u8, i8)] enum E<const N: u8> { A, B(u8) }
  `E` has generic parameters, which unit variants cannot use: remove them
  `E::B` is not a unit variant, so some of its bytes may be uninitialised: write `B` alone
  `C` leaves the layout to the target's C ABI: give `E` only ADVICE
  `transparent` asks for the layout of a field, which a unit variant lacks: give `E` only ADVICE
  `align` may make the type larger and more strictly aligned: give `E` only ADVICE
  `i128` is wider than any atomic access: give `E` only ADVICE
  `E` already has another representation, so its layout is ambiguous: keep only one of them
struct S;
  `S` has no representation that fixes its size and alignment: add `#[repr(transparent)]`
  `S` has no field, so there is nothing to store: give it one of an atomic type
#[repr(packed, Rust)] #[serde(x)] struct S<T>(W<m!()>, T, core::marker::PhantomData<T>);
  `packed` lowers the alignment that an atomic access needs: give `S` only `#[repr(transparent)]`
  `Rust` does not give a type the layout of one integer or pointer: give `S` only
  `#[repr(transparent)]`
  an attribute macro could change the layout of the generic `S` later: put it above
  `#[derive(AtomicType)]`, or write the `unsafe impl` by hand
  this marker may be there to forbid exactly the sharing that an `Atomic` allows: remove it from
  `S`, or write the `unsafe impl` by hand with a proof
  `S` has more than one field, so it is not just one integer or pointer: keep one field, or pack
  the values into one integer
  a macro may expand to a different type each time, so the layout of `S` is unknown: write the
  type
#[atomic(krate = a)] union U { x: u8 }
  `#[atomic(...)]` only names the crate of the trait: write one `crate = path`
  `U` is a union, whose bytes may be uninitialised: use a `#[repr(transparent)]` struct
";

    #[test]
    fn every_case_comes_out_as_it_is_written() {
        let squeeze = |text: &str| text.split_whitespace().collect::<String>();
        let cases = CASES.replace("\n  ", "\t").replace("ADVICE", OF_ENUM.1);
        for case in cases.lines().skip(1) {
            let (item, expected) = case.split_once('\t').expect("an item and its outcome");
            let outcome = match syn::parse_str(item).and_then(|input| expand(&input)) {
                Ok(tokens) => tokens.to_string(),
                Err(errors) => errors.into_iter().map(|error| error.to_string()).collect(),
            };
            let (outcome, expected) = (squeeze(&outcome), squeeze(expected));
            match expected.split_once('…') {
                Some((a, b)) => assert!(outcome.starts_with(a) && outcome.contains(b), "{item}"),
                None => assert_eq!(outcome, expected, "{item}"),
            }
        }
    }
}
