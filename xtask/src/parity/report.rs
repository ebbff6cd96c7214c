//! The report: a line per variant and branch, and what they come to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;

use super::verdict::{Comparison, Verdict};

/// One variant on one branch of one architecture.
#[derive(Clone, Debug)]
pub struct Line {
    /// The architecture.
    pub arch: &'static str,
    /// The branch.
    pub branch: &'static str,
    /// The variant.
    pub name: String,
    /// How ours compares.
    pub comparison: Comparison,
    /// How many instructions ours has.
    pub ours: usize,
    /// How many the kernel's has.
    pub kernel: usize,
}

impl Line {
    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        self.comparison.verdict()
    }

    /// How many instructions ours has more.
    pub fn longer(&self) -> i64 {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        count(self.ours) - count(self.kernel)
    }
}

/// The geometric mean of the quotients of instruction counts, ours by the kernel's.
pub fn mean<'l>(lines: impl IntoIterator<Item = &'l Line>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for line in lines {
        // A function has at least its return, on either side.
        #[expect(clippy::cast_precision_loss, reason = "counts are small")]
        let quotient = line.ours.max(1) as f64 / line.kernel.max(1) as f64;
        sum += quotient.ln();
        count += 1.0;
    }
    if count == 0.0 {
        1.0
    } else {
        (sum / count).exp()
    }
}

/// The table: a block for each architecture and branch, a line for each variant.
pub fn table(version: &str, lines: &[Line]) -> String {
    let mut out = format!(
        "# Ours and the C atomics of Linux {version}, by `cargo xtask parity --write`.\n#\n\
         # verdict: same; stronger (ours orders more); kernel-stronger (the kernel orders more than\n\
         # its contract asks for, ours does not); weaker (an error). On success, and after a slash on\n\
         # failure if that is another one. Then the numbers of instructions, ours and the kernel's.\n"
    );
    let mut block = None;
    for line in lines {
        if block != Some((line.arch, line.branch)) {
            block = Some((line.arch, line.branch));
            let _ = writeln!(out, "\n[{} {}]", line.arch, line.branch);
        }
        let success = line.comparison.success.verdict;
        let failure = line.comparison.failure.as_ref().map(|side| side.verdict);
        let verdict = match failure {
            Some(failure) if failure != success => {
                format!("{}/{}", success.name(), failure.name())
            }
            _ => success.name().to_owned(),
        };
        let _ = writeln!(
            out,
            "{:<36} {verdict:<8} {:>2} {:>2}",
            line.name, line.ours, line.kernel
        );
    }
    out += "\n[summary]\n";
    out + &summary(lines)
}

/// How often there is each verdict, and the mean of lengths, per branch and overall.
pub fn summary(lines: &[Line]) -> String {
    let mut blocks: Vec<((&str, &str), Vec<&Line>)> = Vec::new();
    for line in lines {
        let key = (line.arch, line.branch);
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

/// Everything as JSON.
pub fn json(version: &str, lines: &[Line]) -> serde_json::Result<String> {
    let side = |side: &super::verdict::Side| {
        json!({
            "verdict": side.verdict.name(),
            "contract_asks_for": side.missing,
            "only_kernel": side.less,
            "only_ours": side.more,
            "kernel_lacks_of_contract": side.kernel_missing,
        })
    };
    let all: Vec<_> = lines
        .iter()
        .map(|line| {
            json!({
                "arch": line.arch,
                "branch": line.branch,
                "variant": line.name,
                "verdict": line.verdict().name(),
                "success": side(&line.comparison.success),
                "failure": line.comparison.failure.as_ref().map(side),
                "instructions": line.ours,
                "kernel_instructions": line.kernel,
            })
        })
        .collect();
    let report = json!({
        "linux": version,
        "length": mean(lines),
        "variants": all,
    });
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}
