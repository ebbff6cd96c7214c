//! Checks the translation of instructions: each C function is compiled in a thread of its own,
//! translated, run by herd7, and compared with the reference interpreter.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use atomics_machine_code::rustc::Compiler;
use atomics_spec::emit::arch_items;
use atomics_spec::model::op::{ArgKind, Form};
use atomics_spec::{Spec, Variant, interp};
use atomics_tools::process::{tie, write_changed};
use atomics_tools::{Toolchain, pool};

use super::{Dialect, Program, Thread, Value, Variable};
use crate::compile::Compiled;
use crate::select::{Selected, Targets};

/// The tools and tables to check a target with.
pub struct Bench<'a> {
    spec: &'a Spec,
    tools: &'a Toolchain,
    /// The build folder.
    pub folder: &'a Path,
    /// The target.
    pub selected: Selected,
    /// herd7's dialect of its machine code.
    pub dialect: Dialect,
}

impl<'a> Bench<'a> {
    /// Calls `work` for each of some targets; panics with the problems that it returns.
    pub fn each(targets: &[&str], work: impl Fn(&Bench<'_>) -> Result<Vec<String>>) {
        let names: Vec<String> = targets.iter().map(|name| (*name).to_owned()).collect();
        let tools = Toolchain::find().unwrap();
        let spec = Spec::builtin().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut wrong = Vec::new();
        for selected in Targets::select(&names).unwrap().iter() {
            let bench = Bench {
                spec: &spec,
                tools: &tools,
                folder: folder.path(),
                selected,
                dialect: Dialect::find(selected.target).unwrap().unwrap(),
            };
            let problems = work(&bench).unwrap();
            let name = selected.name;
            wrong.extend(problems.iter().map(|problem| format!("{name}: {problem}")));
        }
        if !wrong.is_empty() {
            // For a reader of the failure, which names files in it.
            let _ = folder.keep();
        }
        let some = &wrong[..wrong.len().min(20)];
        assert!(
            wrong.is_empty(),
            "{} are wrong, such as:\n{}",
            wrong.len(),
            some.join("\n")
        );
    }

    /// Compiles `source` beside our functions, which are in the module `ours`.
    pub fn compile(&self, source: &str) -> Result<Compiled> {
        let Selected {
            target,
            configuration,
            ..
        } = self.selected;
        let arch = self.spec.arch(target.name).context("there is no table")?;
        let ours = arch_items(self.spec, arch)?;
        let text = format!("#![no_std]\n#![allow(warnings)]\n{source}\nmod ours {{\n{ours}}}\n");
        let file = self.folder.join(format!("{}.rs", self.selected.name));
        write_changed(&file, &text)?;
        let object = file.with_extension("o");
        let rustc = Compiler::new(target, configuration, self.tools, &|_| {})?;
        rustc.object(&file, &object)?;
        Compiled::read(object, &rustc, self.tools)
    }
}

/// One function to check.
struct Function<'s> {
    name: String,
    variant: Variant<'s>,
    bits: u32,
    rust: String,
    /// The operands, if they are constants in the code.
    fixed: Option<Vec<i64>>,
    /// The condition on which the second variable is set, if there is one.
    test: Option<&'static str>,
    /// How many values are observed.
    observed: usize,
}

fn smallest(bits: u32) -> i64 {
    i64::MIN >> (64 - bits)
}

/// The cases of a variant.
fn cases<'s>(dialect: &Dialect, v: &Variant<'s>, bits: u32) -> Vec<Function<'s>> {
    let count = v.of.op.operands().count();
    let min = smallest(bits);
    let mut cases = vec![case(dialect, v, bits, None, None)];
    let constants: &[&[i64]] = match count {
        0 => &[&[]],
        1 => &[&[1], &[-1], &[3], &[i64::MIN]],
        _ => &[&[0, 1], &[-1, 1], &[1, 0], &[i64::MIN, 2], &[2, -3]],
    };
    for (index, values) in constants.iter().enumerate() {
        let values: Vec<i64> = values
            .iter()
            .map(|x| if *x == i64::MIN { min } else { *x })
            .collect();
        cases.push(case(dialect, v, bits, Some(values.clone()), None));
        // There are few jumps, so two of the constants are enough.
        if v.of.result().is_some() && index < 2 {
            let tests: &[&str] = match v.of.form {
                Form::Truth(_) => &["r == 1"],
                _ => &[
                    "r < 0", "r == -1", "r > 0", "r == 1", "r == 0", "r < -3", "r > 3",
                ],
            };
            for test in tests {
                cases.push(case(dialect, v, bits, Some(values.clone()), Some(test)));
            }
        }
    }
    cases
}

fn case<'s>(
    dialect: &Dialect,
    v: &Variant<'s>,
    bits: u32,
    fixed: Option<Vec<i64>>,
    test: Option<&'static str>,
) -> Function<'s> {
    let ty = format!("i{bits}");
    let op = v.of.op;
    let kind = if fixed.is_some() { "c" } else { "a" };
    let mut name = format!("t_{}_{kind}", v.function());
    let mut parameters = format!("v: *mut {ty}");
    if test.is_some() {
        parameters += ", y: *mut i32";
    }
    let mut prelude = String::new();
    let mut arguments = Vec::new();
    let mut operand = 0;
    let mut pointee = None;
    for (index, arg) in op.args.iter().enumerate() {
        if let ArgKind::Variable { .. } = arg.kind {
            arguments.push("v".to_owned());
            continue;
        }
        let value = match &fixed {
            Some(values) => {
                let _ = write!(name, "_{}", values[operand].to_string().replace('-', "m"));
                values[operand].to_string()
            }
            None => {
                let _ = write!(parameters, ", a{index}: {ty}");
                format!("a{index}")
            }
        };
        operand += 1;
        if arg.kind == ArgKind::Pointer {
            let _ = writeln!(prelude, "    let mut p: {ty} = {value};");
            arguments.push("&raw mut p".into());
            pointee = Some("p");
        } else {
            arguments.push(value);
        }
    }
    let call = format!("unsafe {{ ours::{}({}) }}", v.path(), arguments.join(", "));
    let mut observed = Vec::new();
    let mut body = prelude;
    match (v.of.result(), v.of.form) {
        (None, _) => {
            let _ = writeln!(body, "    {call};");
        }
        (Some(_), form) => {
            let convert = if matches!(form, Form::Truth(_)) {
                " as i32"
            } else {
                ""
            };
            let _ = writeln!(body, "    let r = {call}{convert};");
            observed.push("r");
        }
    }
    observed.extend(pointee);
    if let Some(test) = test {
        let tag = test
            .replace("==", "eq")
            .replace('<', "lt")
            .replace('>', "gt");
        let _ = write!(name, "_{}", tag.replace(' ', "").replace('-', "m"));
        let _ = writeln!(
            body,
            "    if {test} {{ unsafe {{ ours::atomic::set(y, 1) }} }}"
        );
        observed.clear();
    }
    body += "    unsafe { core::arch::asm!(\"\"";
    let names = dialect.observed().iter();
    for (value, register) in observed.iter().zip(names) {
        let _ = write!(body, ", in(\"{}\") {value}", register.rust);
    }
    body += ", options(nostack, preserves_flags)) };\n";
    let rust = format!(
        "#[unsafe(no_mangle)]\npub unsafe extern \"C\" fn {name}({parameters}) {{\n{body}}}\n"
    );
    Function {
        name,
        variant: *v,
        bits,
        rust,
        fixed,
        test,
        observed: observed.len(),
    }
}

fn holds(test: &str, r: i64) -> Result<bool> {
    Ok(
        match test
            .split_once(' ')
            .and_then(|(_, rest)| rest.split_once(' '))
        {
            Some(("<", b)) => r < b.parse::<i64>()?,
            Some((">", b)) => r > b.parse::<i64>()?,
            Some(("==", b)) => r == b.parse::<i64>()?,
            _ => bail!("`{test}` is not a condition"),
        },
    )
}

/// A herd7 file and its expected single outcome.
pub struct Run {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The registers and variables, their values and their widths.
    pub expected: Vec<(String, i64, u32)>,
}

fn runs(dialect: &Dialect, case: &Function<'_>, lines: &[String]) -> Result<Vec<Run>> {
    let bits = case.bits;
    let (min, max) = (smallest(bits), !smallest(bits));
    let count = case.variant.of.op.operands().count();
    let mut runs = Vec::new();
    for memory in [0, 1, -1, 2, min, max] {
        let tuples = match &case.fixed {
            Some(values) => vec![values.clone()],
            None if count == 0 => vec![Vec::new()],
            None if count == 1 => vec![vec![1], vec![-1], vec![memory], vec![min]],
            None => vec![
                vec![1, memory],
                vec![memory, -7],
                vec![-1, -1],
                vec![min, 3],
            ],
        };
        for operands in tuples {
            let outcome = interp::run(&case.variant.of, bits, memory, &operands);
            let mut arguments = vec![Value::Symbol("x".into())];
            if case.test.is_some() {
                arguments.push(Value::Symbol("y".into()));
            }
            if case.fixed.is_none() {
                arguments.extend(operands.iter().map(|x| Value::Number(*x)));
            }
            let mut expected = vec![("[x]".to_owned(), outcome.memory, bits)];
            let truth = matches!(case.variant.of.form, Form::Truth(_));
            let width = if truth { 32 } else { bits };
            if let Some(test) = case.test {
                let result = outcome.result.context("there is no result")?;
                expected.push(("[y]".to_owned(), i64::from(holds(test, result)?), 32));
            } else {
                let values = [
                    outcome.result.map(|r| (r, width)),
                    outcome.pointee.map(|p| (p, bits)),
                ];
                for (index, (value, width)) in values.into_iter().flatten().enumerate() {
                    expected.push((dialect.observed_name(0, index), value, width));
                }
            }
            let variable = |name: &str, value: i64, bits: u32| Variable {
                name: name.into(),
                value: Value::Number(value),
                bits,
            };
            let name = format!("{}_{}", case.name, runs.len());
            let program = Program {
                name: name.clone(),
                variables: vec![variable("x", memory, bits), variable("y", 0, 32)],
                threads: vec![Thread {
                    lines: lines.to_vec(),
                    arguments,
                    observed: case.observed,
                }],
                locations: vec!["x".into(), "y".into()],
                ..Program::default()
            };
            runs.push(Run {
                name,
                text: dialect.program(&program)?,
                expected,
            });
        }
    }
    Ok(runs)
}

/// The states in herd7's output, by the name of the test.
pub fn states(output: &str) -> BTreeMap<String, Vec<BTreeMap<String, i64>>> {
    let mut all = BTreeMap::new();
    let mut lines = output.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line
            .strip_prefix("Test ")
            .and_then(|rest| rest.split(' ').next())
        else {
            continue;
        };
        let count = lines.next().and_then(|line| line.strip_prefix("States "));
        let count = count.and_then(|count| count.parse().ok()).unwrap_or(0);
        let state = |line: &str| {
            let pairs = line
                .split(';')
                .filter_map(|pair| pair.trim().split_once('='));
            pairs
                .filter_map(|(name, value)| Some((name.to_owned(), number(value)?)))
                .collect()
        };
        all.insert(
            name.to_owned(),
            lines.by_ref().take(count).map(state).collect(),
        );
    }
    all
}

fn number(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(u64::cast_signed),
        None => text.parse().ok(),
    }
}

/// Leaves out programs that only differ in their names: where orderings do not differ in their
/// instructions, functions have the same ones.
fn distinct(mut runs: Vec<Run>) -> Vec<Run> {
    let mut seen = HashSet::new();
    runs.retain(|run| {
        let text = run.text.replace(&run.name, "");
        seen.insert((text, run.expected.clone()))
    });
    runs
}

/// Checks the functions of a target with `filter` in their names; returns the problems.
fn check(bench: &Bench<'_>, filter: &str) -> Result<Vec<String>> {
    let dialect = &bench.dialect;
    let mut functions = Vec::new();
    for v in bench.spec.variants() {
        if !["atomic", "atomic64"].contains(&v.family.name.as_str())
            || v.family.bits(64) > bench.selected.target.bits
        {
            continue;
        }
        functions.extend(cases(dialect, &v, v.family.bits(64)));
    }
    functions.retain(|function| function.name.contains(filter));
    let source: String = functions
        .iter()
        .map(|function| format!("\n{}", function.rust))
        .collect();
    let compiled = bench.compile(&source)?;
    let mut problems = Vec::new();
    let mut all = Vec::new();
    for function in &functions {
        let lines = compiled.graph(&function.name).and_then(|graph| {
            let lines = dialect.thread(&graph);
            lines.with_context(|| graph.listing())
        });
        match lines {
            Ok(lines) => all.extend(runs(dialect, function, &lines)?),
            Err(error) => problems.push(format!("{}: {error:#}", function.name)),
        }
    }
    assert!(!all.is_empty(), "there is nothing to run");
    let out = bench.folder.join(format!("herd-{}", bench.selected.name));
    fs::create_dir_all(&out)?;
    let all = distinct(all);
    let chunks: Vec<_> = all.chunks(200).collect();
    let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let found = pool::map(
        jobs,
        &chunks,
        |_, chunk| run_all(dialect, chunk, &out),
        |_| {},
    )?;
    for found in found {
        problems.extend(found?);
    }
    Ok(problems)
}

/// Runs some programs; returns the problems.
pub fn run_all(dialect: &Dialect, runs: &[Run], folder: &Path) -> Result<Vec<String>> {
    let mut command = Command::new(herd());
    command.args(dialect.options());
    for run in runs {
        let path = folder.join(format!("{}.litmus", run.name));
        fs::write(&path, &run.text)?;
        command.arg(path);
    }
    let output = tie(&mut command).output().context("cannot start herd7")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    let found = states(&String::from_utf8_lossy(&output.stdout));
    let mut problems = Vec::new();
    for run in runs {
        let Some(states) = found.get(&run.name) else {
            let mut lines = errors.lines();
            let line = lines.find(|line| line.contains(&format!("/{}.litmus", run.name)));
            problems.push(format!(
                "{}: {}",
                run.name,
                line.unwrap_or("herd7 printed nothing about it")
            ));
            continue;
        };
        if states.len() != 1 {
            problems.push(format!("{}: {} outcomes", run.name, states.len()));
        }
        for (name, value, bits) in &run.expected {
            let shift = 64 - bits;
            let seen = states.first().and_then(|state| state.get(name));
            let is_right = seen.is_some_and(|seen| {
                // The upper bits have to be 0 if the table says that numbers are zero-extended.
                let above = dialect.table.numbers.map_or(0, |bits| seen >> bits);
                (seen << shift) == (value << shift) && above == 0
            });
            if !is_right {
                problems.push(format!(
                    "{}: {name} is {seen:?} instead of {value}",
                    run.name
                ));
            }
        }
    }
    Ok(problems)
}

/// Where herd7 is: `LKMM_HERD7` names it, or it is in PATH.
pub fn herd() -> std::path::PathBuf {
    std::env::var_os("LKMM_HERD7").map_or("herd7".into(), Into::into)
}

#[test]
#[ignore = "needs herd7 and what builds a kernel"]
fn instructions_are_translated_right() {
    // `TARGET:NAME` checks the functions of one target with a part in their names.
    let only = std::env::var("LKMM_ONLY").unwrap_or_default();
    let (target, name) = only.split_once(':').unwrap_or((&only, ""));
    let targets = match target {
        "" => Vec::new(),
        target => vec![target],
    };
    Bench::each(&targets, |bench| check(bench, name));
}
