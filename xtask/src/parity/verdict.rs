//! The comparison of two functions.

use super::isa::Isa;
use super::order::{Event, Guarantees, Model, guarantees};
use super::point::{Kind, Point};
use super::track::Path;

/// How ours compares with the kernel's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The same accesses and fences, or what comes to the same.
    Same,
    /// Ours orders more.
    Stronger,
    /// The kernel's orders more than its contract asks for, and ours does not.
    KernelStronger,
    /// Ours orders less than the contract asks for.
    Weaker,
}

impl Verdict {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Stronger => "stronger",
            Self::KernelStronger => "kernel-stronger",
            Self::Weaker => "weaker",
        }
    }
}

/// What a function guarantees, on the paths that write and on those that do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// When it does what it is for.
    pub success: Guarantees,
    /// When it fails; none if it cannot.
    pub failure: Option<Guarantees>,
    /// The accesses and fences of each path, to tell what is the same instruction for instruction.
    pub sequences: Vec<Vec<String>>,
}

impl Ordered {
    /// Derives it from the paths of a function.
    ///
    /// # Errors
    ///
    /// If no path does what the operation is for.
    pub fn new(paths: &[Path], point: &Point, isa: &Isa) -> anyhow::Result<Self> {
        let model = Model {
            tso: isa.tso,
            multi_copy: isa.multi_copy,
        };
        let of = |events: &[Event]| guarantees(events, model);
        // Of a load or a barrier, each path does all that there is to do.
        let always = point.kind != Kind::Store;
        let mut success = Vec::new();
        let mut failure = Vec::new();
        for path in paths {
            match path.writes {
                _ if always => success.push(of(&path.events)),
                Some(true) => success.push(of(&path.events)),
                Some(false) => failure.push(of(&path.events)),
                None => {
                    success.push(of(&outcome(&path.events, true)));
                    failure.push(of(&outcome(&path.events, false)));
                }
            }
        }
        anyhow::ensure!(!success.is_empty(), "no path of it writes the variable");
        let mut sequences: Vec<Vec<String>> = paths.iter().map(|p| texts(&p.events)).collect();
        sequences.sort_unstable();
        sequences.dedup();
        if failure.is_empty() {
            // It writes back what it found where it does nothing, so that any path may be one.
            failure.clone_from(&success);
        }
        Ok(Self {
            success: Guarantees::all(&success),
            failure: point.can_fail.then(|| Guarantees::all(&failure)),
            sequences,
        })
    }
}

/// The events when compare-and-exchanges of which nothing is known store, or do not.
fn outcome(events: &[Event], stores: bool) -> Vec<Event> {
    let mut events = events.to_vec();
    for event in &mut events {
        if let Event::Access { stored, .. } = event {
            *stored = stored.or(Some(stores));
        }
    }
    events
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
pub struct Side {
    /// How ours compares.
    pub verdict: Verdict,
    /// What the contract asks for and ours does not have.
    pub missing: Vec<String>,
    /// What the kernel's has and ours does not, although the contract does not ask for it.
    pub less: Vec<String>,
    /// What ours has and the kernel's does not.
    pub more: Vec<String>,
    /// What the contract asks for and the kernel's does not have.
    pub kernel_missing: Vec<String>,
}

/// Compares what ours guarantees with the kernel's and with the contract.
pub fn compare(ours: &Guarantees, kernel: &Guarantees, contract: &Guarantees) -> Side {
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
    Side {
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
    /// When it does what it is for.
    pub success: Side,
    /// When it fails.
    pub failure: Option<Side>,
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

    /// The verdict of the whole variant: what is worst, or else what is most to be explained.
    pub fn verdict(&self) -> Verdict {
        let failure = self.failure.as_ref().map(|side| side.verdict);
        failure.map_or(self.success.verdict, |f| f.max(self.success.verdict))
    }
}
