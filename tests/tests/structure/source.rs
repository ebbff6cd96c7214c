//! Reads the modules of a crate from its files: the names that each defines, imports and uses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Item, ItemMod, ItemUse, Meta, UseTree, Visibility};

/// The names from the crate root to a module. Empty for the root.
pub type Key = Vec<String>;

/// An import.
pub struct Import {
    /// The path that is imported.
    pub path: Vec<String>,
    /// The local name. None for a glob import.
    pub name: Option<String>,
    /// Whether it is a re-export.
    pub exported: bool,
}

/// A module.
#[derive(Default)]
pub struct Module {
    /// The module whose file contains it: itself, unless it is an inline module.
    pub file: Key,
    /// The names of its items, without modules.
    pub items: BTreeSet<String>,
    /// The imports.
    pub imports: Vec<Import>,
    /// The paths in its code.
    pub paths: Vec<Vec<String>>,
}

/// The modules of a crate.
pub type Modules = BTreeMap<Key, Module>;

/// Reads a crate from its root. `open` returns the text of a file, or None if the file does not
/// exist or is to be skipped.
pub fn read(root: &Path, open: &dyn Fn(&Path) -> Option<String>) -> Modules {
    let mut reader = Reader {
        open,
        modules: Modules::new(),
    };
    let folder = root.parent().unwrap_or(root).to_owned();
    reader.file(root, &folder, Key::new());
    reader.modules
}

struct Reader<'o> {
    open: &'o dyn Fn(&Path) -> Option<String>,
    modules: Modules,
}

impl Reader<'_> {
    /// Reads a file with the module `key`, whose children are in `folder`.
    fn file(&mut self, path: &Path, folder: &Path, key: Key) {
        let Some(text) = (self.open)(path) else {
            return;
        };
        let file = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let at = Location {
            own: path.parent().unwrap_or(path),
            folder,
            file: &key,
        };
        self.items(&file.items, &at, key.clone());
    }

    fn items(&mut self, items: &[Item], at: &Location<'_>, key: Key) {
        let mut found = Finder::default();
        for item in items.iter().filter(|item| !is_for_tests(attributes(item))) {
            found.items.extend(name(item));
            found.visit_item(item);
        }
        let module = Module {
            file: at.file.clone(),
            items: found.items,
            imports: found.imports,
            paths: found.paths,
        };
        self.modules.insert(key.clone(), module);
        for child in found.modules {
            self.child(&child, at, &key);
        }
    }

    fn child(&mut self, child: &ItemMod, at: &Location<'_>, parent: &Key) {
        let name = child.ident.to_string();
        let key = [parent.as_slice(), std::slice::from_ref(&name)].concat();
        let below = at.folder.join(&name);
        if let Some((_, items)) = &child.content {
            let at = Location {
                folder: &below,
                ..*at
            };
            self.items(items, &at, key);
        } else if let Some(path) = child.attrs.iter().find_map(path_attribute) {
            let path = at.own.join(path);
            let folder = path.parent().unwrap_or(&path).to_owned();
            self.file(&path, &folder, key);
        } else {
            // Only one of the two files exists.
            self.file(&below.with_extension("rs"), &below, key.clone());
            self.file(&below.join("mod.rs"), &below, key);
        }
    }
}

/// The location of the items of a module.
#[derive(Clone, Copy)]
struct Location<'p> {
    /// The folder that contains the file.
    own: &'p Path,
    /// The folder with the files of child modules.
    folder: &'p Path,
    /// The module whose file it is.
    file: &'p Key,
}

/// The file that `#[path]` names.
fn path_attribute(attribute: &Attribute) -> Option<PathBuf> {
    let Meta::NameValue(meta) = &attribute.meta else {
        return None;
    };
    match &meta.value {
        Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) if meta.path.is_ident("path") => Some(text.value().into()),
        _ => None,
    }
}

/// Whether an item exists only in unit tests or doctests.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            matches!(list.tokens.to_string().as_str(), "test" | "doctest")
        }
        _ => false,
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The name that an item defines.
fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// Collects the items, imports and paths of a module, without those of its child modules.
#[derive(Default)]
struct Finder {
    items: BTreeSet<String>,
    imports: Vec<Import>,
    paths: Vec<Vec<String>>,
    modules: Vec<ItemMod>,
}

impl Finder {
    fn import(&mut self, tree: &UseTree, path: &[String], exported: bool) {
        let joined = |ident: &syn::Ident| [path, &[ident.to_string()]].concat();
        let (path, name) = match tree {
            UseTree::Path(tree) => {
                return self.import(&tree.tree, &joined(&tree.ident), exported);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, path, exported);
                }
                return;
            }
            UseTree::Name(tree) if tree.ident == "self" => (path.to_vec(), path.last().cloned()),
            UseTree::Name(tree) => (joined(&tree.ident), Some(tree.ident.to_string())),
            UseTree::Rename(tree) if tree.ident == "self" => {
                (path.to_vec(), Some(tree.rename.to_string()))
            }
            UseTree::Rename(tree) => (joined(&tree.ident), Some(tree.rename.to_string())),
            UseTree::Glob(_) => (path.to_vec(), None),
        };
        self.imports.push(Import {
            path,
            name,
            exported,
        });
    }

    /// Adds a path if it can name an item. A single lower-case word is skipped: it may be a
    /// variable.
    fn path(&mut self, path: Vec<String>) {
        let is_type = |word: &String| word.starts_with(|c: char| c.is_uppercase());
        if path.len() > 1 || path.iter().all(is_type) {
            self.paths.push(path);
        }
    }

    /// Finds the paths in the unparsed tokens of a macro call.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        // The number of colons after the last word.
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.path(std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                }
                other => {
                    self.path(std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.path(path);
    }
}

fn words(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|s| s.ident.to_string()).collect()
}

impl<'a> Visit<'a> for Finder {
    fn visit_item_mod(&mut self, module: &'a ItemMod) {
        self.modules.push(module.clone());
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        if item.leading_colon.is_none() {
            let exported = !matches!(item.vis, Visibility::Inherited);
            self.import(&item.tree, &[], exported);
        }
    }

    fn visit_visibility(&mut self, _: &'a Visibility) {
        // The path in `pub(in path)` is not an import.
    }

    fn visit_attribute(&mut self, _: &'a Attribute) {
        // A path in an attribute is not an import.
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        if path.leading_colon.is_none() {
            self.path(words(path));
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_call(&mut self, call: &'a syn::ExprCall) {
        // A single word that is called is hardly ever a variable.
        if let Expr::Path(callee) = &*call.func
            && callee.path.leading_colon.is_none()
        {
            self.paths.push(words(&callee.path));
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }
}
