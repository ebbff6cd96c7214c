//! The tables `*.tbl`; `README.md` says what a line may hold.

use atomics_spec::diag::{Error, Errors, Place};
use atomics_spec::lex::{self, Cell, Row, Source};

use crate::dialect::bank::{Bank, Banks, range};
use crate::dialect::fault::Fault;
use crate::dialect::pattern::{Capture, Pattern, Template};

/// What a line may be, for messages.
const HELP: &str = "dialect/README.md says what a line may be";

/// A register in which a thread leaves what is observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedRegister {
    /// Its name for `asm!(in("..."))`.
    pub rust: String,
    /// Its name in a disassembly.
    pub code: String,
}

/// What becomes of an instruction.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Which instructions it is for.
    pub pattern: Pattern,
    /// What stands for them.
    pub lines: Vec<Template>,
    /// What comes behind that where the flags are read later; nothing if the rule does not speak of
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
    pub observed: Vec<ObservedRegister>,
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
    pub banks: Banks,
    /// Instructions.
    pub rules: Vec<Rule>,
}

impl Table {
    /// Parses a table.
    ///
    /// # Errors
    ///
    /// What is wrong with it: all of it.
    pub fn parse(source: Source<'_>) -> Result<Self, Errors> {
        let mut errors = Errors::default();
        let mut table = Self {
            word: "int64_t".into(),
            ..Self::default()
        };
        let rows = lex::rows(source, &mut errors);
        let mut faulty = Vec::new();
        for line in Line::of(rows.list) {
            if let Err(fault) = table.line(&line.text()) {
                faulty.push(line.head().text);
                errors.push(line.error(fault));
            }
        }
        let missing = [
            ("arch", "NAME", table.arch.is_empty()),
            ("jump", "LINE", table.jump.is_none()),
        ];
        for (key, rest, is_missing) in missing {
            // A line that is wrong is not missing.
            if is_missing && rows.complete && !faulty.contains(&key) {
                let place = Place {
                    file: source.name.into(),
                    line: 1,
                    column: 1,
                };
                let message = format!("the line `{key}` is missing");
                let help = format!("a table has a line `{key} {rest}`");
                errors.push(Error::new(place, "", 1, message, help));
            }
        }
        errors.into_result(table, &[source.name])
    }

    fn line(&mut self, line: &str) -> Result<(), Fault> {
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
                let number = bits.parse().ok().filter(|bits| (1..64).contains(bits));
                let message = || format!("`{bits}` is no number of bits below 64");
                let number = number.ok_or_else(|| Fault::new(bits, message(), "such as 32"));
                self.numbers = Some(number?);
            }
            ("guard", [register]) => self.guard = Some(register.clone()),
            ("model", [file]) => self.model = Some(file.clone()),
            ("check", [_, ..]) => self.checks.push(rest.to_owned()),
            ("addresses", [word]) if word == "opaque" => self.opaque_addresses = true,
            ("jump", [_, ..]) => self.jump = Some(Template::parse(rest)?),
            ("observed", [rust, code]) => {
                let pairs = range(rust)?.into_iter().zip(range(code)?);
                let pairs = pairs.map(|(rust, code)| ObservedRegister { rust, code });
                self.observed = pairs.collect();
            }
            ("bank" | "words", [name, code, herd]) => self.bank(key, name, code, herd)?,
            ("insn", _) => self.rule(rest)?,
            ("each", [list, _, ..]) => {
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
            _ => {
                let message = format!("a line `{key}` such as this is not known");
                return Err(Fault::new(key, message, HELP));
            }
        }
        Ok(())
    }

    fn bank(&mut self, key: &str, name: &str, code: &str, herd: &str) -> Result<(), Fault> {
        let lists = range(code).and_then(|code| Ok((code, range(herd)?)));
        let (code, herds, fault) = match lists {
            Ok((code, herds)) => (code, herds, None),
            // The list is there, for others to name.
            Err(fault) => (Vec::new(), Vec::new(), Some(fault)),
        };
        let counts = (code.len(), herds.len());
        let bank = Bank {
            names: code.into_iter().zip(herds).collect(),
            registers: key == "bank",
        };
        let is_new = self.banks.add(name, bank);
        if let Some(fault) = fault {
            return Err(fault);
        }
        if counts.0 != counts.1 {
            let message = format!("there are {} names, and {} of herd7", counts.0, counts.1);
            return Err(Fault::new(herd, message, "each name has one of herd7"));
        }
        if !is_new {
            let message = format!("there is a list `{name}` already");
            return Err(Fault::new(name, message, "each list has another name"));
        }
        Ok(())
    }

    /// Adds the rules of a line `PATTERN = LINE ; LINE / LINE`.
    fn rule(&mut self, text: &str) -> Result<(), Fault> {
        let Some((pattern, lines)) = text.split_once(" =") else {
            let help = "a line for an instruction is `insn PATTERN = LINE ; LINE`";
            return Err(Fault::new(text, "there is no ` =` here", help));
        };
        let pattern = pattern.trim();
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
                if let Capture::Bank(bank) = capture
                    && self.banks.find(bank).is_none()
                {
                    let help = "the line `bank` or `words` of a list comes before what names it";
                    let part = format!(":{bank}}}");
                    return Err(Fault::new(part, format!("there is no list `{bank}`"), help));
                }
            }
            let templates = |text: &str| -> Result<Vec<Template>, Fault> {
                let lines = text.split(';').map(str::trim).filter(|l| !l.is_empty());
                lines
                    .map(|line| {
                        let line = line.replace("{OP}", &name.to_uppercase());
                        Template::parse(&line.replace("{op}", &name))
                    })
                    .collect()
            };
            self.rules.push(Rule {
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
        self.banks.register(code)
    }
}

/// A line, with those that begin with a blank and so continue it.
struct Line<'a> {
    rows: Vec<Row<'a>>,
}

impl<'a> Line<'a> {
    /// The lines of a table.
    fn of(rows: Vec<Row<'a>>) -> Vec<Self> {
        let mut lines: Vec<Self> = Vec::new();
        for row in rows {
            match lines.last_mut() {
                Some(line) if row.head().place().column > 1 => line.rows.push(row),
                _ => lines.push(Self { rows: vec![row] }),
            }
        }
        lines
    }

    /// Its first cell.
    fn head(&self) -> Cell<'a> {
        self.rows[0].head()
    }

    /// The text, in one line.
    fn text(&self) -> String {
        let rows = self.rows.iter().filter_map(|row| row.rest(0));
        let texts: Vec<&str> = rows.map(|cell| cell.text).collect();
        texts.join(" ")
    }

    /// An error about a part of it. One that is not in the file as it stands, because a word was
    /// put into it, is told of at the beginning of the line.
    fn error(&self, fault: Fault) -> Error {
        let cells = self.rows.iter().flat_map(|row| &row.cells);
        let word = cells.copied().find(|cell| cell.text == fault.part);
        let mut whole = self.rows.iter().filter_map(|row| row.rest(0));
        let part = || {
            whole.find_map(|cell| {
                let at = cell.text.find(&fault.part)?;
                Some(cell.part(&cell.text[at..at + fault.part.len()]))
            })
        };
        let cell = word.or_else(part);
        let cell = cell.unwrap_or_else(|| self.head());
        cell.error(fault.message, fault.help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that is wrong is told of at once, with its place.
    #[test]
    fn all_faults_have_a_place() {
        let text = "arch X\n\
                    bank r a..c A,B,C\n\
                    bank s s0..s2 S0,S1\n\
                    words r e E\n\
                    # A comment.\n\
                    numbers 64\n\
                    insn mov {d:r}, {n:s} = MOV {d} ;\n    MOV {d\n\
                    insn add {d:t} = ADD\n\
                    each w,x insn sub {d:%} = SUB\n\
                    insn nop\n\
                    colour green\n";
        let errors = Table::parse(Source::new("X.tbl", text)).unwrap_err();
        let found: Vec<(String, &str)> = errors
            .0
            .iter()
            .map(|e| (e.place.to_string(), e.message.as_str()))
            .collect();
        let expected = [
            ("X.tbl:1:1", "the line `jump` is missing"),
            ("X.tbl:2:8", "`a..c` is no range"),
            ("X.tbl:3:15", "there are 3 names, and 2 of herd7"),
            ("X.tbl:4:7", "there is a list `r` already"),
            ("X.tbl:6:9", "`64` is no number of bits below 64"),
            ("X.tbl:8:9", "this brace is not closed"),
            ("X.tbl:9:12", "there is no list `t`"),
            ("X.tbl:10:1", "there is no list `w`"),
            ("X.tbl:11:6", "there is no ` =` here"),
            ("X.tbl:12:1", "a line `colour` such as this is not known"),
        ];
        let expected = expected.map(|(place, message)| (place.to_owned(), message));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_wrong_line_is_not_missing() {
        let errors = Table::parse(Source::new("X.tbl", "arch\njump B {t\n")).unwrap_err();
        let lines: Vec<usize> = errors.0.iter().map(|e| e.place.line).collect();
        assert_eq!(lines, [1, 2]);
    }
}
