//! Judges one function of the kernel's against what the memory model requires of it.
//!
//! The function lacks something if, on a path on which it succeeds, the instructions do not keep the
//! required order. What is missing is found by trying: of the remedies below, the first one with
//! which the path keeps that order. The function costs more than required if an instruction can be
//! replaced by a lighter one, or by none, and all paths still keep that order.

use anyhow::Result;
use atomics_machine_code::event::{Access, Event, Level, Rule, Side as Kind};
use atomics_machine_code::isa::{Isa, Light};

use crate::order::{Architecture, Guarantees, guarantees};
use crate::point::{Effect, Point};
use crate::side::Side;
use crate::track::Path;
use crate::verdict::{Outcomes, texts};

/// The verdict on a function of the kernel's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// It orders what is required, and no instruction can be lighter.
    AsRequired,
    /// It orders more than required, and a lighter instruction would be enough.
    KernelStronger,
    /// It orders less than required.
    KernelWeaker,
}

impl Judgement {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::AsRequired => "as-required",
            Self::KernelStronger => "kernel-stronger",
            Self::KernelWeaker => "kernel-weaker",
        }
    }
}

/// What a path lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The accesses and fences of the path.
    pub path: Vec<String>,
    /// What would be enough, such as "an acquire of `ldadd`".
    pub missing: String,
    /// The accesses that are not in order, in short.
    pub unordered: String,
}

/// An instruction that orders more than required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The instruction, without registers.
    pub instruction: String,
    /// What would be enough. None if no instruction is needed.
    pub enough: Option<String>,
    /// Whether this is so only when the operation fails.
    pub on_failure: bool,
}

/// What a function lacks, and what it costs. It costs nothing if it lacks something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// What each path lacks.
    pub lacks: Vec<Lack>,
    /// The instructions that order more than required.
    pub costs: Vec<Cost>,
}

impl Judged {
    /// Judges a function.
    ///
    /// # Errors
    ///
    /// If no path succeeds.
    pub fn new(side: &Side, point: &Point, isa: &Isa) -> Result<Self> {
        let outcomes = Outcomes::new(&side.paths, point)?;
        let judge = Judge {
            point,
            isa,
            model: Architecture::of(isa),
        };
        let mut judged = Self::default();
        for path in &outcomes.success {
            if let Some(lack) = judge.lack(path)
                && !judged.lacks.contains(&lack)
            {
                judged.lacks.push(lack);
            }
        }
        if judged.lacks.is_empty() {
            judged.costs = judge.costs(&outcomes);
        }
        Ok(judged)
    }

    /// The verdict.
    pub fn judgement(&self) -> Judgement {
        match (self.lacks.as_slice(), self.costs.as_slice()) {
            ([], []) => Judgement::AsRequired,
            ([], _) => Judgement::KernelStronger,
            _ => Judgement::KernelWeaker,
        }
    }
}

struct Judge<'a> {
    point: &'a Point,
    isa: &'a Isa,
    model: Architecture,
}

impl Judge<'_> {
    /// The required guarantees that a path does not have, as text.
    fn unordered(&self, events: &[Event]) -> String {
        guarantees(events, self.model).lacks_in_short(&self.point.contract)
    }

    /// What a path lacks, if anything.
    fn lack(&self, path: &Path) -> Option<Lack> {
        let last = path.events.iter().rev().find_map(|event| match event {
            Event::Access { access, text, .. } => Some((*access, text)),
            _ => None,
        });
        let (missing, unordered) = match last {
            Some((Access::Store, text)) if self.point.is_rmw => {
                let missing = format!("one atomic access: `{text}` only stores");
                (missing, String::new())
            }
            _ => {
                let unordered = self.unordered(&path.events);
                if unordered.is_empty() {
                    return None;
                }
                (self.remedy(&path.events), unordered)
            }
        };
        Some(Lack {
            path: texts(&path.events),
            missing,
            unordered,
        })
    }

    /// The weakest addition with which a path keeps the required order.
    fn remedy(&self, events: &[Event]) -> String {
        let remedies = match self.point.effect {
            Effect::Barrier => Remedy::fences(self.point.contract.scope()),
            _ => Remedy::beside(events),
        };
        let is_enough = |remedy: &&Remedy| self.unordered(&remedy.apply(events)).is_empty();
        match remedies.iter().find(is_enough) {
            Some(remedy) => remedy.text.clone(),
            None => "more than one fence".into(),
        }
    }

    /// The instructions of the paths that can be lighter.
    fn costs(&self, outcomes: &Outcomes) -> Vec<Cost> {
        let mut costs = Vec::new();
        let mut success = outcomes.success.clone();
        let all = outcomes.success.iter().chain(&outcomes.failure);
        let places = all.flat_map(|path| path.nodes.iter().zip(&path.events));
        let mut seen: Vec<usize> = Vec::new();
        let mut light: Vec<usize> = Vec::new();
        for (&node, event) in places {
            if seen.contains(&node) || *event == Event::Branch {
                continue;
            }
            seen.push(node);
            for replacement in self.replacements(event) {
                let changed: Vec<Path> = success
                    .iter()
                    .map(|path| replace(path, node, replacement.as_ref()))
                    .collect();
                if changed.iter().all(|p| self.unordered(&p.events).is_empty()) {
                    success = changed;
                    light.push(node);
                    costs.push(Cost {
                        instruction: text(event),
                        enough: replacement.map(|light| light.text),
                        on_failure: false,
                    });
                    break;
                }
            }
        }
        for path in &outcomes.failure {
            for (&node, event) in decided(path) {
                if let Event::Fence { rules, .. } = event
                    && !rules.is_empty()
                    && !light.contains(&node)
                {
                    light.push(node);
                    costs.push(Cost {
                        instruction: text(event),
                        enough: None,
                        on_failure: true,
                    });
                }
            }
        }
        costs
    }

    /// What may be enough in place of an instruction, the lightest first.
    fn replacements(&self, event: &Event) -> Vec<Option<Light>> {
        match event {
            Event::Access {
                access,
                rules,
                text,
                ..
            } if !rules.is_empty() => {
                let lighter = self.isa.lighter_accesses(text, *access, rules);
                lighter.into_iter().map(Some).collect()
            }
            Event::Fence { rules, text } if !rules.is_empty() => {
                let orders = |rules: &[Rule]| {
                    let fence = Event::Fence {
                        rules: rules.to_vec(),
                        text: String::new(),
                    };
                    guarantees(&[fence], self.model)
                };
                // A fully ordered operation is specified by full fences, and may have them, even if
                // the operation's own order makes a part of one redundant.
                if self.point.contract == Guarantees::full() {
                    return vec![None];
                }
                let whole = orders(rules);
                let mnemonic = text.split(' ').next().unwrap_or_default();
                let others = self.isa.other_fences(mnemonic).into_iter();
                let lighter = others.filter(|other| {
                    let less = orders(&other.rules);
                    whole.lacks(&less).is_empty() && !less.lacks(&whole).is_empty()
                });
                let mut all: Vec<Option<Light>> = vec![None];
                all.extend(lighter.filter(|l| !l.rules.is_empty()).map(Some));
                all
            }
            _ => Vec::new(),
        }
    }
}

/// The nodes and events of a path on which an operation fails, from where it could have jumped to
/// its end: after a jump that follows the last access.
fn decided(path: &Path) -> impl Iterator<Item = (&usize, &Event)> {
    let all = || path.nodes.iter().zip(&path.events);
    let is_access = |(_, event): (&usize, &Event)| matches!(event, Event::Access { .. });
    let last = all().rposition(is_access).unwrap_or_default();
    let rest = all()
        .skip(last)
        .skip_while(|(_, event)| **event != Event::Branch);
    // The outcome is not known if the path also succeeds.
    rest.filter(|_| path.writes == Some(false))
}

/// The text of an access or a fence.
fn text(event: &Event) -> String {
    texts(std::slice::from_ref(event)).join("")
}

/// A path with the instruction at `node` replaced, or without its rules.
fn replace(path: &Path, node: usize, by: Option<&Light>) -> Path {
    let mut path = path.clone();
    for (at, event) in path.nodes.iter().zip(&mut path.events) {
        if let (true, Event::Access { rules, .. } | Event::Fence { rules, .. }) =
            (*at == node, event)
        {
            *rules = by.map(|light| light.rules.clone()).unwrap_or_default();
        }
    }
    path
}

/// An addition to a path: rules for an access, or a fence before an event.
#[derive(Clone, Debug)]
enum Addition {
    Rule(usize, Rule),
    Fence(usize, Vec<Rule>),
}

/// Additions to a path, and what they are called.
#[derive(Clone, Debug)]
struct Remedy {
    text: String,
    /// From the last place to the first, so that a fence moves none of the places to come.
    additions: Vec<Addition>,
}

impl Remedy {
    fn new(text: &str, addition: Addition) -> Self {
        Self {
            text: text.to_owned(),
            additions: vec![addition],
        }
    }

    /// Both remedies, of which `first` is for an earlier place.
    fn and(first: &Self, second: &Self) -> Self {
        Self {
            text: format!("{} and {}", first.text, second.text),
            additions: [second.additions.as_slice(), &first.additions].concat(),
        }
    }

    /// What a barrier may lack: fences, the weakest first.
    fn fences(scope: Level) -> Vec<Self> {
        let devices = match scope {
            Level::Dma => " that reaches coherent devices",
            Level::Io => " that reaches all devices",
            _ => "",
        };
        let fence = |what: &str, rules: &[(Kind, Kind)]| {
            let rules = rules.iter().map(|(a, b)| Rule::Fence(*a, *b, scope));
            let fence = Addition::Fence(0, rules.collect());
            Self::new(&format!("a {what}{devices}"), fence)
        };
        vec![
            fence("fence between loads", &[(Kind::Reads, Kind::Reads)]),
            fence("fence between stores", &[(Kind::Writes, Kind::Writes)]),
            fence("full fence", &[(Kind::All, Kind::All)]),
        ]
    }

    /// What an operation may lack, the weakest first: acquire or release ordering of its own access,
    /// or a fence before or after it.
    fn beside(events: &[Event]) -> Vec<Self> {
        let find = |wanted: &dyn Fn(Access) -> bool| {
            events.iter().rposition(|event| match event {
                Event::Access { access, .. } => wanted(*access),
                _ => false,
            })
        };
        let stores = |access| !matches!(access, Access::Load | Access::LoadLinked);
        let loads = |access| !matches!(access, Access::Store | Access::StoreConditional);
        let full = || vec![Rule::Fence(Kind::All, Kind::All, Level::Smp)];
        let store = find(&stores);
        let load = match store.map(|at| &events[at]) {
            // A store without a load of its own.
            Some(Event::Access {
                access: Access::Store,
                ..
            }) => None,
            _ => find(&loads),
        };
        let named = |at: usize| text(&events[at]);
        let acquire = load.map(|at| {
            let text = format!("an acquire of the load of `{}`", named(at));
            Self::new(&text, Addition::Rule(at, Rule::Load(Kind::All)))
        });
        let release = store.map(|at| {
            let text = format!("a release of the store of `{}`", named(at));
            Self::new(&text, Addition::Rule(at, Rule::ToStore(Kind::All)))
        });
        let before = load.or(store).map(|at| {
            let text = format!("a full fence before `{}`", named(at));
            Self::new(&text, Addition::Fence(at, full()))
        });
        let after = store.or(load).map(|at| {
            let text = format!("a full fence after `{}`", named(at));
            Self::new(&text, Addition::Fence(at + 1, full()))
        });
        let pair = |first: &Option<Self>, second: &Option<Self>| {
            let both = first.as_ref().zip(second.as_ref());
            both.map(|(first, second)| Self::and(first, second))
        };
        let pairs = [
            pair(&acquire, &release),
            pair(&release, &after),
            pair(&before, &acquire),
            pair(&before, &after),
        ];
        let [one, two, three, four] = pairs;
        let all = [acquire, release, one, after, before, two, three, four];
        all.into_iter().flatten().collect()
    }

    /// The path with the additions.
    fn apply(&self, events: &[Event]) -> Vec<Event> {
        let mut events = events.to_vec();
        for addition in &self.additions {
            match addition {
                Addition::Rule(at, rule) => {
                    if let Event::Access { rules, .. } = &mut events[*at] {
                        rules.push(*rule);
                    }
                }
                Addition::Fence(at, rules) => events.insert(
                    *at,
                    Event::Fence {
                        rules: rules.clone(),
                        text: String::new(),
                    },
                ),
            }
        }
        events
    }
}
