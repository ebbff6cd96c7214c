//! Compares the guarantees of two functions.

use crate::order::{Architecture, Guarantees, guarantees};
use crate::point::{Effect, Point};
use crate::track::Path;
use atomics_machine_code::event::Event;
use atomics_machine_code::isa::Isa;

/// The result of comparing ours with the kernel's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Both guarantee the same.
    Same,
    /// Ours guarantees more.
    Stronger,
    /// The kernel's guarantees more than required, and ours does not.
    KernelStronger,
    /// Ours guarantees less than required.
    Weaker,
}

impl Verdict {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Stronger => "stronger",
            Self::KernelStronger => "kernel-stronger",
            Self::Weaker => "weaker",
        }
    }
}

/// The guarantees of a function, on success and on failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// The guarantees on success.
    pub success: Guarantees,
    /// The guarantees on failure. None if the operation cannot fail.
    pub failure: Option<Guarantees>,
    /// The accesses and fences of each path, to recognise identical code.
    pub sequences: Vec<Vec<String>>,
}

impl Ordered {
    /// Derives the guarantees from the paths of a function.
    ///
    /// # Errors
    ///
    /// If no path succeeds.
    pub fn new(paths: &[Path], point: &Point, isa: &Isa) -> anyhow::Result<Self> {
        let model = Architecture::of(isa);
        let of = |paths: &[Path]| -> Vec<Guarantees> {
            let all = paths.iter().map(|path| guarantees(&path.events, model));
            all.collect()
        };
        let outcomes = Outcomes::new(paths, point)?;
        let (success, mut failure) = (of(&outcomes.success), of(&outcomes.failure));
        let mut sequences: Vec<Vec<String>> = paths.iter().map(|p| texts(&p.events)).collect();
        sequences.sort_unstable();
        sequences.dedup();
        if failure.is_empty() {
            // A failing operation writes back the old value, so any path may be a failure.
            failure.clone_from(&success);
        }
        Ok(Self {
            success: Guarantees::all(&success),
            failure: point.can_fail.then(|| Guarantees::all(&failure)),
            sequences,
        })
    }
}

/// The paths through a function by outcome. A path whose outcome depends on the result of a
/// compare-and-exchange is in both lists.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    /// The paths on which the operation does something, or can not fail.
    pub success: Vec<Path>,
    /// The paths on which it does nothing.
    pub failure: Vec<Path>,
}

impl Outcomes {
    /// Sorts the paths.
    ///
    /// # Errors
    ///
    /// If no path succeeds.
    pub fn new(paths: &[Path], point: &Point) -> anyhow::Result<Self> {
        let mut out = Self::default();
        for path in paths {
            match path.writes {
                // A load or a barrier succeeds on every path.
                _ if point.effect != Effect::Store => out.success.push(path.clone()),
                Some(true) => out.success.push(path.clone()),
                Some(false) => out.failure.push(path.clone()),
                None => {
                    out.success.push(outcome(path, true));
                    out.failure.push(outcome(path, false));
                }
            }
        }
        anyhow::ensure!(
            !out.success.is_empty(),
            "no path through the function writes the variable"
        );
        Ok(out)
    }
}

/// The path if all compare-and-exchanges with unknown results store, or do not store.
fn outcome(path: &Path, stores: bool) -> Path {
    let mut path = path.clone();
    for event in &mut path.events {
        if let Event::Access { stored, .. } = event {
            *stored = stored.or(Some(stores));
        }
    }
    path
}

/// The accesses and fences of a path as text.
pub fn texts(events: &[Event]) -> Vec<String> {
    let texts = events.iter().filter_map(|event| match event {
        Event::Access { text, .. } | Event::Fence { text, .. } => Some(text.clone()),
        Event::Branch => None,
    });
    texts.collect()
}

/// The comparison of one outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// Required guarantees that ours lacks.
    pub missing: Vec<String>,
    /// Guarantees of the kernel's that ours lacks, required or not.
    pub less: Vec<String>,
    /// Guarantees of ours that the kernel's lacks.
    pub more: Vec<String>,
    /// Required guarantees that the kernel's lacks.
    pub kernel_missing: Vec<String>,
}

/// Compares the guarantees of ours with the kernel's and with the required ones.
pub fn compare(ours: &Guarantees, kernel: &Guarantees, contract: &Guarantees) -> Judged {
    let missing = ours.lacks(contract);
    let less = ours.lacks(kernel);
    let more = kernel.lacks(ours);
    let verdict = if !missing.is_empty() {
        Verdict::Weaker
    } else if !less.is_empty() {
        Verdict::KernelStronger
    } else if !more.is_empty() {
        Verdict::Stronger
    } else {
        Verdict::Same
    };
    Judged {
        verdict,
        missing,
        less,
        more,
        kernel_missing: kernel.lacks(contract),
    }
}

/// The comparison of a variant: on success and on failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// On success.
    pub success: Judged,
    /// On failure. None if the operation cannot fail.
    pub failure: Option<Judged>,
}

impl Comparison {
    /// Compares two functions.
    pub fn new(ours: &Ordered, kernel: &Ordered, point: &Point) -> Self {
        let failure = ours.failure.as_ref().zip(kernel.failure.as_ref());
        Self {
            success: compare(&ours.success, &kernel.success, &point.contract),
            failure: failure.map(|(o, k)| compare(o, k, &Guarantees::default())),
        }
    }

    /// The verdict of the whole variant: the worse of both, in the order of [`Verdict`].
    pub fn verdict(&self) -> Verdict {
        let failure = self.failure.as_ref().map(|side| side.verdict);
        failure.map_or(self.success.verdict, |f| f.max(self.success.verdict))
    }
}
