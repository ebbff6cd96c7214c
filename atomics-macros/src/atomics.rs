//! `atomics!`: reads the tables, generates the module with `atomics-spec`, and parses it to tokens.

use std::path::PathBuf;
use std::{env, fs};

use atomics_spec::emit::layout::Backend;
use atomics_spec::emit::{arch_items, module_tree};
use atomics_spec::plan::Missing;
use atomics_spec::{Source, Spec, Tables, input};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Ident, LitStr, Path, Token, Visibility, bracketed, parenthesized};

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
    macros: Option<Path>,
    /// The whole input, to pass on to `atomics_instructions!`.
    text: String,
}

/// The input of `atomics_instructions!`.
pub struct Instructions {
    arch: LitStr,
    input: Input,
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
        let text = input.to_string();
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
            macros: None,
            text,
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
                     docs, backend, path, into and macros"
                ),
            )),
        }
    }
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
    input::read(&path)
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
    std::path::Path::new(&root).join(name.value())
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
                bytes: input::read(&path).map_err(fault)?,
                path,
            });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Expands to the module, or to compile errors.
pub fn expand(input: &Input) -> TokenStream {
    try_expand(input).unwrap_or_else(Error::into_compile_error)
}

/// Expands to the items of one architecture, or to compile errors.
pub fn expand_instructions(input: &Instructions) -> TokenStream {
    let expand = || {
        let site = input.input.site();
        let files = Files::read(&input.input)?;
        let spec = files.spec(site)?;
        let name = input.arch.value();
        let arch = spec.asm_archs().find(|arch| arch.name == name);
        let arch = arch.ok_or_else(|| {
            Error::new(
                input.arch.span(),
                format!("no table is called `{name}`: only `atomics!` may call this macro"),
            )
        })?;
        let text = arch_items(&spec, arch).map_err(|e| missing(site, &e))?;
        // A macro inside a module cannot expand to the documentation of the module.
        let items = text.lines().filter(|line| !line.starts_with("//!"));
        tokens(site, &items.collect::<Vec<_>>().join("\n"))
    };
    expand().unwrap_or_else(Error::into_compile_error)
}

impl Input {
    /// The span at which errors in tables are reported.
    fn site(&self) -> Span {
        self.table
            .as_ref()
            .map_or_else(Span::call_site, LitStr::span)
    }
}

/// The files that an input names.
struct Files {
    table: Option<Loaded>,
    semantics: Option<Loaded>,
    types: Option<Loaded>,
    archs: Option<Vec<Loaded>>,
    docs: Option<Vec<Loaded>>,
}

impl Files {
    fn read(input: &Input) -> syn::Result<Self> {
        Ok(Self {
            table: input.table.as_ref().map(load).transpose()?,
            semantics: input.semantics.as_ref().map(load).transpose()?,
            types: input.types.as_ref().map(load).transpose()?,
            archs: match &input.arch {
                Some(files) => Some(files.iter().map(load).collect::<syn::Result<_>>()?),
                None => None,
            },
            docs: input.docs.as_ref().map(load_folder).transpose()?,
        })
    }

    /// Loads these files, together with the built-in tables; reports errors at `site`.
    fn spec(&self, site: Span) -> syn::Result<Spec> {
        let mut tables = Tables::builtin();
        if let Some(table) = &self.table {
            tables.ops = table.source();
            tables.strict = false;
            tables.strict_archs = false;
        }
        if let Some(semantics) = &self.semantics {
            tables.semantics = semantics.source();
            tables.strict = true;
        }
        if let Some(types) = &self.types {
            tables.types = types.source();
        }
        if let Some(archs) = &self.archs {
            tables.archs = archs.iter().map(Loaded::source).collect();
            tables.strict_archs = true;
        }
        if let Some(docs) = &self.docs {
            tables.docs = docs.iter().map(Loaded::source).collect();
        }
        Spec::load(&tables).map_err(|errors| report(site, &errors.0))
    }

    fn paths(&self) -> Vec<String> {
        let single = self.table.iter().chain(&self.semantics).chain(&self.types);
        let several = self.archs.iter().chain(&self.docs).flatten();
        let paths = single.chain(several);
        paths
            .map(|f| f.path.to_string_lossy().into_owned())
            .collect()
    }
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

fn try_expand(input: &Input) -> syn::Result<TokenStream> {
    let site = input.site();
    let files = Files::read(input)?;
    let spec = files.spec(site)?;
    let backend = input.backend.as_ref().unwrap_or(&Backend::Asm);
    let path = input.path.as_ref().map(LitStr::value);
    let macros = input.macros.as_ref().map_or_else(
        || "::atomics_macros".to_owned(),
        |path| path.to_token_stream().to_string(),
    );
    // A compilation needs the instructions of one architecture only, so a nested macro call
    // generates them. The input of another macro must be complete.
    let later = |arch: &str| {
        format!(
            "{macros}::atomics_instructions! {{ {arch:?}, {} }}",
            input.text
        )
    };
    let later: Option<&dyn Fn(&str) -> String> = match input.into {
        Some(_) => None,
        None => Some(&later),
    };
    let text =
        module_tree(&spec, backend, path.as_deref(), later).map_err(|e| missing(site, &e))?;
    let body = tokens(site, &text)?;
    let paths = files.paths();
    let Input {
        attributes,
        visibility,
        name,
        ..
    } = input;
    // `include_bytes!` makes cargo rebuild the crate when the file changes.
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

/// All errors in tables as compile errors at `site`.
fn report(site: Span, errors: &[atomics_spec::Error]) -> Error {
    let one =
        |e: &atomics_spec::Error| Error::new(site, e.to_string().trim_start_matches("error: "));
    let mut errors = errors.iter().map(one);
    let first = errors
        .next()
        .unwrap_or_else(|| Error::new(site, "the tables have errors"));
    errors.fold(first, |mut all, e| {
        all.combine(e);
        all
    })
}
