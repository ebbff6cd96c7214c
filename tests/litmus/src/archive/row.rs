//! What is known about one file of an archive: a line of the results.

use serde::{Deserialize, Serialize};

use crate::case::ONLY_THE_VERDICT;
use crate::files::{Foreign, Unread};
use crate::finding::Finding;
use crate::judgement::{Judgement, JudgementKind};
use crate::verdict::{TIMED_OUT, Verdict};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A test in C.
    Test,
    /// A file that neither we nor herd7 can read.
    Malformed,
    /// A test in another language.
    Foreign,
}

/// What is known about one file. The fields are in alphabetical order, in the results as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What is wrong with the verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The file, by its path in the archive.
    pub file: String,
    /// The flags that the kernel's memory model raised besides a data race.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// The verdict of the kernel's memory model on the file as it stands, if herd7 was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub herd: Option<String>,
    /// Stands for the contents of the file, and for what it was checked with.
    pub key: String,
    /// What the file is.
    pub kind: Kind,
    /// The time limit of herd7 in milliseconds, if something took longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The verdict of the kernel's memory model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lkmm: Option<String>,
    /// Whether it has a data race; not there if there was no time to find all races.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub race: Option<bool>,
    /// Why it is not judged on machine code; or what is malformed; or the other language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// The result that the file states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<String>,
    /// The judgements on machine code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<OnTarget>,
}

/// The judgement of a test on a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnTarget {
    /// The outcomes of the machine code that the kernel's memory model does not list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offending: Vec<String>,
    /// Why it was skipped, or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether it is sound and the machine code rules out some outcome that the model allows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stronger: bool,
    /// The target.
    pub target: String,
    /// What was found.
    pub verdict: JudgementKind,
}

impl Row {
    fn new(file: &str, kind: Kind) -> Self {
        Self {
            fault: None,
            file: file.into(),
            flags: Vec::new(),
            herd: None,
            key: String::new(),
            kind,
            limit: None,
            lkmm: None,
            race: None,
            skipped: None,
            stated: None,
            targets: Vec::new(),
        }
    }

    /// The row of a test.
    pub fn of_finding(finding: &Finding<'_>) -> Self {
        let test = finding.test();
        Self {
            fault: finding.fault(),
            flags: finding.flags().to_vec(),
            herd: finding.own_verdict().map(name),
            lkmm: match finding.timed_out() {
                true => Some(TIMED_OUT.into()),
                false => finding.verdict().map(name),
            },
            race: finding.race(),
            skipped: finding.skipped().map(str::to_owned),
            stated: test.stated().map(|stated| stated.to_string()),
            targets: finding
                .judgements()
                .iter()
                .map(|(target, judgement)| on_target(target, judgement))
                .collect(),
            ..Self::new(test.file(), Kind::Test)
        }
    }

    /// The row of a file that we cannot read.
    pub fn of_unread(unread: &Unread) -> Self {
        let kind = match unread.is_malformed() {
            true => Kind::Malformed,
            false => Kind::Test,
        };
        let lkmm = match (kind, unread.verdict()) {
            (_, Some(verdict)) => Some(name(verdict)),
            (Kind::Test, None) => Some(TIMED_OUT.into()),
            (_, None) => None,
        };
        Self {
            fault: unread.differs(),
            flags: unread
                .said()
                .map(|said| said.flags.clone())
                .unwrap_or_default(),
            herd: unread.verdict().map(name),
            lkmm,
            race: unread.said().and_then(|said| said.race),
            skipped: Some(unread.fault()),
            stated: unread.stated().map(|stated| stated.to_string()),
            ..Self::new(unread.file(), kind)
        }
    }

    /// The row of a test in another language.
    pub fn of_foreign(foreign: &Foreign) -> Self {
        Self {
            skipped: Some(foreign.language().into()),
            ..Self::new(foreign.file(), Kind::Foreign)
        }
    }

    /// Whether the kernel's memory model took too long.
    pub fn timed_out(&self) -> bool {
        self.lkmm.as_deref() == Some(TIMED_OUT)
    }

    /// Whether herd7 could tell more of the file if it had more time.
    pub fn lacks_time(&self) -> bool {
        self.timed_out()
            || (self.verdict().is_some() && self.race.is_none())
            || self.skipped.as_deref() == Some(ONLY_THE_VERDICT)
            || self.has(JudgementKind::TimedOut)
    }

    /// The verdict, if there is one.
    pub fn verdict(&self) -> Option<&str> {
        self.lkmm.as_deref().filter(|_| !self.timed_out())
    }

    /// Whether the file states another verdict, and that is no fault, since it has a data race.
    pub fn is_forgiven(&self) -> bool {
        let stated = self
            .stated
            .as_ref()
            .and_then(|stated| stated.split(' ').next());
        let differs = stated.is_some() && self.verdict().is_some() && stated != self.verdict();
        differs && self.fault.is_none()
    }

    /// Whether nothing is wrong with its verdict or its machine code. What is malformed is counted
    /// elsewhere.
    pub fn is_good(&self) -> bool {
        let mut targets = self.targets.iter();
        self.fault.is_none() && !self.timed_out() && targets.all(|on| on.verdict.is_good())
    }

    /// Whether there is such a judgement on a target.
    pub fn has(&self, kind: JudgementKind) -> bool {
        self.targets.iter().any(|on| on.verdict == kind)
    }
}

fn name(verdict: Verdict) -> String {
    verdict.name().into()
}

fn on_target(target: &str, judgement: &Judgement) -> OnTarget {
    OnTarget {
        offending: judgement.offending().to_vec(),
        reason: judgement.reason().map(str::to_owned),
        stronger: judgement.is_stronger(),
        target: target.into(),
        verdict: judgement.kind(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: &str) -> Row {
        let line = format!("{{\"file\":\"a\",\"key\":\"\",\"kind\":\"test\",{line}}}");
        serde_json::from_str(&line).unwrap()
    }

    #[test]
    fn more_time_could_tell_more() {
        for (line, lacks) in [
            (r#""lkmm":"Never","race":false"#, false),
            (r#""lkmm":"Never","race":true"#, false),
            // Whether there is a race is not known.
            (r#""lkmm":"Never","skipped":"`rcu_read_lock`""#, true),
            (r#""lkmm":"timed out""#, true),
            // herd7 cannot read it.
            (r#""skipped":"`rcu_read_lock`""#, false),
            (
                r#""lkmm":"Never","race":false,"targets":[{"target":"x","verdict":"timed out"}]"#,
                true,
            ),
        ] {
            assert_eq!(row(line).lacks_time(), lacks, "{line}");
        }
        let only = row(&format!(
            r#""lkmm":"Never","race":false,"skipped":"{ONLY_THE_VERDICT}""#
        ));
        assert!(only.lacks_time());
    }

    #[test]
    fn a_race_forgives_another_verdict() {
        for (line, forgiven) in [
            (r#""lkmm":"Never","stated":"Never DATARACE""#, false),
            (r#""lkmm":"Sometimes","stated":"Never DATARACE""#, true),
            (
                r#""lkmm":"Sometimes","stated":"Never","fault":"it differs""#,
                false,
            ),
            (r#""lkmm":"timed out","stated":"Never DATARACE""#, false),
            (r#""lkmm":"Never""#, false),
        ] {
            assert_eq!(row(line).is_forgiven(), forgiven, "{line}");
        }
    }
}
