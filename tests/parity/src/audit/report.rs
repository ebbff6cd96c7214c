//! Formats the findings of an audit: a line per variant that is not as required, and a summary.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::judge::{Cost, Judged, Judgement, Lack};

/// One variant in one configuration of one architecture.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The architecture.
    pub arch: &'static str,
    /// The configuration.
    pub configuration: &'static str,
    /// The variant.
    pub name: String,
    /// What must be in order.
    pub required: Vec<String>,
    /// What is missing, or costs more.
    pub judged: Judged,
    /// The number of instructions.
    pub instructions: usize,
}

impl Finding {
    /// The line in the report.
    pub fn line(&self) -> String {
        let lacks = self.judged.lacks.iter().map(lack);
        let costs = self.judged.costs.iter().map(cost);
        let all: Vec<String> = lacks.chain(costs).collect();
        let line = format!(
            "{:<36} {:<15} {}",
            self.name,
            self.judged.judgement().name(),
            all.join("; ")
        );
        line.trim_end().to_owned()
    }
}

fn lack(lack: &Lack) -> String {
    let mut text = format!("lacks {}", lack.missing);
    if !lack.unordered.is_empty() {
        let _ = write!(text, ", for {}", lack.unordered);
    }
    let path = match lack.path.as_slice() {
        [] => "no access and no fence".to_owned(),
        path => path.join(", "),
    };
    let _ = write!(text, " [{path}]");
    text
}

fn cost(cost: &Cost) -> String {
    let when = if cost.on_failure { "on failure, " } else { "" };
    match &cost.enough {
        Some(enough) => format!("{when}`{}` could be `{enough}`", cost.instruction),
        None => format!("{when}`{}` is not needed", cost.instruction),
    }
}

/// The report as text: for each architecture and configuration, the variants that are not as
/// required, those that lack something first.
pub fn table(version: &str, findings: &[Finding]) -> String {
    let mut out = format!(
        "# The C atomics of Linux {version}, audited by `cargo xtask parity --audit`.\n#\n\
         # A line has the variant, the verdict, and why. The verdicts are: kernel-weaker (an error:\n\
         # a path, in brackets, lacks an ordering that is required when the operation succeeds) and\n\
         # kernel-stronger (a lighter instruction, or none, would be enough for what is required).\n"
    );
    let mut summary = String::new();
    for block in findings.chunk_by(|a, b| place(a) == place(b)) {
        let (arch, configuration) = place(&block[0]);
        let _ = writeln!(out, "\n[{arch} {configuration}]");
        for wanted in [Judgement::KernelWeaker, Judgement::KernelStronger] {
            let all = block.iter();
            for finding in all.filter(|finding| finding.judged.judgement() == wanted) {
                out += &finding.line();
                out.push('\n');
            }
        }
        let mut counts: BTreeMap<Judgement, usize> = BTreeMap::new();
        for finding in block {
            *counts.entry(finding.judged.judgement()).or_default() += 1;
        }
        let counts: Vec<String> = counts
            .iter()
            .map(|(judgement, count)| format!("{count} {}", judgement.name()))
            .collect();
        let name = format!("{arch} {configuration}");
        let _ = writeln!(summary, "{name:<24} {}", counts.join(", "));
    }
    out + "\n[summary]\n" + &summary
}

/// The architecture and the configuration of a finding.
fn place(finding: &Finding) -> (&'static str, &'static str) {
    (finding.arch, finding.configuration)
}

/// The JSON form of a report.
#[derive(Serialize)]
struct Report<'f> {
    linux: &'f str,
    variants: Vec<Entry<'f>>,
}

/// The JSON form of a finding.
#[derive(Serialize)]
struct Entry<'f> {
    arch: &'f str,
    #[serde(rename = "branch")]
    configuration: &'f str,
    variant: &'f str,
    verdict: &'static str,
    required: &'f [String],
    lacks: Vec<LackEntry<'f>>,
    costs: Vec<CostEntry<'f>>,
    instructions: usize,
}

#[derive(Serialize)]
struct LackEntry<'f> {
    path: &'f [String],
    missing: &'f str,
    unordered: &'f str,
}

#[derive(Serialize)]
struct CostEntry<'f> {
    instruction: &'f str,
    enough: Option<&'f str>,
    on_failure: bool,
}

/// The report as JSON, with all variants.
///
/// # Errors
///
/// Never in practice: every report can be represented as JSON.
pub fn json(version: &str, findings: &[Finding]) -> serde_json::Result<String> {
    let entries = findings.iter().map(|finding| Entry {
        arch: finding.arch,
        configuration: finding.configuration,
        variant: &finding.name,
        verdict: finding.judged.judgement().name(),
        required: &finding.required,
        lacks: finding.judged.lacks.iter().map(LackEntry::new).collect(),
        costs: finding.judged.costs.iter().map(CostEntry::new).collect(),
        instructions: finding.instructions,
    });
    let report = Report {
        linux: version,
        variants: entries.collect(),
    };
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}

impl<'f> LackEntry<'f> {
    fn new(lack: &'f Lack) -> Self {
        Self {
            path: &lack.path,
            missing: &lack.missing,
            unordered: &lack.unordered,
        }
    }
}

impl<'f> CostEntry<'f> {
    fn new(cost: &'f Cost) -> Self {
        Self {
            instruction: &cost.instruction,
            enough: cost.enough.as_deref(),
            on_failure: cost.on_failure,
        }
    }
}
