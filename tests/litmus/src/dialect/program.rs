//! Writes the input file for herd7.

use std::fmt::Write as _;

use anyhow::{Result, ensure};

use crate::dialect::table::Table;

/// An initial value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(i64),
    /// The address of a variable.
    Symbol(String),
}

/// A shared variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its initial value.
    pub value: Value,
    /// Its width in bits.
    pub bits: u32,
}

/// One thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// Its lines. A label begins with `@`.
    pub lines: Vec<String>,
    /// Its arguments.
    pub arguments: Vec<Value>,
    /// How many registers are observed.
    pub observed: usize,
}

/// A program to run in herd7.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// The shared variables.
    pub variables: Vec<Variable>,
    /// The threads.
    pub threads: Vec<Thread>,
    /// The variables whose final values are observed.
    pub locations: Vec<String>,
    /// The outcomes that herd7 shall find.
    pub wanted: Wanted,
}

/// The outcomes that herd7 shall find.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    #[default]
    All,
    /// Any: whether there is one. For herd7's options that stop early.
    Any,
    /// All but these: values of registers and variables. For herd7's options that leave out others.
    Except(Vec<Vec<(String, Value)>>),
}

/// The text of the file.
pub fn text(table: &Table, program: &Program) -> Result<String> {
    let mut out = format!("{} {}\n{{\n", table.arch, program.name);
    for variable in &program.variables {
        let ty = match &variable.value {
            Value::Number(_) if table.numbers.is_some() => &table.word,
            Value::Number(_) if variable.bits == 64 => "int64_t",
            Value::Number(_) => "int",
            Value::Symbol(_) => "",
        };
        let value = value(table, &variable.value);
        let _ = writeln!(out, "{}", format!("{ty} {}={value};", variable.name).trim());
    }
    let mut asked = Vec::new();
    let mut guards = Vec::new();
    for (index, thread) in program.threads.iter().enumerate() {
        ensure!(
            thread.arguments.len() <= table.arguments.len(),
            "P{index} has {} arguments, but only {} fit into registers",
            thread.arguments.len(),
            table.arguments.len()
        );
        ensure!(
            thread.observed <= table.observed.len(),
            "P{index} has {} observed values, but there are only {} registers for them",
            thread.observed,
            table.observed.len()
        );
        let observed = table.observed[..thread.observed].iter();
        let mut observed: Vec<&str> = observed.map(|o| table.register(&o.code)).collect();
        asked.extend(observed.iter().map(|name| format!("{index}:{name};")));
        for (code, argument) in table.arguments.iter().zip(&thread.arguments) {
            let name = table.register(code);
            // herd7 prints a register without a type as 32 bits, and accepts one declaration of it.
            let is_observed = observed.contains(&name);
            observed.retain(|other| *other != name);
            let ty = if is_observed { &table.word } else { "" };
            let value = value(table, argument);
            let _ = writeln!(out, "{}", format!("{ty} {index}:{name}={value};").trim());
        }
        for name in observed {
            let _ = writeln!(out, "{} {index}:{name};", table.word);
        }
        if let Some((stack, used)) = &table.stack
            && thread.lines.iter().any(|line| line.contains(used))
        {
            let _ = writeln!(
                out,
                "{} stack{index}=0; {index}:{stack}=stack{index};",
                table.word
            );
        }
        if let Some(guard) = &table.guard
            && thread.lines.iter().any(|line| line.contains(guard))
        {
            let _ = writeln!(out, "{} {index}:{guard}=0;", table.word);
            guards.push(format!("{index}:{guard}=0"));
        }
    }
    out += "}\n";
    let names = (0..program.threads.len()).map(|index| format!("P{index}"));
    row(&mut out, names);
    let length = program.threads.iter().map(|thread| thread.lines.len());
    for at in 0..length.max().unwrap_or(0) {
        // In some of herd7's front ends, labels are global, so they get the number of the thread.
        let cells = program.threads.iter().enumerate().map(|(index, thread)| {
            let line = thread.lines.get(at);
            line.map_or(String::new(), |line| {
                line.replace('@', &format!("L{index}x"))
            })
        });
        row(&mut out, cells);
    }
    asked.extend(program.locations.iter().map(|name| format!("{name};")));
    let _ = writeln!(out, "locations [{}]", asked.join(" "));
    if !guards.is_empty() {
        let _ = writeln!(out, "filter ({})", guards.join(" /\\ "));
    }
    out += &match &program.wanted {
        Wanted::All => "forall (true)\n".to_owned(),
        Wanted::Any => "exists (true)\n".to_owned(),
        Wanted::Except(states) => {
            let states: Vec<String> = states.iter().map(|all| conjunction(table, all)).collect();
            format!("exists (~({}))\n", states.join(" \\/\n "))
        }
    };
    Ok(out)
}

/// A state as a condition.
fn conjunction(table: &Table, state: &[(String, Value)]) -> String {
    let is = |(name, of): &(String, Value)| format!("{name}={}", value(table, of));
    let parts: Vec<String> = state.iter().map(is).collect();
    match parts.as_slice() {
        [] => "true".into(),
        parts => format!("({})", parts.join(" /\\ ")),
    }
}

/// A value in herd7's syntax.
fn value(table: &Table, value: &Value) -> String {
    match (value, table.numbers) {
        (Value::Number(number), Some(bits)) => (number & ((1 << bits) - 1)).to_string(),
        (Value::Number(number), None) => number.to_string(),
        (Value::Symbol(symbol), _) => symbol.clone(),
    }
}

fn row(out: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    let _ = writeln!(out, " {} ;", cells.join(" | "));
}

#[cfg(test)]
mod tests {
    use super::*;
    use atomics_spec::Source;

    fn initial(extra: &str) -> String {
        let text = format!(
            "arch X\nbank r a,b,c A,B,C\narguments a,b\nobserved a,c a,c\njump j {{t}}\n{extra}"
        );
        let table = Table::parse(Source::new("X.tbl", &text)).unwrap();
        let variable = |name: &str, value, bits| Variable {
            name: name.into(),
            value,
            bits,
        };
        let program = Program {
            name: "t".into(),
            variables: vec![
                variable("x", Value::Number(-1), 32),
                variable("y", Value::Number(-2), 64),
                variable("p", Value::Symbol("x".into()), 64),
            ],
            threads: vec![Thread {
                lines: vec!["nop".into()],
                arguments: vec![Value::Symbol("x".into()), Value::Number(-3)],
                observed: 2,
            }],
            locations: vec!["x".into()],
            ..Program::default()
        };
        let text = super::text(&table, &program).unwrap();
        let text = text.split_once("{\n").unwrap().1;
        text.split_once("}\n").unwrap().0.to_owned()
    }

    /// A register that is both an argument and observed is declared once.
    #[test]
    fn registers_are_declared_once() {
        let expected = "int x=-1;\nint64_t y=-2;\np=x;\nint64_t 0:A=x;\n0:B=-3;\nint64_t 0:C;\n";
        assert_eq!(initial(""), expected);
    }

    #[test]
    fn numbers_may_have_zeros_above() {
        let found = initial("numbers 32");
        let expected = "int64_t x=4294967295;\nint64_t y=4294967294;\np=x;\n\
                        int64_t 0:A=x;\n0:B=4294967293;\nint64_t 0:C;\n";
        assert_eq!(found, expected);
    }
}
