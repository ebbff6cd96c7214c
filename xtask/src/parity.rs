//! `cargo xtask parity`: whether our machine code has the fences and accesses that the kernel's C has.
//!
//! Both sides are compiled, disassembled, and reduced path by path to what matters to the order of
//! accesses:
//!
//! ```text
//! point --kernel, ours--> objects --binary, alternative--> instructions --flow--> graph
//!     --track--> paths of events --order--> guarantees --verdict--> report
//! ```
//!
//! What instructions do is in the tables `parity/isa/*.tbl`, how architectures are built in
//! `machine`.

pub mod alternative;
pub mod binary;
mod exec;
pub mod flow;
pub mod isa;
pub mod kernel;
pub mod machine;
mod order;
pub mod ours;
mod point;
mod reasons;
mod report;
pub mod sysroot;
mod track;
mod value;
mod verdict;

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use atomics_spec::Spec;

use crate::generate::repository_root;
use crate::setup::{self, Toolchain};
use alternative::Alternative;
use binary::Binary;
use flow::{Code, Graph};
use isa::Isa;
use kernel::Kernel;
use machine::{Abi, Branch, MACHINES, Machine};
use ours::Ours;
use point::{PREFIX, Point};
use report::Line;
use track::Path as TracePath;
use verdict::{Comparison, Ordered, Verdict};

/// What the command is asked for.
pub struct Options {
    /// The kernel's sources; those of setup if none are named.
    pub tree: Option<PathBuf>,
    /// The architectures; all that have a table if none is named.
    pub archs: Vec<String>,
    /// Whether to print JSON.
    pub json: bool,
    /// The variant of which to show both sides.
    pub show: Option<String>,
    /// Whether to renew the report that is checked in.
    pub write: bool,
}

/// Says on standard error what goes on.
fn progress(text: &str) {
    eprintln!("parity: {text}");
}

/// Compares.
///
/// # Errors
///
/// If something does not build, or cannot be read.
pub fn run(options: &Options) -> Result<ExitCode> {
    let spec = Spec::builtin()?;
    let tree = match &options.tree {
        Some(tree) => tree.clone(),
        None => setup::kernel_tree().with_context(|| {
            format!(
                "there is no kernel tree: name one with --kernel or in {}, or let \
                 `cargo xtask setup` fetch one",
                setup::KERNEL_TREE_VAR
            )
        })?,
    };
    let tree = tree
        .canonicalize()
        .with_context(|| format!("cannot find the kernel tree {}", tree.display()))?;
    let tools = Toolchain::find().map_err(|missing| {
        anyhow::anyhow!(
            "these tools are missing: {}; `cargo xtask setup` installs them",
            missing.join(", ")
        )
    })?;
    let root = repository_root().join("target/parity");
    let (kernels, ours) = (root.join("kernel"), root.join("ours"));
    let kernel = Kernel {
        tree: &tree,
        folder: &kernels,
        tools: &tools,
    };
    let ours = Ours {
        spec: &spec,
        folder: &ours,
        tools: &tools,
    };
    let version = format!("{} ({})", kernel.version()?, kernel.compiler()?);
    let machines = chosen(&options.archs, &ours)?;
    ensure!(
        !options.write || options.archs.is_empty(),
        "--write renews the report of all architectures: leave out --arch"
    );
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    let mut shown = String::new();
    for machine in machines {
        let points = point::points(&spec, machine.bits);
        for branch in machine.branches {
            let run = Run {
                kernel: &kernel,
                ours: &ours,
                tools: &tools,
                machine,
                branch,
            };
            let found = run
                .compare(&points, options.show.as_deref(), &mut shown)
                .with_context(|| format!("{} ({})", machine.name, branch.name))?;
            for outcome in found {
                match outcome {
                    Ok(line) => lines.push(line),
                    Err(error) => {
                        let place = format!("{} ({})", machine.name, branch.name);
                        problems.push(format!("{place}: {error:#}"));
                    }
                }
            }
        }
    }
    if !problems.is_empty() {
        problems.dedup();
        bail!("{}", problems.join("\n"));
    }
    if let Some(name) = &options.show {
        ensure!(!shown.is_empty(), "there is no variant `{name}` to show");
        print!("{shown}");
        return Ok(ExitCode::SUCCESS);
    }
    if options.write {
        let path = repository_root().join(REPORT);
        kernel::write_changed(&path, &report::table(&version, &lines))?;
        progress(&format!("wrote {REPORT}"));
    } else if options.json {
        print!("{}", report::json(&version, &lines)?);
    } else {
        print!("{}", report::table(&version, &lines));
    }
    let wrong = faults(&lines, options.archs.is_empty())?;
    if wrong.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    for wrong in wrong {
        eprintln!("error: {wrong}");
    }
    Ok(ExitCode::FAILURE)
}

/// Where the report is.
const REPORT: &str = "tests/parity/report.txt";
/// Where the reasons are.
const REASONS: &str = "tests/parity/reasons.tbl";

/// What must not be: ours weaker, longer on average, or different without a reason.
fn faults(lines: &[Line], whole: bool) -> Result<Vec<String>> {
    let weaker = lines.iter().filter(|l| l.verdict() == Verdict::Weaker);
    let mut wrong: Vec<String> = weaker
        .map(|line| {
            let missing = line.comparison.success.missing.join(", ");
            format!(
                "{} {} {} is weaker than its contract: nothing orders {missing}",
                line.arch, line.branch, line.name
            )
        })
        .collect();
    let mean = report::mean(lines);
    if mean > 1.0 {
        wrong.push(format!(
            "ours has {mean:.4} times the instructions of the kernel's"
        ));
    }
    let path = repository_root().join(REASONS);
    let reasons = fs::read_to_string(&path);
    let reasons = reasons.with_context(|| format!("cannot read {}", path.display()))?;
    wrong.extend(reasons::check(&reasons, lines, whole)?);
    Ok(wrong)
}

/// The architectures that are named, or all that have a table.
fn chosen(names: &[String], ours: &Ours<'_>) -> Result<Vec<&'static Machine>> {
    if names.is_empty() {
        return Ok(MACHINES.iter().filter(|m| ours.has(m)).collect());
    }
    let known: Vec<&str> = MACHINES.iter().map(|m| m.name).collect();
    names
        .iter()
        .map(|name| {
            let machine = machine::find(name).with_context(|| {
                format!(
                    "there is no architecture `{name}`: there are {}",
                    known.join(", ")
                )
            })?;
            Ok(machine)
        })
        .collect()
}

/// One branch of one architecture.
struct Run<'a> {
    kernel: &'a Kernel<'a>,
    ours: &'a Ours<'a>,
    tools: &'a Toolchain,
    machine: &'static Machine,
    branch: &'static Branch,
}

/// One side of a comparison.
struct Side {
    graph: Graph,
    paths: Vec<TracePath>,
    ordered: Ordered,
}

impl Run<'_> {
    /// Compares all points. Faults of single ones come one by one, so that all are told.
    fn compare(
        &self,
        points: &[Point],
        show: Option<&str>,
        shown: &mut String,
    ) -> Result<Vec<Result<Line>>> {
        let isa = self.machine.isa()?;
        let c = c_file(self.machine, points);
        let theirs = self.kernel.objects(self.machine, self.branch, &c)?;
        let theirs = self.read(&theirs, &isa)?;
        let ours = if self.ours.has(self.machine) {
            let object = self.ours.object(self.machine, self.branch, points)?;
            Some(self.read(&[object], &isa)?)
        } else {
            progress(&format!(
                "{}: there is no table of ours; only the kernel's side is read",
                self.machine.name
            ));
            None
        };
        progress(&format!(
            "{}: comparing {} variants ({})",
            self.machine.name,
            points.len(),
            self.branch.name
        ));
        let theirs = Code {
            files: &theirs,
            isa: &isa,
        };
        let mut lines = Vec::new();
        for point in points {
            let kernel = side(theirs, point, self.machine.abi);
            let kernel = kernel.with_context(|| format!("{}, the kernel's", point.name));
            if let Ok(kernel) = &kernel {
                self.findings(point, &kernel.ordered);
            }
            let Some(ours) = &ours else {
                if let Err(error) = kernel {
                    lines.push(Err(error));
                } else if let (Ok(kernel), true) = (kernel, show == Some(point.name.as_str())) {
                    self.show(point, "the kernel's", &kernel, shown);
                }
                continue;
            };
            let code = Code {
                files: ours,
                isa: &isa,
            };
            let abi = self.machine.rust_abi.unwrap_or(self.machine.abi);
            let ours = side(code, point, abi);
            let ours = ours.with_context(|| format!("{}, ours", point.name));
            let (kernel, ours) = match (kernel, ours) {
                (Ok(kernel), Ok(ours)) => (kernel, ours),
                (kernel, ours) => {
                    lines.extend([kernel.err(), ours.err()].into_iter().flatten().map(Err));
                    continue;
                }
            };
            let comparison = Comparison::new(&ours.ordered, &kernel.ordered, point);
            if show == Some(point.name.as_str()) {
                self.show(point, "the kernel's", &kernel, shown);
                self.show(point, "ours", &ours, shown);
                let _ = writeln!(shown, "{comparison:#?}");
            }
            lines.push(Ok(Line {
                arch: self.machine.name,
                branch: self.branch.name,
                name: point.name.clone(),
                comparison,
                ours: ours.graph.count(),
                kernel: kernel.graph.count(),
            }));
        }
        Ok(lines)
    }

    /// Tells where the kernel's own code seems to order less than its contract asks for.
    fn findings(&self, point: &Point, kernel: &Ordered) {
        let missing = kernel.success.lacks(&point.contract);
        if !missing.is_empty() {
            progress(&format!(
                "{} ({}): the kernel's own {} does not order {}",
                self.machine.name,
                self.branch.name,
                point.name,
                missing.join(", ")
            ));
        }
    }

    fn read(&self, files: &[PathBuf], isa: &Isa) -> Result<Vec<(Binary, Vec<Alternative>)>> {
        let read = |path: &PathBuf| {
            let binary = Binary::read(path, isa, self.machine.objdump, self.tools)?;
            let alternatives = alternative::read(&binary, self.machine.format, self.branch.patched)
                .with_context(|| format!("{}", Path::new(path).display()))?;
            Ok((binary, alternatives))
        };
        files.iter().map(read).collect()
    }

    fn show(&self, point: &Point, whose: &str, side: &Side, out: &mut String) {
        let _ = writeln!(
            out,
            "{} on {} ({}), {whose}, {} instructions:\n{}",
            point.name,
            self.machine.name,
            self.branch.name,
            side.graph.count(),
            side.graph.listing()
        );
        for path in &side.paths {
            let _ = writeln!(out, "  path: {}", verdict::texts(&path.events).join("; "));
        }
        let _ = writeln!(out, "  on success: {}", side.ordered.success);
        if let Some(failure) = &side.ordered.failure {
            let _ = writeln!(out, "  on failure: {failure}");
        }
        out.push('\n');
    }
}

/// Reads one function.
fn side(code: Code<'_>, point: &Point, abi: Abi) -> Result<Side> {
    let graph = flow::graph(code, &format!("{PREFIX}{}", point.name))?;
    let paths = track::paths(&graph, &point.arguments(abi), code.isa)?;
    let ordered = Ordered::new(&paths, point, code.isa)?;
    Ok(Side {
        graph,
        paths,
        ordered,
    })
}

/// The C file with all functions.
fn c_file(machine: &Machine, points: &[Point]) -> String {
    let head = format!(
        "// SPDX-License-Identifier: GPL-2.0\n{}#include <linux/atomic.h>\n\
         #include <asm/barrier.h>\n",
        machine.extra.0
    );
    let functions = points.iter().map(|point| format!("\n{}", point.c));
    head + &functions.collect::<String>()
}
