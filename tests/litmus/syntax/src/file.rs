//! Reads the tests of a Rust file.

use syn::{Attribute, Item, ItemFn, Meta};

use crate::source::Source;

/// The tests of a file, each with the functions of the file that threads may call: those that are
/// marked with `#[litmus::model]`.
///
/// # Errors
///
/// If the file or a test in it cannot be read. All errors come at once.
pub fn read(text: &str) -> syn::Result<Vec<Source>> {
    let file = syn::parse_file(text)?;
    let (mut tests, mut models) = (Vec::new(), Vec::new());
    collect(&file.items, &mut tests, &mut models);
    let mut sources = Vec::new();
    let mut errors: Option<syn::Error> = None;
    for test in tests {
        match test.parse_body::<Source>() {
            Ok(mut source) => {
                source.models.clone_from(&models);
                sources.push(source);
            }
            Err(found) => match &mut errors {
                None => errors = Some(found),
                Some(errors) => errors.combine(found),
            },
        }
    }
    match errors {
        None => Ok(sources),
        Some(errors) => Err(errors),
    }
}

fn collect<'f>(items: &'f [Item], tests: &mut Vec<&'f syn::Macro>, models: &mut Vec<ItemFn>) {
    for item in items {
        match item {
            Item::Macro(found) if last(&found.mac.path) == "litmus" => tests.push(&found.mac),
            Item::Fn(found) if found.attrs.iter().any(is_model) => models.push(found.clone()),
            Item::Mod(found) => {
                let inner = found.content.as_ref();
                collect(inner.map_or(&[], |(_, items)| items), tests, models);
            }
            _ => {}
        }
    }
}

fn last(path: &syn::Path) -> String {
    let last = path.segments.last();
    last.map(|segment| segment.ident.to_string())
        .unwrap_or_default()
}

/// Whether an attribute is `#[litmus::model]`, or `#[cfg_attr(test, litmus::model)]`.
fn is_model(attribute: &Attribute) -> bool {
    if last(attribute.path()) == "model" {
        return true;
    }
    let Meta::List(list) = &attribute.meta else {
        return false;
    };
    let text = list.tokens.to_string().replace(' ', "");
    attribute.path().is_ident("cfg_attr") && (text.ends_with(",model") || text.ends_with("::model"))
}
