//! Reports of the findings as JSON.

use std::borrow::Cow;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::files::{Foreign, Unread};
use crate::finding::Finding;
use crate::judgement::{Judgement, JudgementKind};
use crate::report::status::status;
use crate::verdict::{TIMED_OUT, Verdict};

/// The report as JSON. The fields of every object are in alphabetical order.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    foreign: Vec<OtherFile<'a>>,
    good: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    malformed: Vec<MalformedFile<'a>>,
    runs: Vec<Run<'a>>,
    tests: Vec<Tested<'a>>,
}

/// A file in another language.
#[derive(Serialize)]
struct OtherFile<'a> {
    file: &'a str,
    language: &'static str,
}

/// A malformed file.
#[derive(Serialize)]
struct MalformedFile<'a> {
    error: String,
    file: &'a str,
}

/// A test that was run on this machine.
#[derive(Serialize)]
struct Run<'a> {
    name: &'a str,
    outcomes: Vec<Outcome>,
}

#[derive(Serialize)]
struct Outcome {
    allowed: Option<bool>,
    count: u64,
    state: String,
}

/// A test and its findings.
#[derive(Serialize)]
struct Tested<'a> {
    fault: Option<String>,
    file: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    flags: &'a [String],
    lkmm: Option<&'static str>,
    name: &'a str,
    race: Option<bool>,
    skipped: Option<Cow<'a, str>>,
    stated: Option<String>,
    targets: Vec<OnTarget<'a>>,
}

/// The judgement of a test on a target.
#[derive(Serialize)]
struct OnTarget<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    offending: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stronger: Option<bool>,
    target: &'a str,
    verdict: JudgementKind,
}

/// The report as JSON, without a trailing newline.
///
/// # Errors
///
/// If it cannot be serialised.
pub fn json(findings: &[Finding<'_>]) -> Result<String> {
    json_with(findings, &[], &[])
}

/// The report as JSON with the files that could not be read and those of other languages, without
/// a trailing newline.
///
/// # Errors
///
/// If it cannot be serialised.
pub fn json_with(
    findings: &[Finding<'_>],
    unread: &[Unread],
    foreign: &[Foreign],
) -> Result<String> {
    let malformed = unread.iter().filter(|unread| unread.is_malformed());
    let read_by_herd = unread.iter().filter(|unread| !unread.is_malformed());
    let report = Report {
        foreign: foreign.iter().map(other_file).collect(),
        good: status(findings, unread) == 0,
        malformed: malformed.map(malformed_file).collect(),
        runs: findings.iter().filter_map(run).collect(),
        tests: findings
            .iter()
            .map(tested)
            .chain(read_by_herd.map(unread_test))
            .collect(),
    };
    serde_json::to_string_pretty(&report).context("cannot write JSON")
}

fn run<'a>(finding: &'a Finding<'_>) -> Option<Run<'a>> {
    let outcomes = finding.seen()?.into_iter().map(|seen| Outcome {
        allowed: seen.allowed,
        count: seen.count,
        state: seen.state,
    });
    Some(Run {
        name: finding.test().name(),
        outcomes: outcomes.collect(),
    })
}

fn other_file(foreign: &Foreign) -> OtherFile<'_> {
    OtherFile {
        file: foreign.file(),
        language: foreign.language(),
    }
}

fn malformed_file(unread: &Unread) -> MalformedFile<'_> {
    MalformedFile {
        error: unread.fault(),
        file: unread.file(),
    }
}

/// A test that only herd7 can read.
fn unread_test(unread: &Unread) -> Tested<'_> {
    Tested {
        fault: unread.differs(),
        file: unread.file(),
        flags: unread
            .said()
            .map(|said| said.flags.as_slice())
            .unwrap_or_default(),
        lkmm: unread.verdict().map(Verdict::name).or(Some(TIMED_OUT)),
        name: unread.file(),
        race: unread.said().and_then(|said| said.race),
        skipped: Some(Cow::Owned(unread.fault())),
        stated: unread.stated().map(|stated| stated.to_string()),
        targets: Vec::new(),
    }
}

fn tested<'a>(finding: &'a Finding<'_>) -> Tested<'a> {
    let test = finding.test();
    let targets = finding.judgements().iter();
    Tested {
        fault: finding.fault(),
        file: test.file(),
        flags: finding.flags(),
        lkmm: match finding.timed_out() {
            true => Some(TIMED_OUT),
            false => finding.verdict().map(Verdict::name),
        },
        name: test.name(),
        race: finding.race(),
        skipped: finding.skipped().map(Cow::Borrowed),
        stated: test.stated().map(|stated| stated.to_string()),
        targets: targets
            .map(|(target, judgement)| on_target(target, judgement))
            .collect(),
    }
}

fn on_target<'a>(target: &'a str, judgement: &'a Judgement) -> OnTarget<'a> {
    OnTarget {
        offending: judgement.offending(),
        program: match judgement {
            Judgement::Unsound { program, .. } => Some(program),
            _ => None,
        },
        reason: judgement.reason(),
        stronger: match judgement {
            Judgement::Sound { stronger } => Some(*stronger),
            _ => None,
        },
        target,
        verdict: judgement.kind(),
    }
}
