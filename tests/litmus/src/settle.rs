//! The verdict of the kernel's memory model on a test of which all outcomes take too long.

use std::path::Path;

use anyhow::Result;

use crate::herd::{FIRST, Ran};
use crate::lang::ending;
use crate::lkmm::model::Model;
use crate::verdict::Verdict;
use crate::work;

/// Whether there is a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is this.
    Verdict(Verdict),
    /// This takes too long, too.
    TimedOut,
}

/// The verdict on the test `text`: whether there is an outcome with its condition, and one without
/// it. For that herd7 drops the executions that the answer does not depend on before it asks the
/// model, and stops at the first one that is left. Writes herd7's input to `path`. `None` if the test
/// has no condition.
///
/// # Errors
///
/// If herd7 fails on its input.
pub fn settle(text: &str, model: &Model<'_>, path: &Path) -> Result<Option<Settled>> {
    let Some(ending) = ending::find(text) else {
        return Ok(None);
    };
    let mut found = Vec::new();
    for not in ["", "~"] {
        let (before, condition) = (ending.before, ending.condition);
        work::write(path, &format!("{before}exists ({not}({condition}))\n"))?;
        match model.run_with(path, &FIRST)? {
            Ran::Done(outcome) => found.push(!outcome.states.is_empty()),
            Ran::TimedOut => return Ok(Some(Settled::TimedOut)),
        }
    }
    Ok(Some(Settled::Verdict(match (found[0], found[1]) {
        (true, true) => Verdict::Sometimes,
        (true, false) => Verdict::Always,
        (false, true) => Verdict::Never,
        (false, false) => Verdict::Deadlock,
    })))
}
