//! Checks that the differential tests make every call that the tables allow.

use std::collections::BTreeSet;

use atomics_differential::{CALLS, CONSTANT_CALLS, Call, Layer};
use atomics_spec::Spec;

#[test]
fn every_variant_and_every_type_is_called() {
    let spec = Spec::builtin().expect("the tables are right");
    let raw = CALLS.iter().filter(|c| c.layer == Layer::Raw).count();
    assert_eq!(raw, spec.variants().count());
    for ty in &spec.types.types {
        for layer in [Layer::Typed, Layer::Pointer] {
            let named = |c: &&Call| c.layer == layer && c.ty.starts_with(ty.name.as_str());
            let found = CALLS.iter().filter(named).count();
            let forms = spec
                .typed_forms()
                .filter(|f| ty.classes.contains(&f.meaning.class));
            let expected: usize = forms.map(|f| f.orderings().len()).sum();
            assert_eq!(found, expected, "{layer:?} calls on {}", ty.name);
        }
    }
}

/// Each variant with operands is called with constant ones, on each of three types.
#[test]
fn every_variant_has_calls_with_constants() {
    for ty in ["i8", "i32", "i64"] {
        let names = |calls: &'static [Call]| -> BTreeSet<&str> {
            let on_type = calls.iter().filter(|c| c.layer == Layer::Raw && c.ty == ty);
            on_type.filter(|c| c.operands > 0).map(|c| c.name).collect()
        };
        let mut all = names(CALLS);
        all.retain(|name| !name.starts_with("atomic_long_"));
        assert!(!all.is_empty());
        assert_eq!(names(CONSTANT_CALLS), all, "on {ty}");
    }
}
