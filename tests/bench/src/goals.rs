//! What the atomics are to reach, and whether they do.

use crate::counts::{Count, Counts};
use crate::groups::Group;
use crate::implementation::Implementation;
use crate::report::{Goal, Report, geometric_mean};
use crate::run::Kind;
use crate::timing::{Mode, Spread, Timing};

/// How much larger code with atomics may be than with `core`'s.
const BYTES: f64 = 1.03;
/// The configurations in which that is to be so.
const SMALL: [(&str, &str); 3] = [("x86_64", "-"), ("aarch64", "lse"), ("riscv64", "a")];
/// How much longer loads and stores in loops may take than `core`'s.
const LOADS: f64 = 1.05;
/// How much longer locked operations may take than in C.
const LOCKED: f64 = 1.02;
/// How many bytes larger a program with one operation may be than with `core`'s.
const PROGRAM: u64 = 64;

/// The goals that the contents of a report can tell of.
pub fn goals(report: &Report) -> Vec<Goal> {
    let mut goals: Vec<Goal> = SMALL
        .iter()
        .filter_map(|place| size(report, *place))
        .collect();
    let of_loads = |timing: &Timing| {
        [Group::LoadsAndStores, Group::Arrays].contains(&Group::of(&timing.name, timing.kind))
    };
    goals.extend(time(
        report,
        "loads and stores in loops",
        (Implementation::Core, LOADS),
        of_loads,
    ));
    goals.extend(time(
        report,
        "locked operations",
        (Implementation::C, LOCKED),
        |timing| Group::of(&timing.name, timing.kind) == Group::Locked,
    ));
    goals.extend(conditional(report));
    goals.extend(program(report));
    goals
}

/// The bytes of the realistic functions, beside those of `core`.
fn size(report: &Report, place: (&str, &str)) -> Option<Goal> {
    let mut sizes = report.sizes.iter();
    let found = sizes.find(|size| (size.place.0.name, size.place.1.name) == place)?;
    let ours = report.realistic_sum(found.counts.get(&Implementation::Ours)?);
    let core = report.realistic_sum(found.counts.get(&Implementation::Core)?);
    let ratio = quotient(ours.bytes, core.bytes);
    Some(Goal {
        title: format!(
            "{}: realistic functions at most {BYTES} of core's bytes",
            found.name()
        ),
        found: format!("{ratio:.3} ({} and {})", ours.bytes, core.bytes),
        is_met: ratio <= BYTES,
    })
}

/// The times of functions, beside those of another implementation. The goal is reached if the mean is
/// good enough, and no function is too slow in three quarters of the rounds.
fn time(
    report: &Report,
    what: &str,
    (other, limit): (Implementation, f64),
    wanted: impl Fn(&Timing) -> bool,
) -> Option<Goal> {
    let timings = report.timings.iter();
    let timings = timings.filter(|timing| timing.mode == Mode::Alone && wanted(timing));
    let found: Vec<(&str, Spread)> = timings
        .filter_map(|timing| Some((timing.name.as_str(), timing.ratio(other)?.inverse())))
        .collect();
    let mean = geometric_mean(found.iter().map(|(_, spread)| spread.median))?;
    let slow = found.iter().filter(|(_, spread)| spread.low > limit);
    let (worst, spread) = found
        .iter()
        .max_by(|(_, a), (_, b)| a.median.total_cmp(&b.median))?;
    let count = slow.count();
    Some(Goal {
        title: format!("{what} at most {limit} of the time of {}", other.title()),
        found: format!(
            "mean {mean:.3}; {count} of {} slower in three quarters of the rounds; worst {worst} {:.2} ({:.2} to {:.2})",
            found.len(),
            spread.median,
            spread.low,
            spread.high
        ),
        is_met: mean <= limit && count == 0,
    })
}

/// The instructions of the conditional operations, beside those of the kernel's C.
fn conditional(report: &Report) -> Option<Goal> {
    let kernel = report.kernel.as_ref()?;
    let ours = report.native(Implementation::Ours)?;
    let is_conditional = |name: &str| Group::of(name, Kind::Operation) == Group::Conditional;
    let longer = |counts: &Counts| -> Vec<String> {
        let names = report.operations().filter(|name| is_conditional(name));
        let pairs = names.filter_map(|name| Some((name, *counts.get(name)?, *kernel.get(name)?)));
        let longer =
            pairs.filter(|(_, ours, c): &(&str, Count, Count)| ours.instructions > c.instructions);
        longer
            .map(|(name, ours, c)| format!("{name} {} and {}", ours.instructions, c.instructions))
            .collect()
    };
    let longer = longer(ours);
    Some(Goal {
        title: "conditional operations have at most the instructions of the kernel's C".into(),
        found: match longer.len() {
            0 => "all".into(),
            count => format!("{count} have more: {}", longer.join(", ")),
        },
        is_met: longer.is_empty(),
    })
}

/// The size of a program with one operation.
fn program(report: &Report) -> Option<Goal> {
    let sizes = &report.programs;
    let (ours, core) = (sizes.ours?, sizes.core?);
    Some(Goal {
        title: format!(
            "a program with one operation is at most {PROGRAM} bytes larger than with core's"
        ),
        found: format!("{ours} and {core} bytes"),
        is_met: ours <= core + PROGRAM,
    })
}

#[expect(clippy::cast_precision_loss, reason = "code is small")]
fn quotient(a: u64, b: u64) -> f64 {
    a as f64 / b.max(1) as f64
}
