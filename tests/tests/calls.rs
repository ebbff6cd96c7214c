//! Checks that the differential tests make every call that the tables allow.

use atomics_differential::{CALLS, Call, Layer};
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
