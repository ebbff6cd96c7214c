//! What was measured, as JSON and as a table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::counts::{Count, Counts, Place};
use crate::groups::Group;
use crate::implementation::Implementation;
use crate::machine::Machine;
use crate::run::Kind;
use crate::timing::{Mode, Spread, Timing};

/// The counts of one configuration of an architecture.
#[derive(Clone, Debug)]
pub struct Size {
    /// The architecture and the configuration.
    pub place: Place,
    /// The counts of each implementation.
    pub counts: BTreeMap<Implementation, Counts>,
}

impl Size {
    /// The name in reports.
    pub fn name(&self) -> String {
        match self.place.1.name {
            "-" => self.place.0.name.to_owned(),
            configuration => format!("{} {configuration}", self.place.0.name),
        }
    }
}

/// Sizes in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Programs {
    /// A program with one operation of ours.
    pub ours: Option<u64>,
    /// The same with `core`'s.
    pub core: Option<u64>,
    /// The library of this crate.
    pub library: Option<u64>,
}

/// A goal, and what was found.
#[derive(Clone, Debug)]
pub struct Goal {
    /// What is to be reached.
    pub title: String,
    /// What was found.
    pub found: String,
    /// Whether it is reached.
    pub is_met: bool,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Report {
    /// The machine.
    pub machine: Machine,
    /// The Rust compiler.
    pub compiler: String,
    /// Whose C it is.
    pub c: String,
    /// The functions.
    pub functions: Vec<(String, Kind)>,
    /// The times.
    pub timings: Vec<Timing>,
    /// How many instructions a call of each function executes.
    pub executed: BTreeMap<Implementation, BTreeMap<String, u64>>,
    /// The counts, by architecture.
    pub sizes: Vec<Size>,
    /// The counts of the kernel's C on this machine.
    pub kernel: Option<Counts>,
    /// The sizes of programs.
    pub programs: Programs,
}

impl Report {
    /// The names of the operations.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        let functions = self.functions.iter();
        let operations = functions.filter(|(_, kind)| *kind == Kind::Operation);
        operations.map(|(name, _)| name.as_str())
    }

    /// The sum over the realistic functions.
    pub fn realistic_sum(&self, counts: &Counts) -> Count {
        let operations: BTreeSet<&str> = self.operations().collect();
        let mut sum = Count::default();
        for (name, count) in counts {
            if !operations.contains(name.as_str()) {
                sum.instructions += count.instructions;
                sum.bytes += count.bytes;
            }
        }
        sum
    }

    /// The counts of an implementation on the architecture of this machine.
    pub fn native(&self, of: Implementation) -> Option<&Counts> {
        let mut sizes = self.sizes.iter();
        let native = sizes.find(|size| size.place.0.name == std::env::consts::ARCH)?;
        native.counts.get(&of)
    }

    /// The mean times of the functions of a group, divided by ours. The mean of the quartiles is shown
    /// as the spread.
    pub fn mean(&self, group: Group, mode: Mode, of: Implementation) -> Option<Spread> {
        let timings = self.timings.iter();
        let own = timings.filter(|t| t.mode == mode && Group::of(&t.name, t.kind) == group);
        let ratios: Vec<Spread> = own.filter_map(|timing| timing.ratio(of)).collect();
        Some(Spread {
            low: geometric_mean(ratios.iter().map(|ratio| ratio.low))?,
            median: geometric_mean(ratios.iter().map(|ratio| ratio.median))?,
            high: geometric_mean(ratios.iter().map(|ratio| ratio.high))?,
        })
    }

    /// The groups and modes that were measured.
    pub fn rows(&self) -> Vec<(Group, Mode)> {
        let modes = Mode::ALL.into_iter();
        let rows = modes.flat_map(|mode| Group::ALL.map(|group| (group, mode)));
        let is_measured = |(group, mode): &(Group, Mode)| {
            self.mean(*group, *mode, Implementation::Ours).is_some()
        };
        rows.filter(is_measured).collect()
    }

    /// The implementations that were timed.
    pub fn timed(&self) -> Vec<Implementation> {
        let first = self.timings.first();
        let times = first.map_or(&[][..], |timing| &timing.times);
        times.iter().map(|(of, _, _)| *of).collect()
    }
}

/// The geometric mean. None without numbers.
pub fn geometric_mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for number in numbers {
        sum += number.ln();
        count += 1.0;
    }
    (count > 0.0).then(|| (sum / count).exp())
}

/// The report as a table for a terminal.
pub fn table(report: &Report, goals: &[Goal]) -> String {
    let mut out = format!(
        "{}; {}; {}\n",
        report.machine.text(),
        report.compiler,
        report.c
    );
    let timed = report.timed();
    if !timed.is_empty() {
        out += "\nTimes, divided by this crate's: the median of all rounds, and its quartiles.\n";
        let _ = write!(out, "{:<26}{:>9}", "", "ns");
        for of in timed.iter().skip(1) {
            let _ = write!(out, "{:>24}", of.title());
        }
        out.push('\n');
    }
    for mode in Mode::ALL {
        let own: Vec<&Timing> = report.timings.iter().filter(|t| t.mode == mode).collect();
        if !own.is_empty() {
            let _ = writeln!(out, "\n[{}]", mode.name());
        }
        for timing in own {
            let ns = timing
                .times
                .first()
                .map_or(f64::NAN, |(_, ns, _)| ns.median);
            let _ = write!(out, "{:<26}{ns:>9.2}", timing.name);
            for (_, _, ratio) in timing.times.iter().skip(1) {
                let text = format!("{:.2} ({:.2}-{:.2})", ratio.median, ratio.low, ratio.high);
                let _ = write!(out, "{text:>24}");
            }
            out.push('\n');
        }
    }
    if !report.timings.is_empty() {
        out += "\nMeans of groups\n";
        for (group, mode) in report.rows() {
            let _ = write!(out, "{:<60}", group.title_in(mode));
            for of in timed.iter().skip(1) {
                let ratio = report.mean(group, mode, *of).map_or(f64::NAN, |r| r.median);
                let _ = write!(out, " {} {ratio:.2}", of.name());
            }
            out.push('\n');
        }
    }
    out += &executed(report);
    out += "\nInstructions and bytes of the realistic functions\n";
    for size in &report.sizes {
        let _ = write!(out, "{:<24}", size.name());
        for (of, counts) in &size.counts {
            let sum = report.realistic_sum(counts);
            let _ = write!(out, " {} {} {}", of.name(), sum.instructions, sum.bytes);
        }
        out.push('\n');
    }
    if let Some(kernel) = &report.kernel {
        let sum = report.realistic_sum(kernel);
        let _ = writeln!(
            out,
            "the kernel's C here       {} {}",
            sum.instructions, sum.bytes
        );
    }
    if let Some(library) = report.programs.library {
        let _ = writeln!(out, "the library of atomics-core has {library} bytes");
    }
    out += "\nGoals\n";
    for goal in goals {
        let met = if goal.is_met { "met    " } else { "not met" };
        let _ = writeln!(out, "{met} {}: {}", goal.title, goal.found);
    }
    out
}

/// The sums of executed instructions.
fn executed(report: &Report) -> String {
    let mut out = String::new();
    if report.executed.is_empty() {
        return out;
    }
    let operations: BTreeSet<&str> = report.operations().collect();
    out += "\nInstructions that run in a call of each operation, and of each realistic function\n";
    for (of, counts) in &report.executed {
        let sum = |wanted: bool| -> u64 {
            let own = counts
                .iter()
                .filter(|(name, _)| operations.contains(name.as_str()) == wanted);
            own.map(|(_, count)| count).sum()
        };
        let _ = writeln!(out, "{:<26} {:>6} {:>6}", of.title(), sum(true), sum(false));
    }
    out
}

/// The report as JSON.
///
/// # Errors
///
/// Never in practice: every report can be represented as JSON.
pub fn json(report: &Report, goals: &[Goal]) -> serde_json::Result<String> {
    let spread = |s: &Spread| json!({"low": s.low, "median": s.median, "high": s.high});
    let counts = |counts: &Counts| -> Value {
        let counts = counts.iter().map(|(name, count)| {
            let count = json!({"instructions": count.instructions, "bytes": count.bytes});
            (name.clone(), count)
        });
        Value::Object(counts.collect())
    };
    let timings = report.timings.iter().map(|timing| {
        let times = timing.times.iter().map(|(of, ns, ratio)| {
            let value = json!({"nanoseconds": spread(ns), "by_ours": spread(ratio)});
            (of.name().to_owned(), value)
        });
        json!({
            "function": timing.name,
            "group": Group::of(&timing.name, timing.kind).title(),
            "mode": timing.mode.name(),
            "times": Value::Object(times.collect()),
        })
    });
    let executed = report
        .executed
        .iter()
        .map(|(of, counts)| (of.name().to_owned(), json!(counts)));
    let sizes = report.sizes.iter().map(|size| {
        let all = size.counts.iter();
        let all = all.map(|(of, own)| (of.name().to_owned(), counts(own)));
        (size.name(), Value::Object(all.collect()))
    });
    let goals = goals
        .iter()
        .map(|g| json!({"goal": g.title, "found": g.found, "met": g.is_met}));
    let report = json!({
        "machine": report.machine.text(),
        "compiler": report.compiler,
        "c": report.c,
        "times": timings.collect::<Vec<_>>(),
        "executed_instructions": Value::Object(executed.collect()),
        "sizes": Value::Object(sizes.collect()),
        "kernel_c": report.kernel.as_ref().map(counts),
        "program_bytes": {"ours": report.programs.ours, "core": report.programs.core},
        "library_bytes": report.programs.library,
        "goals": goals.collect::<Vec<_>>(),
    });
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}
