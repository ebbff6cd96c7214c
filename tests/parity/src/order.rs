//! The model behind the verdicts: which accesses a sequence of instructions keeps in order.
//!
//! Six kinds of events matter to a caller: the loads and stores before the operation, the load and
//! the store of the operation itself, and the loads and stores after it. A path through a function
//! guarantees the order of some pairs of them. These pairs are derived from the rules of the
//! instructions on the path, in these steps:
//!
//! 1. Each rule orders the accesses of the path, and those of the caller, as the rule says.
//! 2. The load of a read-modify-write is ordered before its own store.
//! 3. Under total store order, all pairs are ordered except a store and a later load.
//! 4. The order is transitively closed.
//! 5. If a store that is visible to one other CPU is visible to all, an access that is ordered
//!    before the store of a successful read-modify-write is also ordered before its load: no other
//!    CPU writes to the variable between the two, so the load cannot have read the value from
//!    before the earlier access.
//!
//! An ordering that does not follow from a table is not guaranteed, so ours is never considered
//! stronger than it is.

use std::fmt;

use atomics_machine_code::event::{Access, Event, Level, Rule, Side};
use atomics_machine_code::isa::Isa;

/// The kinds of events that matter to a caller.
pub const NODES: [&str; 6] = [
    "earlier loads",
    "earlier stores",
    "its load",
    "its store",
    "later loads",
    "later stores",
];

const EARLIER: [usize; 2] = [0, 1];
const LOAD: usize = 2;
const STORE: usize = 3;
const LATER: [usize; 2] = [4, 5];

/// The pairs that are guaranteed to be in order, with the scope of each guarantee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Guarantees([[Level; 6]; 6]);

impl Guarantees {
    /// All guarantees: without a path, nothing is out of order.
    fn everything() -> Self {
        let mut all = Self::default();
        for (a, b) in pairs() {
            all.0[a][b] = Level::Absent;
        }
        all
    }

    /// All pairs, with their names.
    pub fn pairs() -> impl Iterator<Item = (String, (usize, usize))> {
        pairs().map(|(a, b)| (format!("{} before {}", NODES[a], NODES[b]), (a, b)))
    }

    /// The scope of the guarantee for a pair.
    pub fn level(&self, (a, b): (usize, usize)) -> Level {
        self.0[a][b]
    }

    /// The guarantees that both have.
    pub fn meet(&self, other: &Self) -> Self {
        self.zip(other, Level::min)
    }

    /// The guarantees that either has.
    pub fn join(&self, other: &Self) -> Self {
        self.zip(other, Level::max)
    }

    fn zip(&self, other: &Self, f: impl Fn(Level, Level) -> Level) -> Self {
        let mut out = *self;
        for (a, b) in pairs() {
            out.0[a][b] = f(self.0[a][b], other.0[a][b]);
        }
        out
    }

    /// The guarantees of `other` that `self` lacks, as text. Accesses that `other` does not have
    /// are left out.
    pub fn lacks(&self, other: &Self) -> Vec<String> {
        pairs()
            .filter(|&(a, b)| other.0[a][b] != Level::Absent && self.0[a][b] < other.0[a][b])
            .map(|(a, b)| format!("{} before {}", NODES[a], NODES[b]))
            .collect()
    }

    /// The same as [`Self::lacks`] in few words, such as "its load before later accesses".
    pub fn lacks_in_short(&self, other: &Self) -> String {
        let is_missing =
            |a: usize, b: usize| other.0[a][b] != Level::Absent && self.0[a][b] < other.0[a][b];
        // Nodes that must be before the same other nodes, with these.
        let mut groups: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
        for a in 0..NODES.len() {
            let missing = pairs().filter(|&(first, b)| first == a && is_missing(a, b));
            let after: Vec<usize> = missing.map(|(_, b)| b).collect();
            match groups.iter_mut().find(|(_, others)| *others == after) {
                _ if after.is_empty() => {}
                Some((nodes, _)) => nodes.push(a),
                None => groups.push((vec![a], after)),
            }
        }
        let texts = groups
            .iter()
            .map(|(before, after)| format!("{} before {}", names(before), names(after)));
        texts.collect::<Vec<_>>().join("; ")
    }

    /// The widest scope of a guarantee.
    pub fn scope(&self) -> Level {
        let levels = self.0.iter().flatten().copied();
        let present = levels.filter(|level| *level != Level::Absent);
        present.max().unwrap_or_default()
    }

    fn add(&mut self, from: &[usize], to: &[usize], level: Level) {
        for &a in from {
            for &b in to {
                if a < b {
                    self.0[a][b] = self.0[a][b].max(level);
                }
            }
        }
    }

    /// The guarantees that all paths have.
    pub fn all<'a>(paths: impl IntoIterator<Item = &'a Guarantees>) -> Self {
        let all = Self::everything();
        paths.into_iter().fold(all, |all, path| all.meet(path))
    }

    /// Full ordering, as if there were an `smp_mb()` before and after.
    pub fn full() -> Self {
        let mut out = Self::default();
        out.add(&[0, 1], &[2, 3, 4, 5], Level::Smp);
        out.add(&[2, 3], &[4, 5], Level::Smp);
        out
    }

    /// Acquire ordering: the load before later accesses.
    pub fn acquire() -> Self {
        let mut out = Self::default();
        out.add(&[LOAD], &LATER, Level::Smp);
        out
    }

    /// Release ordering: earlier accesses before the store.
    pub fn release() -> Self {
        let mut out = Self::default();
        out.add(&EARLIER, &[STORE], Level::Smp);
        out
    }

    /// A barrier between earlier and later accesses.
    pub fn barrier(before: Side, after: Side, level: Level) -> Self {
        let of = |side: Side, nodes: [usize; 2]| -> Vec<usize> {
            let nodes = [(nodes[0], false), (nodes[1], true)];
            let kept = nodes.into_iter().filter(|(_, store)| side.has(*store));
            kept.map(|(node, _)| node).collect()
        };
        let mut out = Self::default();
        out.add(&of(before, EARLIER), &of(after, LATER), level);
        out
    }

    /// A full barrier right before an operation, or right after it.
    pub fn beside(before: bool) -> Self {
        let mut out = Self::default();
        if before {
            out.add(&EARLIER, &[2, 3, 4, 5], Level::Smp);
        } else {
            out.add(&[0, 1, 2, 3], &LATER, Level::Smp);
        }
        out
    }
}

/// The names of kinds of events, joined.
fn names(nodes: &[usize]) -> String {
    let both = [
        (EARLIER, "earlier accesses"),
        ([LOAD, STORE], "its access"),
        (LATER, "later accesses"),
    ];
    let names = both.iter().flat_map(|(pair, name)| {
        let found: Vec<&str> = pair
            .iter()
            .filter(|node| nodes.contains(node))
            .map(|node| NODES[*node])
            .collect();
        match found.len() {
            2 => vec![*name],
            _ => found,
        }
    });
    names.collect::<Vec<_>>().join(" and ")
}

/// All pairs whose order matters.
fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..4)
        .flat_map(|a| (a + 1..6).map(move |b| (a, b)))
        .filter(|&(a, b)| {
            // The order within the caller's accesses, and of the operation's own load and store,
            // does not matter.
            !(EARLIER.contains(&a) && EARLIER.contains(&b)) && (a, b) != (LOAD, STORE)
        })
}

impl fmt::Display for Guarantees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut any = false;
        for (a, b) in pairs() {
            let level = match self.0[a][b] {
                Level::None | Level::Absent => continue,
                Level::Smp => "",
                Level::Dma => " (dma)",
                Level::Io => " (io)",
            };
            let comma = if any { ", " } else { "" };
            write!(f, "{comma}{} before {}{level}", NODES[a], NODES[b])?;
            any = true;
        }
        if any { Ok(()) } else { f.write_str("nothing") }
    }
}

/// The properties of an architecture that do not belong to an instruction.
#[derive(Clone, Copy, Debug)]
pub struct Architecture {
    /// The scope of total store order, if the architecture has it.
    pub tso: Level,
    /// Whether a store that is visible to one other CPU is visible to all.
    pub multi_copy: bool,
}

impl Architecture {
    /// The properties in a table of instructions.
    pub fn of(isa: &Isa) -> Self {
        Self {
            tso: isa.tso,
            multi_copy: isa.multi_copy,
        }
    }
}

/// One access in the graph: a load or store of an instruction, or of the caller.
#[derive(Clone, Copy, Debug)]
struct Half {
    /// The position, on the same scale as the positions of fences.
    at: usize,
    store: bool,
}

/// Derives the guarantees of a path. The operation's own load and store are those of its last
/// write, or its last load if nothing is written.
pub fn guarantees(path: &[Event], model: Architecture) -> Guarantees {
    let end = path.len() * 4 + 8;
    let mut nodes = vec![
        Half {
            at: 0,
            store: false,
        },
        Half { at: 0, store: true },
        Half {
            at: end,
            store: false,
        },
        Half {
            at: end,
            store: true,
        },
    ];
    // The load and store of each event, and the pairs that are one read-modify-write.
    let mut halves: Vec<(Option<usize>, Option<usize>)> = Vec::new();
    let mut linked = None;
    let mut whole = Vec::new();
    for (index, event) in path.iter().enumerate() {
        let at = index * 4 + 4;
        let mut node = |store| {
            nodes.push(Half { at, store });
            nodes.len() - 1
        };
        halves.push(match event {
            Event::Access { access, stored, .. } => {
                let loads = !matches!(access, Access::Store | Access::StoreConditional);
                let stores =
                    !matches!(access, Access::Load | Access::LoadLinked) && *stored != Some(false);
                let load = loads.then(|| node(false));
                let store = stores.then(|| node(true));
                if *access == Access::LoadLinked {
                    linked = load;
                }
                let from = if *access == Access::StoreConditional {
                    linked
                } else {
                    load
                };
                if let (Some(load), Some(store)) = (from, store) {
                    whole.push((load, store));
                }
                (load, store)
            }
            _ => (None, None),
        });
    }
    let mut graph = OrderGraph::new(&nodes);
    for &(load, store) in &whole {
        graph.edge(load, store, Level::Io);
    }
    graph.fence(|_| true, |_| true, &|a, b| !a.store || b.store, model.tso);
    for (index, event) in path.iter().enumerate() {
        let at = index * 4 + 4;
        let (Event::Access { rules, .. } | Event::Fence { rules, .. }) = event else {
            continue;
        };
        // A compare-and-exchange that does not store has no release semantics.
        let stores = !matches!(
            event,
            Event::Access {
                stored: Some(false),
                ..
            }
        );
        let is_release = |rule: &&Rule| matches!(rule, Rule::ToLoad(_) | Rule::ToStore(_));
        for rule in rules.iter().filter(|rule| stores || !is_release(rule)) {
            graph.rule(*rule, at, halves[index], &path[..index], &halves);
        }
    }
    graph.close();
    if model.multi_copy {
        for &(load, store) in &whole {
            for a in 0..nodes.len() {
                let level = graph.edges[a][store];
                if a != load && nodes[a].at < nodes[load].at {
                    graph.edge(a, load, level);
                }
            }
        }
        graph.close();
    }
    let last_store = halves.iter().rev().find_map(|(_, store)| *store);
    let own_load = match last_store {
        Some(store) => whole.iter().find(|(_, s)| *s == store).map(|(l, _)| *l),
        None => halves.iter().rev().find_map(|(load, _)| *load),
    };
    let places = [Some(0), Some(1), own_load, last_store, Some(2), Some(3)];
    let mut out = Guarantees::default();
    for (a, b) in pairs() {
        out.0[a][b] = match (places[a], places[b]) {
            (Some(from), Some(to)) => graph.edges[from][to],
            _ => Level::Absent,
        };
    }
    out
}

struct OrderGraph<'n> {
    nodes: &'n [Half],
    edges: Vec<Vec<Level>>,
}

impl<'n> OrderGraph<'n> {
    fn new(nodes: &'n [Half]) -> Self {
        let edges = vec![vec![Level::None; nodes.len()]; nodes.len()];
        Self { nodes, edges }
    }

    fn edge(&mut self, from: usize, to: usize, level: Level) {
        self.edges[from][to] = self.edges[from][to].max(level);
    }

    /// Orders the accesses that match `from` before those later accesses that match `to`.
    fn fence(
        &mut self,
        from: impl Fn(&Half) -> bool,
        to: impl Fn(&Half) -> bool,
        pair: &dyn Fn(&Half, &Half) -> bool,
        level: Level,
    ) {
        for (i, a) in self.nodes.iter().enumerate() {
            for (j, b) in self.nodes.iter().enumerate() {
                if a.at < b.at && from(a) && to(b) && pair(a, b) {
                    self.edges[i][j] = self.edges[i][j].max(level);
                }
            }
        }
    }

    fn rule(
        &mut self,
        rule: Rule,
        at: usize,
        (load, store): (Option<usize>, Option<usize>),
        before: &[Event],
        halves: &[(Option<usize>, Option<usize>)],
    ) {
        let any = |_: &Half, _: &Half| true;
        let mut fence = |first: Side, second: Side, from: usize, to: usize, level| {
            self.fence(
                |n| n.at <= from && first.has(n.store),
                |n| n.at >= to && second.has(n.store),
                &any,
                level,
            );
        };
        match rule {
            Rule::Fence(first, second, level) => fence(first, second, at, at, level),
            Rule::Before(first, second, level) => fence(first, second, at - 1, at, level),
            Rule::After(first, second, level) => fence(first, second, at, at + 1, level),
            Rule::Load(side) => self.after(load, at, side),
            Rule::Store(side) => self.after(store, at, side),
            Rule::ToLoad(side) => self.before(load, at, side),
            Rule::ToStore(side) => self.before(store, at, side),
            Rule::Control => {
                let Some(branch) = before.iter().rposition(|e| *e == Event::Branch) else {
                    return;
                };
                for (load, _) in &halves[..branch] {
                    self.after(*load, at, Side::All);
                }
            }
        }
    }

    fn after(&mut self, node: Option<usize>, at: usize, side: Side) {
        for (j, b) in self.nodes.iter().enumerate() {
            if let (Some(i), true) = (node, b.at > at && side.has(b.store)) {
                self.edges[i][j] = self.edges[i][j].max(Level::Smp);
            }
        }
    }

    fn before(&mut self, node: Option<usize>, at: usize, side: Side) {
        for (i, a) in self.nodes.iter().enumerate() {
            if let (Some(j), true) = (node, a.at < at && side.has(a.store)) {
                self.edges[i][j] = self.edges[i][j].max(Level::Smp);
            }
        }
    }

    fn close(&mut self) {
        let n = self.nodes.len();
        for k in 0..n {
            for i in 0..n {
                for j in 0..n {
                    let level = self.edges[i][k].min(self.edges[k][j]);
                    if i != j {
                        self.edges[i][j] = self.edges[i][j].max(level);
                    }
                }
            }
        }
    }
}
