//! Finds names that a file defines twice: the parts of a kernel cannot be compiled without one.

use std::collections::BTreeSet;

/// Checks that no module, `impl` or `trait` of a Rust file has two functions of one name.
pub fn check(path: &str, text: &str) -> Result<(), String> {
    if !path.ends_with(".rs") {
        return Ok(());
    }
    let file = syn::parse_file(text).map_err(|e| e.to_string())?;
    items(&file.items)
}

fn items(items: &[syn::Item]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for item in items {
        let name = match item {
            // Attributes may choose between two definitions.
            syn::Item::Fn(f) if !has_cfg(&f.attrs) => format!("fn {}", f.sig.ident),
            syn::Item::Type(t) => format!("type {}", t.ident),
            syn::Item::Trait(t) => format!("type {}", t.ident),
            syn::Item::Struct(s) if !has_cfg(&s.attrs) => format!("type {}", s.ident),
            syn::Item::Mod(m) => {
                if let Some((_, inner)) = &m.content {
                    self::items(inner)?;
                }
                continue;
            }
            syn::Item::Impl(i) => {
                let mut methods = BTreeSet::new();
                for item in &i.items {
                    if let syn::ImplItem::Fn(f) = item {
                        once(&mut methods, format!("fn {}", f.sig.ident))?;
                    }
                }
                continue;
            }
            _ => continue,
        };
        once(&mut names, name)?;
    }
    Ok(())
}

fn has_cfg(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|a| a.path().is_ident("cfg"))
}

fn once(names: &mut BTreeSet<String>, name: String) -> Result<(), String> {
    match names.contains(&name) {
        true => Err(format!("`{name}` is defined twice")),
        false => {
            names.insert(name);
            Ok(())
        }
    }
}
