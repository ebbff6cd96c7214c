//! `cargo xtask bench`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use atomics_bench::counts::{Counter, guarded, places};
use atomics_bench::goals::goals;
use atomics_bench::implementation::Implementation;
use atomics_bench::machine::Machine;
use atomics_bench::report::{self, Report, Size};
use atomics_bench::run::{self, Kind, Program};
use atomics_bench::timing::{self, Effort, Mode, Timing};
use atomics_bench::{callgrind, plot, readme, table};
use atomics_spec::Spec;
use atomics_tools::process::write_changed;
use atomics_tools::{Toolchain, kernel_tree};
use clap::Args;
use xtask::output::{print, tell};
use xtask::repository;

use programs::{Builder, has_c};

mod programs;

/// The path of the checked-in counts.
const COUNTS: &str = "tests/bench/counts.txt";
/// The folder of the plots.
const PLOTS: &str = "tests/bench/plots";
/// The path of the README.
const README: &str = "README.md";

/// Measures atomics beside other implementations, in one run and taking turns: this crate, with inline
/// assembly and with C helpers; C, inlined; a call of a C function for each operation; core; and
/// portable-atomic. Each operation alone and what code does with them: in one thread, in two threads on
/// one variable, and on one cache line.
///
/// Counts the instructions that Valgrind sees, and those in the code for each architecture. Then says
/// which goals are met.
///
/// Exits with 1 if something cannot be built or measured, and with 2 if the command line is wrong. A
/// goal that is not met is no failure.
///
/// The C is that of a kernel's headers, with the kernel's options, if there is a tree and this machine
/// is an x86_64.
#[derive(Args)]
pub struct Bench {
    /// The kernel's sources (default: those that `cargo xtask setup` unpacked).
    #[arg(long = "kernel", value_name = "TREE")]
    tree: Option<PathBuf>,
    /// Measures for a short time, and counts only what is checked in.
    #[arg(long)]
    quick: bool,
    /// Only functions whose name contains this are timed.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only counts the instructions in the code.
    #[arg(long)]
    counts: bool,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    /// Also updates the section of the README, and its plots.
    #[arg(long, conflicts_with_all = ["quick", "filter", "counts"])]
    readme: bool,
    /// Updates the counts in tests/bench, and measures nothing.
    #[arg(long, conflicts_with_all = ["quick", "filter", "counts", "json", "readme"])]
    write: bool,
}

impl Bench {
    /// Measures, and prints what is found.
    ///
    /// # Errors
    ///
    /// If something does not build, or cannot be read.
    pub fn run(&self) -> Result<ExitCode> {
        let root = repository::root();
        let spec = Spec::builtin()?;
        let tools = Toolchain::require()?;
        let counter = Counter {
            spec: &spec,
            functions: &root.join("tests/bench/functions"),
            folder: &root.join("target/bench/counts"),
            tools: &tools,
            progress: &progress,
        };
        if self.write {
            let text = table::text(&table::compiler()?, &table::blocks(&counter)?);
            write_changed(&root.join(COUNTS), &text)?;
            tell(&format!("bench: wrote {COUNTS}"));
            return Ok(ExitCode::SUCCESS);
        }
        let report = self.measure(&counter)?;
        let goals = goals(&report);
        print(&match self.json {
            true => report::json(&report, &goals)?,
            false => report::table(&report, &goals),
        })?;
        if self.readme {
            let plots = root.join(PLOTS);
            fs::create_dir_all(&plots)
                .with_context(|| format!("cannot make {}", plots.display()))?;
            write_changed(&plots.join("times.svg"), &plot::times(&report))?;
            write_changed(&plots.join("sizes.svg"), &plot::sizes(&report))?;
            let path = root.join(README);
            let text = fs::read_to_string(&path);
            let text = text.with_context(|| format!("cannot read {}", path.display()))?;
            let section = readme::section(&report, PLOTS);
            write_changed(&path, &readme::replace(&text, &section)?)?;
            tell(&format!("bench: wrote {PLOTS} and the section of {README}"));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn measure(&self, counter: &Counter<'_>) -> Result<Report> {
        let folder = repository::root().join("target/bench");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let builder = Builder {
            counter,
            folder: &folder,
        };
        let tree = match &self.tree {
            Some(tree) => Some(kernel_tree::find(Some(tree))?),
            None => kernel_tree(),
        };
        let c = builder.c(tree.as_deref())?;
        let paths = builder.programs(&c)?;
        let started = paths.iter().map(|(of, path)| Program::start(*of, path));
        let mut programs = started.collect::<Result<Vec<_>>>()?;
        let functions = programs
            .first_mut()
            .context("there is no program")?
            .functions()?;
        run::check(&mut programs, &functions)?;
        let timings = match self.counts {
            true => Vec::new(),
            false => self.time(&mut programs, &functions)?,
        };
        drop(programs);
        let mut executed = BTreeMap::new();
        if callgrind::is_here() {
            progress("counting the instructions that run");
            for (of, path) in &paths {
                executed.insert(*of, callgrind::count(path, &folder)?);
            }
        } else {
            progress(
                "there is no valgrind, so what runs is not counted; `cargo xtask setup` installs it",
            );
        }
        let native = builder.native()?.0;
        Ok(Report {
            machine: Machine::this(),
            compiler: table::compiler()?,
            c: c.whose,
            functions,
            timings,
            executed,
            sizes: self.sizes(counter)?,
            kernel: match c.is_kernel {
                true => Some(counter.read(native, &c.functions)?),
                false => None,
            },
            programs: builder.sizes()?,
        })
    }

    fn time(&self, programs: &mut [Program], functions: &[(String, Kind)]) -> Result<Vec<Timing>> {
        let machine = Machine::this();
        progress(&machine.text());
        if machine.shares_core {
            progress(
                "its CPUs share a core, so two threads do not show what a cache line costs to move",
            );
        }
        let filter = self.filter.as_deref().unwrap_or_default();
        let wanted = functions.iter().filter(|(name, _)| name.contains(filter));
        let wanted: Vec<_> = wanted.cloned().collect();
        let effort = if self.quick {
            Effort::QUICK
        } else {
            Effort::FULL
        };
        let mut timings = Vec::new();
        for mode in Mode::ALL {
            if mode == Mode::Alone || machine.cpus > 1 {
                timings.extend(timing::measure(programs, &wanted, mode, effort, &progress)?);
            }
        }
        Ok(timings)
    }

    /// The counts of all architectures, or of those whose counts are checked in.
    fn sizes(&self, counter: &Counter<'_>) -> Result<Vec<Size>> {
        let places: Vec<_> = match self.quick {
            true => guarded().collect(),
            false => places().collect(),
        };
        let size = |place| {
            let mut of = vec![Implementation::Ours, Implementation::Core];
            if has_c(place) {
                of.push(Implementation::C);
            }
            let counts = of.into_iter().map(|of| Ok((of, counter.count(place, of)?)));
            Ok(Size {
                place,
                counts: counts.collect::<Result<_>>()?,
            })
        };
        places.into_iter().map(size).collect()
    }
}

/// Tells what happens.
fn progress(text: &str) {
    tell(&format!("bench: {text}"));
}
