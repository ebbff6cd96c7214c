//! What users see in a signature: every parameter has a name, and what must not be dropped says so.

use atomics_spec::Spec;
use atomics_spec::emit::layout::{KernelBackend, core_crate, kernel};
use syn::visit::{self, Visit};
use syn::{Attribute, FnArg, ImplItemFn, ItemFn, Pat, ReturnType, Signature, Type, Visibility};

/// The public functions that were read, and what is wrong with them.
#[derive(Default)]
struct Signatures {
    read: usize,
    /// Those with a parameter without a name.
    unnamed: Vec<String>,
    /// Those that return a truth value.
    tests: usize,
    /// Those of them, and loads, that may be dropped.
    dropped: Vec<String>,
}

impl Signatures {
    fn read(&mut self, visibility: &Visibility, signature: &Signature, attributes: &[Attribute]) {
        if !matches!(visibility, Visibility::Public(_)) {
            return;
        }
        self.read += 1;
        let name = signature.ident.to_string();
        let is_test = matches!(
            &signature.output,
            ReturnType::Type(_, ty) if matches!(&**ty, Type::Path(ty) if ty.path.is_ident("bool"))
        );
        self.tests += usize::from(is_test);
        let must_use = attributes.iter().any(|a| a.path().is_ident("must_use"));
        // A flag has `bool`s for values: an exchange, like that of a number, may be dropped.
        let is_value = ["xchg", "into_inner"].contains(&&*name);
        let is_load = name.ends_with("load");
        if must_use != (is_load || is_test && !is_value) {
            self.dropped.push(name);
        }
        for input in &signature.inputs {
            let FnArg::Typed(input) = input else { continue };
            let name = match &*input.pat {
                Pat::Ident(name) => name.ident.to_string(),
                _ => "_".into(),
            };
            if name.starts_with('_') {
                self.unnamed.push(signature.ident.to_string());
            }
        }
    }
}

impl<'a> Visit<'a> for Signatures {
    fn visit_item_fn(&mut self, item: &'a ItemFn) {
        self.read(&item.vis, &item.sig, &item.attrs);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'a ImplItemFn) {
        self.read(&item.vis, &item.sig, &item.attrs);
        visit::visit_impl_item_fn(self, item);
    }
}

#[test]
fn signatures_have_names_and_say_what_must_be_used() {
    let spec = Spec::builtin().expect("the built-in tables are good");
    let files = [
        core_crate(&spec).expect("the tables implement all"),
        kernel(&spec, KernelBackend::Asm).expect("the tables implement all"),
    ];
    for files in files {
        let mut signatures = Signatures::default();
        let seen = files
            .iter()
            .filter(|f| f.path.ends_with(".rs") && !f.path.contains("backend"));
        // The module `raw` is C: there, every result may be dropped.
        for file in seen.filter(|f| !f.path.ends_with("/raw.rs")) {
            let parsed = syn::parse_file(&file.contents).expect("it is Rust");
            signatures.visit_file(&parsed);
        }
        // All methods, and their functions on raw pointers.
        let forms = spec.typed_forms().count();
        assert!(signatures.read > 2 * forms, "{}", signatures.read);
        assert!(signatures.tests > 10, "{}", signatures.tests);
        assert_eq!(signatures.unnamed, [""; 0]);
        assert_eq!(signatures.dropped, [""; 0]);
    }
}
