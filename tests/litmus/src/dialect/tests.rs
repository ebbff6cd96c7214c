//! Checks well-known verdicts of translated code with two threads in the models of architectures.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use atomics_tools::process::tie;

use super::check::{Bench, herd, states};
use super::{Program, Thread, Value, Variable};

/// A name, two threads, the values that they observe, and the targets that allow these.
type Shape = (
    &'static str,
    &'static str,
    &'static str,
    (i64, i64),
    &'static str,
);

/// Threads get what they name of `x`, `y`, `p` and the number 1 as `n`, and observe `r` and `s`.
/// Where that is allowed, there are names of architectures or of configurations; `weak` is all but
/// x86, and `all` is all.
const SHAPES: [Shape; 19] = [
    (
        "mp",
        "set(x, 1); set(y, 1); r = 0",
        "r = read(y); s = read(x)",
        (1, 0),
        "weak",
    ),
    (
        "mp_release",
        "set(x, 1); set_release(y, 1); r = 0",
        "r = read_acquire(y); s = read(x)",
        (1, 0),
        "",
    ),
    (
        "mp_fences",
        "set(x, 1); smp_wmb(); set(y, 1); r = 0",
        "r = read(y); smp_rmb(); s = read(x)",
        (1, 0),
        "",
    ),
    (
        "mp_rmw",
        "set(x, 1); fetch_add_release(1, y); r = 0",
        "r = fetch_add_acquire(0, y); s = read(x)",
        (1, 0),
        "",
    ),
    (
        "mp_rmw_relaxed",
        "set(x, 1); fetch_add_relaxed(1, y); r = 0",
        "r = fetch_add_relaxed(0, y); s = read(x)",
        (1, 0),
        "weak",
    ),
    (
        "sb",
        "set(x, 1); r = read(y)",
        "set(y, 1); s = read(x)",
        (0, 0),
        "all",
    ),
    (
        "sb_mb",
        "set(x, 1); smp_mb(); r = read(y)",
        "set(y, 1); smp_mb(); s = read(x)",
        (0, 0),
        "",
    ),
    (
        "sb_rmw",
        "set(x, 1); fetch_or(1, p); r = read(y)",
        "set(y, 1); fetch_or(2, p); s = read(x)",
        (0, 0),
        "",
    ),
    (
        "sb_rmw_relaxed",
        "set(x, 1); fetch_add_relaxed(1, p); r = read(y)",
        "set(y, 1); fetch_add_relaxed(2, p); s = read(x)",
        (0, 0),
        "weak",
    ),
    (
        "sb_cmpxchg",
        "set(x, 1); cmpxchg(p, 0, 1); r = read(y)",
        "set(y, 1); smp_mb(); s = read(x)",
        (0, 0),
        "",
    ),
    (
        "sb_cmpxchg_fails",
        "set(x, 1); cmpxchg(p, 5, 1); r = read(y)",
        "set(y, 1); smp_mb(); s = read(x)",
        (0, 0),
        "aarch64 riscv64",
    ),
    (
        "sb_cmpxchg_relaxed",
        "set(x, 1); cmpxchg_relaxed(p, 0, 1); r = read(y)",
        "set(y, 1); smp_mb(); s = read(x)",
        (0, 0),
        "weak",
    ),
    (
        "lb",
        "r = read(x); set(y, 1)",
        "s = read(y); set(x, 1)",
        (1, 1),
        "weak",
    ),
    (
        "lb_data",
        "r = read(x); set(y, r)",
        "s = read(y); smp_mb(); set(x, 1)",
        (1, 1),
        "",
    ),
    (
        "lb_truth",
        "r = read(x); set(y, (r == 1) as i32)",
        "s = read(y); smp_mb(); set(x, 1)",
        (1, 1),
        "",
    ),
    (
        "lb_and",
        "r = read(x); set(y, r & n)",
        "s = read(y); smp_mb(); set(x, 1)",
        (1, 1),
        "",
    ),
    (
        "lb_ctrl",
        "r = read(x); if r == 1 { set(y, 1) }",
        "s = read(y); smp_mb(); set(x, 1)",
        (1, 1),
        "",
    ),
    (
        "lb_cmpxchg_no_dependency",
        "r = cmpxchg_relaxed(x, 1, 2); set(y, 1)",
        "s = read(y); smp_mb(); set(x, 1)",
        (1, 1),
        "zabha,zacas",
    ),
    (
        "lb_cmpxchg_acquire",
        "r = cmpxchg_acquire(x, 1, 2); set(y, 1)",
        "s = read(y); smp_mb(); set(x, 1)",
        (1, 1),
        "",
    ),
];

/// The parameters of a thread.
fn parameters(body: &str) -> impl Iterator<Item = &'static str> {
    let all = ["x", "y", "p", "n"].into_iter();
    all.filter(|name| {
        body.split(|c: char| !c.is_alphanumeric())
            .any(|word| word == *name)
    })
}

fn rust(name: &str, body: &str, observed: &str, register: &str) -> String {
    let mut text = String::new();
    let parameters = parameters(body).map(|name| match name {
        "n" => "n: i32".to_owned(),
        _ => format!("{name}: *mut i32"),
    });
    let parameters: Vec<_> = parameters.collect();
    let _ = write!(
        text,
        "#[unsafe(no_mangle)]\npub unsafe extern \"C\" fn {name}({}) {{\n    unsafe {{\n",
        parameters.join(", ")
    );
    for statement in body.split("; ") {
        let mut line = statement.to_owned();
        for op in [
            "set_release",
            "set",
            "read_acquire",
            "read",
            "fetch_add_relaxed",
            "fetch_add_acquire",
            "fetch_add_release",
            "fetch_or",
            "cmpxchg_relaxed",
            "cmpxchg_acquire",
            "cmpxchg",
        ] {
            line = line.replace(&format!(" {op}("), &format!(" atomic::{op}("));
            if line.starts_with(&format!("{op}(")) {
                line = format!("atomic::{line}");
            }
        }
        let line = match line.strip_prefix(&format!("{observed} = ")) {
            Some(value) => format!("let {observed} = {value}"),
            None => line,
        };
        let _ = writeln!(text, "        {line};");
    }
    let _ = writeln!(
        text,
        "        core::arch::asm!(\"\", in(\"{register}\") {observed}, options(nostack, preserves_flags));\n    }}\n}}"
    );
    text
}

/// Checks the shapes on a target; returns the problems.
fn check(bench: &Bench<'_>) -> Result<Vec<String>> {
    let dialect = &bench.dialect;
    let target = bench.selected.target.name;
    let configuration = bench.selected.configuration.name;
    let register = &dialect.observed()[0].rust;
    let mut source = "use ours::*;\n".to_owned();
    for (name, first, second, _, _) in SHAPES {
        source += &rust(&format!("{name}_0"), first, "r", register);
        let observed = if second.contains("s = ") { "s" } else { "r" };
        let second = match observed {
            "s" if second.contains("r = ") => second.replace("r = ", "let r = "),
            _ => second.to_owned(),
        };
        let mut text = rust(&format!("{name}_1"), &second, observed, register);
        if second.contains("let r") {
            let both = format!(
                "in(\"{register}\") s, in(\"{}\") r",
                dialect.observed()[1].rust
            );
            text = text.replace(&format!("in(\"{register}\") s"), &both);
        }
        source += &text;
    }
    let compiled = bench.compile(&source)?;
    let mut wrong = Vec::new();
    for (name, first, second, outcome, allowed) in SHAPES {
        let is_mp = second.contains("r = ") && second.contains("s = ");
        let mut threads = Vec::new();
        for (index, body) in [first, second].into_iter().enumerate() {
            let graph = compiled.graph(&format!("{name}_{index}"))?;
            let arguments = parameters(body).map(|name| match name {
                "n" => Value::Number(1),
                _ => Value::Symbol(name.into()),
            });
            threads.push(Thread {
                lines: dialect.thread(&graph).with_context(|| graph.listing())?,
                arguments: arguments.collect(),
                observed: if is_mp && index == 1 { 2 } else { 1 },
            });
        }
        let variable = |name: &str| Variable {
            name: name.into(),
            value: Value::Number(0),
            bits: 32,
        };
        let program = Program {
            name: name.into(),
            variables: ["x", "y", "p"].map(variable).into(),
            threads,
            ..Program::default()
        };
        let path = bench.folder.join(format!("{target}-{name}.litmus"));
        fs::write(&path, dialect.program(&program)?)?;
        let run = |options: &[&str]| {
            let mut command = Command::new(herd());
            let command = command.args(dialect.options()).args(options).arg(&path);
            let output = tie(command).output()?;
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            let mut found = states(&String::from_utf8_lossy(&output.stdout));
            let found = found.remove(name);
            found.with_context(|| format!("{name}: {errors}"))
        };
        let states = run(&[])?;
        // Another round of the loops adds no outcomes. The loops of x86 replace single
        // instructions, and herd7 would need minutes for them.
        let is_x86 = target.starts_with("x86");
        if !is_x86 && run(&["-unroll", "1"])? != states {
            wrong.push(format!("{name} depends on rounds of a loop"));
        }
        let (r, s) = if is_mp {
            (dialect.observed_name(1, 1), dialect.observed_name(1, 0))
        } else {
            (dialect.observed_name(0, 0), dialect.observed_name(1, 0))
        };
        let seen = states
            .iter()
            .any(|state| (state.get(&r), state.get(&s)) == (Some(&outcome.0), Some(&outcome.1)));
        let expected = match allowed {
            "all" => true,
            "weak" => !is_x86,
            names => names.split(' ').any(|n| n == target || n == configuration),
        };
        if seen != expected {
            let seen = if seen { "allowed" } else { "forbidden" };
            wrong.push(format!("{name} is {seen}"));
        }
    }
    Ok(wrong)
}

#[test]
#[ignore = "needs herd7 and what builds a kernel"]
fn shapes_have_their_verdicts() {
    Bench::each(&[], check);
}
