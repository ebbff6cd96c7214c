//! Times the functions of all implementations: they take turns in each round, so that what slows the
//! machine for a while slows all of them.

use anyhow::Result;
use atomics_tools::Progress;

use crate::implementation::Implementation;
use crate::run::{Kind, Program};

/// How a function is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// In one thread.
    Alone,
    /// In two threads, on one variable.
    Word,
    /// In two threads, on two variables of one cache line.
    Line,
}

impl Mode {
    /// All.
    pub const ALL: [Self; 3] = [Self::Alone, Self::Word, Self::Line];

    /// The request to a program.
    fn request(self) -> &'static str {
        match self {
            Self::Alone => "time",
            Self::Word => "word",
            Self::Line => "line",
        }
    }

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alone => "one thread",
            Self::Word => "two threads, one variable",
            Self::Line => "two threads, one cache line",
        }
    }
}

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How many rounds.
    pub rounds: usize,
    /// How long a function runs in a round, in nanoseconds.
    pub span: i64,
}

impl Effort {
    /// For numbers to show.
    pub const FULL: Self = Self {
        rounds: 21,
        span: 2_000_000,
    };
    /// For a glance.
    pub const QUICK: Self = Self {
        rounds: 5,
        span: 200_000,
    };
}

/// The median, and the quartiles around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// A quarter is less.
    pub low: f64,
    /// Half is less.
    pub median: f64,
    /// A quarter is more.
    pub high: f64,
}

impl Spread {
    /// Of numbers, of which there is at least one.
    pub fn of(mut numbers: Vec<f64>) -> Self {
        numbers.sort_unstable_by(f64::total_cmp);
        let last = numbers.len().saturating_sub(1);
        let at = |quarter: usize| numbers.get(last * quarter / 4).copied().unwrap_or(f64::NAN);
        Self {
            low: at(1),
            median: at(2),
            high: at(3),
        }
    }

    /// Of the quotients 1 / x.
    pub fn inverse(self) -> Self {
        Self {
            low: 1.0 / self.high,
            median: 1.0 / self.median,
            high: 1.0 / self.low,
        }
    }
}

/// The times of a function.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// How it was run.
    pub mode: Mode,
    /// Of each implementation: nanoseconds, and the quotient by ours in the same round.
    pub times: Vec<(Implementation, Spread, Spread)>,
}

impl Timing {
    /// The time of an implementation, divided by that of ours.
    pub fn ratio(&self, of: Implementation) -> Option<Spread> {
        let mut times = self.times.iter();
        Some(times.find(|(found, _, _)| *found == of)?.2)
    }
}

/// Times functions. The first program is the one that the others are compared with.
///
/// # Errors
///
/// If a program ends.
pub fn measure(
    programs: &mut [Program],
    functions: &[(String, Kind)],
    mode: Mode,
    effort: Effort,
    progress: Progress<'_>,
) -> Result<Vec<Timing>> {
    let mut timings = Vec::new();
    let wanted = |kind: Kind| mode == Mode::Alone || kind == Kind::Operation;
    let functions: Vec<_> = functions.iter().filter(|(_, kind)| wanted(*kind)).collect();
    progress(&format!(
        "{}: timing {} functions",
        mode.name(),
        functions.len()
    ));
    for (name, kind) in functions {
        let ask = |program: &mut Program, count: i64| {
            program.number(&format!("{} {name} {count}", mode.request()))
        };
        let Some(first) = programs.first_mut() else {
            break;
        };
        let mut count = 16;
        while ask(first, count)? < effort.span && count < 1 << 28 {
            count *= 2;
        }
        let mut rounds = vec![Vec::new(); programs.len()];
        for round in 0..effort.rounds {
            for turn in 0..programs.len() {
                // Each is the first one in some round.
                let index = (round + turn) % programs.len();
                rounds[index].push(per_call(ask(&mut programs[index], count)?, count));
            }
        }
        let times = programs.iter().zip(&rounds).map(|(program, own)| {
            let ratios = own.iter().zip(&rounds[0]).map(|(own, ours)| own / ours);
            let ratios = Spread::of(ratios.collect());
            (program.implementation, Spread::of(own.clone()), ratios)
        });
        timings.push(Timing {
            name: name.clone(),
            kind: *kind,
            mode,
            times: times.collect(),
        });
    }
    Ok(timings)
}

/// The time of one call, in nanoseconds.
#[expect(clippy::cast_precision_loss, reason = "times are short")]
fn per_call(time: i64, count: i64) -> f64 {
    (time.max(1) as f64) / (count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_the_quartiles() {
        let spread = Spread::of(vec![5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!((spread.low, spread.median, spread.high), (2.0, 3.0, 4.0));
        let half = Spread::of(vec![2.0]).inverse();
        assert_eq!((half.low, half.median, half.high), (0.5, 0.5, 0.5));
    }
}
