//! A template whose rows are being read.

use super::substitution::Key;
use crate::arch::model::{Arch, Lang};
use crate::arch::template::{CodeLine, NO, ResultLocation, Template};
use crate::lex::Cell;
use crate::model::op::{Op, Ordering};

/// One variant that a row `op` names.
#[derive(Clone, Debug)]
pub(super) struct NamedVariant<'a> {
    /// Its name without the family's prefix.
    pub name: String,
    pub op: &'a Op,
    pub ordering: Ordering,
}

/// A template whose rows are being read.
pub(super) struct Draft<'a> {
    /// The cell with the names.
    pub name: Cell<'a>,
    /// The variants, which all have the same arguments.
    pub variants: Vec<NamedVariant<'a>>,
    /// What the row `op` says.
    pub template: Template,
    /// The instructions, each with the keys of its row `when`.
    pub lines: Vec<(Option<Vec<Key<'a>>>, CodeLine)>,
    /// Whether no row so far is faulty.
    pub sound: bool,
}

impl<'a> Draft<'a> {
    /// The operation of the first variant. All variants have its arguments.
    pub fn op(&self) -> &'a Op {
        self.variants[0].op
    }

    /// The operands that its rows can use in braces, without the rows `let`.
    pub fn operands(&self, lang: Lang, arch: &Arch) -> Vec<String> {
        let args = self.op().operands().map(|a| a.name.clone());
        if lang == Lang::C {
            return args.chain(["v".into(), "type".into()]).collect();
        }
        let template = &self.template;
        let is_pair = template.bits.iter().any(|bits| arch.is_pair(*bits));
        let mut known = vec!["v".to_owned(), "mem".into()];
        if template.truth.is_some() && self.op().pointer().is_none() {
            known.push(NO.into());
        }
        if template.word.is_some() {
            known.extend(["mask".into(), "rest".into(), "shift".into()]);
        }
        let in_memory = |name: &String| template.memory.contains(name);
        let (addresses, mut values): (Vec<String>, Vec<String>) = args.partition(in_memory);
        if template.result == ResultLocation::OwnRegister {
            values.push("r".into());
        }
        for scratch in &template.scratch {
            match scratch.bits {
                Some(_) => known.push(scratch.name.clone()),
                None => values.push(scratch.name.clone()),
            }
        }
        if is_pair {
            values = values.iter().flat_map(|v| halves(v)).collect();
        }
        known.splice(0..0, values.into_iter().chain(addresses));
        known
    }
}

/// The names of the two halves of a pair of registers.
pub(super) fn halves(name: &str) -> [String; 2] {
    [format!("{name}.lo"), format!("{name}.hi")]
}
