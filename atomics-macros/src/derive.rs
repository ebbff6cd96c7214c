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
//! - types that an attribute macro changes after the derive has read them. No list of harmless
//!   attributes can tell, because such a macro can have any name, even `derive`. So the expansion
//!   makes the compiler check the final item: its fields or variants, and their bits. The size and
//!   the alignment of a generic struct are known only where it is used; there `Atomic` checks them.
//!
//! It also rejects empty and generic enums and structs without a field, which have no use. The
//! compiler reports a missing `Copy` and names the derive to add. `#[atomic(crate = path)]` names
//! the crate of the trait, if not `::atomics_core`. `::core` must be the real `core` crate.
//!
//! The expansion binds no variable, because a constant of the same name in the user's code would
//! make any name a pattern. It names types by absolute paths, or `Self`, which may be in the
//! field's type as well.

// Upper and lower case are separate: style editions of rustfmt disagree on the order of a mix.
use proc_macro2::Span;
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

/// An error at the first argument, with the rest as its message.
macro_rules! refusal {
    ($at:expr, $($message:tt)+) => { Error::new_spanned(&$at, format!($($message)+)) };
}

/// What the derive has seen. Meaningless once an error has been noted.
#[derive(Clone)]
struct Layout {
    /// The type whose layout the accepted type has.
    model: TokenStream,
    /// Statements about `self` that do not compile for any other fields or variants.
    shape: TokenStream,
    /// Statements that fail to compile if a value of the type is not one of the model.
    bits: TokenStream,
}

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
fn implement(input: &DeriveInput, path: &TokenStream, layout: &Layout) -> TokenStream {
    let name = &input.ident;
    let model = &layout.model;
    let (params, arguments, own) = input.generics.split_for_impl();
    let bounds = if input.generics.params.is_empty() {
        quote!(#own)
    } else {
        let own = own.iter().flat_map(|clause| &clause.predicates);
        quote!(where #(#own,)* #model: #path::AtomicType, Self: ::core::marker::Send)
    };
    let text = input.to_token_stream().to_string();
    // A use of a deprecated type or variant is the user's warning, not the derive's. Not always:
    // a crate that forbids a lint cannot have it allowed.
    let quiet = text.contains("deprecated");
    let quiet = quiet.then(|| quote!(#[allow(deprecated)]));
    // Any name that is not in the item hides nothing that the item means.
    let mut witness = String::from("Witness");
    while text.contains(&witness) {
        witness.push('_');
    }
    let proof = prove(input, &bounds, layout, &witness);
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
    // - Nothing changes the type later: `prove` makes the compiler check the final item.
    quote! {
        #[automatically_derived]
        #quiet
        unsafe impl #params #path::AtomicType for #name #arguments #bounds {
            type Repr = #repr;
        }
        #quiet
        const _: () = { #proof };
    }
}

/// Writes the checks that need more than tokens, on the final item after all attribute macros.
///
/// `shape` compiles only for the variants or the one field that the derive has seen, and equal
/// sizes exclude additional bytes. In a generic impl they cannot be compared: `Atomic` does it.
fn prove(input: &DeriveInput, bounds: &TokenStream, layout: &Layout, witness: &str) -> TokenStream {
    let Layout { model, shape, bits } = layout;
    let name = &input.ident;
    // Errors point at the name, but for lints and names the code is that of a macro.
    let span = Span::call_site().located_at(name.span());
    let changed = format!(
        "`{name}` is not laid out like its integer or field: put `#[derive(AtomicType)]` below \
         the attribute macro that changes it"
    );
    let witness = Ident::new(witness, span);
    let (params, arguments, _) = input.generics.split_for_impl();
    let (mut layout, mut check) = (TokenStream::new(), TokenStream::new());
    if input.generics.params.is_empty() {
        layout = quote_spanned! {span=>
            const LAYOUT: () = {
                ::core::assert!(
                    ::core::mem::size_of::<Self>() == ::core::mem::size_of::<#model>()
                        && ::core::mem::align_of::<Self>() == ::core::mem::align_of::<#model>(),
                    #changed
                );
                #bits
            };
        };
        // The compiler's message for a type that is not `Send` ends with the function's name.
        check = quote_spanned! {span=>
            const fn atomics_change_threads_so_unsafe_impl_send_if_ok<T: ::core::marker::Send>() {}
            atomics_change_threads_so_unsafe_impl_send_if_ok::<#name>();
            <#name as #witness>::LAYOUT
        };
    }
    quote_spanned! {span=>
        trait #witness {
            const LAYOUT: () = ();
            fn shape(&self);
        }
        #[automatically_derived]
        impl #params #witness for #name #arguments #bounds {
            #layout
            fn shape(&self) {
                #shape
            }
        }
        #check
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
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    // SAFETY of the emitted block: the sizes have been compared. The compiler runs it, and rejects
    // it if a byte of the variant is not initialised.
    let bits = quote! {
        #(::core::assert!(
            unsafe { ::core::mem::transmute_copy::<Self, #model>(&Self::#variants) }
                == Self::#variants as #model
        );)*
    };
    let shape = quote!(match self { #(Self::#variants)|* => {} });
    Ok(Layout { model, shape, bits })
}

/// Accepts transparent structs with one field.
fn struct_layout(input: &DeriveInput, data: &DataStruct, errors: &mut Errors) -> Result<Layout> {
    let hint = representation(input, OF_STRUCT, errors);
    errors.extend(hint.err());
    let Field { ident, ty, .. } = only_field(&input.ident, data, errors)?;
    let member = ident.as_ref().map_or(quote!(0), |ident| quote!(#ident));
    // The pattern allows no other field. The reference allows neither a union nor a packed struct,
    // and the raw pointer no other type: it is not converted, as a reference might be.
    let shape = quote! {
        let Self { #member: _ } = self;
        let _ = &self.#member;
        let _: *const #ty = &raw const self.#member;
    };
    let (model, bits) = (quote!(#ty), TokenStream::new());
    Ok(Layout { model, shape, bits })
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
fn representation(input: &DeriveInput, hints: Hints, errors: &mut Errors) -> Result<TokenStream> {
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
    hints
        .first()
        .map(|hint| hint.path().to_token_stream())
        .ok_or(none)
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
#[repr(u8)] enum r#E { A = 3, r#B }
  #[automatically_derived] unsafe impl ::atomics_core::AtomicType for r#E { type Repr =
  <::core::primitive::u8 as ::atomics_core::AtomicType>::Repr; } const _: () = { trait Witness {
  const LAYOUT: () = (); fn shape(&self); } #[automatically_derived] impl Witness for r#E { const
  LAYOUT: () = { ::core::assert!(::core::mem::size_of::<Self>() ==
  ::core::mem::size_of::<::core::primitive::u8>() && ::core::mem::align_of::<Self>() ==
  ::core::mem::align_of::<::core::primitive::u8>(), \"`r#E` is not laid out like its integer or
  field: put `#[derive(AtomicType)]` below the attribute macro that changes it\"); ::core::assert!(
  unsafe { ::core::mem::transmute_copy::<Self, ::core::primitive::u8>(&Self::A) } == Self::A as
  ::core::primitive::u8); ::core::assert!(unsafe { ::core::mem::transmute_copy::<Self,
  ::core::primitive::u8>(&Self::r#B) } == Self::r#B as ::core::primitive::u8); }; fn shape(&self) {
  match self { Self::A | Self::r#B => {} } } } const fn
  atomics_change_threads_so_unsafe_impl_send_if_ok<T: ::core::marker::Send>() {}
  atomics_change_threads_so_unsafe_impl_send_if_ok::<r#E>(); <r#E as Witness>::LAYOUT };
#[repr(transparent)] #[serde(x)] struct Witness where u8: X { r#fn: *mut Self }
  #[automatically_derived] unsafe impl ::atomics_core::AtomicType for Witness
  where u8: X { type Repr = <*mut Self as ::atomics_core::AtomicType>::Repr; } … impl Witness_ for
  Witness where u8: X { const LAYOUT: () = { ::core::assert!(::core::mem::size_of::<Self>() ==
  ::core::mem::size_of::<*mut Self>() … }; fn shape(&self) { let Self { r#fn: _ } = self; let _ =
  &self.r#fn; let _: *const *mut Self = &raw const self.r#fn; } } …
#[repr(transparent)] #[atomic(crate = a::b)] #[x] struct S<'a, T: X = u8>(W<'a, T>) where T: Y,;
  #[automatically_derived] unsafe impl<'a, T: X> a::b::AtomicType for S<'a, T> where T: Y, W<'a, T>:
  a::b::AtomicType, Self: ::core::marker::Send { type Repr = <W<'a, T> as a::b::AtomicType>::Repr; }
  const _: () = { trait Witness { const LAYOUT: () = (); fn shape(&self); } #[automatically_derived]
  impl<'a, T: X> Witness for S<'a, T> where T: Y, W<'a, T>: a::b::AtomicType, Self:
  ::core::marker::Send { fn shape(&self) { let Self { 0: _ } = self; let _ = &self.0; let _: *const
  W<'a, T> = &raw const self.0; } } };
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
            if !expected.contains('…') {
                assert_eq!(outcome, expected, "{item}");
            }
            let mut rest = outcome.as_str();
            for part in expected.split('…') {
                let found = rest.split_once(part);
                rest = found
                    .unwrap_or_else(|| panic!("{item}: no {part} in {rest}"))
                    .1;
            }
        }
    }
}
