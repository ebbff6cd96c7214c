//! Parses the tables `isa/*.tbl`. `isa/README.md` describes their format.

use atomics_spec::Source;
use atomics_spec::diag::{Error, Errors};
use atomics_spec::lex::{Cell, Row as Line, rows};

use crate::event::{Access, Level, Rule, Side};
use crate::isa::{Action, Alu, Condition, Isa, Other, Role, Row};

/// The columns of an `insn` row, for error messages.
const COLUMNS: &str =
    "insn MNEMONIC OPERANDS ACTION [flags] [WORD ...] [+ROLE:REGISTER ...] [N!=OTHER ...]";

/// Parses a table for an architecture whose registers have `word` bytes.
///
/// # Errors
///
/// All errors of the table.
pub fn parse(source: Source<'_>, word: i64) -> Result<Isa, Errors> {
    let mut errors = Errors::default();
    let mut isa = Isa {
        word,
        ..Isa::default()
    };
    let lines = rows(source, &mut errors);
    for line in &lines.list {
        let parsed = parse_line(&mut isa, line);
        errors.take(parsed);
    }
    for (setting, name, example) in [
        (&isa.stack, "stack", "stack sp"),
        (&isa.comment, "comment", "comment //"),
    ] {
        if let (true, true, Some(last)) = (setting.is_empty(), lines.complete, lines.list.last()) {
            let message = format!("the row `{name}` is missing");
            errors.push(last.head().error(message, format!("such as `{example}`")));
        }
    }
    errors.into_result(isa, &[source.name])
}

fn parse_line(isa: &mut Isa, line: &Line<'_>) -> Result<(), Error> {
    let head = line.head();
    let one = |columns: &str| {
        line.at_most(2, columns)?;
        line.get(1, head.text, columns)
    };
    let rest = || line.cells[1..].iter().map(|cell| cell.text.to_owned());
    match head.text {
        "model" => {
            let cell = one("model tso@dma | tso@io | multi-copy | weak")?;
            (isa.tso, isa.multi_copy) = match cell.text {
                "tso@dma" => (Level::Dma, true),
                "tso@io" => (Level::Io, true),
                "multi-copy" => (Level::None, true),
                "weak" => (Level::None, false),
                _ => return Err(unknown(cell, "model", "tso@dma, tso@io, multi-copy, weak")),
            };
        }
        "comment" => {
            let cell = one("comment TEXT, with quotes around a `#`")?;
            isa.comment = cell.text.trim_matches('\'').to_owned();
        }
        "stack" => isa.stack = one("stack REGISTER")?.text.to_owned(),
        "numeric" => {
            line.at_most(1, "numeric")?;
            isa.numeric = true;
        }
        "conditions" => {
            line.at_most(1, "conditions")?;
            isa.conditional = true;
        }
        "prefixes" => isa.prefixes = rest().collect(),
        "alias" => {
            let register = line.get(1, "REGISTER", "alias REGISTER NAME ...")?.text;
            line.get(2, "NAME", "alias REGISTER NAME ...")?;
            for name in rest().skip(1) {
                isa.aliases.insert(name, register.to_owned());
            }
        }
        "insn" => parse_insn(isa, line)?,
        _ => {
            return Err(unknown(
                head,
                "kind of row",
                "model, comment, stack, numeric, conditions, prefixes, alias, insn",
            ));
        }
    }
    Ok(())
}

/// The error for a cell that does not contain one of the known words.
fn unknown(cell: Cell<'_>, what: &str, known: &str) -> Error {
    cell.error(
        format!("`{}` is not a {what}", cell.text),
        format!("expected one of {known}"),
    )
}

fn parse_insn(isa: &mut Isa, line: &Line<'_>) -> Result<(), Error> {
    let key = line.get(1, "MNEMONIC", COLUMNS)?;
    let row = Row {
        action: Action::Nop,
        ..parse_operands(line.get(2, "OPERANDS", COLUMNS)?)?
    };
    let action = line.get(3, "ACTION", COLUMNS)?;
    let row = parse_words(row, action, &line.cells[4..])?;
    for name in key.text.split('|') {
        let known = isa.rows.entry(name.replace('+', " ")).or_default();
        let is_same = |other: &Row| other.roles == row.roles && other.many == row.many;
        if known.iter().any(is_same) {
            return Err(key.part(name).error(
                format!("a second row for `{name}` with these operands"),
                "an instruction has one row for the same kinds of operands",
            ));
        }
        known.push(row.clone());
    }
    Ok(())
}

/// Parses the operands into a row without an action.
fn parse_operands(cell: Cell<'_>) -> Result<Row, Error> {
    let many = cell.text.ends_with('*');
    let letters = cell.text.trim_end_matches('*');
    let roles = match letters {
        "-" => Vec::new(),
        _ => letters
            .split(',')
            .map(|letter| parse_role(cell.part(letter)))
            .collect::<Result<_, _>>()?,
    };
    Ok(Row {
        roles,
        many,
        implicit: Vec::new(),
        apart: Vec::new(),
        action: Action::Nop,
        flags: false,
        predicate: None,
    })
}

fn parse_role(cell: Cell<'_>) -> Result<Role, Error> {
    Ok(match cell.text {
        "w" => Role::Write,
        "r" => Role::Read,
        "x" => Role::Both,
        "m" => Role::Memory,
        "b" => Role::Base,
        "i" => Role::Ignored,
        "t" => Role::Target,
        _ => return Err(unknown(cell, "role", "w, r, x, m, b, i, t")),
    })
}

/// Adds the action and the words after it to a row.
fn parse_words(mut row: Row, action: Cell<'_>, words: &[Cell<'_>]) -> Result<Row, Error> {
    let (implicit, words): (Vec<Cell<'_>>, Vec<Cell<'_>>) = words
        .iter()
        .copied()
        .partition(|word| word.text.starts_with('+'));
    for cell in implicit {
        let text = &cell.text[1..];
        let Some((role, register)) = text.split_once(':') else {
            let message = format!("`{}` does not name a register", cell.text);
            return Err(cell.error(message, "an implicit operand is written +ROLE:REGISTER"));
        };
        let role = parse_role(cell.part(role))?;
        row.implicit.push((role, register.to_owned()));
    }
    let (apart, words): (Vec<Cell<'_>>, Vec<Cell<'_>>) =
        words.into_iter().partition(|word| word.text.contains("!="));
    for cell in apart {
        row.apart.push(parse_apart(cell, row.roles.len())?);
    }
    row.flags = words.first().is_some_and(|word| word.text == "flags");
    let words: Vec<Cell<'_>> = words.into_iter().skip(usize::from(row.flags)).collect();
    row.action = parse_action(action, &words)?;
    Ok(row)
}

/// Parses `N!=OTHER` in a row with `count` operands.
fn parse_apart(cell: Cell<'_>, count: usize) -> Result<(usize, Other), Error> {
    let wrong = || {
        cell.error(
            format!("`{}` does not say which registers must differ", cell.text),
            format!("write N!=M or N!=%REGISTER, where N and M are operands from 1 to {count}"),
        )
    };
    let (operand, other) = cell.text.split_once("!=").ok_or_else(wrong)?;
    let index = |text: &str| {
        let number: usize = text.parse().ok()?;
        (1..=count).contains(&number).then(|| number - 1)
    };
    let operand = index(operand).ok_or_else(wrong)?;
    let other = match other.strip_prefix('%') {
        Some(register) if !register.is_empty() => Other::Register(register.to_owned()),
        _ => Other::Operand(index(other).filter(|i| *i != operand).ok_or_else(wrong)?),
    };
    Ok((operand, other))
}

/// The word, if there is one. Fails if there are several.
fn at_most_one<'c, 't>(words: &'c [Cell<'t>], what: &str) -> Result<Option<&'c Cell<'t>>, Error> {
    match words {
        [] => Ok(None),
        [word] => Ok(Some(word)),
        [_, extra, ..] => {
            let message = format!("a second word `{}`", extra.text);
            Err(extra.error(message, format!("the action takes only one {what}")))
        }
    }
}

fn parse_alu(words: &[Cell<'_>]) -> Result<Alu, Error> {
    let Some(word) = at_most_one(words, "computation")? else {
        return Ok(Alu::Other);
    };
    Ok(match word.text {
        "move" => Alu::Move,
        "add" => Alu::Add,
        "sub" => Alu::Sub,
        "xor" => Alu::Xor,
        "or" => Alu::Or,
        "test" => Alu::Test,
        _ => {
            return Err(unknown(
                *word,
                "computation",
                "move, add, sub, xor, or, test",
            ));
        }
    })
}

fn parse_condition(action: Cell<'_>, words: &[Cell<'_>]) -> Result<Condition, Error> {
    let Some(word) = at_most_one(words, "condition")? else {
        return Err(action.error("a branch without a condition", "such as `branch ne`"));
    };
    let condition = Condition::parse(word.text);
    condition.ok_or_else(|| unknown(*word, "condition", "eq, ne, lt, ge and the like; `any`"))
}

fn parse_action(action: Cell<'_>, words: &[Cell<'_>]) -> Result<Action, Error> {
    let access = |access| Ok(Action::Access(access, parse_rules(words)?));
    let plain = match action.text {
        "alu" => return Ok(Action::Alu(parse_alu(words)?)),
        "cmp" => return Ok(Action::Compare(parse_alu(words)?)),
        "load" => return access(Access::Load),
        "store" => return access(Access::Store),
        "rmw" => return access(Access::Rmw),
        "cas" => return access(Access::Cas),
        "ll" => return access(Access::LoadLinked),
        "sc" => return access(Access::StoreConditional),
        "fence" => return Ok(Action::Fence(parse_rules(words)?)),
        "branch" => return Ok(Action::Branch(parse_condition(action, words)?)),
        "plain" => Action::Access(Access::Plain, Vec::new()),
        "lea" => Action::Lea,
        "nop" => Action::Nop,
        "hint" => Action::Hint,
        "push" => Action::Push,
        "pop" => Action::Pop,
        "spill" => Action::Spill,
        "jump" => Action::Jump,
        "call" => Action::Call,
        "return" => Action::Return,
        _ => {
            return Err(unknown(
                action,
                "action",
                "alu, cmp, lea, load, store, rmw, cas, ll, sc, plain, fence, push, pop, spill, \
                 branch, jump, call, return, hint, nop",
            ));
        }
    };
    match words.first() {
        None => Ok(plain),
        Some(word) => {
            let message = format!(
                "`{}` does not take a word, but found `{}`",
                action.text, word.text
            );
            Err(word.error(message, "remove it"))
        }
    }
}

/// Parses rules such as `rw>store`, `before:rw>rw`, `r>rw@io`, `ctrl`.
fn parse_rules(words: &[Cell<'_>]) -> Result<Vec<Rule>, Error> {
    words.iter().map(|word| parse_rule(*word)).collect()
}

fn parse_rule(cell: Cell<'_>) -> Result<Rule, Error> {
    if cell.text == "ctrl" {
        return Ok(Rule::Control);
    }
    let (pair, level) = match cell.text.split_once('@') {
        Some((pair, "dma")) => (pair, Level::Dma),
        Some((pair, "io")) => (pair, Level::Io),
        Some((_, level)) => return Err(unknown(cell.part(level), "level", "dma, io")),
        None => (cell.text, Level::Smp),
    };
    let (place, pair) = pair.split_once(':').unwrap_or(("", pair));
    let Some((first, second)) = pair.split_once('>') else {
        let message = format!("`{}` is not a rule", cell.text);
        return Err(cell.error(message, "a rule is BEFORE>AFTER, or `ctrl`"));
    };
    let side = |text| {
        Ok(match text {
            "r" => Side::Reads,
            "w" => Side::Writes,
            "rw" => Side::All,
            _ => return Err(unknown(cell.part(text), "set of accesses", "r, w, rw")),
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
        _ => return Err(unknown(cell.part(place), "place", "before, after")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_errors_are_reported_with_their_places() {
        let text = "stack sp\ncomment //\ninsn ldr w,q load r>rw\ninsn str r,m store w>\n\
                    insn add w,r alu mul\nfoo\ninsn nop - nop rw>rw\ninsn b t branch\n\
                    insn swp w,r,m rmw 1!=4\ninsn swx w,r,m rmw 2!=2\ninsn swy w,m rmw 1!=%\n";
        let errors = parse(Source::new("t.tbl", text), 8).unwrap_err();
        let told: Vec<String> = errors
            .0
            .iter()
            .map(|e| format!("{}:{} {}", e.place.line, e.place.column, e.message))
            .collect();
        assert_eq!(
            told,
            [
                "3:12 `q` is not a role",
                "4:22 `` is not a set of accesses",
                "5:18 `mul` is not a computation",
                "6:1 `foo` is not a kind of row",
                "7:16 `nop` does not take a word, but found `rw>rw`",
                "8:10 a branch without a condition",
                "9:20 `1!=4` does not say which registers must differ",
                "10:20 `2!=2` does not say which registers must differ",
                "11:18 `1!=%` does not say which registers must differ",
            ]
        );
        let errors = parse(Source::new("t.tbl", "insn nop - nop\n"), 8).unwrap_err();
        assert_eq!(errors.0.len(), 2, "{errors}");
    }
}
