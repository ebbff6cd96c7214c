//! Parses the tables `*.tbl`; `README.md` describes the format.

use atomics_spec::diag::{Error, Errors, Place};
use atomics_spec::lex::{self, Cell, Row, Source};

use crate::dialect::bank::{Bank, Banks, range};
use crate::dialect::fault::Fault;
use crate::dialect::pattern::{Capture, Pattern, Template};

/// The help of errors about unknown lines.
const HELP: &str = "dialect/README.md lists the kinds of lines";

/// A register in which a thread leaves an observed value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedRegister {
    /// Its name for `asm!(in("..."))`.
    pub rust: String,
    /// Its name in a disassembly.
    pub code: String,
}

/// The translation of an instruction.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The instructions that it translates.
    pub pattern: Pattern,
    /// Their translation.
    pub lines: Vec<Template>,
    /// Additional lines if the flags are read later; `None` if the rule does not set flags.
    pub flags: Option<Vec<Template>>,
    /// Whether `flags` replaces `lines`.
    pub instead: bool,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// herd7's name of the architecture.
    pub arch: String,
    /// Options for herd7.
    pub options: Vec<String>,
    /// The argument registers.
    pub arguments: Vec<String>,
    /// The registers for observed values.
    pub observed: Vec<ObservedRegister>,
    /// Scratch registers, for use in functions that do not use them otherwise.
    pub scratch: Vec<String>,
    /// herd7's name of the stack pointer, and the text by which a line that uses it is recognised.
    pub stack: Option<(String, String)>,
    /// The type of registers.
    pub word: String,
    /// The register whose final value has to be 0.
    pub guard: Option<String>,
    /// The herd7 model that `checks` extend.
    pub model: Option<String>,
    /// Additional checks for the model.
    pub checks: Vec<String>,
    /// The width of numbers in bits, if herd7 zero-extends them.
    pub numbers: Option<u32>,
    /// Whether addresses cannot be compared.
    pub opaque_addresses: bool,
    /// Instructions behind which the kept flags have another carry, and those that read the carry.
    pub other_carry: Option<(Vec<String>, Vec<String>)>,
    /// The unconditional jump.
    pub jump: Option<Template>,
    /// The lists of names.
    pub banks: Banks,
    /// The translations of instructions.
    pub rules: Vec<Rule>,
}

impl Table {
    /// Parses a table.
    ///
    /// # Errors
    ///
    /// All faults of the table.
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
            // Do not report a faulty line as missing.
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
            ("word", [name]) => self.word.clone_from(name),
            ("numbers", [bits]) => {
                let number = bits.parse().ok().filter(|bits| (1..64).contains(bits));
                let message = || format!("`{bits}` is not a width below 64");
                let number = number.ok_or_else(|| Fault::new(bits, message(), "such as 32"));
                self.numbers = Some(number?);
            }
            ("guard", [register]) => self.guard = Some(register.clone()),
            ("model", [file]) => self.model = Some(file.clone()),
            ("check", [_, ..]) => self.checks.push(rest.to_owned()),
            ("addresses", [word]) if word == "opaque" => self.opaque_addresses = true,
            ("carry", [set, read]) => self.other_carry = Some((range(set)?, range(read)?)),
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
                    // `%1`, `%2` and so on stand for the parts of the word, `%` for the whole word.
                    let mut line = rest.to_owned();
                    for (index, part) in word.split(':').enumerate() {
                        line = line.replace(&format!("%{}", index + 1), part);
                    }
                    self.line(&line.replace('%', word))?;
                }
            }
            _ => {
                let message = format!("unknown or malformed line `{key}`");
                return Err(Fault::new(key, message, HELP));
            }
        }
        Ok(())
    }

    fn bank(&mut self, key: &str, name: &str, code: &str, herd: &str) -> Result<(), Fault> {
        let lists = range(code).and_then(|code| Ok((code, range(herd)?)));
        let (code, herds, fault) = match lists {
            Ok((code, herds)) => (code, herds, None),
            // Add an empty list anyway, so that lines that name it are not reported as well.
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
            let message = format!("{} names, but {} herd7 names", counts.0, counts.1);
            return Err(Fault::new(herd, message, "give a herd7 name for each name"));
        }
        if !is_new {
            let message = format!("the list `{name}` already exists");
            return Err(Fault::new(
                name,
                message,
                "give each list a name of its own",
            ));
        }
        Ok(())
    }

    /// Adds the rules of a line `PATTERN = LINE ; LINE / LINE`.
    fn rule(&mut self, text: &str) -> Result<(), Fault> {
        let Some((pattern, lines)) = text.split_once(" =") else {
            let help = "a line for an instruction is `insn PATTERN = LINE ; LINE`";
            return Err(Fault::new(text, "this line has no ` =`", help));
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
                    let help = "define a list with `bank` or `words` before the lines that use it";
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

    /// herd7's name of a register.
    pub fn register<'a>(&'a self, code: &'a str) -> &'a str {
        self.banks.register(code)
    }
}

/// A line, with its continuation lines, which begin with a blank.
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

    /// Its text, joined to one line.
    fn text(&self) -> String {
        let rows = self.rows.iter().filter_map(|row| row.rest(0));
        let texts: Vec<&str> = rows.map(|cell| cell.text).collect();
        texts.join(" ")
    }

    /// An error about a part of it. If the part is not in the file literally, because `each`
    /// expanded it, the place is the beginning of the line.
    fn error(&self, fault: Fault) -> Error {
        let cells = self.rows.iter().flat_map(|row| &row.cells).copied();
        // The keyword comes last: it may be a name as well.
        let (keyword, others): (Vec<Cell<'_>>, Vec<Cell<'_>>) =
            cells.partition(|cell| cell.place() == self.head().place());
        let mut cells = others.into_iter().chain(keyword);
        let word = cells.find(|cell| cell.text == fault.part);
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

    /// All faults are reported at once, with their places.
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
            ("X.tbl:2:8", "`a..c` is not a range"),
            ("X.tbl:3:15", "3 names, but 2 herd7 names"),
            ("X.tbl:4:7", "the list `r` already exists"),
            ("X.tbl:6:9", "`64` is not a width below 64"),
            ("X.tbl:8:9", "this brace is not closed"),
            ("X.tbl:9:12", "there is no list `t`"),
            ("X.tbl:10:1", "there is no list `w`"),
            ("X.tbl:11:6", "this line has no ` =`"),
            ("X.tbl:12:1", "unknown or malformed line `colour`"),
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
