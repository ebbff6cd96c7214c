//! Runs tests on this machine.
//!
//! The threads of all tests are compiled into one program with `run/harness.rs`. It prints how
//! often each outcome was seen.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, ensure};
use atomics_spec::Spec;
use atomics_tools::Progress;
use atomics_tools::process::{tie, write_changed};

use crate::case::Case;
use crate::compile::{self, Library};
use crate::finding::Histogram;
use crate::lang::ast::{Location, Value};
use crate::lang::types::Type;
use crate::outcome;
use crate::running::Running;
use crate::rust::{Ending, function};

/// The source of the program that does not depend on the tests.
const HARNESS: &str = include_str!("run/harness.rs");

/// Compiles tests below `folder`, and runs each about `iterations` times.
///
/// # Errors
///
/// If the program does not compile or fails.
pub fn run(
    spec: &Spec,
    cases: &[&Case<'_>],
    library: &Library,
    folder: &Path,
    iterations: u64,
    progress: Progress<'_>,
) -> Result<Vec<Histogram>> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    progress(&format!("run: compiling {} tests", cases.len()));
    let program = build(spec, cases, library, folder)?;
    progress(&format!(
        "run: {iterations} times each, on {}",
        env::consts::ARCH
    ));
    let mut command = Command::new(program);
    command.arg(iterations.to_string()).stdin(Stdio::null());
    let child = tie(command.stdout(Stdio::piped())).spawn();
    let mut child = Running(child.context("cannot start the test program")?);
    let out = child
        .stdout
        .take()
        .context("the test program has no output")?;
    let mut histograms = vec![Histogram::new(); cases.len()];
    for line in BufReader::new(out).lines() {
        let line = line.context("cannot read the output of the test program")?;
        read(&line, cases, &mut histograms).with_context(|| {
            format!("the test program printed `{line}`, which is not an outcome")
        })?;
    }
    let status = child.wait().context("cannot wait for the test program")?;
    ensure!(status.success(), "the test program ended with {status}");
    Ok(histograms)
}

/// Reads one line of the program's output.
fn read(line: &str, cases: &[&Case<'_>], histograms: &mut [Histogram]) -> Option<()> {
    let mut words = line.split(' ');
    let number: usize = words.next()?.parse().ok()?;
    let count: u64 = words.next()?.parse().ok()?;
    let case = cases.get(number)?;
    let names = &case.observed.shared;
    let values = words.map(|word| match word.strip_prefix('&') {
        Some(index) => {
            let name = names.get(index.parse::<usize>().ok()?)?;
            Some(Value::Address(name.clone()))
        }
        None => word.parse().ok().map(Value::Number),
    });
    let values: Vec<Value> = values.collect::<Option<_>>()?;
    if values.len() != case.observed.locations().len() {
        return None;
    }
    let values = case.comparable([values].into()).pop_first()?;
    if case.passes(&values) {
        *histograms.get_mut(number)?.entry(values).or_default() += count;
    }
    Some(())
}

/// Compiles the program.
fn build(spec: &Spec, cases: &[&Case<'_>], library: &Library, folder: &Path) -> Result<PathBuf> {
    write_changed(&folder.join("harness.rs"), HARNESS)?;
    let mut text = compile::imports();
    text.push_str("use harness::{Cell, CellType, Entry, Init};\nmod harness;\n");
    let mut table = String::new();
    for (number, case) in cases.iter().enumerate() {
        text.push_str(&threads(spec, number, case)?);
        table.push_str(&entry(spec, number, case)?);
    }
    let _ = write!(
        text,
        "\nfn main() {{\n    harness::main(&[\n{table}    ]);\n}}\n"
    );
    let source = folder.join("main.rs");
    write_changed(&source, &text)?;
    library.program(&source, folder)
}

/// The threads of a test, each with a wrapper that the harness can call.
fn threads(spec: &Spec, number: usize, case: &Case<'_>) -> Result<String> {
    let mut text = String::new();
    let shared = &case.observed.shared;
    for (thread, found) in case.litmus().threads.iter().enumerate() {
        let name = function(number, thread);
        let function = case.rust(spec, thread, &name, Ending::Memory);
        let function = function.map_err(|_| anyhow!("{} is out of scope", case.test.file))?;
        let mut arguments = Vec::new();
        for parameter in &found.parameters {
            let index = shared.iter().position(|name| *name == parameter.name);
            let index = index.with_context(|| format!("{} is not a variable", parameter.name))?;
            arguments.push(format!(
                "unsafe {{ Atomic::from_ptr(cells[{index}].get()) }}"
            ));
        }
        arguments.push("out".into());
        let _ = writeln!(
            text,
            "\n// {}\n{function}unsafe fn {name}_run(cells: &[Cell], out: *mut i64) {{\n    \
             {name}({});\n}}",
            case.test.name(),
            arguments.join(", ")
        );
    }
    Ok(text)
}

/// A test as an entry of the harness's table.
fn entry(spec: &Spec, number: usize, case: &Case<'_>) -> Result<String> {
    let test = case.litmus();
    let shared = &case.observed.shared;
    let variables = shared.iter().map(|name| {
        let init = match test.initial(name) {
            Value::Number(number) => format!("Init::Number({number})"),
            Value::Address(of) => {
                let index = shared.iter().position(|name| *name == of);
                let index = index.with_context(|| format!("{of} is not a variable"))?;
                format!("Init::Address({index})")
            }
        };
        let kind = match Type::of(spec, &test.type_of(name)) {
            Some(Type::Pointer(_)) => "Pointer",
            Some(Type::Int(int)) if case.has_pointers() && int.holds_addresses() => "Pointer",
            _ if outcome::bits(spec, test, &Location::Shared(name.clone()), usize::BITS) == 32 => {
                "Int"
            }
            _ => "Long",
        };
        Ok(format!("(CellType::{kind}, {init})"))
    });
    let variables: Vec<String> = variables.collect::<Result<_>>()?;
    let threads = test.threads.iter().enumerate().map(|(thread, found)| {
        let locals = found.locals();
        let observed = case.observed.locals[thread].iter().map(|name| {
            let ty = locals.iter().find(|(known, _)| known == name);
            let is_address = ty.is_some_and(|(_, ty)| match Type::of(spec, ty) {
                Some(Type::Int(int)) => case.has_pointers() && int.holds_addresses(),
                _ => ty.pointee().is_some(),
            });
            is_address.to_string()
        });
        let observed: Vec<String> = observed.collect();
        let name = function(number, thread);
        format!("({name}_run, &[{}])", observed.join(", "))
    });
    let threads: Vec<String> = threads.collect();
    Ok(format!(
        "        Entry {{ variables: &[{}], threads: &[{}] }},\n",
        variables.join(", "),
        threads.join(", ")
    ))
}
