//! The file for herd7.

use std::fmt::Write as _;

use anyhow::{Result, ensure};

use super::table::Table;

/// What a variable holds.
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
    /// What it holds at first.
    pub value: Value,
    /// Its width.
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

/// What herd7 is asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// The shared variables.
    pub variables: Vec<Variable>,
    /// The threads.
    pub threads: Vec<Thread>,
    /// The variables whose last values are observed.
    pub locations: Vec<String>,
}

/// The text for herd7.
pub fn text(table: &Table, program: &Program) -> Result<String> {
    let mut out = format!("{} {}\n{{\n", table.arch, program.name);
    for variable in &program.variables {
        let _ = match &variable.value {
            Value::Number(number) if variable.bits == 64 => {
                writeln!(out, "int64_t {}={number};", variable.name)
            }
            Value::Number(number) => writeln!(out, "int {}={number};", variable.name),
            Value::Symbol(symbol) => writeln!(out, "{}={symbol};", variable.name),
        };
    }
    let mut asked = Vec::new();
    let mut guards = Vec::new();
    for (index, thread) in program.threads.iter().enumerate() {
        ensure!(
            thread.arguments.len() <= table.arguments.len(),
            "P{index} has {} arguments, of which {} fit into registers",
            thread.arguments.len(),
            table.arguments.len()
        );
        for (code, value) in table.arguments.iter().zip(&thread.arguments) {
            let value = match value {
                Value::Number(number) => number.to_string(),
                Value::Symbol(symbol) => symbol.clone(),
            };
            let _ = writeln!(out, "{index}:{}={value};", table.register(code));
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
        ensure!(
            thread.observed <= table.observed.len(),
            "P{index} has {} values to observe, for which there are {} registers",
            thread.observed,
            table.observed.len()
        );
        let observed = table.observed[..thread.observed].iter();
        for observed in observed.clone() {
            // What has no type is printed as 32 bits.
            let _ = writeln!(
                out,
                "{} {index}:{};",
                table.word,
                table.register(&observed.code)
            );
        }
        asked.extend(observed.map(|o| format!("{index}:{};", table.register(&o.code))));
    }
    out += "}\n";
    let names = (0..program.threads.len()).map(|index| format!("P{index}"));
    row(&mut out, names);
    let length = program.threads.iter().map(|thread| thread.lines.len());
    for at in 0..length.max().unwrap_or(0) {
        // To some of herd7's front ends, labels are the whole program's.
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
    out += "forall (true)\n";
    Ok(out)
}

fn row(out: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    let _ = writeln!(out, " {} ;", cells.join(" | "));
}
