//! What a row depends on: widths, orderings and operations; and the rows `text`, whose words
//! depend on these.

use super::{Parser, text};
use crate::diag::Error;
use crate::lex::{Cell, Row, is_name, shorten};
use crate::model::op::Ordering;

/// One thing that a row `text` or `when` can depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key<'a> {
    /// A width in bits.
    Bits(u32),
    /// An ordering.
    Ordering(Ordering),
    /// An operation, by its name.
    Op(&'a str),
}

/// What a template is made for: one ordering of one operation at one width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point<'a> {
    pub op: &'a str,
    pub ordering: Ordering,
    pub bits: u32,
}

impl Key<'_> {
    /// Whether it holds for a template.
    pub fn holds(&self, point: &Point<'_>) -> bool {
        match self {
            Key::Bits(bits) => *bits == point.bits,
            Key::Ordering(ordering) => *ordering == point.ordering,
            Key::Op(op) => *op == point.op,
        }
    }
}

struct Word<'a> {
    name: &'a str,
    keys: Vec<Key<'a>>,
    text: &'a str,
}

/// The rows `text`: words in braces that stand for something else in each template.
#[derive(Default)]
pub(super) struct Words<'a>(Vec<Word<'a>>);

impl<'a> Words<'a> {
    /// Their names, each once.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        let words = &self.0;
        let is_first = |at: usize| words[..at].iter().all(|w| w.name != words[at].name);
        let all = words.iter().enumerate();
        all.filter(move |(at, _)| is_first(*at))
            .map(|(_, word)| word.name)
    }

    /// A text with the words in it replaced: by the first row of the name that holds, and by
    /// nothing if there is none.
    pub fn replace(&self, text: &str, point: &Point<'_>) -> String {
        let mut out = text.to_owned();
        for name in self.names() {
            let word = format!("{{{name}}}");
            if out.contains(&word) {
                let mut rows = self.0.iter().filter(|w| w.name == name);
                let row = rows.find(|w| w.keys.iter().any(|k| k.holds(point)));
                out = out.replace(&word, row.map_or("", |w| w.text));
            }
        }
        out
    }
}

impl<'a> Parser<'a, '_> {
    /// The keys of a list.
    pub(super) fn keys(&mut self, cell: Cell<'a>) -> Result<Vec<Key<'a>>, Error> {
        let mut keys = Vec::new();
        for cell in cell.commas(self.errors) {
            let named = |o: &&Ordering| o.name().to_ascii_lowercase() == cell.text;
            let key = match Ordering::ALL.iter().find(named) {
                Some(ordering) => Key::Ordering(*ordering),
                None if cell.text.starts_with(|c: char| c.is_ascii_digit()) => {
                    Key::Bits(super::bits(cell)?)
                }
                None => Key::Op(cell.text),
            };
            let is_unknown = match key {
                Key::Op(name) => {
                    !self.ops.iter().any(|op| op.name == name)
                        && !self.faulty_ops.has(|op| op == name)
                }
                _ => false,
            };
            if is_unknown && self.strict {
                return Err(cell.error(
                    format!(
                        "`{}` is nothing that a row can depend on",
                        shorten(cell.text)
                    ),
                    "write widths (8, 16, 32, 64), orderings (relaxed, acquire, release, full) or \
                     operations, such as add, separated by commas",
                ));
            }
            if keys.contains(&key) {
                return Err(cell.error(format!("`{}` stands twice", cell.text), "remove one"));
            }
            keys.push(key);
        }
        Ok(keys)
    }

    /// A row `text`.
    pub(super) fn word(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "text  NAME  KEYS  TEXT";
        let name = row.get(1, "NAME", COLUMNS)?;
        let keys = self.keys(row.get(2, "KEYS", COLUMNS)?)?;
        let text = text(row, 3, COLUMNS)?;
        if !is_name(name.text) {
            return Err(name.error(
                format!("`{}` is not a name", shorten(name.text)),
                "a name is made of a-z, 0-9 and _, and starts with a letter",
            ));
        }
        const TAKEN: [&str; 7] = ["v", "mem", "r", "type", "mask", "rest", "shift"];
        let is_register = self.arch.registers().any(|r| r == name.text);
        if TAKEN.contains(&name.text) || is_register {
            return Err(name.error(
                format!("`{{{}}}` would be a text and something else", name.text),
                format!(
                    "the registers of the table, and {{{}}}, stand for other things: choose \
                     another name",
                    TAKEN.join("}, {")
                ),
            ));
        }
        super::placeholders(text, &[], &[])?;
        let mut others = self.words.0.iter().filter(|w| w.name == name.text);
        if others.any(|w| w.keys.iter().any(|k| keys.contains(k))) {
            return Err(name.error(
                format!("a second text `{}` for the same key", name.text),
                "remove the key from one of the rows",
            ));
        }
        self.words.0.push(Word {
            name: name.text,
            keys,
            text: text.text,
        });
        Ok(())
    }
}
