//! `atomics!`: reads the tables, has `atomics-spec` write the module, and makes tokens of it.

use std::path::{Path, PathBuf};
use std::{env, fs};

use atomics_spec::emit::layout::Backend;
use atomics_spec::emit::module_tree;
use atomics_spec::{Source, Spec, Tables};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Ident, LitStr, Token, Visibility, bracketed, parenthesized};

/// The input of the macro.
pub struct Input {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    table: Option<LitStr>,
    semantics: Option<LitStr>,
    types: Option<LitStr>,
    arch: Option<Vec<LitStr>>,
    docs: Option<LitStr>,
    backend: Option<Backend>,
    path: Option<LitStr>,
    into: Option<Ident>,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
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
            backend: None,
            path: None,
            into: None,
        };
        while !input.is_empty() {
            this.option(input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(this)
    }
}

impl Input {
    fn option(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let key: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        match key.to_string().as_str() {
            "table" => once(&mut self.table, &key, input.parse()?),
            "semantics" => once(&mut self.semantics, &key, input.parse()?),
            "types" => once(&mut self.types, &key, input.parse()?),
            "docs" => once(&mut self.docs, &key, input.parse()?),
            "path" => once(&mut self.path, &key, input.parse()?),
            "into" => once(&mut self.into, &key, input.parse()?),
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
                     docs, backend, path and into"
                ),
            )),
        }
    }
}

fn once<T>(slot: &mut Option<T>, key: &Ident, value: T) -> syn::Result<()> {
    if slot.replace(value).is_some() {
        return Err(Error::new(
            key.span(),
            format!("the option `{key}` stands twice"),
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
                let message = "the prefix of a C function is made of letters, digits and `_`";
                return Err(Error::new(prefix.span(), message));
            }
            Ok(Backend::C { prefix: text })
        }
        other => Err(Error::new(
            kind.span(),
            format!("unknown backend `{other}`: it is `asm` or `c(\"PREFIX\")`"),
        )),
    }
}

/// A file that the macro read.
struct Loaded {
    name: String,
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Loaded {
    fn source(&self) -> Source<'_> {
        Source {
            name: &self.name,
            bytes: &self.bytes,
        }
    }
}

fn load(name: &LitStr) -> syn::Result<Loaded> {
    let path = absolute(name);
    let text = name.value();
    fs::read(&path)
        .map(|bytes| Loaded {
            name: text.clone(),
            path,
            bytes,
        })
        .map_err(|e| {
            let message =
                format!("cannot read `{text}`, relative to the folder of Cargo.toml: {e}");
            Error::new(name.span(), message)
        })
}

fn absolute(name: &LitStr) -> PathBuf {
    let root = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    Path::new(&root).join(name.value())
}

fn load_folder(folder: &LitStr) -> syn::Result<Vec<Loaded>> {
    let fault = |e: std::io::Error| {
        Error::new(
            folder.span(),
            format!("cannot read the folder `{}`: {e}", folder.value()),
        )
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(absolute(folder)).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.extension().is_some_and(|e| e == "md") {
            let name = format!(
                "{}/{}",
                folder.value(),
                path.file_name().unwrap_or_default().to_string_lossy()
            );
            files.push(Loaded {
                name,
                bytes: fs::read(&path).map_err(fault)?,
                path,
            });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// The module, or its errors.
pub fn expand(input: &Input) -> TokenStream {
    try_expand(input).unwrap_or_else(Error::into_compile_error)
}

fn try_expand(input: &Input) -> syn::Result<TokenStream> {
    let table = input.table.as_ref().map(load).transpose()?;
    let semantics = input.semantics.as_ref().map(load).transpose()?;
    let types = input.types.as_ref().map(load).transpose()?;
    let archs = match &input.arch {
        Some(files) => Some(files.iter().map(load).collect::<syn::Result<Vec<_>>>()?),
        None => None,
    };
    let docs = input.docs.as_ref().map(load_folder).transpose()?;
    let mut tables = Tables::builtin();
    if let Some(table) = &table {
        tables.ops = table.source();
        tables.strict = false;
        tables.strict_archs = false;
    }
    if let Some(semantics) = &semantics {
        tables.semantics = semantics.source();
        tables.strict = true;
    }
    if let Some(types) = &types {
        tables.types = types.source();
    }
    if let Some(archs) = &archs {
        tables.archs = archs.iter().map(Loaded::source).collect();
        tables.strict_archs = true;
    }
    if let Some(docs) = &docs {
        tables.docs = docs.iter().map(Loaded::source).collect();
    }
    let site = input
        .table
        .as_ref()
        .map_or_else(Span::call_site, LitStr::span);
    let spec = Spec::load(&tables).map_err(|errors| report(site, &errors.0))?;
    let backend = input.backend.as_ref().unwrap_or(&Backend::Asm);
    let path = input.path.as_ref().map(LitStr::value);
    let text = module_tree(&spec, backend, path.as_deref())
        .map_err(|e| Error::new(site, e.to_string().trim_start_matches("error: ")))?;
    let body: TokenStream = text.parse().map_err(|e| {
        Error::new(
            site,
            format!("the generated text is not Rust, which is a bug: {e}"),
        )
    })?;
    let read = table.iter().chain(&semantics).chain(&types);
    let read = read
        .chain(archs.iter().flatten())
        .chain(docs.iter().flatten());
    let paths = read.map(|f| f.path.to_string_lossy().into_owned());
    let Input {
        attributes,
        visibility,
        name,
        ..
    } = input;
    // Reading a file through the compiler makes a change of it rebuild the crate.
    let module = quote! {
        #(#attributes)*
        #[allow(dead_code, reason = "a crate need not use every operation")]
        #visibility mod #name {
            #body
            #(const _: &[u8] = ::core::include_bytes!(#paths);)*
        }
    };
    Ok(match &input.into {
        Some(into) => quote!(#into! { #module }),
        None => module,
    })
}

/// All faults as compile errors at one place.
fn report(site: Span, errors: &[atomics_spec::Error]) -> Error {
    let one =
        |e: &atomics_spec::Error| Error::new(site, e.to_string().trim_start_matches("error: "));
    let mut errors = errors.iter().map(one);
    let first = errors
        .next()
        .unwrap_or_else(|| Error::new(site, "the tables are wrong"));
    errors.fold(first, |mut all, e| {
        all.combine(e);
        all
    })
}
