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
    collect(&file.items, &[], &mut tests, &mut models);
    let mut sources = Vec::new();
    let mut errors: Option<syn::Error> = None;
    for (module, test) in tests {
        match test.parse_body::<Source>() {
            Ok(mut source) => {
                source.models = near(&module, &models);
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

/// What is in a module, which is named by its path.
type Placed<T> = (Vec<String>, T);

fn collect<'f>(
    items: &'f [Item],
    module: &[String],
    tests: &mut Vec<Placed<&'f syn::Macro>>,
    models: &mut Vec<Placed<&'f ItemFn>>,
) {
    for item in items {
        match item {
            Item::Macro(found) if last(&found.mac.path) == "litmus" => {
                tests.push((module.to_vec(), &found.mac));
            }
            Item::Fn(found) if found.attrs.iter().any(is_model) => {
                models.push((module.to_vec(), found));
            }
            Item::Mod(found) => {
                let inner = found.content.as_ref();
                let mut module = module.to_vec();
                module.push(found.ident.to_string());
                let items = inner.map_or(&[][..], |(_, items)| items);
                collect(items, &module, tests, models);
            }
            _ => {}
        }
    }
}

/// The functions that a test in a module calls by their names: of several with one name, that in
/// the same module, or else in the nearest one around.
fn near(module: &[String], models: &[Placed<&ItemFn>]) -> Vec<ItemFn> {
    let common = |other: &[String]| {
        let same = module.iter().zip(other).take_while(|(a, b)| a == b).count();
        (same, std::cmp::Reverse(other.len()))
    };
    let mut models: Vec<_> = models.iter().collect();
    models.sort_by_key(|(other, _)| std::cmp::Reverse(common(other)));
    let mut found: Vec<ItemFn> = Vec::new();
    for (_, model) in models {
        if !found.iter().any(|known| known.sig.ident == model.sig.ident) {
            found.push((*model).clone());
        }
    }
    found
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
