//! The input of `atomics!` and of `atomics_instructions!`: the head of a module, and options.

use atomics_spec::emit::layout::Backend;
use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Error, Ident, LitBool, LitStr, Path, Token, Visibility, bracketed, parenthesized,
};

/// The input of the macro.
pub struct Input {
    pub attributes: Vec<Attribute>,
    pub visibility: Visibility,
    pub name: Ident,
    pub table: Option<LitStr>,
    pub semantics: Option<LitStr>,
    pub types: Option<LitStr>,
    pub arch: Option<Vec<LitStr>>,
    pub docs: Option<LitStr>,
    pub extend: Option<bool>,
    pub backend: Option<Backend>,
    pub path: Option<LitStr>,
    pub into: Option<Ident>,
    pub macros: Option<Path>,
    /// The whole input, to pass on to `atomics_instructions!`.
    pub tokens: TokenStream,
    /// What is wrong with the options.
    pub fault: Option<Error>,
}

/// The input of `atomics_instructions!`.
pub struct Instructions {
    pub arch: LitStr,
    pub input: Input,
}

impl Parse for Instructions {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let arch = input.parse()?;
        input.parse::<Token![,]>()?;
        Ok(Self {
            arch,
            input: input.parse()?,
        })
    }
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let tokens = input.fork().parse()?;
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        input.parse::<Token![mod]>()?;
        let name = input.parse()?;
        input.parse::<Token![;]>()?;
        let mut this = Self {
            attributes,
            visibility,
            name,
            table: None,
            semantics: None,
            types: None,
            arch: None,
            docs: None,
            extend: None,
            backend: None,
            path: None,
            into: None,
            macros: None,
            tokens,
            fault: None,
        };
        while !input.is_empty() {
            if let Err(fault) = this.option(input) {
                this.fail(fault);
                skip_value(input)?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(this)
    }
}

impl Input {
    fn fail(&mut self, fault: Error) {
        match &mut self.fault {
            Some(all) => all.combine(fault),
            None => self.fault = Some(fault),
        }
    }

    fn option(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let key: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        match key.to_string().as_str() {
            "table" => once(&mut self.table, &key, input.parse()?),
            "semantics" => once(&mut self.semantics, &key, input.parse()?),
            "types" => once(&mut self.types, &key, input.parse()?),
            "docs" => once(&mut self.docs, &key, input.parse()?),
            "extend" => once(&mut self.extend, &key, input.parse::<LitBool>()?.value()),
            "path" => once(&mut self.path, &key, input.parse()?),
            "into" => once(&mut self.into, &key, input.parse()?),
            "macros" => once(&mut self.macros, &key, input.call(Path::parse_mod_style)?),
            "arch" => {
                let list;
                bracketed!(list in input);
                let files = Punctuated::<LitStr, Token![,]>::parse_terminated(&list)?;
                once(&mut self.arch, &key, files.into_iter().collect())
            }
            "backend" => once(&mut self.backend, &key, backend(input)?),
            other => Err(Error::new(
                key.span(),
                format!(
                    "unknown option `{other}`: the options are table, semantics, types, arch, \
                     docs, extend, backend, path, into and macros"
                ),
            )),
        }
    }
}

/// Skips the rest of an option with a fault, so that those after it are read.
fn skip_value(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

fn once<T>(slot: &mut Option<T>, key: &Ident, value: T) -> syn::Result<()> {
    if slot.replace(value).is_some() {
        return Err(Error::new(
            key.span(),
            format!("the option `{key}` is given twice"),
        ));
    }
    Ok(())
}

fn backend(input: ParseStream<'_>) -> syn::Result<Backend> {
    let kind: Ident = input.parse()?;
    match kind.to_string().as_str() {
        "asm" => Ok(Backend::Asm),
        "c" => {
            let inner;
            parenthesized!(inner in input);
            let prefix: LitStr = inner.parse()?;
            let text = prefix.value();
            let good = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !text.starts_with(|c: char| c.is_ascii_digit());
            if !good {
                let message = "write a prefix of letters, digits and `_`, without a digit first";
                return Err(Error::new(prefix.span(), message));
            }
            Ok(Backend::C { prefix: text })
        }
        other => Err(Error::new(
            kind.span(),
            format!("unknown backend `{other}`: write `asm` or `c(\"PREFIX\")`"),
        )),
    }
}
