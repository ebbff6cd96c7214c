//! Lists of names, such as registers: in disassemblies and in herd7's dialect.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::dialect::fault::Fault;

/// A list of names in disassemblies, each with herd7's name.
#[derive(Clone, Debug, Default)]
pub struct Bank {
    /// The pairs of names: in disassemblies, and herd7's.
    pub names: Vec<(String, String)>,
    /// Whether they are registers.
    pub registers: bool,
}

/// The lists of a table, by their names.
#[derive(Clone, Debug, Default)]
pub struct Banks(BTreeMap<String, Bank>);

impl Banks {
    /// Adds a list. Returns whether its name is new.
    pub fn add(&mut self, name: &str, bank: Bank) -> bool {
        self.0.insert(name.to_owned(), bank).is_none()
    }

    /// The list with a name.
    pub fn find(&self, name: &str) -> Option<&Bank> {
        self.0.get(name)
    }

    /// herd7's name of a register.
    pub fn register<'a>(&'a self, code: &'a str) -> &'a str {
        let banks = self.0.values().filter(|bank| bank.registers);
        let names = banks.flat_map(|bank| &bank.names);
        let mut found = names.filter(|(name, _)| name == code);
        found.next().map_or(code, |(_, herd)| herd)
    }

    /// herd7's name in the list `view` of the register called `code` in the list `bank`.
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

    fn bank(&self, name: &str) -> Result<&Bank> {
        let found = self.find(name);
        found.with_context(|| format!("there is no list `{name}`"))
    }

    /// The list that contains a register, and the register's index in it.
    pub fn home(&self, code: &str) -> Option<(&str, usize)> {
        let banks = self.0.iter().filter(|(_, bank)| bank.registers);
        banks.into_iter().find_map(|(name, bank)| {
            let at = bank.names.iter().position(|(name, _)| name == code)?;
            Some((name.as_str(), at))
        })
    }
}

/// Expands `x0..x3,lr` into names.
///
/// # Errors
///
/// If a range has no numbers, or two stems.
pub fn range(text: &str) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    for part in text.split(',') {
        let Some((first, last)) = part.split_once("..") else {
            names.push(part.to_owned());
            continue;
        };
        let stem = first.trim_end_matches(|c: char| c.is_ascii_digit());
        let from = first[stem.len()..].parse::<u32>().ok();
        let to = last.strip_prefix(stem).and_then(|to| to.parse().ok());
        let (Some(from), Some(to)) = (from, to) else {
            let help = "a range is one name with two numbers, such as r0..r3";
            return Err(Fault::new(part, format!("`{part}` is not a range"), help));
        };
        names.extend((from..=to).map(|n| format!("{stem}{n}")));
    }
    Ok(names)
}
