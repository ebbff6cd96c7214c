//! The verdict of the kernel's memory model on a test of which all outcomes take too long.

use std::path::Path;

use anyhow::Result;

use crate::forced;
use crate::herd::{FIRST, Ran};
use crate::lang::ending;
use crate::lkmm::model::Model;
use crate::verdict::Verdict;
use crate::work;

/// Whether there is a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// There is one.
    Verdict {
        /// The verdict.
        verdict: Verdict,
        /// Whether herd7 was asked about the threads of `text` as they stand.
        as_it_stands: bool,
    },
    /// This takes too long, too.
    TimedOut,
}

/// The verdict on the test `text`: whether there is an outcome with its condition, and one without
/// it. For that herd7 drops the executions that the answer does not depend on before it asks the
/// model, and stops at the first one that is left. It is not told of initial values that no wanted
/// execution reads; see [`forced`]. Writes herd7's input to `path`. `None` if the test has no
/// condition.
///
/// # Errors
///
/// If herd7 fails on its input.
pub fn settle(text: &str, model: &Model<'_>, path: &Path) -> Result<Option<Settled>> {
    settle_with(text, model, path, &forced::without_unread)
}

/// As [`settle`], but herd7 is told of all initial values.
///
/// # Errors
///
/// As [`settle`].
pub fn settle_as_it_stands(text: &str, model: &Model<'_>, path: &Path) -> Result<Option<Settled>> {
    settle_with(text, model, path, &|_, _, _| None)
}

/// As [`settle`]. `fewer` returns the text before the condition, the second argument, as herd7 is
/// told of it, if that is not all.
fn settle_with(
    text: &str,
    model: &Model<'_>,
    path: &Path,
    fewer: &dyn Fn(&str, &str, bool) -> Option<String>,
) -> Result<Option<Settled>> {
    let Some(ending) = ending::find(text) else {
        return Ok(None);
    };
    let mut found = Vec::new();
    let mut as_it_stands = true;
    for (not, holds) in [("", true), ("~", false)] {
        let (before, condition) = (ending.before, ending.condition);
        let ask = |before: &str| {
            work::write(path, &format!("{before}exists ({not}({condition}))\n"))?;
            model.run_with(path, &FIRST)
        };
        // Without the initial value, herd7 rejects a load whose only store is in a branch. Whether it
        // rejects the text for another reason is seen on the text as it stands.
        let ran = match fewer(text, before, holds).map(|fewer| ask(&fewer)) {
            Some(Ok(ran)) => {
                as_it_stands = false;
                ran
            }
            Some(Err(_)) | None => ask(before)?,
        };
        match ran {
            Ran::Done(outcome) => found.push(!outcome.states.is_empty()),
            Ran::TimedOut => return Ok(Some(Settled::TimedOut)),
        }
    }
    let verdict = match (found[0], found[1]) {
        (true, true) => Verdict::Sometimes,
        (true, false) => Verdict::Always,
        (false, true) => Verdict::Never,
        (false, false) => Verdict::Deadlock,
    };
    Ok(Some(Settled::Verdict {
        verdict,
        as_it_stands,
    }))
}
