//! The parts of a litmus test in Rust.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Block, Expr, Ident, ItemFn, LitInt, Path, Token, Type, braced, parenthesized,
};

/// A litmus test.
///
/// ```text
/// /// What it is about.
/// fn name();
/// unroll 3;
/// shared { data: Atomic<i32> = 0, ready: Atomic<bool> = false }
/// thread { .. }
/// thread { .. }
/// never (..)
/// ```
pub struct Source {
    /// The functions that threads may call.
    pub models: Vec<ItemFn>,
    /// The attributes: its documentation, for instance.
    pub attributes: Vec<Attribute>,
    /// Its name.
    pub name: Ident,
    /// How often the body of a loop runs at most.
    pub unroll: Option<usize>,
    /// The shared variables.
    pub shared: Vec<Shared>,
    /// The threads.
    pub threads: Vec<Block>,
    /// How often the condition holds.
    pub claim: Claim,
    /// The condition.
    pub condition: Expr,
}

/// What a test claims about its condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It holds at the end of no execution.
    Never,
    /// It holds at the end of some executions, and not of others.
    Sometimes,
    /// It holds at the end of every execution.
    Always,
}

/// A shared variable, or a structure of them.
pub struct Shared {
    /// Its name.
    pub name: Ident,
    /// Its content.
    pub content: Content,
}

/// What a shared variable holds.
pub enum Content {
    /// A value: the type of the variable, such as `Atomic<i32>`, and the initial value.
    Value(Box<(Type, Expr)>),
    /// The variables in the fields of a structure, with the path of the structure's type.
    Fields(Path, Vec<Shared>),
}

mod keyword {
    syn::custom_keyword!(models);
    syn::custom_keyword!(unroll);
    syn::custom_keyword!(shared);
    syn::custom_keyword!(thread);
    syn::custom_keyword!(never);
    syn::custom_keyword!(sometimes);
    syn::custom_keyword!(always);
}

/// How often a loop may be unrolled: each round is a copy of its body.
const MOST: usize = 16;

impl Claim {
    /// herd7's word for it.
    pub fn verdict(self) -> &'static str {
        match self {
            Self::Never => "Never",
            Self::Sometimes => "Sometimes",
            Self::Always => "Always",
        }
    }
}

impl Parse for Source {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut models = Vec::new();
        if input.peek(Token![@]) {
            input.parse::<Token![@]>()?;
            input.parse::<keyword::models>()?;
            let inner;
            braced!(inner in input);
            while !inner.is_empty() {
                models.push(inner.parse()?);
            }
        }
        let attributes = input.call(Attribute::parse_outer)?;
        input.parse::<Token![fn]>()?;
        let name = input.parse()?;
        let none;
        parenthesized!(none in input);
        if !none.is_empty() {
            let help =
                "a litmus test has no parameters: what its threads share is in `shared { .. }`";
            return Err(none.error(help));
        }
        input.parse::<Token![;]>()?;
        let unroll = match input.peek(keyword::unroll) {
            true => Some(unroll(input)?),
            false => None,
        };
        if !input.peek(keyword::shared) {
            return Err(
                input.error("the shared variables come first: `shared { data: Atomic<i32> = 0 }`")
            );
        }
        input.parse::<keyword::shared>()?;
        let shared = fields(input)?;
        let mut threads = Vec::new();
        while input.peek(keyword::thread) {
            input.parse::<keyword::thread>()?;
            threads.push(input.parse()?);
        }
        if threads.is_empty() {
            return Err(input.error("a litmus test has threads: `thread { .. }`"));
        }
        let claim = claim(input)?;
        let condition;
        parenthesized!(condition in input);
        let source = Self {
            models,
            attributes,
            name,
            unroll,
            shared,
            threads,
            claim,
            condition: condition.parse()?,
        };
        if !condition.is_empty() {
            return Err(condition.error("the condition is one expression"));
        }
        input.parse::<Option<Token![;]>>()?;
        match input.is_empty() {
            true => Ok(source),
            false => Err(input.error("nothing follows the condition")),
        }
    }
}

/// `unroll 3;`
fn unroll(input: ParseStream<'_>) -> syn::Result<usize> {
    input.parse::<keyword::unroll>()?;
    let number: LitInt = input.parse()?;
    input.parse::<Token![;]>()?;
    match number.base10_parse() {
        Ok(count @ 1..=MOST) => Ok(count),
        _ => {
            let help = format!("a loop is unrolled 1 to {MOST} times");
            Err(syn::Error::new(number.span(), help))
        }
    }
}

fn claim(input: ParseStream<'_>) -> syn::Result<Claim> {
    if input.peek(keyword::never) {
        input.parse::<keyword::never>()?;
        return Ok(Claim::Never);
    }
    if input.peek(keyword::sometimes) {
        input.parse::<keyword::sometimes>()?;
        return Ok(Claim::Sometimes);
    }
    if input.peek(keyword::always) {
        input.parse::<keyword::always>()?;
        return Ok(Claim::Always);
    }
    Err(input.error(
        "expected another `thread { .. }`, or the claim: `never (..)`, `sometimes (..)` or \
         `always (..)`",
    ))
}

/// Shared variables in braces.
fn fields(input: ParseStream<'_>) -> syn::Result<Vec<Shared>> {
    let inner;
    braced!(inner in input);
    let all = Punctuated::<Shared, Token![,]>::parse_terminated(&inner)?;
    Ok(all.into_iter().collect())
}

impl Parse for Shared {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty: Type = input.parse()?;
        let content = if input.peek(syn::token::Brace) {
            let Type::Path(path) = ty else {
                return Err(syn::Error::new_spanned(ty, "this is not a structure"));
            };
            Content::Fields(path.path, fields(input)?)
        } else if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Content::Value(Box::new((ty, input.parse()?)))
        } else {
            let help = "a variable has an initial value: `data: Atomic<i32> = 0`; a structure has \
                        fields: `ring: Ring { write: Atomic<u32> = 0 }`";
            return Err(input.error(help));
        };
        Ok(Self { name, content })
    }
}

impl Source {
    /// The place of errors about the whole test.
    pub fn span(&self) -> Span {
        self.name.span()
    }
}
