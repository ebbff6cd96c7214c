//! What `cargo xtask litmus` says in the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::ast::{Value, Verdict};
use super::case::{Allowed, Case};
use super::machine::Judgement;
use super::observe;
use super::run::{self, Histogram};

/// What was found about one test.
pub struct Finding<'a> {
    /// The test.
    pub case: &'a Case,
    /// What the kernel's memory model says; or what failed.
    pub allowed: Result<Allowed, String>,
    /// What became of it on each target, by the target's name.
    pub judgements: Vec<(&'static str, Judgement)>,
}

impl Finding<'_> {
    /// What is wrong with the verdict of the kernel's memory model.
    fn fault(&self) -> Option<String> {
        let (stated, found) = match (&self.allowed, self.case.test.result) {
            (Err(error), _) => return Some(error.clone()),
            (Ok(Allowed::Known(found, _)), Some(stated)) if *found != stated => (stated, found),
            _ => return None,
        };
        Some(format!(
            "the result is {} by its comment, and {} by the LKMM",
            stated.name(),
            found.name()
        ))
    }

    /// Whether the kernel's memory model allows an outcome; nothing if that cannot be told.
    pub fn allows(&self, state: &[Value]) -> Option<bool> {
        match &self.allowed {
            Ok(Allowed::Known(_, Some(states))) if observe::wide(state).is_none() => {
                Some(states.contains(state))
            }
            _ => None,
        }
    }

    /// Why it was not judged on machine code, or not at all.
    fn skipped(&self) -> Option<&str> {
        match (&self.allowed, &self.case.skipped) {
            (_, Some(why)) => Some(why),
            (Ok(Allowed::Skipped(why)), None) => Some(why),
            _ => None,
        }
    }
}

/// All findings.
pub struct Report<'a> {
    /// One for each test.
    pub findings: Vec<Finding<'a>>,
    /// The targets.
    pub targets: Vec<&'static str>,
    /// What was seen of tests that were run on this machine, with the tests' indices.
    pub histograms: Vec<(usize, Histogram)>,
}

/// How many of what.
#[derive(Default)]
struct Counts {
    sound: usize,
    stronger: usize,
    unsound: usize,
    skipped: usize,
    timed_out: usize,
    failed: usize,
}

impl Report<'_> {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        let bad = |j: &Judgement| {
            matches!(
                j,
                Judgement::Unsound { .. } | Judgement::Failed(_) | Judgement::TimedOut
            )
        };
        self.findings.iter().all(|finding| {
            let timed_out = matches!(finding.allowed, Ok(Allowed::TimedOut));
            let judgements = &finding.judgements;
            finding.fault().is_none() && !timed_out && !judgements.iter().any(|(_, j)| bad(j))
        }) && !self.ran().any(|(_, is_forbidden)| is_forbidden)
    }

    /// The tests that were run on this machine: what was seen, and whether that was forbidden.
    fn ran(&self) -> impl Iterator<Item = (String, bool)> {
        let histograms = self.histograms.iter();
        histograms.map(|(index, histogram)| run::describe(&self.findings[*index], histogram))
    }

    fn counts(&self, target: &str) -> Counts {
        let mut counts = Counts::default();
        let judgements = self.findings.iter().flat_map(|f| &f.judgements);
        for (_, judgement) in judgements.filter(|(name, _)| *name == target) {
            match judgement {
                Judgement::Sound { stronger } => {
                    counts.sound += 1;
                    counts.stronger += usize::from(*stronger);
                }
                Judgement::Unsound { .. } => counts.unsound += 1,
                Judgement::Skipped(_) => counts.skipped += 1,
                Judgement::TimedOut => counts.timed_out += 1,
                Judgement::Failed(_) => counts.failed += 1,
            }
        }
        counts
    }

    /// The report for people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (text, _) in self.ran() {
            out.push_str(&text);
        }
        self.unsound(&mut out);
        for finding in &self.findings {
            let name = &finding.case.test.name;
            if let Some(fault) = finding.fault() {
                let _ = writeln!(out, "error: {name} ({}): {fault}", finding.case.file);
            }
            match &finding.allowed {
                // Nothing is said of what its comment says already.
                Ok(Allowed::Known(verdict, _)) if finding.case.test.result.is_none() => {
                    let _ = writeln!(out, "{name}: {} by the LKMM", verdict.name());
                }
                Ok(Allowed::TimedOut) => {
                    let _ = writeln!(out, "error: {name}: herd7 takes too long for the LKMM");
                }
                _ => {}
            }
            for (target, judgement) in &finding.judgements {
                match judgement {
                    Judgement::Failed(error) => {
                        let _ = writeln!(out, "error: {name} on {target}: {error}");
                    }
                    Judgement::TimedOut => {
                        let _ = writeln!(out, "error: {name} on {target}: herd7 takes too long");
                    }
                    _ => {}
                }
            }
        }
        self.skips(&mut out);
        self.summary(&mut out);
        out
    }

    fn unsound(&self, out: &mut String) {
        for finding in &self.findings {
            let case = finding.case;
            for (target, judgement) in &finding.judgements {
                let Judgement::Unsound { offending, program } = judgement else {
                    continue;
                };
                let _ = writeln!(
                    out,
                    "UNSOUND: {} on {target}: the machine code may end with what the LKMM forbids:",
                    case.test.name
                );
                let locations = case.observed.locations();
                for state in offending {
                    let _ = writeln!(out, "    {}", observe::line(&locations, state));
                }
                let _ = writeln!(out, "the test:\n{}", indented(&case.text));
                let _ = writeln!(out, "the machine code:\n{}", indented(program));
            }
        }
    }

    /// What was skipped, by the reason.
    fn skips(&self, out: &mut String) {
        let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for finding in &self.findings {
            let name = &finding.case.test.name;
            if let Some(why) = finding.skipped() {
                let verdict = match (&finding.allowed, finding.case.test.result) {
                    (Ok(Allowed::Known(found, _)), Some(_)) => {
                        format!("{name} ({}, as its comment says)", found.name())
                    }
                    _ => name.clone(),
                };
                reasons.entry(why).or_default().push(verdict);
            }
            for (target, judgement) in &finding.judgements {
                if let Judgement::Skipped(why) = judgement {
                    reasons
                        .entry(why)
                        .or_default()
                        .push(format!("{name} on {target}"));
                }
            }
        }
        for (why, names) in reasons {
            let _ = writeln!(out, "skipped: {}: {why}", listed(&names));
        }
    }

    fn summary(&self, out: &mut String) {
        let stated = self
            .findings
            .iter()
            .filter(|f| f.case.test.result.is_some());
        let agree = stated
            .clone()
            .filter(|f| matches!(f.allowed, Ok(Allowed::Known(..))) && f.fault().is_none());
        let _ = writeln!(
            out,
            "\nLKMM: {} tests; {} of {} have the result that their comments state",
            self.findings.len(),
            agree.count(),
            stated.count()
        );
        let timed_out = |f: &&Finding<'_>| matches!(f.allowed, Ok(Allowed::TimedOut));
        let timed_out = self.findings.iter().filter(timed_out).count();
        if timed_out > 0 {
            let _ = writeln!(out, "LKMM: {timed_out} of them timed out");
        }
        if !self.histograms.is_empty() {
            let forbidden = self.ran().filter(|(_, is_forbidden)| *is_forbidden).count();
            let count = self.histograms.len();
            let _ = writeln!(
                out,
                "run on this machine: {count} tests, {forbidden} with what the LKMM forbids"
            );
        }
        if self.targets.is_empty() {
            return;
        }
        let _ = writeln!(
            out,
            "\n{:<14} {:>7} {:>9} {:>8} {:>8} {:>10} {:>7}",
            "target", "sound", "stronger", "UNSOUND", "skipped", "timed out", "failed"
        );
        for target in &self.targets {
            let Counts {
                sound,
                stronger,
                unsound,
                skipped,
                timed_out,
                failed,
            } = self.counts(target);
            let _ = writeln!(
                out,
                "{target:<14} {sound:>7} {stronger:>9} {unsound:>8} {skipped:>8} \
                 {timed_out:>10} {failed:>7}"
            );
        }
        let _ = writeln!(
            out,
            "\nstronger: sound, and some outcome that the LKMM allows cannot come of the machine code"
        );
    }

    /// The report as JSON.
    pub fn json(&self) -> Json {
        let tests = self.findings.iter().map(|finding| {
            let case = finding.case;
            let found = match &finding.allowed {
                Ok(Allowed::Known(verdict, _)) => json!(verdict.name()),
                Ok(Allowed::TimedOut) => json!("timed out"),
                Ok(Allowed::Skipped(_)) | Err(_) => Json::Null,
            };
            let locations = case.observed.locations();
            let judgements = finding.judgements.iter().map(|(target, judgement)| {
                let mut object = json!({ "target": target, "verdict": verdict(judgement) });
                match judgement {
                    Judgement::Sound { stronger } => object["stronger"] = json!(stronger),
                    Judgement::Unsound { offending, program } => {
                        let lines = offending.iter().map(|s| observe::line(&locations, s));
                        object["offending"] = json!(lines.collect::<Vec<_>>());
                        object["program"] = json!(program);
                    }
                    Judgement::Skipped(why) | Judgement::Failed(why) => {
                        object["reason"] = json!(why);
                    }
                    Judgement::TimedOut => {}
                }
                object
            });
            json!({
                "name": case.test.name,
                "file": case.file,
                "stated": case.test.result.map(Verdict::name),
                "lkmm": found,
                "fault": finding.fault(),
                "skipped": finding.skipped(),
                "targets": judgements.collect::<Vec<_>>(),
            })
        });
        let runs = self.histograms.iter().map(|(index, histogram)| {
            let finding = &self.findings[*index];
            let locations = finding.case.observed.locations();
            let outcomes = histogram.iter().map(|(state, count)| {
                json!({
                    "state": observe::line(&locations, state),
                    "count": count,
                    "allowed": finding.allows(state),
                })
            });
            json!({
                "name": finding.case.test.name,
                "outcomes": outcomes.collect::<Vec<_>>(),
            })
        });
        json!({
            "good": self.is_good(),
            "tests": tests.collect::<Vec<_>>(),
            "runs": runs.collect::<Vec<_>>(),
        })
    }
}

fn verdict(judgement: &Judgement) -> &'static str {
    match judgement {
        Judgement::Sound { .. } => "sound",
        Judgement::Unsound { .. } => "UNSOUND",
        Judgement::Skipped(_) => "skipped",
        Judgement::TimedOut => "timed out",
        Judgement::Failed(_) => "failed",
    }
}

/// The names, or the first ones and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 6;
    match names.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{} and {more} more", names[..SHOWN].join(", ")),
        _ => names.join(", "),
    }
}

fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| format!("    {line}\n"));
    lines.collect()
}
