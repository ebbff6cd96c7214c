//! The effects of an architecture's instructions on registers, memory and the order of accesses,
//! from the tables `isa/*.tbl`.
//!
//! An instruction is looked up first by mnemonic and operands, then by the whole mnemonic, never by
//! a prefix: `ldadd` does not match `ldaddal`. An instruction without a row is an error.

use std::collections::BTreeMap;

use crate::event::{Access, Level, Rule};

/// The role of an operand of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A register that is written.
    Write,
    /// A register that is read.
    Read,
    /// A register that is read and written.
    Both,
    /// A memory operand, in the syntax of the architecture.
    Memory,
    /// A register that holds an address.
    Base,
    /// An immediate, or another operand that does not matter.
    Ignored,
    /// A jump target.
    Target,
}

/// The effect of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Computes registers from registers, with the given computation.
    Alu(Alu),
    /// Computes flags.
    Compare(Alu),
    /// Takes the address of a memory operand.
    Lea,
    /// Does nothing, and is not counted.
    Nop,
    /// Does nothing that matters, but is counted.
    Hint,
    /// Accesses memory.
    Access(Access, Vec<Rule>),
    /// Orders accesses.
    Fence(Vec<Rule>),
    /// Pushes its operands onto the stack.
    Push,
    /// Pops its operands from the stack. A return if it loads the program counter.
    Pop,
    /// Stores several registers to the stack or loads them.
    Spill,
    /// Jumps if a condition holds.
    Branch(Condition),
    /// Jumps.
    Jump,
    /// Calls.
    Call,
    /// Returns.
    Return,
}

/// A computation, in as much detail as is needed to recognise impossible paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Alu {
    /// Any other computation.
    Other,
    /// A copy.
    Move,
    /// A sum.
    Add,
    /// A difference.
    Sub,
    /// An exclusive or.
    Xor,
    /// An inclusive or.
    Or,
    /// A bitwise and that only sets flags.
    Test,
}

/// When a branch is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The relation, such as `eq`. Its opposite, `ne`, is `eq` negated.
    pub relation: String,
    /// Whether the branch is taken when the relation does not hold.
    pub negated: bool,
    /// Whether the branch compares its only register operand with 0.
    pub zero: bool,
}

/// Relations and their opposites.
const OPPOSITES: [(&str, &str); 7] = [
    ("eq", "ne"),
    ("lt", "ge"),
    ("gt", "le"),
    ("mi", "pl"),
    ("cs", "cc"),
    ("hi", "ls"),
    // An unknown condition.
    ("any", "none"),
];

/// Other names of relations.
const SYNONYMS: [(&str, &str); 2] = [("hs", "cs"), ("lo", "cc")];

impl Condition {
    /// Parses a relation such as `ne`, or `ne0` for a comparison of a register with 0.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, zero) = match text.strip_suffix('0') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let synonym = SYNONYMS.iter().find(|(other, _)| *other == name);
        let name = synonym.map_or(name, |(_, name)| name);
        let found = OPPOSITES.iter().find_map(|(relation, opposite)| {
            let negated = name == *opposite;
            (negated || name == *relation).then_some((relation, negated))
        });
        let (relation, negated) = found?;
        Some(Self {
            relation: (*relation).into(),
            negated,
            zero,
        })
    }
}

/// What the register of an operand must differ from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Other {
    /// The register of another operand, counted from 0.
    Operand(usize),
    /// A fixed register.
    Register(String),
}

/// A row of the table: the effect of one instruction.
#[derive(Clone, Debug)]
pub struct Row {
    /// The roles of the operands. The last role may stand for any number of operands.
    pub roles: Vec<Role>,
    /// Whether the last role stands for any number of operands.
    pub many: bool,
    /// The registers that the instruction uses but its text does not name.
    pub implicit: Vec<(Role, String)>,
    /// Operands, counted from 0, whose register must differ from another one. If it does not, the
    /// manual does not say what the instruction does, or it does something else.
    pub apart: Vec<(usize, Other)>,
    /// The effect.
    pub action: Action,
    /// Whether it sets flags.
    pub flags: bool,
    /// The condition for executing the instruction, if it is conditional.
    pub predicate: Option<Condition>,
}

/// An instruction that may be enough in place of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Light {
    /// The instruction, without registers.
    pub text: String,
    /// Its ordering guarantees.
    pub rules: Vec<Rule>,
}

/// The instructions of an architecture.
#[derive(Clone, Debug, Default)]
pub struct Isa {
    /// The scope of total store order, if the architecture has it.
    pub tso: Level,
    /// Whether a store that is visible to one other CPU is visible to all.
    pub multi_copy: bool,
    /// The text that starts a comment in a disassembly.
    pub comment: String,
    /// The stack pointer.
    pub stack: String,
    /// The width of a register in bytes.
    pub word: i64,
    /// Whether registers are written as plain numbers, like immediates.
    pub numeric: bool,
    /// Prefixes of mnemonics, which a disassembly may print on separate lines.
    pub prefixes: Vec<String>,
    /// Other names of registers.
    pub(crate) aliases: BTreeMap<String, String>,
    /// Whether the last two letters of any mnemonic may be a condition.
    pub(crate) conditional: bool,
    /// The rows, by mnemonic.
    pub(crate) rows: BTreeMap<String, Vec<Row>>,
}

impl Isa {
    /// Resolves an alias of a register.
    pub fn register<'a>(&'a self, name: &'a str) -> &'a str {
        self.aliases.get(name).map_or(name, String::as_str)
    }

    /// Finds the row of an instruction.
    pub fn find(&self, mnemonic: &str, operands: &[String]) -> Option<Row> {
        let row = self.row(mnemonic, operands);
        if row.is_some() || !self.conditional || mnemonic.len() < 3 || !mnemonic.is_ascii() {
            return row;
        }
        // The rest must have a row as a whole, so that no ordering suffix is lost.
        let (stem, condition) = mnemonic.split_at(mnemonic.len() - 2);
        let predicate = Some(Condition::parse(condition)?);
        let row = self.row(stem, operands)?;
        Some(Row { predicate, ..row })
    }

    /// The instructions that access memory like this one, but order less: those whose mnemonic is
    /// this one's without some consecutive letters, such as `ldadd` for `ldaddal`. Of several that
    /// order the same, only the one with the most letters, because the others have another width.
    pub fn lighter_accesses(&self, mnemonic: &str, access: Access, rules: &[Rule]) -> Vec<Light> {
        let mut found: Vec<Light> = Vec::new();
        for (name, rows) in &self.rows {
            let mut actions = rows.iter().map(|row| &row.action);
            let lighter = actions.find_map(|action| match action {
                Action::Access(other, fewer) if *other == access => Some(fewer),
                _ => None,
            });
            let Some(lighter) = lighter.filter(|_| is_shortened(name, mnemonic)) else {
                continue;
            };
            let is_less = lighter.len() < rules.len() && lighter.iter().all(|r| rules.contains(r));
            if is_less {
                found.push(Light {
                    text: name.clone(),
                    rules: lighter.clone(),
                });
            }
        }
        let longest = |light: &Light| {
            let same = found.iter().filter(|other| other.rules == light.rules);
            same.map(|other| other.text.len()).max() == Some(light.text.len())
        };
        let mut kept: Vec<Light> = found.iter().filter(|l| longest(l)).cloned().collect();
        kept.sort_by_key(|light| light.rules.len());
        kept
    }

    /// The fences with this mnemonic and other operands.
    pub fn other_fences(&self, mnemonic: &str) -> Vec<Light> {
        let all = self.rows.iter().filter_map(|(key, rows)| {
            let (name, operands) = key.split_once('/')?;
            match &rows.first()?.action {
                Action::Fence(rules) if name == mnemonic => Some(Light {
                    text: format!("{name} {operands}"),
                    rules: rules.clone(),
                }),
                _ => None,
            }
        });
        all.collect()
    }

    /// Whether the table has a row for this mnemonic with other operands, and all such rows are for
    /// accesses to memory.
    pub(crate) fn is_access(&self, mnemonic: &str) -> bool {
        self.rows.get(mnemonic).is_some_and(|rows| {
            let mut rows = rows.iter();
            rows.all(|row| matches!(row.action, Action::Access(..)))
        })
    }

    fn row(&self, mnemonic: &str, operands: &[String]) -> Option<Row> {
        let joined = operands.join(",").replace(' ', "");
        let first = operands.first().map_or("", String::as_str);
        let keys = [
            format!("{mnemonic}/{joined}"),
            format!("{mnemonic}/{first}"),
            mnemonic.to_owned(),
        ];
        // A row for this exact number of operands takes precedence over one for any number.
        let rows = keys.iter().filter_map(|key| self.rows.get(key)).flatten();
        let mut rows: Vec<&Row> = rows.filter(|row| row.fits(operands)).collect();
        rows.sort_by_key(|row| row.many);
        rows.first().map(|row| (*row).clone())
    }
}

/// Whether `short` is `long` without some consecutive letters. Prefixes such as `lock` must be the
/// same.
fn is_shortened(short: &str, long: &str) -> bool {
    let same_words = short.matches(' ').count() == long.matches(' ').count();
    let Some(removed) = long.len().checked_sub(short.len()).filter(|n| *n > 0) else {
        return false;
    };
    same_words
        && (0..=short.len()).any(|at| {
            let (head, tail) = (long.get(..at), long.get(at + removed..));
            head.zip(tail)
                .is_some_and(|(head, tail)| short.strip_prefix(head) == Some(tail))
        })
}

/// Whether the syntax of an operand is that of memory.
pub fn is_memory(operand: &str) -> bool {
    operand.contains('[') || operand.ends_with(')')
}

impl Row {
    fn fits(&self, operands: &[String]) -> bool {
        let count = if self.many {
            operands.len() + 1 >= self.roles.len()
        } else {
            operands.len() == self.roles.len()
        };
        count
            && operands
                .iter()
                .enumerate()
                .all(|(i, operand)| (self.role(i) == Role::Memory) == is_memory(operand))
    }

    /// The role of an operand.
    pub fn role(&self, index: usize) -> Role {
        let last = self.roles.last().copied().unwrap_or(Role::Ignored);
        self.roles.get(index).copied().unwrap_or(last)
    }
}
