//! Models with only a part of the operations, for a drop-in that comes in steps or in parts.

use crate::model::Spec;
use crate::model::op::Op;
use crate::model::ty::{Class, Family};

impl Spec {
    /// The model with only those operations of the families for which `keep` holds. A family, a
    /// type or a class of which nothing is left is gone, too.
    ///
    /// A family has a class as a whole: it keeps all operations of a class of which it keeps one, if
    /// another family keeps them.
    #[must_use]
    pub fn restricted(&self, keep: impl Fn(&Family, &Op) -> bool) -> Self {
        let mut spec = self.clone();
        let all = self.types.families.iter();
        let kept_ops: Vec<bool> = (self.ops.iter().zip(&self.meanings))
            .map(|(op, meaning)| {
                let mut families = all.clone();
                families.any(|f| f.classes.contains(&meaning.class) && keep(f, op))
            })
            .collect();
        // Which classes a family keeps, in the numbers of the whole model.
        let kept_classes: Vec<Vec<usize>> = all
            .map(|family| {
                let keeps = |class: &usize| {
                    let mut of_class = self.ops.iter().zip(&self.meanings);
                    of_class.any(|(op, meaning)| meaning.class == *class && keep(family, op))
                };
                family.classes.iter().copied().filter(keeps).collect()
            })
            .collect();
        let class_numbers = renumber(self.types.classes.len(), |class| {
            kept_classes.iter().any(|classes| classes.contains(&class))
        });
        let family_numbers = renumber(kept_classes.len(), |at| !kept_classes[at].is_empty());

        retain(&mut spec.ops, |at| kept_ops[at]);
        retain(&mut spec.meanings, |at| kept_ops[at]);
        retain(&mut spec.docs, |at| kept_ops[at]);
        retain(&mut spec.twinned, |at| kept_ops[at]);
        for meaning in &mut spec.meanings {
            meaning.class = class_numbers[meaning.class].unwrap_or_default();
        }
        let renamed = |classes: &[usize], of: &[usize]| -> Vec<usize> {
            let kept = classes.iter().filter(|class| of.contains(class));
            kept.filter_map(|class| class_numbers[*class]).collect()
        };
        for (family, of) in spec.types.families.iter_mut().zip(&kept_classes) {
            family.classes = renamed(&family.classes, of);
        }
        for ty in &mut spec.types.types {
            ty.classes = renamed(&ty.classes, &kept_classes[ty.family]);
        }
        spec.types.types.retain(|ty| !ty.classes.is_empty());
        for ty in &mut spec.types.types {
            ty.family = family_numbers[ty.family].unwrap_or_default();
        }
        retain(&mut spec.types.classes, |at| class_numbers[at].is_some());
        retain(&mut spec.types.families, |at| family_numbers[at].is_some());
        spec
    }

    /// The class of an operation of this model.
    pub fn class_of(&self, op: &Op) -> Option<&Class> {
        let at = self.ops.iter().position(|other| other == op)?;
        self.types.classes.get(self.meanings[at].class)
    }
}

/// The new numbers of the things that are kept, in their order.
fn renumber(count: usize, keep: impl Fn(usize) -> bool) -> Vec<Option<usize>> {
    let mut next = 0..;
    (0..count)
        .map(|at| keep(at).then(|| next.next()).flatten())
        .collect()
}

/// Keeps the elements at the places for which `keep` holds.
fn retain<T>(list: &mut Vec<T>, keep: impl Fn(usize) -> bool) {
    let mut at = 0..;
    list.retain(|_| at.next().is_some_and(&keep));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_the_whole_model() {
        let spec = Spec::builtin().unwrap();
        assert_eq!(spec.restricted(|_, _| true), spec);
    }

    #[test]
    fn nothing_is_left_of_what_is_not_kept() {
        let spec = Spec::builtin().unwrap();
        let narrow = |family: &Family| ["atomic_i8", "atomic_i16"].contains(&&*family.name);
        let kept = spec.restricted(|family, op| {
            ["read", "set"].contains(&&*op.name) || (op.name == "xor" && !narrow(family))
        });
        let names: Vec<String> = kept.variants().map(|v| v.function()).collect();
        let all = spec.variants().map(|v| v.function());
        let expected: Vec<String> = all
            .filter(|name| {
                let stored = ["_read", "_read_acquire", "_set", "_set_release"];
                let narrow = name.contains("_i8") || name.contains("_i16");
                stored.iter().any(|end| name.ends_with(end)) || (name.contains("xor") && !narrow)
            })
            .collect();
        assert!(!expected.is_empty());
        assert_eq!(names, expected);
        let classes: Vec<&str> = kept.types.classes.iter().map(|c| &*c.name).collect();
        assert_eq!(classes, ["basic", "bitwise"]);
        // A pointer has no bitwise operation, but still loads and stores.
        let types = kept.types.types.iter();
        let bitwise: Vec<&str> = types
            .filter(|ty| ty.classes.contains(&1))
            .map(|ty| &*ty.name)
            .collect();
        assert_eq!(bitwise, ["i32", "i64", "isize", "u32", "u64", "usize"]);
        assert_eq!(kept.types.types.len(), spec.types.types.len());

        let words = spec.restricted(|family, _| family.name == "atomic");
        let types: Vec<&str> = words.types.types.iter().map(|ty| &*ty.name).collect();
        assert_eq!(types, ["i32", "u32"]);
        assert_eq!(words.variants().count(), spec.variants_of("atomic").count());
        assert!(words.types.types.iter().all(|ty| ty.family == 0));
        assert_eq!(words.class_of(&words.ops[0]).unwrap().name, "basic");
    }
}
