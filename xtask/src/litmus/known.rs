//! What is known not to be sound, in `tests/litmus/known.tbl`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail, ensure};

use super::machine::Judgement;
use crate::generate::repository_root;

/// The file.
pub const FILE: &str = "tests/litmus/known.tbl";

/// The reasons, by target and test.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Known(BTreeMap<(String, String), String>);

impl Known {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or a line of it is wrong.
    pub fn read() -> Result<Self> {
        let path = repository_root().join(FILE);
        let text = fs::read_to_string(&path);
        Self::parse(&text.with_context(|| format!("cannot read {}", path.display()))?)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut reasons = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words.is_empty() || line.starts_with('#') {
                continue;
            }
            let place = || format!("{FILE}:{}: `{line}`", index + 1);
            let [target, test, reason @ ..] = words.as_slice() else {
                bail!("{}: TARGET TEST REASON is meant", place());
            };
            let is_sentence = reason.len() > 2 && reason.last().is_some_and(|w| w.ends_with('.'));
            ensure!(is_sentence, "{}: the reason must be a sentence", place());
            let key = ((*target).to_owned(), (*test).to_owned());
            let twice = reasons.insert(key, reason.join(" ")).is_some();
            ensure!(!twice, "{}: it is there twice", place());
        }
        Ok(Self(reasons))
    }

    /// What to make of a judgement: to be unsound may be known, and to be sound must then not be.
    pub fn amend(&self, target: &str, test: &str, judgement: Judgement) -> Judgement {
        match (self.reason(target, test), judgement) {
            (Some(reason), Judgement::Unsound { .. }) => Judgement::Known(reason.to_owned()),
            (Some(_), Judgement::Sound { .. }) => Judgement::Failed(format!(
                "it is sound, though {FILE} says that it is not: remove the line"
            )),
            (_, judgement) => judgement,
        }
    }

    /// The targets and tests of the file that are not among these.
    pub fn strangers(&self, targets: &[&str], tests: &BTreeSet<&str>) -> Vec<String> {
        let keys = self.0.keys();
        let unknown = keys.filter(|(target, test)| {
            !targets.contains(&target.as_str()) || !tests.contains(test.as_str())
        });
        unknown
            .map(|(target, test)| format!("{test} on {target}"))
            .collect()
    }

    /// Why a test is not sound on a target, if that is known.
    fn reason(&self, target: &str, test: &str) -> Option<&str> {
        let key = (target.to_owned(), test.to_owned());
        self.0.get(&key).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_reason_is_an_error() {
        let parse = |text: &str| Known::parse(text).map_err(|e| e.to_string());
        let good = parse("# remark\n\na b Because it is.\n").unwrap();
        assert_eq!(good.reason("a", "b"), Some("Because it is."));
        assert_eq!(good.reason("a", "c"), None);
        for (text, fault) in [
            ("a", "TARGET TEST REASON"),
            ("a b", "must be a sentence"),
            ("a b so what", "must be a sentence"),
            ("a b That is so.\na b That is so.", "twice"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(
                error.contains(fault) && error.contains("known.tbl:"),
                "{error}"
            );
        }
    }

    #[test]
    fn only_what_is_unsound_can_be_known() {
        let known = Known::parse("a b Because it is.\n").unwrap();
        let unsound = || Judgement::Unsound {
            offending: Vec::new(),
            program: String::new(),
        };
        let sound = Judgement::Sound { stronger: false };
        assert!(matches!(
            known.amend("a", "b", unsound()),
            Judgement::Known(_)
        ));
        assert!(matches!(known.amend("a", "b", sound), Judgement::Failed(_)));
        assert!(matches!(
            known.amend("a", "c", unsound()),
            Judgement::Unsound { .. }
        ));
    }

    #[test]
    fn the_file_is_right() {
        assert_ne!(Known::read().unwrap(), Known::default());
    }
}
