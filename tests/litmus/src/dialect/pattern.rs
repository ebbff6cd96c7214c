//! The two sides of a row: a pattern for instructions, and templates for their translation.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use crate::dialect::bank::Banks;
use crate::dialect::fault::Fault;

/// The kinds of parts that a pattern captures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capture {
    /// A name in a list.
    Bank(String),
    /// A number.
    Number,
    /// A number of at most 16 bits.
    Short,
    /// A number of at most 32 bits.
    Medium,
    /// An offset from the stack pointer: nothing, or ` + ` and a number.
    Slot,
    /// A jump target.
    Target,
    /// Anything.
    Any,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Capture(String, Capture),
}

/// A pattern for instructions: text with `{NAME:KIND}` in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

/// A part that a pattern captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The list that contains the name, and the name.
    Name(String, String),
    /// A number.
    Number(i64),
    /// A stack slot, by the name of the scratch register that replaces it.
    Slot(String),
    /// A jump target.
    Target,
    /// Something else.
    Text(String),
}

/// The captured parts, by their names in the pattern.
pub type Findings = BTreeMap<String, Found>;

/// Splits text into the parts outside and inside of `{...}`; the flag means inside.
fn split(text: &str) -> Result<Vec<(bool, &str)>, Fault> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let Some(end) = rest.find('}').filter(|end| *end > at) else {
            let help = "what begins with `{` ends with `}`";
            return Err(Fault::new(&rest[at..], "this brace is not closed", help));
        };
        parts.push((false, &rest[..at]));
        parts.push((true, &rest[at + 1..end]));
        rest = &rest[end + 1..];
    }
    parts.push((false, rest));
    parts.retain(|(inside, part)| *inside || !part.is_empty());
    Ok(parts)
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    ///
    /// If a brace is not closed.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let part = |(inside, part): (bool, &str)| {
            if !inside {
                return Part::Text(part.to_owned());
            }
            let (name, kind) = part.split_once(':').unwrap_or((part, "any"));
            let capture = match kind {
                "int" => Capture::Number,
                "short" => Capture::Short,
                "medium" => Capture::Medium,
                "slot" => Capture::Slot,
                "label" => Capture::Target,
                "any" => Capture::Any,
                bank => Capture::Bank(bank.to_owned()),
            };
            Part::Capture(name.to_owned(), capture)
        };
        Ok(Self(split(text)?.into_iter().map(part).collect()))
    }

    /// The kinds of the parts that it captures.
    pub fn captures(&self) -> impl Iterator<Item = &Capture> {
        self.0.iter().filter_map(|part| match part {
            Part::Capture(_, capture) => Some(capture),
            Part::Text(_) => None,
        })
    }

    /// Matches an instruction; returns the captured parts.
    pub fn find(&self, banks: &Banks, text: &str) -> Option<Findings> {
        let mut findings = Findings::new();
        fits(banks, &self.0, text, &mut findings).then_some(findings)
    }
}

fn fits(banks: &Banks, parts: &[Part], text: &str, findings: &mut Findings) -> bool {
    let Some((part, others)) = parts.split_first() else {
        return text.is_empty();
    };
    let (name, capture) = match part {
        Part::Text(literal) => {
            let rest = text.strip_prefix(literal.as_str());
            return rest.is_some_and(|rest| fits(banks, others, rest, findings));
        }
        Part::Capture(name, capture) => (name, capture),
    };
    let mut lengths: Vec<(usize, Found)> = Vec::new();
    match capture {
        Capture::Bank(bank) => {
            let names = banks.find(bank).map(|bank| &bank.names);
            for (code, _) in names.into_iter().flatten() {
                if text.starts_with(code.as_str()) {
                    lengths.push((code.len(), Found::Name(bank.clone(), code.clone())));
                }
            }
        }
        Capture::Number | Capture::Short | Capture::Medium => {
            let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            let digits = &text[..end.unwrap_or(text.len())];
            let range = match capture {
                Capture::Short => -0x8000..=0xffff,
                Capture::Medium => -0x8000_0000..=0xffff_ffff,
                _ => i64::MIN..=i64::MAX,
            };
            if let Some(number) = number(digits)
                && range.contains(&number)
            {
                lengths.push((digits.len(), Found::Number(number)));
            }
        }
        Capture::Slot => {
            let slot = |at: i64| Found::Slot(format!("slot{at}"));
            lengths.push((0, slot(0)));
            let digits = text.strip_prefix(" + ").unwrap_or_default();
            let end = digits.find(|c: char| !c.is_ascii_alphanumeric());
            let digits = &digits[..end.unwrap_or(digits.len())];
            if let Some(at) = number(digits) {
                lengths.push((" + ".len() + digits.len(), slot(at)));
            }
        }
        Capture::Target => lengths.push((text.len(), Found::Target)),
        Capture::Any => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            lengths.extend(ends.map(|at| (at, Found::Text(text[..at].to_owned()))));
        }
    }
    // The longest name first, so that `x1` is not found in `x10`.
    lengths.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    for (length, found) in lengths {
        // Parts with the same name have to be equal.
        if findings.get(name).is_some_and(|other| *other != found) {
            continue;
        }
        let before = findings.insert(name.clone(), found);
        if fits(banks, others, &text[length..], findings) {
            return true;
        }
        match before {
            Some(before) => findings.insert(name.clone(), before),
            None => findings.remove(name),
        };
    }
    false
}

/// Parses `12`, `-12`, `0xc` and `-0xc`. Numbers with bit 63 set become negative.
fn number(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let value = match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let value = value.cast_signed();
    Some(if negative {
        value.wrapping_neg()
    } else {
        value
    })
}

/// A line of a translation: text with `{NAME}`, `{NAME.LIST}` and other holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Hole>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hole {
    Text(String),
    /// A captured part, and the list in which herd7's name is looked up.
    Found(String, Option<String>),
    /// A negated number.
    Negative(String),
    /// A scratch register.
    Scratch(String, Option<String>),
    /// A local label of this instruction.
    Label(String),
    /// The register whose final value has to be 0.
    Guard,
}

/// The values for the holes of a template.
pub struct Filling<'a> {
    /// The names.
    pub banks: &'a Banks,
    /// The register whose final value has to be 0.
    pub guard: Option<&'a str>,
    /// The captured parts of the instruction.
    pub findings: &'a Findings,
    /// The label that it may jump to.
    pub target: Option<String>,
    /// The prefix of its local labels.
    pub label: &'a str,
    /// The scratch registers, by their names in templates.
    pub scratch: &'a BTreeMap<String, String>,
}

impl Filling<'_> {
    /// herd7's name of a scratch register in a list.
    fn scratch(&self, name: &str, view: Option<&str>) -> Result<&str> {
        let register = self.scratch.get(name);
        let register = register.context("a scratch register was not assigned")?;
        let home = self
            .banks
            .home(register)
            .context("no list contains the scratch register")?
            .0;
        self.banks.view(home, register, view.unwrap_or(home))
    }
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    ///
    /// If a brace is not closed.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let hole = |(inside, part): (bool, &str)| {
            if !inside {
                return Hole::Text(part.to_owned());
            }
            let (name, view) = match part.split_once('.') {
                Some((name, view)) => (name, Some(view.to_owned())),
                None => (part, None),
            };
            if part == "!" {
                return Hole::Guard;
            }
            match name.split_at(1.min(name.len())) {
                ("$", name) => Hole::Scratch(name.to_owned(), view),
                ("-", name) => Hole::Negative(name.to_owned()),
                ("@", name) => Hole::Label(name.to_owned()),
                _ => Hole::Found(name.to_owned(), view),
            }
        };
        Ok(Self(split(text)?.into_iter().map(hole).collect()))
    }

    /// The scratch registers that it names.
    pub fn scratch(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|hole| match hole {
            Hole::Scratch(name, _) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Fills in the holes.
    ///
    /// # Errors
    ///
    /// If it names a part that the pattern did not capture.
    pub fn fill(&self, filling: &Filling<'_>) -> Result<String> {
        let mut line = String::new();
        for hole in &self.0 {
            match hole {
                Hole::Text(text) => line += text,
                Hole::Guard => {
                    line += filling.guard.context("the table has no guard")?;
                }
                Hole::Label(name) => {
                    line += filling.label;
                    line += name;
                }
                Hole::Scratch(name, view) => {
                    line += filling.scratch(name, view.as_deref())?;
                }
                Hole::Negative(name) => match filling.findings.get(name) {
                    Some(Found::Number(number)) => line += &number.wrapping_neg().to_string(),
                    _ => bail!("`{name}` in `{{-{name}}}` is not a number"),
                },
                Hole::Found(name, view) => match filling.findings.get(name) {
                    Some(Found::Name(bank, code)) => {
                        line += filling
                            .banks
                            .view(bank, code, view.as_deref().unwrap_or(bank))?;
                    }
                    Some(Found::Number(number)) => match view {
                        // 16 bits of the number, from this bit on.
                        Some(bit) => line += &(number >> bit.parse::<u32>()? & 0xffff).to_string(),
                        None => line += &number.to_string(),
                    },
                    Some(Found::Slot(name)) => line += filling.scratch(name, view.as_deref())?,
                    Some(Found::Text(text)) => line += text,
                    Some(Found::Target) => {
                        line += filling
                            .target
                            .as_deref()
                            .context("the instruction has no jump target")?;
                    }
                    None => bail!("the pattern has no `{name}`"),
                },
            }
        }
        Ok(line)
    }
}
