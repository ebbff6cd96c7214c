//! `cargo xtask litmus --run`: runs tests on the machine at hand.
//!
//! The threads of all tests and `run/harness.rs` are one program. It prints how often each outcome
//! was seen; one that the kernel's memory model forbids is a failure.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use atomics_spec::Spec;

use super::ast::{Location, Value};
use super::case::{Allowed, Case};
use super::compile::Common;
use super::machine::function;
use super::observe;
use super::progress;
use super::report::Finding;
use super::rust::{Ending, ident, orderings};
use super::types::Type;
use crate::parity::kernel::{run as run_command, write_changed};

/// The part of the program that is the same for all tests.
const HARNESS: &str = include_str!("run/harness.rs");

/// How often each outcome of a test was seen.
pub type Histogram = BTreeMap<Vec<Value>, u64>;

/// Compiles and runs those of the tests whose outcomes are known, each about `iterations` times.
/// The histograms come with the indices of the tests.
///
/// # Errors
///
/// If the program does not compile or fails.
pub fn run(
    spec: &Spec,
    findings: &[Finding<'_>],
    common: &Common<'_>,
    iterations: u64,
) -> Result<Vec<(usize, Histogram)>> {
    let wanted: Vec<(usize, &Case)> = findings
        .iter()
        .enumerate()
        .filter(|(_, f)| f.case.skipped.is_none())
        .filter(|(_, f)| matches!(f.allowed, Ok(Allowed::Known(_, Some(_)))))
        .map(|(index, finding)| (index, finding.case))
        .collect();
    let folder = common.folder.join("run");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    progress(&format!("run: compiling {} tests", wanted.len()));
    let program = build(spec, &wanted, common, &folder)?;
    progress(&format!(
        "run: {iterations} times each, on {}",
        env::consts::ARCH
    ));
    let mut command = Command::new(program);
    command.arg(iterations.to_string()).stdin(Stdio::null());
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the tests")?;
    let out = child.stdout.take().context("the tests have no output")?;
    let mut all: Vec<(usize, Histogram)> = wanted
        .iter()
        .map(|(index, _)| (*index, Histogram::new()))
        .collect();
    for line in BufReader::new(out).lines() {
        let line = line.context("cannot read what the tests print")?;
        read(&line, &wanted, &mut all)
            .with_context(|| format!("the tests printed `{line}`, which is no outcome"))?;
    }
    let status = child.wait().context("cannot wait for the tests")?;
    ensure!(status.success(), "the tests ended with {status}");
    Ok(all)
}

/// Reads one line of output.
fn read(line: &str, wanted: &[(usize, &Case)], all: &mut [(usize, Histogram)]) -> Option<()> {
    let mut words = line.split(' ');
    let number: usize = words.next()?.parse().ok()?;
    let count: u64 = words.next()?.parse().ok()?;
    let (_, case) = wanted.get(number)?;
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
    if case.passes(&values) {
        *all.get_mut(number)?.1.entry(values).or_default() += count;
    }
    Some(())
}

/// Compiles the program.
fn build(
    spec: &Spec,
    wanted: &[(usize, &Case)],
    common: &Common<'_>,
    folder: &Path,
) -> Result<PathBuf> {
    write_changed(&folder.join("harness.rs"), HARNESS)?;
    let mut text = format!(
        "#![allow(warnings)]\nmod harness;\n\
         use atomics_core::{{Atomic, barrier, {}}};\n\
         use harness::{{Cell, Init, Kind, Test}};\n",
        orderings()
    );
    let mut table = String::new();
    for (number, (_, case)) in wanted.iter().enumerate() {
        text.push_str(&threads(spec, number, case)?);
        table.push_str(&entry(spec, number, case)?);
    }
    let _ = write!(
        text,
        "\nfn main() {{\n    harness::main(&[\n{table}    ]);\n}}\n"
    );
    let source = folder.join("main.rs");
    write_changed(&source, &text)?;
    let core = common.native(folder)?;
    let program = folder.join("litmus");
    let mut command = Command::new("rustc");
    command
        .args([
            "--edition=2024",
            "--crate-type=bin",
            "--crate-name=litmus",
            "-Copt-level=2",
        ])
        .args(["-Cpanic=abort", "-Cdebuginfo=0"])
        .arg(format!("--extern=atomics_core={}", core.display()))
        .arg(format!("-Ldependency={}", common.macros().display()))
        .arg("-o")
        .arg(&program)
        .arg(&source);
    run_command(&mut command)?;
    Ok(program)
}

/// The threads of a test, each with a function around it that the harness can call.
fn threads(spec: &Spec, number: usize, case: &Case) -> Result<String> {
    let mut text = String::new();
    let shared = &case.observed.shared;
    for (thread, found) in case.test.threads.iter().enumerate() {
        let name = function(number, thread);
        let function = case.rust(spec, thread, &name, Ending::Memory);
        let function = function.map_err(|_| anyhow::anyhow!("{} is out of scope", case.file))?;
        let mut arguments = Vec::new();
        for parameter in &found.parameters {
            let index = shared.iter().position(|name| *name == parameter.name);
            let index = index.with_context(|| format!("{} is no variable", parameter.name))?;
            arguments.push(format!(
                "unsafe {{ Atomic::from_ptr(cells[{index}].get()) }}"
            ));
        }
        arguments.push("out".into());
        let _ = writeln!(
            text,
            "\n// {}\n{function}unsafe fn {name}_run(cells: &[Cell], out: *mut i64) {{\n    \
             {name}({});\n}}",
            case.test.name,
            arguments.join(", ")
        );
    }
    Ok(text)
}

/// A test as an entry of the harness's table.
fn entry(spec: &Spec, number: usize, case: &Case) -> Result<String> {
    let test = &case.test;
    let shared = &case.observed.shared;
    let variables = shared.iter().map(|name| {
        let init = match test.initial(name) {
            Value::Number(number) => format!("Init::Number({number})"),
            Value::Address(of) => {
                let index = shared.iter().position(|name| *name == of);
                let index = index.with_context(|| format!("{of} is no variable"))?;
                format!("Init::Address({index})")
            }
        };
        let kind = match Type::of(spec, &test.type_of(name)) {
            Some(Type::Pointer(_)) => "Pointer",
            _ if observe::bits(spec, test, &Location::Shared(name.clone()), usize::BITS) == 32 => {
                "Int"
            }
            _ => "Long",
        };
        Ok(format!("(Kind::{kind}, {init})"))
    });
    let variables: Vec<String> = variables.collect::<Result<_>>()?;
    let threads = test.threads.iter().enumerate().map(|(thread, found)| {
        let locals = found.locals();
        let observed = case.observed.locals[thread].iter().map(|name| {
            let ty = locals.iter().find(|(known, _)| known == name);
            let is_address = ty.is_some_and(|(_, ty)| ty.pointee().is_some());
            is_address.to_string()
        });
        let observed: Vec<String> = observed.collect();
        let name = function(number, thread);
        format!("({name}_run, &[{}])", observed.join(", "))
    });
    let threads: Vec<String> = threads.collect();
    Ok(format!(
        "        Test {{ variables: &[{}], threads: &[{}] }},\n",
        variables.join(", "),
        threads.join(", ")
    ))
}

/// The histogram of a test, with what the kernel's memory model says of each outcome; and whether
/// it forbids one.
pub fn describe(finding: &Finding<'_>, histogram: &Histogram) -> (String, bool) {
    let case = finding.case;
    let Ok(Allowed::Known(_, Some(allowed))) = &finding.allowed else {
        return (String::new(), false);
    };
    let locations = case.observed.locations();
    let total: u64 = histogram.values().sum();
    let unseen = allowed
        .iter()
        .filter(|state| !histogram.contains_key(*state))
        .count();
    let mut out = format!("{}: {total} times\n", case.test.name);
    let mut is_forbidden = false;
    for (state, count) in histogram {
        let allows = finding.allows(state);
        is_forbidden |= allows == Some(false);
        let mark = match allows {
            Some(true) => "",
            Some(false) => "  FORBIDDEN by the LKMM",
            None => "  not known: herd7 computes C in 32 bits",
        };
        let _ = writeln!(
            out,
            "{count:>12}  {}{mark}",
            observe::line(&locations, state)
        );
    }
    if unseen > 0 {
        let _ = writeln!(
            out,
            "{:>12}  allowed and not seen",
            format!("{unseen} more")
        );
    }
    (out, is_forbidden)
}

/// A thread's results, stored one after the other.
pub fn stores(observed: &[String]) -> String {
    let lines = observed.iter().enumerate().map(|(index, local)| {
        format!(
            "    unsafe {{ out.add({index}).write({} as i64) }};\n",
            ident(local)
        )
    });
    lines.collect()
}
