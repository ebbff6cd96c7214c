//! The atomic instructions in the other Rust code of a kernel, and the places where a kernel chooses
//! between two sequences of them when it boots.
//!
//! A choice is recognised by what follows on either way. The way of the code as it is built, and the
//! way of the code as it is patched, are walked to the end of the first atomic operation.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use atomics_machine_code::alternative::{self, Alternative, Format, Patched, Replacement};
use atomics_machine_code::event::Access;
use atomics_machine_code::isa::{Action, Isa};
use atomics_machine_code::object::{Address, Insn, ObjectFile, Referent};

/// The largest number of instructions on one way.
const LIMIT: usize = 64;

/// An instruction on a way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// An atomic one, without registers.
    Atomic(String),
    /// A fence.
    Fence(String),
}

/// The atomic instructions and fences on the two ways of a choice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice {
    built: Vec<Step>,
    patched: Vec<Step>,
}

impl Choice {
    /// Whether it is `other`, with nothing but fences after it.
    fn is_like(&self, other: &Self) -> bool {
        starts_with(&self.built, &other.built) && starts_with(&self.patched, &other.patched)
    }

    /// The choice as text.
    pub fn text(&self) -> String {
        format!("{} or {}", text(&self.built), text(&self.patched))
    }
}

/// Whether a way is `other`, with nothing but fences after it.
fn starts_with(way: &[Step], other: &[Step]) -> bool {
    let rest = way.strip_prefix(other);
    rest.is_some_and(|rest| rest.iter().all(|step| matches!(step, Step::Fence(_))))
}

/// The instructions on a way as text.
fn text(way: &[Step]) -> String {
    let texts = way.iter().map(|step| match step {
        Step::Atomic(text) | Step::Fence(text) => text.as_str(),
    });
    match texts.collect::<Vec<_>>().as_slice() {
        [] => "nothing atomic".to_owned(),
        texts => format!("`{}`", texts.join("; ")),
    }
}

/// What there is in an object file, with the number of times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sites {
    /// The choices.
    pub choices: BTreeMap<Choice, usize>,
    /// The atomic instructions, without registers.
    pub instructions: BTreeMap<String, usize>,
}

impl Sites {
    /// Finds them in a file.
    ///
    /// # Errors
    ///
    /// If an entry of the list of alternatives does not have the expected format.
    pub fn find(file: &ObjectFile, format: Format, isa: &Isa) -> Result<Self> {
        let mut found = Self::default();
        for insn in file.insns.values() {
            if is_atomic(insn, isa) {
                *found.instructions.entry(insn.mnemonic.clone()).or_default() += 1;
            }
        }
        let alternatives = alternative::read(file, format, Patched::All)?;
        let starts = alternatives.iter().map(|alternative| alternative.start);
        let walk = Walk {
            file,
            isa,
            starts: starts.collect(),
        };
        for alternative in &alternatives {
            let choice = Choice {
                built: walk.way(alternative.start, None),
                patched: walk.patched(alternative),
            };
            *found.choices.entry(choice).or_default() += 1;
        }
        Ok(found)
    }

    /// Adds what is in another file.
    pub fn add(&mut self, other: &Self) {
        for (choice, count) in &other.choices {
            *self.choices.entry(choice.clone()).or_default() += count;
        }
        for (insn, count) in &other.instructions {
            *self.instructions.entry(insn.clone()).or_default() += count;
        }
    }

    /// The number of choices.
    pub fn count(&self) -> usize {
        self.choices.values().sum()
    }

    /// What is here and not in `known`, as text.
    pub fn beyond(&self, known: &Self) -> Vec<String> {
        let choices = self.choices.iter();
        let is_known = |choice: &Choice| known.choices.keys().any(|k| choice.is_like(k));
        let choices = choices.filter(|(choice, _)| !is_known(choice));
        let choices =
            choices.map(|(choice, count)| format!("{count} choices between {}", choice.text()));
        let insns = self.instructions.iter();
        let insns = insns.filter(|(insn, _)| !known.instructions.contains_key(*insn));
        let insns = insns.map(|(insn, count)| format!("{count} times `{insn}`"));
        choices.chain(insns).collect()
    }
}

/// Whether an instruction is atomic beyond a load or a store.
fn is_atomic(insn: &Insn, isa: &Isa) -> bool {
    let row = isa.find(&insn.mnemonic, &insn.operands);
    row.is_some_and(|row| match row.action {
        Action::Access(access, _) => {
            !matches!(access, Access::Load | Access::Store | Access::Plain)
        }
        _ => false,
    })
}

struct Walk<'a> {
    file: &'a ObjectFile,
    isa: &'a Isa,
    /// Where the patched code starts.
    starts: BTreeSet<Address>,
}

impl Walk<'_> {
    /// The way of a kernel that has applied an alternative.
    fn patched(&self, alternative: &Alternative) -> Vec<Step> {
        match &alternative.with {
            Replacement::Nops => self.way(alternative.end, None),
            Replacement::Code(start, end) => self.way(*start, Some((*end, alternative.end))),
            Replacement::Insn(insn) => vec![Step::Fence(insn.text())],
        }
    }

    /// The atomic instructions and fences from a place to the end of the first atomic operation. At
    /// the first of the two places `back`, the way goes on at the second.
    fn way(&self, from: Address, back: Option<(Address, Address)>) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut place = from;
        let mut is_done = false;
        for step in 0..LIMIT {
            if let Some((end, next)) = back
                && place == end
            {
                place = next;
            }
            let Some(insn) = self.file.insns.get(&place) else {
                break;
            };
            // Another choice is a site of its own.
            if step > 0 && self.starts.contains(&place) {
                break;
            }
            let row = self.isa.find(&insn.mnemonic, &insn.operands);
            let action = row.map_or(Action::Nop, |row| row.action);
            let next = place.plus(insn.size);
            place = match action {
                Action::Jump if is_done => break,
                Action::Jump => match self.target(place, insn) {
                    Some(target) => target,
                    None => break,
                },
                Action::Call | Action::Return => break,
                // The way on which a loop ends, and a condition does not fail.
                Action::Branch(_) => next,
                Action::Fence(_) => {
                    steps.push(Step::Fence(insn.text()));
                    next
                }
                Action::Access(access, _) if is_atomic(insn, self.isa) => {
                    if is_done {
                        break;
                    }
                    steps.push(Step::Atomic(insn.mnemonic.clone()));
                    is_done = access != Access::LoadLinked;
                    next
                }
                // A fence of the operation follows right after it.
                _ if is_done => break,
                _ => next,
            };
        }
        steps
    }

    fn target(&self, place: Address, insn: &Insn) -> Option<Address> {
        match self.file.reference(place, insn.size) {
            Some(Referent::Inside(target)) => Some(*target),
            Some(Referent::Elsewhere(_)) => None,
            None => insn.target,
        }
    }
}

#[cfg(test)]
mod tests {
    use atomics_machine_code::targets;

    use super::*;

    /// A function with a choice at its start between what is at the label `11` and what comes next.
    const FETCH_ADD: &str = "b 0x14 <f+0x14>\nldaddal w0, w0, [x1]\nret\nnop\nnop\n\
                             prfm pstl1strm, [x1]\nldxr w8, [x1]\nadd w9, w8, w0\n\
                             stlxr w10, w9, [x1]\ncbnz w10, 0x18 <f+0x18>\ndmb ish\nmov w0, w8\nret";

    /// What there is in the function, whose first instruction is replaced by a nop.
    fn sites(text: &str) -> Sites {
        let isa = targets::find("aarch64").unwrap().isa().unwrap();
        let file = ObjectFile::of_function("f", text, &isa).unwrap();
        let start = file.functions["f"];
        let walk = Walk {
            file: &file,
            isa: &isa,
            starts: [start].into(),
        };
        let alternative = Alternative {
            start,
            end: start.plus(4),
            with: Replacement::Nops,
            feature: None,
        };
        let choice = Choice {
            built: walk.way(start, None),
            patched: walk.patched(&alternative),
        };
        let mut sites = Sites::find(&file, Format::None, &isa).unwrap();
        sites.choices.insert(choice, 1);
        sites
    }

    #[test]
    fn both_ways_of_a_choice_are_walked() {
        let found = sites(FETCH_ADD);
        let texts: Vec<String> = found.choices.keys().map(Choice::text).collect();
        assert_eq!(texts, ["`ldxr; stlxr; dmb ish` or `ldaddal`"]);
        let insns: Vec<&String> = found.instructions.keys().collect();
        assert_eq!(insns, ["ldaddal", "ldxr", "stlxr"]);
    }

    #[test]
    fn what_was_not_compared_is_found() {
        let known = sites(FETCH_ADD);
        assert_eq!(known.beyond(&known), [""; 0]);
        // A fence that the caller has after the operation is no other choice.
        let fenced = sites(&FETCH_ADD.replacen("ret", "dmb ish\nret", 1));
        assert_ne!(fenced, known);
        assert_eq!(fenced.beyond(&known), [""; 0]);
        // Neither fence may be missing, and no acquire.
        let other = sites(&FETCH_ADD.replace("dmb ish", "nop"));
        assert_eq!(
            other.beyond(&known),
            ["1 choices between `ldxr; stlxr` or `ldaddal`"]
        );
        let other = sites(&FETCH_ADD.replace("ldaddal", "ldaddl"));
        assert_eq!(
            other.beyond(&known),
            [
                "1 choices between `ldxr; stlxr; dmb ish` or `ldaddl`",
                "1 times `ldaddl`"
            ]
        );
    }
}
