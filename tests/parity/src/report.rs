//! Formats the report: a line per variant and configuration, and a summary.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::verdict::{Comparison, Judged, Verdict};

/// How many additional instructions need no reason.
pub const SPARE: i64 = 2;

/// One variant in one configuration of one architecture.
#[derive(Clone, Debug)]
pub struct Line {
    /// The architecture.
    pub arch: &'static str,
    /// The configuration.
    pub configuration: &'static str,
    /// The variant.
    pub name: String,
    /// The comparison.
    pub comparison: Comparison,
    /// The number of instructions in ours.
    pub ours: usize,
    /// The number of instructions in the kernel's. None if it says nothing about ours: it is on values
    /// of another width, because C has no such operation on these, or ours calls it.
    pub kernel: Option<usize>,
}

impl Line {
    /// The verdict of the comparison.
    pub fn verdict(&self) -> Verdict {
        self.comparison.verdict()
    }

    /// How many more instructions ours has.
    pub fn longer(&self) -> i64 {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        self.kernel
            .map_or(0, |kernel| count(self.ours) - count(kernel))
    }
}

/// The geometric mean of the ratios of instruction counts, ours to the kernel's.
pub fn mean<'l>(lines: impl IntoIterator<Item = &'l Line>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for line in lines {
        let Some(kernel) = line.kernel else {
            continue;
        };
        // Every function has at least a return.
        #[expect(clippy::cast_precision_loss, reason = "counts are small")]
        let quotient = line.ours.max(1) as f64 / kernel.max(1) as f64;
        sum += quotient.ln();
        count += 1.0;
    }
    if count == 0.0 {
        1.0
    } else {
        (sum / count).exp()
    }
}

/// The report as text: a block for each architecture and configuration, a line for each variant.
pub fn table(version: &str, lines: &[Line]) -> String {
    let mut out = format!(
        "# Our atomics compared with the C atomics of Linux {version}, by\n\
         # `cargo xtask parity --write`.\n#\n\
         # A line has the variant; the verdict on success and, after a slash, on failure if it\n\
         # differs; and the number of instructions in ours and in the kernel's. The verdicts are:\n\
         # same; stronger (ours orders more than the kernel's); kernel-stronger (the kernel's\n\
         # orders more than required, and ours does not); weaker (an error: ours orders less than\n\
         # required).\n"
    );
    let mut block = None;
    for line in lines {
        if block != Some((line.arch, line.configuration)) {
            block = Some((line.arch, line.configuration));
            let _ = writeln!(out, "\n[{} {}]", line.arch, line.configuration);
        }
        out += &row(line);
    }
    out += "\n[summary]\n";
    out + &summary(lines)
}

/// The lines with a difference that needs a reason, and the summary of all.
pub fn differences(lines: &[Line]) -> String {
    let mut out = String::new();
    for line in lines {
        if line.verdict() != Verdict::Same || line.longer() > SPARE {
            let _ = write!(out, "{} {} {}", line.arch, line.configuration, row(line));
        }
    }
    out + &summary(lines)
}

/// The line of a variant.
fn row(line: &Line) -> String {
    let success = line.comparison.success.verdict;
    let failure = line.comparison.failure.as_ref().map(|side| side.verdict);
    let verdict = match failure {
        Some(failure) if failure != success => {
            format!("{}/{}", success.name(), failure.name())
        }
        _ => success.name().to_owned(),
    };
    let kernel = line.kernel.map_or("-".into(), |count| count.to_string());
    format!(
        "{:<36} {verdict:<8} {:>2} {kernel:>2}\n",
        line.name, line.ours
    )
}

/// The summary: the number of each verdict and the mean length, per configuration and overall.
pub fn summary(lines: &[Line]) -> String {
    let mut blocks: Vec<((&str, &str), Vec<&Line>)> = Vec::new();
    for line in lines {
        let key = (line.arch, line.configuration);
        match blocks.last_mut() {
            Some((last, block)) if *last == key => block.push(line),
            _ => blocks.push((key, vec![line])),
        }
    }
    let mut out = String::new();
    for ((arch, branch), block) in &blocks {
        let name = format!("{arch} {branch}");
        out += &summary_line(&name, block);
    }
    if blocks.len() > 1 {
        out += &summary_line("all", &lines.iter().collect::<Vec<_>>());
    }
    out
}

fn summary_line(name: &str, lines: &[&Line]) -> String {
    let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for line in lines {
        *counts.entry(line.verdict()).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(verdict, count)| format!("{count} {}", verdict.name()))
        .collect();
    let mean = mean(lines.iter().copied());
    format!("{name:<24} length {mean:.3}  {}\n", counts.join(", "))
}

/// The JSON form of a report.
#[derive(Serialize)]
struct Report<'l> {
    linux: &'l str,
    length: f64,
    variants: Vec<Entry<'l>>,
}

/// The JSON form of a line.
#[derive(Serialize)]
struct Entry<'l> {
    arch: &'l str,
    #[serde(rename = "branch")]
    configuration: &'l str,
    variant: &'l str,
    verdict: &'static str,
    success: JudgedEntry<'l>,
    failure: Option<JudgedEntry<'l>>,
    instructions: usize,
    kernel_instructions: Option<usize>,
}

/// The JSON form of the comparison of one outcome.
#[derive(Serialize)]
struct JudgedEntry<'l> {
    verdict: &'static str,
    contract_asks_for: &'l [String],
    only_kernel: &'l [String],
    only_ours: &'l [String],
    kernel_lacks_of_contract: &'l [String],
}

impl<'l> JudgedEntry<'l> {
    fn new(judged: &'l Judged) -> Self {
        Self {
            verdict: judged.verdict.name(),
            contract_asks_for: &judged.missing,
            only_kernel: &judged.less,
            only_ours: &judged.more,
            kernel_lacks_of_contract: &judged.kernel_missing,
        }
    }
}

/// The report as JSON.
///
/// # Errors
///
/// Never in practice: every report can be represented as JSON.
pub fn json(version: &str, lines: &[Line]) -> serde_json::Result<String> {
    let entries = lines.iter().map(|line| Entry {
        arch: line.arch,
        configuration: line.configuration,
        variant: &line.name,
        verdict: line.verdict().name(),
        success: JudgedEntry::new(&line.comparison.success),
        failure: line.comparison.failure.as_ref().map(JudgedEntry::new),
        instructions: line.ours,
        kernel_instructions: line.kernel,
    });
    let report = Report {
        linux: version,
        length: mean(lines),
        variants: entries.collect(),
    };
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}
