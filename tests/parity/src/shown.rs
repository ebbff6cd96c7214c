//! Shows one variant: the instructions of both sides beside each other, and what they order in a
//! table.

use std::fmt::Write as _;

use atomics_machine_code::event::Level;

use crate::order::Guarantees;
use crate::point::Point;
use crate::side::Side;
use crate::verdict::{Comparison, Judged, Verdict, texts};

/// The kernel's side alone, under the heading `place`.
pub fn alone(place: &str, point: &Point, kernel: &Side) -> String {
    let mut out = format!(
        "{} on {place}: the kernel's C has {}\n\n",
        point.name,
        count(kernel)
    );
    out += &kernel.graph.listing();
    out += "\npaths:\n";
    out += &paths("the kernel's", kernel);
    out.push('\n');
    let (required, found) = (&point.contract, &kernel.ordered);
    out += &table(
        "success",
        &[("required", required), ("kernel's", &found.success)],
    );
    if let Some(failure) = &found.failure {
        let nothing = Guarantees::default();
        out += &table("failure", &[("required", &nothing), ("kernel's", failure)]);
    }
    out
}

/// Both sides and how they compare, under the heading `place`.
pub fn both(
    place: &str,
    point: &Point,
    kernel: &Side,
    ours: &Side,
    comparison: &Comparison,
) -> String {
    let mut out = format!(
        "{} on {place}: {}; ours has {}, the kernel's C {}\n\n",
        point.name,
        comparison.verdict().name(),
        count(ours),
        count(kernel)
    );
    out += &beside(kernel, ours);
    out += "\npaths:\n";
    out += &paths("the kernel's", kernel);
    out += &paths("ours", ours);
    out.push('\n');
    let columns =
        |required, kernel, ours| [("required", required), ("kernel's", kernel), ("ours", ours)];
    let (theirs, own) = (&kernel.ordered, &ours.ordered);
    let on_success = columns(&point.contract, &theirs.success, &own.success);
    out += &table("success", &on_success);
    out += &judged(&comparison.success);
    let failures = theirs.failure.as_ref().zip(own.failure.as_ref());
    if let (Some((kernel, ours)), Some(failure)) = (failures, &comparison.failure) {
        let nothing = Guarantees::default();
        out += &table("failure", &columns(&nothing, kernel, ours));
        out += &judged(failure);
    }
    out
}

fn count(side: &Side) -> String {
    match side.graph.count() {
        1 => "1 instruction".into(),
        count => format!("{count} instructions"),
    }
}

/// The instructions of both sides in two columns.
fn beside(kernel: &Side, ours: &Side) -> String {
    let (kernel, ours) = (kernel.graph.listing(), ours.graph.listing());
    let (mut kernel, mut ours) = (kernel.lines(), ours.lines());
    let width = kernel.clone().map(|line| line.chars().count()).max();
    let width = width.unwrap_or_default().max(24);
    let mut out = format!("      {:<1$}", "the kernel's", width - 6);
    out += " |       ours\n";
    loop {
        let (left, right) = (kernel.next(), ours.next());
        if left.is_none() && right.is_none() {
            return out;
        }
        let line = format!(
            "{:<width$} | {}",
            left.unwrap_or_default(),
            right.unwrap_or_default()
        );
        out += line.trim_end();
        out.push('\n');
    }
}

/// The accesses and fences on each path of a side.
fn paths(whose: &str, side: &Side) -> String {
    let mut all: Vec<String> = side
        .paths
        .iter()
        .map(|path| match texts(&path.events).as_slice() {
            [] => "nothing".to_owned(),
            texts => texts.join("; "),
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    let mut whose = whose;
    let mut out = String::new();
    for path in all {
        let _ = writeln!(out, "  {whose:<14}{path}");
        whose = "";
    }
    out
}

/// What is in order when an operation ends as `outcome` says.
fn table(outcome: &str, columns: &[(&str, &Guarantees)]) -> String {
    let titles: String = columns
        .iter()
        .map(|(name, _)| format!("{name:<10}"))
        .collect();
    let mut out = format!(
        "{:<34}{}\n",
        format!("on {outcome}, in order:"),
        titles.trim_end()
    );
    let mut any = false;
    for (name, pair) in Guarantees::pairs() {
        let levels: Vec<Level> = columns.iter().map(|(_, found)| found.level(pair)).collect();
        if levels
            .iter()
            .all(|level| matches!(level, Level::None | Level::Absent))
        {
            continue;
        }
        any = true;
        let cells: String = levels
            .iter()
            .map(|level| format!("{:<10}", word(*level)))
            .collect();
        let _ = writeln!(out, "  {name:<38}{}", cells.trim_end());
    }
    if !any {
        out += "  nothing\n";
    }
    out
}

/// The observers for which a pair is in order.
fn word(level: Level) -> &'static str {
    match level {
        Level::None => "-",
        Level::Smp => "CPUs",
        Level::Dma => "DMA",
        Level::Io => "devices",
        // One of the two does not exist.
        Level::Absent => "none",
    }
}

/// The verdict, and why.
fn judged(judged: &Judged) -> String {
    let why = match judged.verdict {
        Verdict::Same => "ours orders what the kernel's does".into(),
        Verdict::Stronger => format!("only ours orders {}", judged.more.join(", ")),
        Verdict::KernelStronger => format!(
            "only the kernel's orders {}, which is not required",
            judged.less.join(", ")
        ),
        Verdict::Weaker => format!("ours lacks {}", judged.missing.join(", ")),
    };
    format!("  {}: {why}\n", judged.verdict.name())
}
