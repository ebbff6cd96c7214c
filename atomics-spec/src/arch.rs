//! `arch/*.tbl`: how one architecture, or C, carries out variants and barriers.

use std::collections::BTreeMap;

use crate::diag::{Error, Errors};
use crate::lex::{Cell, Row, Source, is_name, rows, shorten};
use crate::names;
use crate::table::{Form, Op, Ordering};

/// What templates are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Instructions, for `asm!`.
    Asm,
    /// C expressions.
    C,
}

/// How operands of one width are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// The width in bits.
    pub bits: u32,
    /// The register class of `asm!`.
    pub class: String,
    /// The modifier of a register operand, or none.
    pub modifier: Option<String>,
    /// The memory operand.
    pub memory: String,
}

/// Where the result of a template is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// There is none.
    #[default]
    Nowhere,
    /// In a register of its own.
    Fresh,
    /// In the register of an argument.
    Arg(String),
}

/// One instruction or C expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The text, with operands in braces.
    pub text: String,
    /// What it does, in plain words.
    pub meaning: String,
}

/// How one variant is carried out at some widths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// The widths in bits.
    pub bits: Vec<u32>,
    /// Where the result is.
    pub result: Place,
    /// Arguments in fixed registers: argument and register.
    pub fixed: Vec<(String, String)>,
    /// The condition code that is the result.
    pub condition: Option<String>,
    /// Whether the condition codes are left alone.
    pub keeps_flags: bool,
    /// The instructions, or the C expression.
    pub lines: Vec<Line>,
}

/// The fences that [`Arch::fence`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fence {
    /// After a relaxed RMW, to make it an acquire.
    Acquire,
    /// Before a relaxed RMW, to make it a release.
    Release,
    /// Before a relaxed RMW, to make it fully ordered.
    FullBefore,
    /// After a relaxed RMW, to make it fully ordered.
    FullAfter,
}

impl Fence {
    const ALL: [(&'static str, Fence); 4] = [
        ("acquire", Fence::Acquire),
        ("release", Fence::Release),
        ("full_before", Fence::FullBefore),
        ("full_after", Fence::FullAfter),
    ];

    /// The barrier that stands for the fence where the table has no row for it.
    fn barrier(self) -> &'static str {
        match self {
            Fence::Acquire | Fence::FullAfter => "smp_mb__after_atomic",
            Fence::Release | Fence::FullBefore => "smp_mb__before_atomic",
        }
    }
}

/// The barriers that every table has, in the order in which they are generated.
pub const BARRIERS: [&str; 11] = [
    "mb",
    "rmb",
    "wmb",
    "dma_mb",
    "dma_rmb",
    "dma_wmb",
    "smp_mb",
    "smp_rmb",
    "smp_wmb",
    "smp_mb__before_atomic",
    "smp_mb__after_atomic",
];

/// A parsed table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arch {
    /// Its name; for instructions, Rust's `target_arch`.
    pub name: String,
    /// What templates are written in.
    pub lang: Lang,
    /// The width of a pointer.
    pub width: u32,
    /// Whether instructions clobber condition codes unless a template says otherwise.
    pub flags: bool,
    /// How to jump on a condition.
    pub branch: Option<String>,
    /// How to turn a condition into 0 or 1.
    pub setcc: Option<String>,
    /// C headers to include.
    pub includes: Vec<String>,
    /// Whether `smp_store_mb()` is an `xchg`, rather than a store and `smp_mb()`.
    pub store_mb_is_xchg: bool,
    sizes: Vec<Size>,
    registers: Vec<(String, Vec<(u32, String)>)>,
    templates: BTreeMap<String, Vec<Template>>,
    barriers: BTreeMap<String, Vec<Line>>,
    fences: BTreeMap<Fence, Vec<Line>>,
}

impl Arch {
    /// The template of a variant, by its name without family, at a width.
    pub fn template(&self, variant: &str, bits: u32) -> Option<&Template> {
        self.templates
            .get(variant)?
            .iter()
            .find(|t| t.bits.contains(&bits))
    }

    /// How operands of `bits` width are written.
    pub fn size(&self, bits: u32) -> Option<&Size> {
        self.sizes.iter().find(|s| s.bits == bits)
    }

    /// The name of a fixed register at a width.
    pub fn register(&self, name: &str, bits: u32) -> Option<&str> {
        let (_, names) = self.registers.iter().find(|(n, _)| n == name)?;
        names
            .iter()
            .find(|(b, _)| *b == bits)
            .map(|(_, text)| text.as_str())
    }

    /// The fixed registers.
    pub fn registers(&self) -> impl Iterator<Item = &str> {
        self.registers.iter().map(|(name, _)| name.as_str())
    }

    /// The lines of a barrier; none if it only stops the compiler.
    pub fn barrier(&self, name: &str) -> &[Line] {
        self.barriers.get(name).map_or(&[], Vec::as_slice)
    }

    /// The lines of a fence; none if it only stops the compiler.
    pub fn fence(&self, fence: Fence) -> &[Line] {
        match self.fences.get(&fence) {
            Some(lines) => lines,
            None => self.barrier(fence.barrier()),
        }
    }
}

/// What the rows `asm` and `c` are added to.
enum Open<'a> {
    Nothing,
    Template(Cell<'a>, String, Box<Template>, &'a Op),
    /// A template for an operation that the table of operations does not have.
    Skipped,
    Barrier(String),
    Fence(Fence),
}

struct Parser<'a> {
    arch: Arch,
    ops: &'a [Op],
    strict: bool,
    open: Open<'a>,
    seen: Vec<&'a str>,
}

/// Parses a table for `ops`. With `strict`, a row for an unknown variant is an error.
pub(crate) fn parse<'a>(
    source: Source<'a>,
    ops: &'a [Op],
    strict: bool,
    errors: &mut Errors,
) -> Option<Arch> {
    let before = errors.0.len();
    let rows = rows(source, errors);
    let first = rows.first()?.head();
    let mut parser = Parser {
        arch: Arch {
            name: String::new(),
            lang: Lang::Asm,
            width: 0,
            flags: true,
            branch: None,
            setcc: None,
            includes: Vec::new(),
            store_mb_is_xchg: false,
            sizes: Vec::new(),
            registers: Vec::new(),
            templates: BTreeMap::new(),
            barriers: BTreeMap::new(),
            fences: BTreeMap::new(),
        },
        ops,
        strict,
        open: Open::Nothing,
        seen: Vec::new(),
    };
    for row in &rows {
        let result = parser.row(row);
        errors.take(result);
    }
    errors.take(parser.close());
    for needed in ["arch", "lang", "width"] {
        if !parser.seen.contains(&needed) {
            errors.push(first.error(
                format!("the table has no row `{needed}`"),
                "a table names the architecture, the language of its templates and the width of \
                 a pointer",
            ));
        }
    }
    let lacking: Vec<_> = BARRIERS
        .into_iter()
        .filter(|b| !parser.arch.barriers.contains_key(*b))
        .collect();
    if !lacking.is_empty() {
        errors.push(first.error(
            format!("the table lacks the barriers {}", lacking.join(", ")),
            "a barrier that only stops the compiler is a row `barrier` without rows below it",
        ));
    }
    (errors.0.len() == before).then_some(parser.arch)
}

impl<'a> Parser<'a> {
    fn row(&mut self, row: &Row<'a>) -> Result<(), Error> {
        let head = row.head();
        let line = matches!(head.text, "asm" | "c");
        if !line {
            self.close()?;
        }
        let single = matches!(
            head.text,
            "arch" | "lang" | "width" | "flags" | "branch" | "setcc"
        );
        if single && self.seen.contains(&head.text) {
            return Err(head.error(
                format!("a second row `{}`", head.text),
                "there is one such row in a table",
            ));
        }
        self.seen.push(head.text);
        match head.text {
            "arch" => self.arch.name = word(row, "arch  NAME", is_name)?,
            "lang" => {
                let cell = only(row, "lang  asm|c")?;
                self.arch.lang = match cell.text {
                    "asm" => Lang::Asm,
                    "c" => Lang::C,
                    _ => return Err(cell.error("unknown language", "`asm` or `c`")),
                };
            }
            "width" => self.arch.width = bits(only(row, "width  BITS")?)?,
            "flags" => {
                let cell = only(row, "flags  yes|no")?;
                self.arch.flags = match cell.text {
                    "yes" => true,
                    "no" => false,
                    _ => return Err(cell.error("unknown answer", "`yes` or `no`")),
                };
            }
            "branch" => self.arch.branch = Some(text(row, 1, "branch  LINE")?.text.into()),
            "setcc" => self.arch.setcc = Some(text(row, 1, "setcc  LINE")?.text.into()),
            "include" => self
                .arch
                .includes
                .push(text(row, 1, "include  HEADER")?.text.into()),
            "size" => self.size(row)?,
            "register" => self.register(row)?,
            "op" => self.op(row)?,
            "asm" | "c" => self.line(row)?,
            "barrier" => {
                let cell = only(row, "barrier  NAME")?;
                if !BARRIERS.contains(&cell.text) {
                    return Err(cell.error(
                        format!("unknown barrier `{}`", shorten(cell.text)),
                        format!("the barriers are {}", BARRIERS.join(", ")),
                    ));
                }
                if self
                    .arch
                    .barriers
                    .insert(cell.text.into(), Vec::new())
                    .is_some()
                {
                    return Err(cell.error("a second row for this barrier", "remove one"));
                }
                self.open = Open::Barrier(cell.text.into());
            }
            "fence" => {
                let cell = only(row, "fence  NAME")?;
                let known = Fence::ALL.iter().find(|(name, _)| *name == cell.text);
                let Some((_, fence)) = known else {
                    return Err(cell.error(
                        format!("unknown fence `{}`", shorten(cell.text)),
                        "the fences are acquire, release, full_before and full_after",
                    ));
                };
                if self.arch.fences.insert(*fence, Vec::new()).is_some() {
                    return Err(cell.error("a second row for this fence", "remove one"));
                }
                self.open = Open::Fence(*fence);
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
                return Err(head.error(
                    format!("unknown row `{}`", shorten(other)),
                    "a row starts with arch, lang, width, flags, size, register, branch, setcc, \
                     include, op, asm, c, barrier, fence or store_mb",
                ));
            }
        }
        Ok(())
    }

    /// The operation and the form of a variant, by its name without family.
    fn variant(&self, cell: Cell<'_>) -> Result<Option<(&'a Op, Form)>, Error> {
        for op in self.ops {
            for &form in &op.forms {
                let known = |o: &Ordering| names::variant(op, form, *o) == cell.text;
                if form.orderings().iter().any(known) {
                    return Ok(Some((op, form)));
                }
            }
        }
        if self.strict {
            return Err(cell.error(
                format!("`{}` is not a variant of any operation", shorten(cell.text)),
                "write the C name without the family's prefix, such as fetch_add_acquire",
            ));
        }
        Ok(None)
    }

    fn size(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "size  BITS  CLASS  MODIFIER  MEMORY";
        let width = bits(row.get(1, "BITS", COLUMNS)?)?;
        let class = row.get(2, "CLASS", COLUMNS)?.text.to_owned();
        let modifier = row.get(3, "MODIFIER", COLUMNS)?.text;
        let memory = text(row, 4, COLUMNS)?.text.to_owned();
        if self.arch.size(width).is_some() {
            return Err(row
                .head()
                .error("a second row for this width", "remove one"));
        }
        let modifier = (modifier != "-").then(|| modifier.to_owned());
        self.arch.sizes.push(Size {
            bits: width,
            class,
            modifier,
            memory,
        });
        Ok(())
    }

    fn register(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "register  NAME  BITS:REGISTER...";
        let name = row.get(1, "NAME", COLUMNS)?;
        row.get(2, "BITS:REGISTER", COLUMNS)?;
        let mut names = Vec::new();
        for &cell in &row.cells[2..] {
            let Some((width, register)) = cell.text.split_once(':') else {
                return Err(cell.error("a register without a width", COLUMNS));
            };
            names.push((bits(cell.part(width))?, register.to_owned()));
        }
        self.arch.registers.push((name.text.into(), names));
        Ok(())
    }

    fn op(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "op  NAME  BITS  BINDINGS";
        // Until the row proves good, the rows below it are passed over.
        self.open = Open::Skipped;
        let name = row.get(1, "NAME", COLUMNS)?;
        let widths = row.get(2, "BITS", COLUMNS)?;
        let bindings = row.get(3, "BINDINGS", COLUMNS)?;
        row.at_most(4, COLUMNS)?;
        let Some((op, form)) = self.variant(name)? else {
            return Ok(());
        };
        let mut template = Template::default();
        for cell in widths.commas() {
            let width = bits(cell)?;
            if self.arch.template(name.text, width).is_some() || template.bits.contains(&width) {
                return Err(cell.error(
                    format!("a second template for `{}` at {width} bits", name.text),
                    "remove one",
                ));
            }
            if self.arch.lang == Lang::Asm && self.arch.size(width).is_none() {
                return Err(cell.error(
                    format!("no row `size` for {width} bits"),
                    "say how operands of this width are written above the rows that use it",
                ));
            }
            template.bits.push(width);
        }
        for cell in bindings.commas() {
            self.binding(cell, op, &mut template)?;
        }
        self.check_result(bindings, form, &template)?;
        self.open = Open::Template(name, name.text.into(), Box::new(template), op);
        Ok(())
    }

    fn binding(&self, cell: Cell<'a>, op: &Op, template: &mut Template) -> Result<(), Error> {
        let text = cell.text;
        let is_operand = |name: &str| op.operands().any(|a| a.name == name);
        match text {
            "-" => return Ok(()),
            "keep" => {
                template.keeps_flags = true;
                return Ok(());
            }
            ">r" => {
                template.result = Place::Fresh;
                return Ok(());
            }
            _ => {}
        }
        if let Some(condition) = text.strip_prefix('?') {
            if self.arch.branch.is_none() || self.arch.setcc.is_none() {
                return Err(cell.error(
                    "a condition in a table without `branch` and `setcc`",
                    "say how to branch on a condition above the rows that use one",
                ));
            }
            template.condition = Some(condition.into());
            return Ok(());
        }
        let (arg, result) = match text.strip_suffix(">r") {
            Some(arg) => (arg, true),
            None => (text, false),
        };
        let (arg, register) = match arg.split_once('@') {
            Some((arg, register)) => (arg, Some(register)),
            None => (arg, None),
        };
        let widths = &template.bits;
        let known = |r: &str| widths.iter().all(|b| self.arch.register(r, *b).is_some());
        if !is_operand(arg)
            || (!result && register.is_none())
            || register.is_some_and(|r| !known(r))
        {
            return Err(cell.error(
                format!("`{}` is not a binding", shorten(text)),
                format!(
                    "a binding is `-`, `>r`, ARG>r, ARG@REG, ARG@REG>r, ?CC or `keep`; \
                     the arguments are {}; the registers are {}",
                    op.operands()
                        .map(|a| a.name.as_str())
                        .collect::<Vec<_>>()
                        .join(", "),
                    self.arch.registers().collect::<Vec<_>>().join(", "),
                ),
            ));
        }
        if result {
            template.result = Place::Arg(arg.into());
        }
        if let Some(register) = register {
            template.fixed.push((arg.into(), register.into()));
        }
        Ok(())
    }

    /// The bindings must yield a result exactly if the form returns one. C expressions are
    /// their own result.
    fn check_result(&self, cell: Cell<'_>, form: Form, template: &Template) -> Result<(), Error> {
        if self.arch.lang == Lang::C {
            return Ok(());
        }
        let value = template.result != Place::Nowhere;
        let right = match form {
            Form::Void | Form::Store => !value && template.condition.is_none(),
            Form::Truth(_) => !value && template.condition.is_some(),
            _ => value && template.condition.is_none(),
        };
        if right {
            return Ok(());
        }
        Err(cell.error(
            "these bindings do not yield what the variant returns",
            "nothing for the forms v and s, a condition ?CC for B and b, a value (>r) for others",
        ))
    }

    fn line(&mut self, row: &Row<'a>) -> Result<(), Error> {
        let head = row.head();
        let columns = if head.text == "c" {
            "c  EXPRESSION"
        } else {
            "asm  INSTRUCTION -- MEANING"
        };
        let cell = text(row, 1, columns)?;
        if (head.text == "c") != (self.arch.lang == Lang::C) {
            return Err(head.error("a line in the wrong language", "`lang` says which it is"));
        }
        let (code, meaning) = match cell.text.split_once(" -- ") {
            Some((code, meaning)) => (code.trim_end(), meaning.trim_start()),
            None if self.arch.lang == Lang::C => (cell.text, ""),
            None => {
                return Err(cell.error(
                    "an instruction without its meaning",
                    "say in plain words after ` -- ` what it does",
                ));
            }
        };
        let line = Line {
            text: code.into(),
            meaning: meaning.into(),
        };
        match &mut self.open {
            Open::Nothing => {
                return Err(head.error(
                    format!("a row `{}` that belongs to nothing", head.text),
                    "it follows a row `op`, `barrier` or `fence`",
                ));
            }
            Open::Skipped => {}
            Open::Template(_, _, template, op) => {
                let cell = cell.part(&cell.text[..code.len()]);
                placeholders(cell, op, template, &self.arch)?;
                if self.arch.lang == Lang::C && !template.lines.is_empty() {
                    return Err(cell.error("a second expression", "a variant is one expression"));
                }
                template.lines.push(line);
            }
            Open::Barrier(name) => {
                self.arch
                    .barriers
                    .entry(name.clone())
                    .or_default()
                    .push(line);
            }
            Open::Fence(fence) => self.arch.fences.entry(*fence).or_default().push(line),
        }
        Ok(())
    }

    /// Ends the rows that belong together.
    fn close(&mut self) -> Result<(), Error> {
        if let Open::Template(cell, name, template, op) =
            std::mem::replace(&mut self.open, Open::Nothing)
        {
            let is_used = |arg: &str| {
                let operand = format!("{{{arg}}}");
                template.fixed.iter().any(|(name, _)| name == arg)
                    || template.lines.iter().any(|l| l.text.contains(&operand))
            };
            if let Some(unused) = op.operands().find(|a| !is_used(&a.name)) {
                return Err(cell.error(
                    format!(
                        "the template of `{name}` does not use the argument `{}`",
                        unused.name
                    ),
                    "name it in braces in an instruction, or bind it to a fixed register",
                ));
            }
            if template.lines.is_empty() {
                return Err(cell.error(
                    format!("`{name}` has no instructions"),
                    "write them in the rows below it",
                ));
            }
            self.arch.templates.entry(name).or_default().push(*template);
        }
        Ok(())
    }
}

/// Refuses a template with an operand that nothing stands for.
fn placeholders(cell: Cell<'_>, op: &Op, template: &Template, arch: &Arch) -> Result<(), Error> {
    let mut known: Vec<&str> = op.operands().map(|a| a.name.as_str()).collect();
    match arch.lang {
        Lang::Asm => {
            known.extend(["v", "mem"]);
            if template.result == Place::Fresh {
                known.push("r");
            }
        }
        Lang::C => known.extend(["v", "type"]),
    }
    let mut rest = cell.text;
    while let Some(start) = rest.find('{') {
        let Some(end) = rest[start..].find('}') else {
            return Err(cell
                .part(&rest[start..])
                .error("`{` without `}`", "close the operand"));
        };
        let name = &rest[start + 1..start + end];
        if !known.contains(&name) {
            return Err(cell.part(&rest[start..=start + end]).error(
                format!("unknown operand `{{{}}}`", shorten(name)),
                format!("the operands are {}", known.join(", ")),
            ));
        }
        rest = &rest[start + end + 1..];
    }
    Ok(())
}

fn only<'a>(row: &Row<'a>, columns: &str) -> Result<Cell<'a>, Error> {
    row.at_most(2, columns)?;
    row.get(1, "value", columns)
}

fn word(row: &Row<'_>, columns: &str, good: fn(&str) -> bool) -> Result<String, Error> {
    let cell = only(row, columns)?;
    if good(cell.text) {
        return Ok(cell.text.into());
    }
    Err(cell.error(
        format!("`{}` is not a name", shorten(cell.text)),
        columns.to_owned(),
    ))
}

fn text<'a>(row: &Row<'a>, index: usize, columns: &str) -> Result<Cell<'a>, Error> {
    row.get(index, "text", columns)?;
    row.rest(index).ok_or_else(|| {
        row.head()
            .error("the row ends too early", columns.to_owned())
    })
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
