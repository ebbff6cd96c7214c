//! `cargo xtask test`: the tests, by tier.

use std::env;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use atomics_tools::kernel_tree::{VAR, kernel_tree};
use atomics_tools::process::tie_gently;
use atomics_tools::{Herd, herd7};
use clap::Args;
use xtask::output::line;
use xtask::repository;

use crate::setup::need::{self, Need};

/// Runs the tests by tier: those whose tools are present, and says what the others lack.
///
/// Exits with 1 if a tier fails, or with --all cannot run; with 2 if the command line is wrong.
#[derive(Args)]
pub struct Test {
    /// Fails if a tier cannot run.
    #[arg(long)]
    all: bool,
    /// Only these tiers.
    #[arg(value_name = "TIER")]
    tiers: Vec<String>,
}

impl Test {
    /// Runs the tiers.
    ///
    /// # Errors
    ///
    /// If there is no such tier, or cargo does not start.
    pub fn run(&self) -> Result<ExitCode> {
        run(self.all, &self.tiers)
    }
}

/// A group of tests that need the same tools.
struct Tier {
    name: &'static str,
    proves: &'static str,
    needs: &'static [Need],
    /// Arguments of cargo, separated by blanks, for each command.
    commands: &'static [&'static str],
}

const TIERS: [Tier; 10] = [
    Tier {
        name: "style",
        proves: "the text is formatted and free of lints, generated code included",
        needs: &[Need::Libclang, Need::CCompiler],
        commands: &[
            "fmt --all --check",
            "clippy --workspace --all-targets -- --deny warnings",
            "clippy --package atomics-core --features c-helpers -- --deny warnings",
            "clippy --package atomics-spec -- --deny warnings",
            "xtask gen --check",
        ],
    },
    Tier {
        name: "unit",
        proves: "tables parse, errors point at the fault, plans resolve, examples run",
        needs: &[],
        commands: &[
            "test --package atomics-spec --package atomics-macros --features atomics-spec/tools",
            "test --package atomics-tools --package atomics-machine-code --package atomics-parity \
             --package atomics-litmus --package atomics-litmus-syntax --lib",
            "test --package atomics-bench --lib --test twins",
            "test --package xtask --package xtask-checks",
            "test --package atomics-core",
            "test --package atomics-tests --test calls --test cli --test examples \
             --test explained --test filled --test from_core --test kunit \
             --test one_generator --test plans --test red_zone --test structure \
             --test targets",
            "test --package atomics-tests --package atomics-litmus --doc",
            "doc --workspace --no-deps",
        ],
    },
    Tier {
        name: "differential",
        proves: "every variant on every type and backend computes what semantics.tbl says",
        needs: &[Need::CCompiler],
        commands: &[
            "test --package atomics-differential",
            "test --package atomics-differential --release",
            "test --package atomics-differential --features c-helpers",
            "test --package atomics-core --features c-helpers",
            "test --package atomics-tests --test c_barriers --test guide --test helper_rows \
             --test new_op --test packages --test user_macro",
        ],
    },
    Tier {
        name: "cross",
        proves: "the same on the other architectures, on CPUs with and without what is optional",
        needs: &[Need::CrossTools],
        commands: &[
            "test --package atomics-tests --test unserved",
            "xtask cross",
        ],
    },
    Tier {
        name: "compile-fail",
        proves: "every illegal ordering and type is refused with a message that helps",
        needs: &[],
        commands: &[
            "test --package atomics-tests --test compile_fail --test derive --test macro_faults",
            "test --package atomics-litmus --test compile_fail",
        ],
    },
    Tier {
        name: "search",
        proves: "a search of the documentation finds what C and core call a thing",
        needs: &[Need::Program("node")],
        commands: &["test --package atomics-tests --test search"],
    },
    Tier {
        name: "tree",
        proves: "names, table and C helpers are a Linux tree's; the drop-in keeps what is in a tree",
        needs: &[
            Need::KernelTree,
            Need::Program("git"),
            Need::Program("perl"),
        ],
        commands: &["test --package atomics-tests --test dropin --test kernel_tree --test series"],
    },
    Tier {
        name: "parity",
        proves: "our machine code has the fences and accesses of the kernel's C, and is as long as it was",
        needs: &[Need::KernelTree, Need::KernelToolchain],
        commands: &[
            "test --package atomics-bench --test counts",
            "test --package atomics-parity --test report --test audit",
            "test --package atomics-machine-code --test accesses --test kernel --test lto \
             --test reach",
            "xtask parity --arch x86_64",
        ],
    },
    Tier {
        name: "litmus",
        proves: "what our machine code may do is allowed by the kernel's memory model",
        needs: &[Need::KernelTree, Need::KernelToolchain, Need::Herd],
        commands: &[
            "test --package atomics-litmus --test accepted --test arithmetic --test command \
             --test examples --test herd --test litmus --test outside --test own \
             --test round_trip --test rust --test speed --test suite --test user",
            // Those that are too long for the tier unit.
            "test --package atomics-litmus --lib -- --ignored",
        ],
    },
    Tier {
        name: "kernel",
        proves: "a kernel with the drop-in builds, passes its tests and the kernel's own checks",
        needs: &[Need::KernelTree, Need::KernelToolchain],
        commands: &[
            "xtask kernel --cc gcc --backend asm",
            "xtask kernel --cc gcc --backend helpers --quick",
            "xtask kernel --cc clang --backend helpers --quick",
            // With `raw`, as the comparisons after it, so that the kernel's Rust code is built once.
            "xtask kernel --arch arm64 --backend asm --raw --quick",
            "xtask parity --drop-in --arch aarch64",
            "test --package xtask-checks -- --ignored",
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
fn run(all: bool, wanted: &[String]) -> Result<ExitCode> {
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
    line("")?;
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
        line(&format!(
            "{:<13} {told}\n{:<13} {}",
            tier.name, "", tier.proves
        ))?;
    }
    line(&format!(
        "\n{passed} passed, {failed} failed, {skipped} skipped"
    ))?;
    let good = failed == 0 && (skipped == 0 || !all);
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn run_tier(tier: &Tier) -> Result<Outcome> {
    let lacks = need::missing(tier.needs);
    if !lacks.is_empty() {
        return Ok(Outcome::Lacks(lacks));
    }
    let start = Instant::now();
    for args in tier.commands {
        line(&format!("\n[{}] cargo {args}", tier.name))?;
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(args.split_whitespace())
            .current_dir(repository::root())
            .stdin(Stdio::null());
        // Warnings of rustdoc are errors; cargo takes no flag for it.
        command.env("RUSTDOCFLAGS", "--deny warnings");
        // The tests use the tree and the herd7 that were found here, and look for none themselves.
        if let Some(tree) = kernel_tree() {
            command.env(VAR, tree.canonicalize()?);
        }
        if let Ok(herd) = Herd::find() {
            command.env(herd7::VAR, herd.program());
        }
        let status = tie_gently(&mut command).status();
        if !status.context("cannot start cargo")?.success() {
            return Ok(Outcome::Failed(start.elapsed()));
        }
    }
    Ok(Outcome::Passed(start.elapsed()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The names of the test programs in a folder.
    fn test_programs(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        let paths = entries.map(|entry| entry.unwrap().path());
        let sources = paths.filter(|path| path.extension().is_some_and(|end| end == "rs"));
        sources
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect()
    }

    /// Every test program of every crate is run by a tier: by its name, or with all of its package.
    #[test]
    fn every_test_is_in_a_tier() {
        let commands: Vec<Vec<&str>> = TIERS
            .iter()
            .flat_map(|tier| tier.commands)
            .map(|command| command.split_whitespace().collect())
            .collect();
        let has = |command: &[&str], pair: [&str; 2]| command.windows(2).any(|w| w == pair);
        let mut count = 0;
        let manifest = fs::read_to_string(repository::root().join("Cargo.toml")).unwrap();
        let (_, members) = manifest.split_once("\nmembers = [").unwrap();
        let (members, _) = members.split_once(']').unwrap();
        for folder in members.split('"').skip(1).step_by(2) {
            let manifest = repository::root().join(folder).join("Cargo.toml");
            let manifest = fs::read_to_string(manifest).unwrap();
            let (_, name) = manifest.split_once("\nname = \"").unwrap();
            let package = name.split('"').next().unwrap();
            for name in test_programs(&repository::root().join(folder).join("tests")) {
                let is_run = commands.iter().any(|command| {
                    let whole = !command
                        .iter()
                        .any(|w| ["--test", "--lib", "--doc"].contains(w));
                    command[0] == "test"
                        && has(command, ["--package", package])
                        && (whole || has(command, ["--test", &name]))
                });
                assert!(is_run, "no tier runs the test `{name}` of {package}");
                count += 1;
            }
        }
        assert!(count > 10);
    }
}
