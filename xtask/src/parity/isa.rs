//! The tables `isa/*.tbl`: what the instructions of an architecture do to registers, memory and the
//! order of accesses.
//!
//! A row is `insn MNEMONIC OPERANDS ACTION [WORD...]`. What each column may hold is in
//! `isa/README.md`. An instruction is looked up with its operands first, then by its whole
//! mnemonic, never by a part of it: `ldadd` is not `ldaddal`, and what no row has is an error.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

use super::order::{Level, Rule, Side};

/// What an operand is to its instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A register that is written.
    Write,
    /// A register that is read.
    Read,
    /// A register that is read and written.
    Both,
    /// Memory, in the syntax of the architecture.
    Memory,
    /// A register that holds an address.
    Base,
    /// An immediate, or something else that is of no interest.
    Ignored,
    /// Where to jump.
    Target,
}

/// What an instruction does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Computes registers from registers; what it computes, if that is of interest.
    Alu(Alu),
    /// Computes flags.
    Compare(Alu),
    /// Takes the address of a memory operand.
    Lea,
    /// Nothing, and is not counted.
    Nop,
    /// Nothing that matters.
    Hint,
    /// Accesses memory.
    Access(Access, Vec<Rule>),
    /// Orders accesses.
    Fence(Vec<Rule>),
    /// Stores its operands to the stack, which grows by as many words.
    Push,
    /// The other way round; a return if it loads the program counter.
    Pop,
    /// Stores or loads several registers on the stack.
    Spill,
    /// Jumps on a condition.
    Branch(Condition),
    /// Jumps.
    Jump,
    /// Calls.
    Call,
    /// Returns.
    Return,
}

/// How memory is accessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Loads.
    Load,
    /// Stores.
    Store,
    /// Loads and stores at once.
    Rmw,
    /// Loads, and stores at once if it finds what it expects.
    Cas,
    /// Loads and reserves.
    LoadLinked,
    /// Stores if the reservation holds.
    StoreConditional,
    /// Loads and stores, but not at once: allowed on the stack only.
    Plain,
}

/// What is computed, as far as telling impossible paths apart needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Alu {
    /// Something.
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
    /// `and`, of which only flags remain.
    Test,
}

/// When a branch is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The relation, such as `eq`, without its opposite.
    pub relation: String,
    /// Whether the branch is taken when the relation does not hold.
    pub negated: bool,
    /// Whether the one register operand is compared with 0.
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
    // Of this one nothing is known.
    ("any", "none"),
];

/// Other names of relations.
const SYNONYMS: [(&str, &str); 2] = [("hs", "cs"), ("lo", "cc")];

impl Condition {
    /// Parses `ne`, or `ne0`, a comparison of a register with 0.
    fn parse(text: &str) -> Option<Self> {
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

/// A row.
#[derive(Clone, Debug)]
pub struct Row {
    /// The roles of the operands; the last one may stand for any number.
    pub roles: Vec<Role>,
    /// Whether it does.
    pub many: bool,
    /// Registers that the text of the instruction does not name.
    pub implicit: Vec<(Role, String)>,
    /// What it does.
    pub action: Action,
    /// Whether it sets flags.
    pub flags: bool,
    /// The condition under which it is carried out.
    pub predicate: Option<Condition>,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Isa {
    /// How far accesses are ordered as in total store order.
    pub tso: Level,
    /// A store that one other CPU sees is seen by all.
    pub multi_copy: bool,
    /// What starts a comment in a disassembly.
    pub comment: String,
    /// The stack pointer.
    pub stack: String,
    /// The width of a register in bytes.
    pub word: i64,
    /// Registers are called by numbers, as immediates are.
    pub numeric: bool,
    /// Prefixes that a disassembly has on lines of their own.
    pub prefixes: Vec<String>,
    aliases: BTreeMap<String, String>,
    conditional: bool,
    rows: BTreeMap<String, Vec<Row>>,
}

impl Isa {
    /// Parses a table; `name` is for messages.
    ///
    /// # Errors
    ///
    /// At the first line that is wrong.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut isa = Self {
            comment: "@@".into(),
            ..Self::default()
        };
        for (index, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words.is_empty() || line.starts_with('#') {
                continue;
            }
            isa.line(&words)
                .with_context(|| format!("{name}:{}: `{line}`", index + 1))?;
        }
        ensure!(!isa.stack.is_empty(), "{name}: the line `stack` is missing");
        Ok(isa)
    }

    fn line(&mut self, words: &[&str]) -> Result<()> {
        match words {
            ["model", "tso@dma"] => (self.tso, self.multi_copy) = (Level::Dma, true),
            ["model", "tso@io"] => (self.tso, self.multi_copy) = (Level::Io, true),
            ["model", "multi-copy"] => self.multi_copy = true,
            ["model", "weak"] => {}
            ["comment", text] => self.comment = (*text).into(),
            ["stack", register] => self.stack = (*register).into(),
            ["prefixes", names @ ..] => self.prefixes = strings(names),
            ["numeric"] => self.numeric = true,
            ["conditions"] => self.conditional = true,
            ["alias", register, names @ ..] => {
                for name in names {
                    self.aliases.insert((*name).into(), (*register).into());
                }
            }
            ["insn", key, roles, action, rest @ ..] => {
                let row = row(roles, action, rest)?;
                for key in key.split('|') {
                    let rows = self.rows.entry(key.replace('+', " ")).or_default();
                    let twin = rows
                        .iter()
                        .any(|r| r.roles == row.roles && r.many == row.many);
                    ensure!(!twin, "there is a row for `{key}` with these operands");
                    rows.push(row.clone());
                }
            }
            _ => bail!("such a line is not known; see isa/README.md"),
        }
        Ok(())
    }

    /// The register that is meant by a name.
    pub fn register<'a>(&'a self, name: &'a str) -> &'a str {
        self.aliases.get(name).map_or(name, String::as_str)
    }

    /// The row of an instruction.
    pub fn find(&self, mnemonic: &str, operands: &[String]) -> Option<Row> {
        let row = self.row(mnemonic, operands);
        if row.is_some() || !self.conditional || mnemonic.len() < 3 || !mnemonic.is_ascii() {
            return row;
        }
        // The whole of what is left must have a row, so that no suffix of an ordering is lost.
        let (stem, condition) = mnemonic.split_at(mnemonic.len() - 2);
        let predicate = Some(Condition::parse(condition)?);
        let row = self.row(stem, operands)?;
        Some(Row { predicate, ..row })
    }

    fn row(&self, mnemonic: &str, operands: &[String]) -> Option<Row> {
        let joined = operands.join(",").replace(' ', "");
        let first = operands.first().map_or("", String::as_str);
        let keys = [
            format!("{mnemonic}/{joined}"),
            format!("{mnemonic}/{first}"),
            mnemonic.to_owned(),
        ];
        // A row for exactly so many operands goes before one for any number.
        let rows = keys.iter().filter_map(|key| self.rows.get(key)).flatten();
        let mut rows: Vec<&Row> = rows.filter(|row| row.fits(operands)).collect();
        rows.sort_by_key(|row| row.many);
        rows.first().map(|row| (*row).clone())
    }
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Whether an operand is memory, by its looks.
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

fn role(text: &str) -> Result<Role> {
    Ok(match text {
        "w" => Role::Write,
        "r" => Role::Read,
        "x" => Role::Both,
        "m" => Role::Memory,
        "b" => Role::Base,
        "i" => Role::Ignored,
        "t" => Role::Target,
        _ => bail!("`{text}` is no role: they are w, r, x, m, b, i, t"),
    })
}

fn row(roles: &str, action: &str, rest: &[&str]) -> Result<Row> {
    let many = roles.ends_with('*');
    let roles = roles.trim_end_matches('*');
    let roles: Vec<Role> = match roles {
        "-" => Vec::new(),
        _ => roles.split(',').map(role).collect::<Result<_>>()?,
    };
    let mut words = rest.to_vec();
    let mut implicit = Vec::new();
    words.retain(|word| match word.strip_prefix('+') {
        Some(text) => {
            implicit.push(text.to_owned());
            false
        }
        None => true,
    });
    let implicit = implicit
        .iter()
        .map(|text| {
            let (kind, register) = text.split_once(':').context("+ROLE:REGISTER is meant")?;
            Ok((role(kind)?, register.to_owned()))
        })
        .collect::<Result<_>>()?;
    let flags = words.first() == Some(&"flags");
    if flags {
        words.remove(0);
    }
    Ok(Row {
        roles,
        many,
        implicit,
        flags,
        action: parse_action(action, &words)?,
        predicate: None,
    })
}

fn alu(words: &[&str]) -> Result<Alu> {
    Ok(match words {
        [] => Alu::Other,
        ["move"] => Alu::Move,
        ["add"] => Alu::Add,
        ["sub"] => Alu::Sub,
        ["xor"] => Alu::Xor,
        ["or"] => Alu::Or,
        ["test"] => Alu::Test,
        _ => bail!("`{}` is no computation", words.join(" ")),
    })
}

fn parse_action(action: &str, words: &[&str]) -> Result<Action> {
    let access = |access| -> Result<Action> { Ok(Action::Access(access, rules(words)?)) };
    if !matches!(
        action,
        "alu" | "cmp" | "load" | "store" | "rmw" | "cas" | "ll" | "sc" | "fence" | "branch"
    ) {
        ensure!(words.is_empty(), "`{action}` takes no more words");
    }
    Ok(match action {
        "alu" => Action::Alu(alu(words)?),
        "cmp" => Action::Compare(alu(words)?),
        "lea" => Action::Lea,
        "nop" => Action::Nop,
        "hint" => Action::Hint,
        "load" => access(Access::Load)?,
        "store" => access(Access::Store)?,
        "rmw" => access(Access::Rmw)?,
        "cas" => access(Access::Cas)?,
        "ll" => access(Access::LoadLinked)?,
        "sc" => access(Access::StoreConditional)?,
        "plain" => access(Access::Plain)?,
        "fence" => Action::Fence(rules(words)?),
        "push" => Action::Push,
        "pop" => Action::Pop,
        "spill" => Action::Spill,
        "branch" => match words {
            [condition] => Action::Branch(
                Condition::parse(condition)
                    .with_context(|| format!("`{condition}` is no condition"))?,
            ),
            _ => bail!("a branch has one condition"),
        },
        "jump" => Action::Jump,
        "call" => Action::Call,
        "return" => Action::Return,
        _ => bail!("`{action}` is no action"),
    })
}

/// Parses rules such as `rw>store`, `before:rw>rw`, `r>rw@io`, `ctrl`.
fn rules(words: &[&str]) -> Result<Vec<Rule>> {
    words.iter().map(|word| rule(word)).collect()
}

fn rule(word: &str) -> Result<Rule> {
    if word == "ctrl" {
        return Ok(Rule::Control);
    }
    let (pair, level) = match word.split_once('@') {
        Some((pair, level)) => (
            pair,
            match level {
                "dma" => Level::Dma,
                "io" => Level::Io,
                _ => bail!("`{level}` is no level: they are dma and io"),
            },
        ),
        None => (word, Level::Smp),
    };
    let (place, pair) = pair.split_once(':').unwrap_or(("", pair));
    let Some((first, second)) = pair.split_once('>') else {
        bail!("`{word}` is no rule: BEFORE>AFTER is meant");
    };
    let side = |text: &str| -> Result<Side> {
        Ok(match text {
            "r" => Side::Reads,
            "w" => Side::Writes,
            "rw" => Side::All,
            _ => bail!("`{text}` is no set of accesses: they are r, w, rw"),
        })
    };
    Ok(match (place, first, second) {
        ("", "load", after) => Rule::Load(side(after)?),
        ("", "store", after) => Rule::Store(side(after)?),
        ("", before, "load") => Rule::ToLoad(side(before)?),
        ("", before, "store") => Rule::ToStore(side(before)?),
        ("", before, after) => Rule::Fence(side(before)?, side(after)?, level),
        ("before", before, after) => Rule::Before(side(before)?, side(after)?, level),
        ("after", before, after) => Rule::After(side(before)?, side(after)?, level),
        _ => bail!("`{place}` is no place: they are before and after"),
    })
}
