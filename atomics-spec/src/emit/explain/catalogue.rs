//! Every C name that there is something to say about.

use std::collections::{BTreeMap, BTreeSet};

use super::elsewhere::{ELSEWHERE, Elsewhere};
use crate::arch::BARRIERS;
use crate::emit::barrier;
use crate::model::{Spec, Variant};
use crate::names;

/// What a C name stands for.
#[derive(Clone, Copy, Debug)]
pub enum Named<'s> {
    /// A function on an atomic type.
    Function(Variant<'s>),
    /// A macro that does to a plain variable what this variant does.
    Macro(Variant<'s>),
    /// A barrier.
    Barrier(&'static str),
    /// `smp_store_mb()`.
    StoreMb,
    /// What this crate does not have.
    Elsewhere(&'static Elsewhere),
}

impl Named<'_> {
    /// Its kind: `function`, `macro`, `barrier` or `elsewhere`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Function(_) => "function",
            Self::Macro(_) => "macro",
            Self::Barrier(_) | Self::StoreMb => "barrier",
            Self::Elsewhere(_) => "elsewhere",
        }
    }
}

/// All names, each with what it stands for.
pub struct Catalogue<'s> {
    named: Vec<(String, Named<'s>)>,
    /// The methods of `Atomic`, each with the C names of its variants.
    methods: BTreeMap<String, Vec<String>>,
}

impl<'s> Catalogue<'s> {
    /// The names of a model: functions, macros, barriers, and what is elsewhere.
    pub fn new(spec: &'s Spec) -> Self {
        let mut named: Vec<(String, Named<'s>)> = Vec::new();
        let mut methods: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut macros: Vec<(String, Named<'s>)> = Vec::new();
        let mut known = BTreeSet::new();
        for v in spec.variants() {
            let function = v.function();
            let of_method = methods.entry(v.of.method()).or_default();
            if v.family.c_object.is_some() {
                of_method.push(function.clone());
            }
            for name in names::plain_macros(v.family, v.of.op, v.of.form, v.ordering) {
                if known.insert(name.clone()) {
                    macros.push((name, Named::Macro(v)));
                }
            }
            named.push((function, Named::Function(v)));
        }
        named.append(&mut macros);
        let barriers = BARRIERS.into_iter().chain([barrier::OF_COMPILER]);
        named.extend(barriers.map(|name| (name.to_owned(), Named::Barrier(name))));
        if barrier::has_store_mb(spec) {
            named.push(("smp_store_mb".into(), Named::StoreMb));
        }
        let taken: BTreeSet<String> = named.iter().map(|(name, _)| name.clone()).collect();
        let elsewhere = ELSEWHERE.iter().flat_map(|row| {
            let names = row.names.iter().filter(|name| !taken.contains(**name));
            names.map(move |name| ((*name).to_owned(), Named::Elsewhere(row)))
        });
        named.extend(elsewhere);
        Self { named, methods }
    }

    /// All names in the order of the tables, each with what it stands for.
    pub fn all(&self) -> &[(String, Named<'s>)] {
        &self.named
    }

    /// What a name stands for.
    pub fn find(&self, name: &str) -> Option<&Named<'s>> {
        let mut all = self.named.iter();
        all.find(|(known, _)| known == name).map(|(_, named)| named)
    }

    /// The C names of the variants of a method of `Atomic`.
    pub fn of_method(&self, method: &str) -> &[String] {
        self.methods.get(method).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_for_two_things() {
        let spec = Spec::builtin().unwrap();
        let catalogue = Catalogue::new(&spec);
        let mut names: Vec<&str> = catalogue.all().iter().map(|(n, _)| n.as_str()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn every_macro_of_plain_variables_is_known() {
        let spec = Spec::builtin().unwrap();
        let catalogue = Catalogue::new(&spec);
        let mut expected: Vec<String> = Vec::new();
        for stem in [
            "xchg",
            "cmpxchg",
            "cmpxchg64",
            "try_cmpxchg",
            "try_cmpxchg64",
        ] {
            let orders = ["", "_acquire", "_release", "_relaxed"];
            expected.extend(orders.map(|order| format!("{stem}{order}")));
        }
        let accesses = [
            "READ_ONCE",
            "WRITE_ONCE",
            "smp_load_acquire",
            "smp_store_release",
        ];
        expected.extend(accesses.map(str::to_owned));
        expected.sort_unstable();
        let all = catalogue.all().iter();
        let macros = all.filter(|(_, named)| matches!(named, Named::Macro(_)));
        let mut macros: Vec<String> = macros.map(|(name, _)| name.clone()).collect();
        macros.sort_unstable();
        assert_eq!(macros, expected);
    }
}
