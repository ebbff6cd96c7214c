//! What the rows `let` define: names in braces whose values depend on the variant.

use crate::model::op::Ordering;

/// One thing that a row `let` or `when` can depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key<'a> {
    /// A width in bits.
    Bits(u32),
    /// An ordering.
    Ordering(Ordering),
    /// An operation, by its name.
    Op(&'a str),
}

impl Key<'_> {
    /// Whether the key holds for an instance of a template.
    pub fn holds(&self, instance: &Instance<'_>) -> bool {
        match self {
            Key::Bits(bits) => *bits == instance.bits,
            Key::Ordering(ordering) => *ordering == instance.ordering,
            Key::Op(op) => *op == instance.op,
        }
    }
}

/// What a template is instantiated for: one ordering of one operation at one width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instance<'a> {
    pub op: &'a str,
    pub ordering: Ordering,
    pub bits: u32,
}

/// One row `let`.
pub(super) struct Substitution<'a> {
    pub name: &'a str,
    pub keys: Vec<Key<'a>>,
    pub text: &'a str,
}

/// All rows `let` so far.
#[derive(Default)]
pub(super) struct Substitutions<'a>(Vec<Substitution<'a>>);

impl<'a> Substitutions<'a> {
    /// Adds a row.
    pub fn push(&mut self, row: Substitution<'a>) {
        self.0.push(row);
    }

    /// Whether a row of this name has one of the keys.
    pub fn has_key(&self, name: &str, keys: &[Key<'_>]) -> bool {
        let mut rows = self.0.iter().filter(|row| row.name == name);
        rows.any(|row| row.keys.iter().any(|key| keys.contains(key)))
    }

    /// The names, each once.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        let rows = &self.0;
        let is_first = |at: usize| rows[..at].iter().all(|row| row.name != rows[at].name);
        let all = rows.iter().enumerate();
        all.filter(move |(at, _)| is_first(*at))
            .map(|(_, row)| row.name)
    }

    /// Replaces each name in braces by the value of the first row that holds, or by nothing if
    /// none does.
    pub fn replace(&self, text: &str, instance: &Instance<'_>) -> String {
        let mut out = text.to_owned();
        for name in self.names() {
            let braced = format!("{{{name}}}");
            if out.contains(&braced) {
                let mut rows = self.0.iter().filter(|row| row.name == name);
                let row = rows.find(|row| row.keys.iter().any(|key| key.holds(instance)));
                out = out.replace(&braced, row.map_or("", |row| row.text));
            }
        }
        out
    }
}
