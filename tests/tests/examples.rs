//! Checks that the documentation of every public function has an example. The examples run as
//! doctests: in `atomics-core`, and in the kernel with `CONFIG_RUST_KERNEL_DOCTESTS`.

use std::collections::BTreeMap;
use std::path::Path;

use atomics_spec::{Spec, emit};
use atomics_tests::project::contents;
use syn::{Attribute, Expr, ImplItem, Item, Lit, Meta, TraitItem, Visibility};

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
                    self.add(path, &item.sig, has_example(&item.attrs));
                }
                Item::Impl(item) if item.trait_.is_none() => {
                    let functions = item.items.iter().filter_map(|i| match i {
                        ImplItem::Fn(f) if is_public(&f.vis, &f.attrs) => Some(f),
                        _ => None,
                    });
                    for function in functions {
                        self.add(path, &function.sig, has_example(&function.attrs));
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
                        self.add(&format!("{path}: {}", item.ident), &function.sig, shown);
                    }
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

    /// Adds a function. If several have the same path, such as `new`, each needs an example.
    fn add(&mut self, path: &str, signature: &syn::Signature, shown: bool) {
        let name = format!("{path}: {}()", signature.ident);
        *self.0.entry(name).or_insert(true) &= shown;
    }

    fn without_example(&self) -> Vec<&str> {
        let missing = self.0.iter().filter(|(_, shown)| !**shown);
        missing.map(|(name, _)| name.as_str()).collect()
    }

    /// Fails if a function lacks an example, or if a variant of the tables has no function.
    fn assert_all(&self) {
        let spec = spec();
        for variant in spec.variants() {
            let end = format!(": {}()", variant.function());
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
    functions.assert_all();
}

#[test]
fn every_public_function_of_the_kernel_drop_in_has_an_example() {
    let files = emit::kernel(&spec(), emit::KernelBackend::Asm).unwrap_or_else(|e| panic!("{e}"));
    let mut functions = Functions::default();
    for file in files.iter().filter(|f| is_interface(&f.path)) {
        functions.read(&file.path, &file.contents);
    }
    functions.assert_all();
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
         fn hidden();\n    }\n}\n",
    );
    let missing = ["a.rs: ignored()", "a.rs: m: T: method()", "a.rs: new()"];
    assert_eq!(functions.without_example(), missing);
    assert_eq!(functions.0.len(), 4);
}
