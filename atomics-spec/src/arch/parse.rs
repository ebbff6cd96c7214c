//! The parser of `arch/*.tbl`.

use std::collections::BTreeMap;

use super::{Arch, BARRIERS, Feature, Features, Fence, Lang, Line, PAIR, Size};
use crate::diag::{Error, Errors};
use crate::lex::{Cell, Faulty, Row, Source, is_name, rows, shorten};
use crate::model::op::Op;
use draft::{Draft, placeholders};
use key::Words;

mod bind;
mod draft;
mod key;
mod op;

/// Parses a table for `ops`. With `strict`, a row for an unknown variant is an error. `others` are
/// the tables before it.
pub(crate) fn parse<'a>(
    source: Source<'a>,
    ops: &'a [Op],
    faulty_ops: &'a Faulty<'a>,
    strict: bool,
    others: &[Arch],
    errors: &mut Errors,
) -> Option<Arch> {
    let before = errors.0.len();
    let rows = rows(source, errors);
    let first = rows.list.first()?.head();
    let mut parser = Parser {
        arch: Arch {
            name: String::new(),
            lang: Lang::Asm,
            width: 0,
            endian: None,
            flags: true,
            flags_register: None,
            address: "reg".into(),
            features: Vec::new(),
            branch: None,
            setcc: None,
            includes: Vec::new(),
            kernel: false,
            store_mb_is_xchg: false,
            sizes: Vec::new(),
            registers: Vec::new(),
            templates: BTreeMap::new(),
            barriers: BTreeMap::new(),
            fences: BTreeMap::new(),
        },
        lang: None,
        ops,
        faulty_ops,
        strict,
        others,
        complete: rows.complete,
        words: Words::default(),
        needs: Some(Features::NONE),
        open: Open::Nothing,
        seen: Vec::new(),
        faulty: Faulty::default(),
        errors,
    };
    if !rows.complete {
        parser.faulty.add_anything();
    }
    for row in &rows.list {
        parser.row(row);
    }
    parser.close();
    if rows.complete {
        parser.missing(first);
    }
    let arch = parser.arch;
    (errors.0.len() == before).then_some(arch)
}

/// What the rows `asm` and `c` are added to.
enum Open<'a> {
    Nothing,
    Template(Box<Draft<'a>>),
    /// Something that is wrong, or a template for an operation that the table of operations does
    /// not have.
    Skipped,
    Barrier(String),
    Fence(Fence),
}

struct Parser<'a, 'e> {
    arch: Arch,
    /// The language of the templates, once it is known.
    lang: Option<Lang>,
    ops: &'a [Op],
    faulty_ops: &'a Faulty<'a>,
    strict: bool,
    others: &'e [Arch],
    complete: bool,
    /// The rows `text` so far.
    words: Words<'a>,
    /// The features that the rows `op` below the last row `with` need; none of these rows is read
    /// if that row is wrong.
    needs: Option<Features>,
    open: Open<'a>,
    /// The keywords of all rows so far.
    seen: Vec<&'a str>,
    /// The keywords of the rows with faults.
    faulty: Faulty<'a>,
    errors: &'e mut Errors,
}

impl<'a> Parser<'a, '_> {
    fn row(&mut self, row: &Row<'a>) {
        let head = row.head();
        let is_line = matches!(head.text, "asm" | "c" | "when");
        if !is_line {
            self.close();
        }
        let before = self.errors.0.len();
        let result = if is_line {
            self.line(row)
        } else {
            self.keyword(row)
        };
        self.errors.take(result);
        self.seen.push(head.text);
        if self.errors.0.len() > before {
            self.faulty.add(head.text);
            if let (true, Open::Template(draft)) = (is_line, &mut self.open) {
                draft.sound = false;
            }
        }
    }

    /// A row that starts something.
    fn keyword(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const SINGLE: [&str; 11] = [
            "arch", "lang", "width", "endian", "flags", "codes", "address", "branch", "setcc",
            "kernel", "store_mb",
        ];
        let head = row.head();
        if SINGLE.contains(&head.text) && self.seen.contains(&head.text) {
            return Err(head.error(
                format!("a second row `{}`", head.text),
                "there is one such row in a table",
            ));
        }
        match head.text {
            "arch" => self.name(row)?,
            "lang" => {
                let cell = only(row, "lang  asm|c")?;
                let depends = |head: &&str| matches!(*head, "op" | "asm" | "c");
                if let Some(other) = self.seen.iter().copied().find(depends) {
                    return Err(head.error(
                        format!("the language stands below a row `{other}`"),
                        "write it above all rows that depend on it",
                    ));
                }
                self.lang = Some(match cell.text {
                    "asm" => Lang::Asm,
                    "c" => Lang::C,
                    other => {
                        return Err(cell.error(
                            format!("unknown language `{}`", shorten(other)),
                            "write `asm` for instructions or `c` for C expressions",
                        ));
                    }
                });
                self.arch.lang = self.lang.unwrap_or(Lang::Asm);
            }
            "width" => self.arch.width = bits(only(row, "width  BITS")?)?,
            "endian" => {
                let cell = only(row, "endian  little|big")?;
                if !matches!(cell.text, "little" | "big") {
                    return Err(cell.error(
                        format!("unknown order of bytes `{}`", shorten(cell.text)),
                        "write `little` or `big` if templates rely on it; else leave out the row",
                    ));
                }
                self.arch.endian = Some(cell.text.into());
            }
            "flags" => {
                let cell = only(row, "flags  yes|no")?;
                self.arch.flags = match cell.text {
                    "yes" => true,
                    "no" => false,
                    other => {
                        return Err(cell.error(
                            format!("unknown answer `{}`", shorten(other)),
                            "write `yes` if instructions clobber condition codes, else `no`",
                        ));
                    }
                };
            }
            "codes" => {
                let cell = only(row, "codes  REGISTER")?;
                if !is_name(cell.text) {
                    return Err(cell.error(
                        format!("`{}` is no register", shorten(cell.text)),
                        "write the register that holds the condition codes, as `asm!` calls it",
                    ));
                }
                self.arch.flags_register = Some(cell.text.into());
            }
            "address" => {
                let cell = only(row, "address  CLASS")?;
                if !is_name(cell.text) {
                    return Err(not_a_class(cell));
                }
                self.arch.address = cell.text.into();
            }
            "feature" => self.feature(row)?,
            "with" => self.with(row)?,
            "text" => self.word(row)?,
            "branch" => {
                let cell = text(row, 1, "branch  LINE")?;
                placeholders(cell, &["cc", "label"], &["cc", "label"])?;
                self.arch.branch = Some(cell.text.into());
            }
            "setcc" => {
                let cell = text(row, 1, "setcc  LINE")?;
                placeholders(cell, &["cc", "r"], &["cc", "r"])?;
                self.arch.setcc = Some(cell.text.into());
            }
            "include" => {
                let cell = text(row, 1, "include  HEADER")?;
                let quoted = |open, close| {
                    cell.text.len() > 2 && cell.text.starts_with(open) && cell.text.ends_with(close)
                };
                if !quoted('<', '>') && !quoted('"', '"') {
                    return Err(cell.error(
                        format!("`{}` is not a header", shorten(cell.text)),
                        "write it as in C: <stdint.h> or \"name.h\"",
                    ));
                }
                self.arch.includes.push(cell.text.into());
            }
            "size" => self.size(row)?,
            "register" => self.register(row)?,
            "op" => {
                // Until the row proves good, the rows below it are passed over.
                self.open = Open::Skipped;
                self.op(row)?;
            }
            "barrier" => {
                self.open = Open::Skipped;
                let cell = only(row, "barrier  NAME")?;
                if !BARRIERS.contains(&cell.text) {
                    return Err(cell.error(
                        format!("unknown barrier `{}`", shorten(cell.text)),
                        format!("the barriers are {}", BARRIERS.join(", ")),
                    ));
                }
                let Some(needs) = self.needs else {
                    // Which CPUs it is for, the faulty row `with` above would say.
                    return Ok(());
                };
                let choices = self.arch.barriers.entry(cell.text.into()).or_default();
                if choices.iter().any(|(known, _)| *known == needs) {
                    return Err(cell.error(
                        format!("the barrier `{}` has two rows", cell.text),
                        "remove one of them",
                    ));
                }
                choices.push((needs, Vec::new()));
                self.open = Open::Barrier(cell.text.into());
            }
            "fence" => {
                self.open = Open::Skipped;
                let cell = only(row, "fence  NAME")?;
                let known = Fence::ALL.iter().find(|(name, _)| *name == cell.text);
                let Some((_, fence)) = known else {
                    return Err(cell.error(
                        format!("unknown fence `{}`", shorten(cell.text)),
                        "the fences are acquire, release, full_before and full_after",
                    ));
                };
                if self.arch.fences.insert(*fence, Vec::new()).is_some() {
                    return Err(cell.error(
                        format!("the fence `{}` has two rows", cell.text),
                        "remove one of them",
                    ));
                }
                self.open = Open::Fence(*fence);
            }
            "kernel" => {
                let cell = only(row, "kernel  inline")?;
                if cell.text != "inline" {
                    return Err(cell.error(
                        format!("`{}` is no way into a kernel", shorten(cell.text)),
                        "the row is `kernel  inline`, or missing where a kernel calls C helpers",
                    ));
                }
                if self.lang == Some(Lang::C) {
                    return Err(row.head().error(
                        "C expressions cannot stand in line in a kernel's Rust",
                        "the row is for tables with `lang  asm`",
                    ));
                }
                self.arch.kernel = true;
            }
            "store_mb" => {
                let cell = only(row, "store_mb  xchg")?;
                if cell.text != "xchg" {
                    return Err(cell.error(
                        format!("`{}` does not store behind a barrier", shorten(cell.text)),
                        "the row is `store_mb  xchg`, or missing for a store and smp_mb()",
                    ));
                }
                self.arch.store_mb_is_xchg = true;
            }
            other => {
                self.open = Open::Skipped;
                self.faulty.add_anything();
                return Err(head.error(
                    format!("unknown row `{}`", shorten(other)),
                    "a row starts with arch, lang, width, endian, flags, codes, address, size, register, branch, \
                     setcc, include, feature, with, text, op, asm, c, when, barrier, fence, kernel \
                     or store_mb",
                ));
            }
        }
        Ok(())
    }

    fn name(&mut self, row: &Row<'a>) -> Result<(), Error> {
        let cell = only(row, "arch  NAME")?;
        if !is_name(cell.text) {
            return Err(cell.error(
                format!(
                    "`{}` is not the name of an architecture",
                    shorten(cell.text)
                ),
                "a name is made of a-z, 0-9 and _, and starts with a letter",
            ));
        }
        if self.others.iter().any(|a| a.name == cell.text) {
            return Err(cell.error(
                format!("the architecture `{}` has two tables", cell.text),
                "one table has all of an architecture",
            ));
        }
        self.arch.name = cell.text.into();
        Ok(())
    }

    fn size(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "size  BITS  CLASS  MODIFIER  MEMORY";
        let width_cell = row.get(1, "BITS", COLUMNS)?;
        let width = bits(width_cell)?;
        let class = row.get(2, "CLASS", COLUMNS)?;
        if !is_name(class.text) {
            return Err(not_a_class(class));
        }
        if class.text == PAIR && (width != 64 || self.arch.size(32).is_none()) {
            return Err(class.error(
                format!("a pair of registers for {width} bits"),
                "a pair holds 64 bits in two registers of the row `size  32` above it",
            ));
        }
        let modifier = row.get(3, "MODIFIER", COLUMNS)?;
        let is_letter =
            modifier.text.len() == 1 && modifier.text.as_bytes()[0].is_ascii_alphabetic();
        if modifier.text != "-" && !is_letter {
            return Err(modifier.error(
                format!("`{}` is not an operand modifier", shorten(modifier.text)),
                "write one letter, such as the x of {i:x}, or `-` for none",
            ));
        }
        let memory = text(row, 4, COLUMNS)?;
        placeholders(memory, &["v"], &["v"])?;
        if self.arch.size(width).is_some() {
            return Err(width_cell.error(
                format!("the width {width} has two rows `size`"),
                "remove one of them",
            ));
        }
        self.arch.sizes.push(Size {
            bits: width,
            class: class.text.into(),
            modifier: is_letter.then(|| modifier.text.to_owned()),
            memory: memory.text.into(),
        });
        Ok(())
    }

    fn register(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "register  NAME  BITS:REGISTER...";
        let name = row.get(1, "NAME", COLUMNS)?;
        if self.arch.registers().any(|r| r == name.text) {
            return Err(name.error(
                format!("the register `{}` has two rows", shorten(name.text)),
                "one row has its names at all widths",
            ));
        }
        row.get(2, "BITS:REGISTER", COLUMNS)?;
        let mut names: Vec<(u32, String)> = Vec::new();
        for &cell in &row.cells[2..] {
            let Some((width, register)) = cell.text.split_once(':') else {
                return Err(cell.error(
                    format!("`{}` has no width", shorten(cell.text)),
                    format!("a row is: {COLUMNS}"),
                ));
            };
            let width = bits(cell.part(width))?;
            if register.split('+').any(str::is_empty) {
                return Err(cell.error(
                    format!("the register has no name at {width} bits"),
                    format!("a row is: {COLUMNS}"),
                ));
            }
            let is_pair = register.split('+').count() == 2;
            let size = self.arch.size(width);
            if is_pair != self.arch.is_pair(width) && size.is_some() {
                return Err(cell.error(
                    format!("`{}` at {width} bits", shorten(register)),
                    "values of the class `pair` are in two registers, LOW+HIGH, and others in one",
                ));
            }
            if names.iter().any(|(known, _)| *known == width) {
                return Err(cell.error(
                    format!("a second name of the register at {width} bits"),
                    "remove one of them",
                ));
            }
            names.push((width, register.to_owned()));
        }
        self.arch.registers.push((name.text.into(), names));
        Ok(())
    }

    fn feature(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "feature  NAME  TARGET_FEATURE  MACRO|-  DIRECTIVE|-";
        /// Plans are made for every set of features.
        const MOST: usize = 4;
        let name = row.get(1, "NAME", COLUMNS)?;
        let target = row.get(2, "TARGET_FEATURE", COLUMNS)?;
        let detect = row.get(3, "MACRO", COLUMNS)?;
        let directive = text(row, 4, COLUMNS)?;
        if !is_name(name.text) {
            return Err(name.error(
                format!("`{}` is not the name of a feature", shorten(name.text)),
                "a name is made of a-z, 0-9 and _, and starts with a letter",
            ));
        }
        if self.arch.features.iter().any(|f| f.name == name.text) {
            return Err(name.error(
                format!("the feature `{}` has two rows", name.text),
                "remove one of them",
            ));
        }
        if self.arch.features.len() == MOST {
            return Err(name.error(
                format!("more than {MOST} features"),
                "join those that CPUs have together",
            ));
        }
        if detect.text != "-" && !is_name(detect.text) {
            return Err(detect.error(
                format!("`{}` is not a macro", shorten(detect.text)),
                "write the macro of `std::arch` that asks the CPU, such as \
                 is_aarch64_feature_detected, or `-` for none",
            ));
        }
        placeholders(directive, &[], &[])?;
        let given = |cell: Cell<'_>| (cell.text != "-").then(|| cell.text.to_owned());
        self.arch.features.push(Feature {
            name: name.text.into(),
            target: target.text.into(),
            detect: given(detect),
            directive: given(directive),
        });
        Ok(())
    }

    /// Which features the rows below need.
    fn with(&mut self, row: &Row<'a>) -> Result<(), Error> {
        self.needs = None;
        // What is missing may be below this row.
        let cell = only(row, "with  FEATURES|-").inspect_err(|_| self.faulty.add_anything())?;
        let mut needs = Features::NONE;
        let names = match cell.text {
            "-" => Vec::new(),
            _ => cell.commas(self.errors),
        };
        for cell in names {
            let index = self.arch.features.iter().position(|f| f.name == cell.text);
            let Some(index) = index else {
                self.faulty.add_anything();
                let known: Vec<_> = self.arch.features.iter().map(|f| f.name.as_str()).collect();
                return Err(cell.error(
                    format!("unknown feature `{}`", shorten(cell.text)),
                    format!("the features above this row are {}", or_none(&known)),
                ));
            };
            needs = needs.with(index);
        }
        self.needs = Some(needs);
        Ok(())
    }

    fn line(&mut self, row: &Row<'a>) -> Result<(), Error> {
        let head = row.head();
        if matches!(self.open, Open::Nothing) {
            return Err(head.error(
                format!("a row `{}` that belongs to nothing", head.text),
                "it follows a row `op`, `barrier` or `fence`",
            ));
        }
        let Some(lang) = self.lang else {
            // There is an error about `lang`; whether this line is right, it would say.
            return Ok(());
        };
        let is_when = head.text == "when";
        let (own, columns) = match (lang, is_when) {
            (Lang::Asm, false) => ("asm", "asm  INSTRUCTION -- MEANING"),
            (Lang::Asm, true) => ("asm", "when  KEYS  INSTRUCTION -- MEANING"),
            (Lang::C, _) => ("c", "c  EXPRESSION"),
        };
        if head.text != own && !(is_when && lang == Lang::Asm) {
            return Err(head.error(
                format!("a row `{}` in a table with `lang  {own}`", head.text),
                format!("a row is: {columns}"),
            ));
        }
        let keys = if is_when {
            let cell = row.get(1, "KEYS", columns)?;
            if matches!(self.open, Open::Barrier(_) | Open::Fence(_)) {
                return Err(head.error(
                    "an instruction of a barrier under a condition",
                    "rows `when` are for templates: a barrier has neither widths nor orderings",
                ));
            }
            Some(self.keys(cell)?)
        } else {
            None
        };
        let cell = text(row, if is_when { 2 } else { 1 }, columns)?;
        let (code, meaning) = match cell.text.split_once(" -- ") {
            Some((code, meaning)) => (code.trim_end(), meaning.trim_start()),
            None => (cell.text, ""),
        };
        if meaning.is_empty() && lang == Lang::Asm {
            return Err(cell.error(
                "an instruction without its meaning",
                "say in plain words after ` -- ` what it does",
            ));
        }
        if lang == Lang::C && meaning.contains("*/") {
            return Err(cell.error(
                "a meaning that ends the comment that it stands in",
                "leave out `*/`",
            ));
        }
        let start = cell.part(&cell.text[..code.len()]);
        let line = Line {
            text: code.into(),
            meaning: meaning.into(),
        };
        match &mut self.open {
            Open::Nothing | Open::Skipped => {}
            Open::Template(draft) => {
                let words: Vec<&str> = self.words.names().collect();
                let mut known = draft.operands(lang, &self.arch);
                known.extend(words.iter().map(|w| (*w).to_owned()));
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                placeholders(start, &known, &[])?;
                if !self.faulty.has(|head| head == "register") {
                    let mut known: Vec<_> = self.arch.registers().collect();
                    known.extend(words);
                    placeholders(cell.part(meaning), &known, &[])?;
                }
                if lang == Lang::C && !draft.lines.is_empty() {
                    return Err(start.error("a second expression", "a variant is one expression"));
                }
                draft.lines.push((keys, line));
            }
            // Nothing stands for anything in a barrier; and C has braces of its own.
            Open::Barrier(name) => {
                if lang == Lang::Asm {
                    placeholders(start, &[], &[])?;
                }
                let choices = self.arch.barriers.get_mut(name);
                if let Some((_, lines)) = choices.and_then(|all| all.last_mut()) {
                    lines.push(line);
                }
            }
            Open::Fence(fence) => {
                if lang == Lang::Asm {
                    placeholders(start, &[], &[])?;
                }
                self.arch.fences.entry(*fence).or_default().push(line);
            }
        }
        Ok(())
    }

    /// Reports the rows that every table has and this one lacks.
    fn missing(&mut self, first: Cell<'_>) {
        for needed in ["arch", "lang", "width"] {
            if !self.seen.contains(&needed) {
                self.errors.push(first.error(
                    format!("the table has no row `{needed}`"),
                    "a table names the architecture, the language of its templates and the width \
                     of a pointer",
                ));
            }
        }
        let lacking: Vec<_> = BARRIERS
            .into_iter()
            .filter(|b| {
                !self
                    .arch
                    .barrier_choices(b)
                    .any(|(needs, _)| needs == Features::NONE)
            })
            .collect();
        // A faulty row `with` may hide some.
        if !lacking.is_empty() && !self.faulty.has(|head| head == "with") {
            self.errors.push(first.error(
                format!("the table lacks the barriers {}", lacking.join(", ")),
                "a barrier that only stops the compiler is a row `barrier` without rows below it",
            ));
        }
    }
}

fn not_a_class(cell: Cell<'_>) -> Error {
    cell.error(
        format!("`{}` is not a register class", shorten(cell.text)),
        "write the name of a register class of `asm!`, such as reg",
    )
}

/// Words as a list.
fn or_none(words: &[&str]) -> String {
    if words.is_empty() {
        "none".into()
    } else {
        words.join(", ")
    }
}

/// The only cell after the keyword.
fn only<'a>(row: &Row<'a>, columns: &str) -> Result<Cell<'a>, Error> {
    row.at_most(2, columns)?;
    row.get(1, column(columns, 1), columns)
}

/// The name of a column in the list of all.
fn column(columns: &str, index: usize) -> &str {
    columns.split_whitespace().nth(index).unwrap_or("text")
}

/// The text from column `index` on.
fn text<'a>(row: &Row<'a>, index: usize, columns: &str) -> Result<Cell<'a>, Error> {
    let first = row.get(index, column(columns, index), columns)?;
    Ok(row.rest(index).unwrap_or(first))
}

fn bits(cell: Cell<'_>) -> Result<u32, Error> {
    match cell.text {
        "8" => Ok(8),
        "16" => Ok(16),
        "32" => Ok(32),
        "64" => Ok(64),
        other => Err(cell.error(
            format!("`{}` is not a width", shorten(other)),
            "a width is 8, 16, 32 or 64 bits",
        )),
    }
}
