//! `cargo xtask test`: the tests, by tier.

use std::env;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::setup::{self, Herd, Need};

/// A group of tests that need the same tools.
struct Tier {
    name: &'static str,
    proves: &'static str,
    needs: &'static [Need],
    /// Arguments of cargo, one list per command.
    commands: &'static [&'static [&'static str]],
}

const TIERS: [Tier; 9] = [
    Tier {
        name: "style",
        proves: "the text is formatted and free of lints, generated code included",
        needs: &[Need::Libclang, Need::CCompiler],
        commands: &[
            &["fmt", "--all", "--check"],
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "--deny",
                "warnings",
            ],
            &[
                "clippy",
                "--package",
                "atomics-core",
                "--features",
                "c-helpers",
                "--",
                "-Dwarnings",
            ],
            &["xtask", "gen", "--check"],
        ],
    },
    Tier {
        name: "unit",
        proves: "tables parse, errors point at the fault, plans resolve, examples run",
        needs: &[],
        commands: &[
            &[
                "test",
                "--package",
                "atomics-spec",
                "--package",
                "atomics-macros",
                "--features",
                "atomics-spec/tools",
            ],
            &["test", "--package", "xtask"],
            &["test", "--package", "atomics-core"],
            &[
                "test",
                "--package",
                "atomics-tests",
                "--test",
                "cli",
                "--test",
                "examples",
                "--test",
                "kunit",
            ],
            &[
                "test",
                "--package",
                "atomics-tests",
                "--test",
                "plans",
                "--test",
                "one_generator",
                "--test",
                "structure",
            ],
            &["test", "--package", "atomics-tests", "--doc"],
            &["doc", "--workspace", "--no-deps"],
        ],
    },
    Tier {
        name: "differential",
        proves: "every variant on every type and backend computes what semantics.tbl says",
        needs: &[Need::CCompiler],
        commands: &[
            &["test", "--package", "atomics-differential"],
            &["test", "--release", "--package", "atomics-differential"],
            &[
                "test",
                "--package",
                "atomics-differential",
                "--features",
                "c-helpers",
            ],
            &[
                "test",
                "--package",
                "atomics-core",
                "--features",
                "c-helpers",
            ],
            &[
                "test",
                "--package",
                "atomics-tests",
                "--test",
                "new_op",
                "--test",
                "user_macro",
            ],
        ],
    },
    Tier {
        name: "cross",
        proves: "the same on the other architectures, on CPUs with and without what is optional",
        needs: &[Need::CrossTools],
        commands: &[&["xtask", "cross"]],
    },
    Tier {
        name: "compile-fail",
        proves: "every illegal ordering and type is refused with a message that helps",
        needs: &[],
        commands: &[&[
            "test",
            "--package",
            "atomics-tests",
            "--test",
            "compile_fail",
        ]],
    },
    Tier {
        name: "tree",
        proves: "names, table and C helpers are a Linux tree's; the drop-in keeps what is in a tree",
        needs: &[
            Need::KernelTree,
            Need::Program("git"),
            Need::Program("perl"),
        ],
        commands: &[&[
            "test",
            "--package",
            "atomics-tests",
            "--test",
            "dropin",
            "--test",
            "kernel_tree",
        ]],
    },
    Tier {
        name: "parity",
        proves: "our machine code has the fences and accesses of the kernel's C",
        needs: &[Need::KernelTree, Need::KernelToolchain],
        commands: &[&["test", "--package", "atomics-tests", "--test", "parity"]],
    },
    Tier {
        name: "litmus",
        proves: "what our machine code may do is allowed by the kernel's memory model",
        needs: &[Need::KernelTree, Need::KernelToolchain, Need::Herd],
        commands: &[
            &[
                "test",
                "--package",
                "atomics-tests",
                "--test",
                "herd",
                "--test",
                "litmus",
            ],
            // Those that are too long for the tier unit.
            &["test", "--package", "xtask", "--", "--ignored"],
            &["xtask", "litmus", "--run=20000"],
        ],
    },
    Tier {
        name: "kernel",
        proves: "a kernel with the drop-in builds, passes its tests and the kernel's own checks",
        needs: &[Need::KernelTree, Need::KernelToolchain],
        commands: &[
            &["xtask", "kernel", "--cc", "gcc", "--backend", "asm"],
            &[
                "xtask",
                "kernel",
                "--cc",
                "gcc",
                "--backend",
                "helpers",
                "--quick",
            ],
            &[
                "xtask",
                "kernel",
                "--cc",
                "clang",
                "--backend",
                "helpers",
                "--quick",
            ],
        ],
    },
];

/// How a tier ended.
enum Outcome {
    Passed(Duration),
    Failed(Duration),
    Lacks(Vec<Need>),
}

/// Runs the tiers called `wanted`, or all of them. With `all`, a tier that cannot run is a
/// failure.
///
/// # Errors
///
/// If there is no such tier, or cargo does not start.
pub fn run(all: bool, wanted: &[String]) -> Result<ExitCode> {
    if let Some(unknown) = wanted
        .iter()
        .find(|w| !TIERS.iter().any(|t| t.name == w.as_str()))
    {
        let names: Vec<_> = TIERS.iter().map(|t| t.name).collect();
        bail!(
            "there is no tier `{unknown}`\n = help: the tiers are {}",
            names.join(", ")
        );
    }
    let chosen = |t: &&Tier| wanted.is_empty() || wanted.iter().any(|w| w == t.name);
    let mut outcomes = Vec::new();
    for tier in TIERS.iter().filter(chosen) {
        outcomes.push((tier, run_tier(tier)?));
    }
    println!();
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (tier, outcome) in &outcomes {
        let told = match outcome {
            Outcome::Passed(time) => {
                passed += 1;
                format!("passed in {:.0} s", time.as_secs_f64())
            }
            Outcome::Failed(time) => {
                failed += 1;
                format!("FAILED after {:.0} s", time.as_secs_f64())
            }
            Outcome::Lacks(needs) => {
                skipped += 1;
                let needs: Vec<_> = needs.iter().map(ToString::to_string).collect();
                format!(
                    "not run: it lacks {}; try `cargo xtask setup`",
                    needs.join(" and ")
                )
            }
        };
        println!("{:<13} {told}\n{:<13} {}", tier.name, "", tier.proves);
    }
    println!("\n{passed} passed, {failed} failed, {skipped} skipped");
    let good = failed == 0 && (skipped == 0 || !all);
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn run_tier(tier: &Tier) -> Result<Outcome> {
    let lacks = setup::missing(tier.needs);
    if !lacks.is_empty() {
        return Ok(Outcome::Lacks(lacks));
    }
    let start = Instant::now();
    for args in tier.commands {
        println!("\n[{}] cargo {}", tier.name, args.join(" "));
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(*args)
            .current_dir(crate::generate::repository_root())
            .stdin(Stdio::null());
        // Warnings of rustdoc are errors; cargo takes no flag for it.
        command.env("RUSTDOCFLAGS", "--deny warnings");
        // The tests use the tree and the herd7 that were found here, and look for none themselves.
        if let Some(tree) = setup::kernel_tree() {
            command.env(setup::KERNEL_TREE_VAR, tree);
        }
        if let Ok(herd) = Herd::find() {
            command.env(setup::herd::VAR, herd.program());
        }
        if !command.status().context("cannot start cargo")?.success() {
            return Ok(Outcome::Failed(start.elapsed()));
        }
    }
    Ok(Outcome::Passed(start.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_is_in_a_tier() {
        let folder = crate::generate::repository_root().join("tests/tests");
        let run: Vec<&str> = TIERS
            .iter()
            .flat_map(|tier| tier.commands.iter().copied().flatten().copied())
            .collect();
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "rs") {
                let name = path.file_stem().unwrap().to_str().unwrap();
                let is_run = run.windows(2).any(|words| words == ["--test", name]);
                assert!(is_run, "no tier runs {}", path.display());
                count += 1;
            }
        }
        assert!(count > 0);
    }
}
