//! Checks that the documentation of every public function has an example. The examples run as
//! doctests: in `atomics-core`, and in the kernel with `CONFIG_RUST_KERNEL_DOCTESTS`.

use std::collections::BTreeMap;
use std::path::Path;

use atomics_spec::model::Variant;
use atomics_spec::{Spec, emit, names};
use atomics_tests::project::contents;
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, ImplItem, Item, Lit, Meta, Token, TraitItem, Visibility};

/// The public functions of Rust source files, by path, with whether they have an example.
#[derive(Debug, Default)]
struct Functions(BTreeMap<String, bool>);

impl Functions {
    fn read(&mut self, name: &str, text: &str) {
        let file = syn::parse_file(text).unwrap_or_else(|e| panic!("{name}: {e}"));
        self.items(name, &file.items);
    }

    fn items(&mut self, path: &str, items: &[Item]) {
        for item in items {
            match item {
                Item::Fn(item) if is_public(&item.vis, &item.attrs) => {
                    self.add(path, &item.sig.ident, has_example(&item.attrs));
                }
                Item::Impl(item) if item.trait_.is_none() => {
                    let functions = item.items.iter().filter_map(|i| match i {
                        ImplItem::Fn(f) if is_public(&f.vis, &f.attrs) => Some(f),
                        _ => None,
                    });
                    for function in functions {
                        self.add(path, &function.sig.ident, has_example(&function.attrs));
                    }
                }
                // An example of a trait counts for all its methods.
                Item::Trait(item) if is_public(&item.vis, &item.attrs) => {
                    let functions = item.items.iter().filter_map(|i| match i {
                        TraitItem::Fn(f) if !is_hidden(&f.attrs) => Some(f),
                        _ => None,
                    });
                    for function in functions {
                        let shown = has_example(&item.attrs) || has_example(&function.attrs);
                        self.add(
                            &format!("{path}: {}", item.ident),
                            &function.sig.ident,
                            shown,
                        );
                    }
                }
                Item::Macro(item) if item.mac.path.is_ident("operations") => {
                    self.operations(path, item.mac.tokens.clone());
                }
                Item::Macro(item) if item.mac.path.is_ident("functions") => {
                    self.functions(path, item.mac.tokens.clone());
                }
                Item::Mod(item) if is_public(&item.vis, &item.attrs) => {
                    let items = item.content.as_ref().map(|(_, items)| items.as_slice());
                    self.items(
                        &format!("{path}: {}", item.ident),
                        items.unwrap_or_default(),
                    );
                }
                _ => {}
            }
        }
    }

    /// Adds the rows of a trait: `#[doc = ""] pub trait T { fn method(...) = ...; }`. An example of
    /// the trait counts for all its methods.
    fn operations(&mut self, path: &str, tokens: TokenStream) {
        let parse = |input: ParseStream<'_>| {
            let attrs = input.call(Attribute::parse_outer)?;
            input.parse::<Visibility>()?;
            input.parse::<Token![trait]>()?;
            let name: Ident = input.parse()?;
            input.parse::<Token![:]>()?;
            input.parse::<Ident>()?;
            let rows: Group = input.parse()?;
            input.parse::<TokenStream>()?;
            Ok((attrs, name, rows))
        };
        let (attrs, name, rows) = parse.parse2(tokens).expect("a trait in rows");
        if is_hidden(&attrs) {
            return;
        }
        let shown = has_example(&attrs);
        let rows: Vec<TokenTree> = rows.stream().into_iter().collect();
        for pair in rows.windows(2) {
            if let [TokenTree::Ident(head), TokenTree::Ident(method)] = pair
                && head == "fn"
            {
                self.add(&format!("{path}: {name}"), method, shown);
            }
        }
    }

    /// Adds rows of functions: `{ ... example { ... } } => { function, "": name name; }`. The macro
    /// makes an example of the one that the rows share.
    fn functions(&mut self, path: &str, tokens: TokenStream) {
        let mut shown = false;
        let mut is_rows = false;
        for token in tokens {
            match token {
                TokenTree::Group(group) if is_rows => {
                    let mut is_name = false;
                    for token in group.stream() {
                        match token {
                            TokenTree::Punct(punct) => is_name = punct.as_char() == ':',
                            TokenTree::Ident(name) if is_name => self.add(path, &name, shown),
                            _ => {}
                        }
                    }
                    is_rows = false;
                }
                TokenTree::Group(group) => {
                    let is_example = |t| matches!(t, TokenTree::Ident(i) if i == "example");
                    shown = group.stream().into_iter().any(is_example);
                }
                TokenTree::Punct(punct) => is_rows = punct.as_char() == '>',
                _ => {}
            }
        }
    }

    /// Adds a function. If several have the same path, such as `new`, each needs an example.
    fn add(&mut self, path: &str, name: &Ident, shown: bool) {
        let name = format!("{path}: {name}()");
        *self.0.entry(name).or_insert(true) &= shown;
    }

    fn without_example(&self) -> Vec<&str> {
        let missing = self.0.iter().filter(|(_, shown)| !**shown);
        missing.map(|(name, _)| name.as_str()).collect()
    }

    /// Fails if a function lacks an example, or if a variant of the tables has no function or no
    /// method `name`.
    fn assert_all(&self, name: impl Fn(&Variant<'_>) -> String) {
        let spec = spec();
        for variant in spec.variants() {
            let end = format!(": {}()", name(&variant));
            assert!(
                self.0.keys().any(|k| k.ends_with(&end)),
                "no function {end}"
            );
        }
        let missing = self.without_example();
        assert!(missing.is_empty(), "no example: {missing:#?}");
        println!("{} functions have examples", self.0.len());
    }
}

fn is_public(vis: &Visibility, attrs: &[Attribute]) -> bool {
    matches!(vis, Visibility::Public(_)) && !is_hidden(attrs)
}

fn is_hidden(attrs: &[Attribute]) -> bool {
    let hidden = |meta: &Meta| match meta {
        Meta::List(list) => list.path.is_ident("doc") && list.tokens.to_string() == "hidden",
        _ => false,
    };
    attrs.iter().any(|a| hidden(&a.meta))
}

/// Whether a doc comment has a code block that runs as a doctest.
fn has_example(attrs: &[Attribute]) -> bool {
    let line = |attr: &Attribute| match &attr.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    let lines: Vec<String> = attrs.iter().filter_map(line).collect();
    let fences = lines.iter().filter(|l| l.starts_with("```"));
    // Every other fence opens a block.
    fences.step_by(2).any(|l| l == "```" || l == "```rust")
}

fn spec() -> Spec {
    Spec::builtin().unwrap_or_else(|e| panic!("{e}"))
}

/// Whether a file is part of the public interface. The backends are private.
fn is_interface(path: &str) -> bool {
    path.ends_with(".rs") && !path.contains("/backend")
}

#[test]
fn every_public_function_of_the_crate_has_an_example() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../atomics-core/src");
    let mut functions = Functions::default();
    for (path, text) in contents(&folder) {
        let path = path.strip_prefix(&folder).expect("in the folder");
        let path = path.to_string_lossy();
        if is_interface(&path) {
            functions.read(&path, &String::from_utf8_lossy(&text));
        }
    }
    functions.assert_all(|variant| variant.function());
}

#[test]
fn every_public_function_of_the_kernel_drop_in_has_an_example() {
    let files = emit::kernel(&spec(), emit::KernelBackend::Asm).unwrap_or_else(|e| panic!("{e}"));
    let mut functions = Functions::default();
    for file in files.iter().filter(|f| is_interface(&f.path)) {
        functions.read(&file.path, &file.contents);
    }
    // Without the module `raw`, which has the functions, the traits have them all.
    functions.assert_all(|variant| names::trait_method(&variant.name()));
}

#[test]
fn a_function_without_an_example_is_found() {
    let mut functions = Functions::default();
    functions.read(
        "a.rs",
        "/// ```\n/// shown();\n/// ```\npub fn shown() {}\n\
         /// ```ignore\n/// ignored();\n/// ```\npub fn ignored() {}\n\
         fn private() {}\n\
         pub struct S;\nimpl S {\n    /// Nothing.\n    pub fn new() {}\n}\n\
         pub mod m {\n    pub trait T {\n        fn method();\n        #[doc(hidden)]\n        \
         fn hidden();\n    }\n}\n\
         operations! {\n    /// No example.\n    pub trait O: Base {\n        \
         fn row(this) = row(this);\n    }\n    impl i32 => backend::atomic;\n}\n\
         functions! {\n    {\n        fn(v) = (v);\n    } => {\n        \
         f, \"Relaxed.\": atomic_f atomic64_f;\n    }\n    {\n        fn(v) = (v);\n        \
         example { 1; \"v.\" \"();\" }\n    } => {\n        g, \"\": atomic_g;\n    }\n}\n",
    );
    let missing = [
        "a.rs: O: row()",
        "a.rs: atomic64_f()",
        "a.rs: atomic_f()",
        "a.rs: ignored()",
        "a.rs: m: T: method()",
        "a.rs: new()",
    ];
    assert_eq!(functions.without_example(), missing);
    assert_eq!(functions.0.len(), 8);
}
