//! Checks that the macro and `cargo xtask gen` use the same generator: `atomics!` expands to the
//! same tokens as the files in `atomics-core`.

use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{File, Item, ItemMod};

/// Stores the tokens of the expansion as text.
macro_rules! keep {
    ($($token:tt)*) => {
        const EXPANDED: &str = stringify!($($token)*);
    };
}

atomics_macros::atomics! {
    pub mod atomics;
    path = "atomics_core",
    into = keep,
}

/// Parses a file of `atomics-core`.
fn file(name: &str) -> File {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../atomics-core/src")
        .join(name);
    let text = std::fs::read_to_string(&path);
    let text = text.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn body(module: &ItemMod) -> &[Item] {
    module.content.as_ref().map_or(&[], |(_, items)| items)
}

/// Finds the module `name` in `items`.
fn module<'a>(items: &'a [Item], name: &str) -> &'a ItemMod {
    let found = items.iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == name => Some(module),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("the macro does not make a module {name}"))
}

fn tokens<T: ToTokens>(parts: impl IntoIterator<Item = T>) -> Vec<String> {
    parts
        .into_iter()
        .map(|part| plain(part.to_token_stream()))
        .collect()
}

/// Tokens as text. Strings are normalised, because rustc turns a doc comment into a raw string.
fn plain(tokens: TokenStream) -> String {
    let one = |token: TokenTree| match token {
        TokenTree::Group(group) => {
            let inner = plain(group.stream());
            match group.delimiter() {
                Delimiter::Parenthesis => format!("({inner})"),
                Delimiter::Brace => format!("{{{inner}}}"),
                Delimiter::Bracket => format!("[{inner}]"),
                Delimiter::None => inner,
            }
        }
        TokenTree::Literal(literal) => {
            let text = literal.to_string();
            syn::parse_str::<syn::LitStr>(&text)
                .map_or(text, |string| format!("{:?}", string.value()))
        }
        other => other.to_string(),
    };
    tokens.into_iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Checks that a module of the macro has the same items and inner attributes as a file.
fn assert_same(found: &ItemMod, expected: &File, name: &str) {
    let inner = |a: &&syn::Attribute| matches!(a.style, syn::AttrStyle::Inner(_));
    assert_eq!(
        tokens(found.attrs.iter().filter(inner)),
        tokens(&expected.attrs),
        "{name}"
    );
    let (found, expected) = (tokens(body(found)), tokens(&expected.items));
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected, "{name}");
    }
    assert_eq!(found.len(), expected.len(), "{name}");
}

#[test]
fn the_macro_and_the_files_are_the_same_tokens() {
    let root: ItemMod = syn::parse_str(EXPANDED).expect("the macro makes one module");
    let items = body(&root);
    let mut expected = file("atomic.rs");
    let names: Vec<String> = expected
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Mod(module) => Some(module.ident.to_string()),
            _ => None,
        })
        .collect();
    assert!(names.len() >= 9, "modules: {names:?}");
    for name in &names {
        let found = module(items, name);
        if name == "backend" {
            // The crate selects the backend by features, the macro by options.
            let asm = file("atomic/backend/x86_64.rs");
            assert_same(module(body(found), "x86_64"), &asm, "x86_64");
        } else {
            assert_same(found, &file(&format!("atomic/{name}.rs")), name);
        }
    }
    // Compare the root, where each module is a single line.
    let line = |item: &Item| match item {
        Item::Mod(module) => {
            let ItemMod { vis, ident, .. } = module;
            format!("{} mod {ident};", vis.to_token_stream())
        }
        other => plain(other.to_token_stream()),
    };
    expected
        .items
        .retain(|item| !matches!(item, Item::Macro(_)));
    let found: Vec<String> = items.iter().map(line).collect();
    let expected: Vec<String> = expected.items.iter().map(line).collect();
    assert_eq!(found, expected);
}
