//! The tables `*.tbl`; `README.md` says what a line may hold.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

use super::Observed;
use super::pattern::{Capture, Pattern, Template};

/// A list of names in disassemblies, and what herd7 has for each.
#[derive(Clone, Debug, Default)]
pub struct Bank {
    /// The pairs.
    pub names: Vec<(String, String)>,
    /// Whether they are registers.
    pub registers: bool,
}

/// What becomes of an instruction.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which instructions the row is for.
    pub pattern: Pattern,
    /// What stands for them.
    pub lines: Vec<Template>,
    /// What comes behind that where the flags are read later; nothing if the row does not speak of
    /// flags.
    pub flags: Option<Vec<Template>>,
    /// Whether that comes instead.
    pub instead: bool,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What herd7 calls the architecture.
    pub arch: String,
    /// Options for herd7.
    pub options: Vec<String>,
    /// The registers of arguments.
    pub arguments: Vec<String>,
    /// The registers for what is observed.
    pub observed: Vec<Observed>,
    /// Registers for sequences, where a function leaves them alone.
    pub scratch: Vec<String>,
    /// The stack pointer, as herd7 calls it, and what a line has that uses it.
    pub stack: Option<(String, String)>,
    /// The type of registers.
    pub word: String,
    /// Whether flags are computed where they are read.
    pub computed_flags: bool,
    /// The register whose last value is to be 0.
    pub guard: Option<String>,
    /// herd7's model, if more is to be checked than it checks.
    pub model: Option<String>,
    /// What is to be checked besides.
    pub checks: Vec<String>,
    /// How many bits numbers have, if to herd7 there are zeros above.
    pub numbers: Option<u32>,
    /// Whether addresses cannot be compared.
    pub opaque_addresses: bool,
    /// The jump.
    pub jump: Option<Template>,
    /// Names.
    pub banks: BTreeMap<String, Bank>,
    /// Instructions.
    pub rows: Vec<Row>,
}

impl Table {
    /// Parses a table; `name` is for messages.
    ///
    /// # Errors
    ///
    /// At the first line that is wrong.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut table = Self {
            word: "int64_t".into(),
            ..Self::default()
        };
        for (number, line) in logical_lines(text) {
            table
                .line(&line)
                .with_context(|| format!("{name}:{number}: `{line}`"))?;
        }
        ensure!(!table.arch.is_empty(), "{name}: the line `arch` is missing");
        ensure!(table.jump.is_some(), "{name}: the line `jump` is missing");
        Ok(table)
    }

    fn line(&mut self, line: &str) -> Result<()> {
        let (key, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let words: Vec<String> = rest.split_whitespace().map(Into::into).collect();
        match (key, &words[..]) {
            ("arch", [arch]) => self.arch.clone_from(arch),
            ("options", _) => self.options = words,
            ("arguments", [list]) => self.arguments = range(list)?,
            ("scratch", [list]) => self.scratch = range(list)?,
            ("stack", [register, used]) => self.stack = Some((register.clone(), used.clone())),
            ("flags", [word]) if word == "computed" => self.computed_flags = true,
            ("word", [name]) => self.word.clone_from(name),
            ("numbers", [bits]) => {
                let bits = bits.parse().ok().filter(|bits| (1..64).contains(bits));
                let bits = bits.context("a number of bits below 64 is meant")?;
                self.numbers = Some(bits);
            }
            ("guard", [register]) => self.guard = Some(register.clone()),
            ("model", [file]) => self.model = Some(file.clone()),
            ("check", [_, ..]) => self.checks.push(rest.to_owned()),
            ("addresses", [word]) if word == "opaque" => self.opaque_addresses = true,
            ("jump", _) => self.jump = Some(Template::parse(rest)?),
            ("observed", [rust, code]) => {
                let pairs = range(rust)?.into_iter().zip(range(code)?);
                self.observed = pairs.map(|(rust, code)| Observed { rust, code }).collect();
            }
            ("bank" | "words", [name, code, herd]) => {
                let (code, herd) = (range(code)?, range(herd)?);
                ensure!(
                    code.len() == herd.len(),
                    "there are {} names, and {} of herd7",
                    code.len(),
                    herd.len()
                );
                let bank = Bank {
                    names: code.into_iter().zip(herd).collect(),
                    registers: key == "bank",
                };
                ensure!(
                    self.banks.insert(name.clone(), bank).is_none(),
                    "there is a list `{name}`"
                );
            }
            ("insn", _) => self.row(rest)?,
            ("each", [list, ..]) => {
                let rest = rest.strip_prefix(list.as_str()).unwrap_or_default().trim();
                for word in list.split(',') {
                    // Its parts are %1, %2 and so on, and % is the whole.
                    let mut line = rest.to_owned();
                    for (index, part) in word.split(':').enumerate() {
                        line = line.replace(&format!("%{}", index + 1), part);
                    }
                    self.line(&line.replace('%', word))?;
                }
            }
            _ => bail!("such a line is not known; see dialect/README.md"),
        }
        Ok(())
    }

    /// Adds the rows of a line `PATTERN = LINE ; LINE / LINE`.
    fn row(&mut self, text: &str) -> Result<()> {
        let (pattern, lines) = match text.split_once(" =") {
            Some((pattern, lines)) => (pattern.trim(), lines),
            None => bail!("PATTERN = LINES is meant"),
        };
        let (lines, flags) = match lines.split_once(" /") {
            Some((lines, flags)) => (lines, Some(flags)),
            None => (lines, None),
        };
        let instead = flags.is_some_and(|flags| flags.starts_with('/'));
        let flags = flags.map(|flags| flags.trim_start_matches('/'));
        let (names, operands) = pattern.split_once(' ').unwrap_or((pattern, ""));
        for name in names.split('|') {
            let name = name.replace('+', " ");
            let pattern = Pattern::parse(format!("{name} {operands}").trim())?;
            for capture in pattern.captures() {
                if let Capture::Bank(bank) = capture {
                    ensure!(self.banks.contains_key(bank), "there is no list `{bank}`");
                }
            }
            let templates = |text: &str| -> Result<Vec<Template>> {
                let lines = text.split(';').map(str::trim).filter(|l| !l.is_empty());
                lines
                    .map(|line| {
                        let line = line.replace("{OP}", &name.to_uppercase());
                        Template::parse(&line.replace("{op}", &name))
                    })
                    .collect()
            };
            self.rows.push(Row {
                lines: templates(lines)?,
                flags: flags.map(templates).transpose()?,
                instead,
                pattern,
            });
        }
        Ok(())
    }

    /// What herd7 calls a register.
    pub fn register<'a>(&'a self, code: &'a str) -> &'a str {
        let banks = self.banks.values().filter(|bank| bank.registers);
        let names = banks.flat_map(|bank| &bank.names);
        let mut found = names.filter(|(name, _)| name == code);
        found.next().map_or(code, |(_, herd)| herd)
    }

    /// What herd7 calls the register which is `code` in one list, in the list `view`.
    ///
    /// # Errors
    ///
    /// If there is no such list, or it has no such register.
    pub fn view(&self, bank: &str, code: &str, view: &str) -> Result<&str> {
        let bank = self.bank(bank)?;
        let at = bank.names.iter().position(|(name, _)| name == code);
        let other = self.bank(view)?;
        let found = at.and_then(|at| other.names.get(at));
        let found = found.with_context(|| format!("`{code}` is not in the list `{view}`"))?;
        Ok(&found.1)
    }

    /// A list of names.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn bank(&self, name: &str) -> Result<&Bank> {
        let found = self.banks.get(name);
        found.with_context(|| format!("there is no list `{name}`"))
    }

    /// The list that has a register, and the place in it.
    pub fn home(&self, code: &str) -> Option<(&str, usize)> {
        let banks = self.banks.iter().filter(|(_, bank)| bank.registers);
        banks.into_iter().find_map(|(name, bank)| {
            let at = bank.names.iter().position(|(name, _)| name == code)?;
            Some((name.as_str(), at))
        })
    }
}

/// The lines of a table, with their numbers: without comments, and with those that begin with a
/// blank joined to what they continue.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        match lines.last_mut() {
            Some((_, last)) if line.starts_with(' ') => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => lines.push((index + 1, line.trim().to_owned())),
        }
    }
    lines
}

/// Expands `x0..x3,lr` into names.
fn range(text: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for part in text.split(',') {
        let Some((first, last)) = part.split_once("..") else {
            names.push(part.to_owned());
            continue;
        };
        let stem = first.trim_end_matches(|c: char| c.is_ascii_digit());
        let from: u32 = first[stem.len()..].parse()?;
        let to = last.strip_prefix(stem);
        let to: u32 = to
            .with_context(|| format!("`{part}` is no range"))?
            .parse()?;
        names.extend((from..=to).map(|n| format!("{stem}{n}")));
    }
    Ok(names)
}
