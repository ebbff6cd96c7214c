//! Every parameter that users see in a signature has a name.

use atomics_spec::Spec;
use atomics_spec::emit::layout::{KernelBackend, core_crate, kernel};
use syn::visit::{self, Visit};
use syn::{FnArg, ImplItemFn, ItemFn, Pat, Signature, Visibility};

/// The public functions that were read, and those with a parameter without a name.
#[derive(Default)]
struct Parameters {
    read: usize,
    unnamed: Vec<String>,
}

impl Parameters {
    fn read(&mut self, visibility: &Visibility, signature: &Signature) {
        if !matches!(visibility, Visibility::Public(_)) {
            return;
        }
        self.read += 1;
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

impl<'a> Visit<'a> for Parameters {
    fn visit_item_fn(&mut self, item: &'a ItemFn) {
        self.read(&item.vis, &item.sig);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'a ImplItemFn) {
        self.read(&item.vis, &item.sig);
        visit::visit_impl_item_fn(self, item);
    }
}

#[test]
fn every_parameter_has_a_name() {
    let spec = Spec::builtin().expect("the built-in tables are good");
    let files = [
        core_crate(&spec).expect("the tables implement all"),
        kernel(&spec, KernelBackend::Asm).expect("the tables implement all"),
    ];
    for files in files {
        let mut parameters = Parameters::default();
        let seen = files
            .iter()
            .filter(|f| f.path.ends_with(".rs") && !f.path.contains("backend"));
        for file in seen {
            let parsed = syn::parse_file(&file.contents).expect("it is Rust");
            parameters.visit_file(&parsed);
        }
        // All methods, and their functions on raw pointers.
        let least = 2 * spec.typed_forms().count();
        assert!(parameters.read > least, "{}", parameters.read);
        assert_eq!(parameters.unnamed, [""; 0]);
    }
}
