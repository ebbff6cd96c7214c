//! Compiles, reads and compares both sides.

use std::path::PathBuf;
use std::{fs, thread};

use anyhow::{Context, Error, Result, bail, ensure};
use atomics_machine_code::abi::Abi;
use atomics_machine_code::alternative::Alternative;
use atomics_machine_code::cfg::Code;
use atomics_machine_code::isa::Isa;
use atomics_machine_code::object::ObjectFile;
use atomics_machine_code::operands;
use atomics_machine_code::rustc::Compiler;
use atomics_machine_code::target::{Configuration, Target};
use atomics_machine_code::targets::TARGETS;
use atomics_spec::Spec;
use atomics_tools::path::cache_folder;
use atomics_tools::{Lock, Progress, Toolchain, pool};

use crate::constants;
use crate::helpers;
use crate::kernel::{Build, Edit, Kernel};
use crate::ours;
use crate::point::{Point, points};
use crate::report::Line;
use crate::shown;
use crate::side::Side;
use crate::verdict::Comparison;

/// The inputs of a comparison.
pub struct Suite<'a> {
    /// The tables.
    pub spec: &'a Spec,
    /// The kernel's sources, which are only read.
    pub tree: PathBuf,
    /// Files that replace those of the tree, to judge a change without a copy of the tree.
    pub edits: &'a [Edit],
    /// The folder for the builds of both sides. Builds of an earlier run are reused.
    pub folder: PathBuf,
    /// The compilers and the disassembler.
    pub tools: &'a Toolchain,
    /// The callback for progress.
    pub progress: Progress<'a>,
}

/// The result of a comparison.
#[derive(Clone, Debug, Default)]
pub struct Comparisons {
    /// A line per variant and configuration.
    pub lines: Vec<Line>,
    /// Both disassemblies of the variant to show.
    pub shown: String,
}

impl Suite<'_> {
    /// The version of the kernel and of its C compiler.
    ///
    /// # Errors
    ///
    /// If the tree is not a kernel tree, or the compiler does not start.
    pub fn version(&self) -> Result<String> {
        let kernel = self.kernel(1);
        Ok(format!("{} ({})", kernel.version()?, kernel.compiler()?))
    }

    /// The architectures that have a table.
    pub fn targets(&self) -> Vec<&'static Target> {
        let targets = TARGETS.iter();
        targets
            .filter(|target| ours::has_table(self.spec, target))
            .collect()
    }

    /// Compares every variant on `targets`, `jobs` configurations at once. Also returns the
    /// disassemblies of the variant called `show`.
    ///
    /// # Errors
    ///
    /// If something does not build, or cannot be read. The message contains all faults.
    pub fn compare(
        &self,
        targets: &[&'static Target],
        show: Option<&str>,
        jobs: usize,
    ) -> Result<Comparisons> {
        let (lines, shown) = self.each(targets, show, jobs, |run| run.compare())?;
        Ok(Comparisons { lines, shown })
    }

    /// Calls `work` for each configuration of `targets`, `jobs` at once. Joins the lines, and the
    /// texts to show.
    ///
    /// # Errors
    ///
    /// All errors, or that there is nothing to show.
    pub(crate) fn each<T: Send>(
        &self,
        targets: &[&'static Target],
        show: Option<&str>,
        jobs: usize,
        work: impl Fn(&Run<'_>) -> Result<Found<T>> + Sync + Send,
    ) -> Result<(Vec<T>, String)> {
        let pairs = targets.iter().flat_map(|target| {
            let configurations = target.configurations.iter();
            configurations.map(move |configuration| (*target, configuration))
        });
        self.each_of(pairs, show, jobs, work)
    }

    /// The same for the configurations `pairs`.
    pub(crate) fn each_of<T: Send>(
        &self,
        pairs: impl Iterator<Item = (&'static Target, &'static Configuration)>,
        show: Option<&str>,
        jobs: usize,
        work: impl Fn(&Run<'_>) -> Result<Found<T>> + Sync + Send,
    ) -> Result<(Vec<T>, String)> {
        let cpus = thread::available_parallelism().map_or(1, usize::from);
        let make_jobs = cpus.div_ceil(jobs.max(1));
        let runs: Vec<_> = pairs
            .map(|(target, configuration)| Run {
                suite: self,
                target,
                configuration,
                show,
                jobs: make_jobs,
            })
            .collect();
        let found = pool::map(jobs, &runs, |_, run| work(run), |_| {})?;
        let (mut lines, mut all_shown) = (Vec::new(), String::new());
        let mut problems = Vec::new();
        for (run, found) in runs.iter().zip(found) {
            let place = format!("{} ({})", run.target.name, run.configuration.name);
            let (outcomes, shown) = match found {
                Ok(found) => found,
                Err(error) => (vec![Err(error)], String::new()),
            };
            all_shown += &shown;
            for outcome in outcomes {
                match outcome {
                    Ok(line) => lines.push(line),
                    Err(error) => problems.push(format!("{place}: {error:#}")),
                }
            }
        }
        problems.dedup();
        if !problems.is_empty() {
            bail!("{}", problems.join("\n"));
        }
        if let Some(name) = show {
            ensure!(
                !all_shown.is_empty(),
                "there is no variant `{name}`; `cargo xtask list` lists the C functions, and \
                 tests/parity/report.txt those on plain variables"
            );
        }
        Ok((lines, all_shown))
    }

    /// The kernels are in the cache folder of the user: to configure them takes most of the time of a
    /// first run, and the next checkout needs the same.
    pub(crate) fn kernel(&self, jobs: usize) -> Kernel<'_> {
        let cache = cache_folder().map(|cache| cache.join("configured"));
        Kernel {
            tree: &self.tree,
            edits: self.edits,
            folder: cache.unwrap_or_else(|_| self.folder.join("kernel")),
            tools: self.tools,
            progress: self.progress,
            jobs,
        }
    }
}

/// The object files of one side, with the alternatives that are applied in each.
pub(crate) type Files = Vec<(ObjectFile, Vec<Alternative>)>;

/// A line or an error for each operation, and the text to show.
pub(crate) type Found<T> = (Vec<Result<T>>, String);

/// One configuration of one architecture.
pub(crate) struct Run<'a> {
    pub(crate) suite: &'a Suite<'a>,
    pub(crate) target: &'static Target,
    pub(crate) configuration: &'static Configuration,
    pub(crate) show: Option<&'a str>,
    /// How many jobs each `make` runs at once.
    jobs: usize,
}

impl Run<'_> {
    /// The operation to show, or all operations.
    pub(crate) fn points(&self) -> Vec<Point> {
        let mut points = points(self.suite.spec, self.target.bits);
        if let Some(name) = self.show {
            points.retain(|point| point.name == name || helpers::name(&point.name) == name);
        }
        points
    }

    /// Compiles and reads the kernel's side. `check` is called with the build that it is from.
    pub(crate) fn read_kernel(
        &self,
        points: &[Point],
        check: impl Fn(&Build<'_>) -> Result<()>,
    ) -> Result<Files> {
        let (suite, target, configuration) = (self.suite, self.target, self.configuration);
        let kernel = suite.kernel(self.jobs);
        let build = kernel.build(target, configuration)?;
        let objects = build.objects(&c_file(target, points))?;
        check(&build)?;
        target.read(configuration, &objects, suite.tools)
    }

    /// Compares all operations.
    fn compare(&self) -> Result<Found<Line>> {
        let (suite, target, configuration) = (self.suite, self.target, self.configuration);
        let points = self.points();
        if points.is_empty() {
            return Ok((Vec::new(), String::new()));
        }
        let isa = target.isa()?;
        let mut lines = Vec::new();
        let theirs = self.read_kernel(&points, |build| build.check_macros())?;
        let barriers = helpers::points(target, &points);
        let mut in_c = Vec::new();
        let ours = if ours::has_table(suite.spec, target) {
            let folder = suite.folder.join("ours").join(configuration.folder(target));
            fs::create_dir_all(&folder)
                .with_context(|| format!("cannot create {}", folder.display()))?;
            let _lock = Lock::wait(&folder, suite.progress)?;
            let compiler = Compiler::new(target, configuration, suite.tools, suite.progress)?;
            if self.show.is_none() {
                lines.extend(self.check_constants(&compiler, &isa)?);
            }
            if !barriers.is_empty() {
                in_c.push(self.compile_helpers(&barriers)?);
            }
            let object = self.compile(&compiler, &points)?;
            let files = target.read(configuration, &[object], suite.tools)?;
            lines.extend(check_operands(&files, &isa));
            Some(files)
        } else {
            self.tell("there is no table for this architecture; only the kernel's side is read");
            None
        };
        let in_c = target.read(configuration, &in_c, suite.tools)?;
        lines.extend(check_operands(&in_c, &isa));
        self.tell(&format!("comparing {} variants", points.len()));
        let mut shown = String::new();
        // Each operation of the kernel's, with ours. The barriers are in ours twice: in Rust, and in
        // the C backend.
        let rust_abi = target.rust_abi.unwrap_or(target.abi);
        let in_rust = points
            .iter()
            .map(|point| (point, point, ours.as_ref(), rust_abi));
        let kernel_barriers = barriers.iter().filter_map(|barrier| {
            let kernel = points
                .iter()
                .find(|p| barrier.name == helpers::name(&p.name))?;
            Some((kernel, barrier, Some(&in_c), target.abi))
        });
        let pairs = in_rust.chain(kernel_barriers);
        lines.extend(self.compare_pairs(&isa, &theirs, pairs, &mut shown));
        Ok((lines, shown))
    }

    /// Compares operations of the kernel's, in `theirs`, with ours, in the given files. If the kernel's
    /// is on values of another width, ours is only judged by what is required. Adds the text to show to
    /// `all_shown`.
    pub(crate) fn compare_pairs<'p>(
        &self,
        isa: &Isa,
        theirs: &Files,
        pairs: impl Iterator<Item = (&'p Point, &'p Point, Option<&'p Files>, Abi)>,
        all_shown: &mut String,
    ) -> Vec<Result<Line>> {
        let (target, configuration) = (self.target, self.configuration);
        let mut lines = Vec::new();
        for (kernel_point, point, ours, abi) in pairs {
            let code = |files| Code { files, isa };
            let kernel = Side::read(code(theirs), kernel_point, target.abi);
            let kernel = kernel.with_context(|| format!("{}, the kernel's", point.name));
            if let Ok(kernel) = &kernel {
                self.report_kernel_faults(point, kernel);
            }
            let ours = ours.map(|ours| {
                let ours = Side::read(code(ours), point, abi);
                ours.with_context(|| format!("{}, ours", point.name))
            });
            let (kernel, ours) = match (kernel, ours) {
                (Ok(kernel), Some(Ok(ours))) => (kernel, ours),
                (Ok(kernel), None) => {
                    if self.show == Some(point.name.as_str()) {
                        *all_shown += &shown::alone(&self.place(), point, &kernel);
                        all_shown.push('\n');
                    }
                    continue;
                }
                (kernel, ours) => {
                    let faults = [kernel.err(), ours.and_then(Result::err)];
                    lines.extend(faults.into_iter().flatten().map(Err));
                    continue;
                }
            };
            let is_alike = kernel_point.width == point.width;
            let beside = if is_alike { &kernel } else { &ours };
            let comparison = Comparison::new(&ours.ordered, &beside.ordered, point);
            if self.show == Some(point.name.as_str()) {
                *all_shown += &shown::both(&self.place(), point, &kernel, &ours, &comparison);
                all_shown.push('\n');
            }
            lines.push(Ok(Line {
                arch: target.name,
                configuration: configuration.name,
                name: point.name.clone(),
                comparison,
                ours: ours.graph.count(),
                kernel: is_alike.then(|| kernel.graph.count()),
            }));
        }
        lines
    }

    /// Compiles all our functions with constant arguments, and checks the registers of their
    /// instructions.
    fn check_constants(&self, compiler: &Compiler, isa: &Isa) -> Result<Vec<Result<Line>>> {
        let suite = self.suite;
        self.tell("compiling ours with constant arguments");
        let text = constants::text(suite.spec);
        let folder = suite.folder.join("constants");
        let object = ours::compile(suite.spec, compiler, &folder, &text)?;
        let files = self
            .target
            .read(self.configuration, &[object], suite.tools)?;
        Ok(check_operands(&files, isa))
    }

    /// Compiles the barriers of the C backend.
    fn compile_helpers(&self, barriers: &[Point]) -> Result<PathBuf> {
        let (suite, target) = (self.suite, self.target);
        self.tell("compiling the barriers of the C backend");
        let folder = suite.folder.join("helpers");
        let (tools, configuration) = (suite.tools, self.configuration);
        helpers::compile(suite.spec, target, configuration, tools, &folder, barriers)
    }

    /// Compiles our functions.
    fn compile(&self, compiler: &Compiler, points: &[Point]) -> Result<PathBuf> {
        let suite = self.suite;
        self.tell("compiling ours");
        let head = "#![allow(dead_code, improper_ctypes_definitions, unused_unsafe)]\n\
                    use core::ffi::c_void;\n";
        let functions = points.iter().map(|point| format!("\n{}", point.rust));
        let text = head.to_owned() + &functions.collect::<String>();
        ours::compile(suite.spec, compiler, &suite.folder.join("ours"), &text)
    }

    /// Reports if the kernel's own code seems to order less than required.
    fn report_kernel_faults(&self, point: &Point, kernel: &Side) {
        let missing = kernel.ordered.success.lacks(&point.contract);
        if !missing.is_empty() {
            let missing = missing.join(", ");
            self.tell(&format!(
                "the kernel's own {} does not order {missing}",
                point.name
            ));
        }
    }

    /// Reports progress.
    pub(crate) fn tell(&self, text: &str) {
        let (target, configuration) = (self.target.name, self.configuration.name);
        (self.suite.progress)(&format!("{target} ({configuration}): {text}"));
    }

    /// The architecture and the configuration.
    pub(crate) fn place(&self) -> String {
        match (self.target.name, self.configuration.name) {
            (target, "-") => target.to_owned(),
            (target, configuration) => format!("{target} ({configuration})"),
        }
    }
}

/// Checks that a compiler of ours chose no registers that an instruction must not combine. Returns
/// an error for each that it did.
pub(crate) fn check_operands<T>(files: &[(ObjectFile, T)], isa: &Isa) -> Vec<Result<Line>> {
    let faults = files
        .iter()
        .flat_map(|(file, _)| operands::check(file, isa));
    faults.map(|fault| Err(Error::msg(fault))).collect()
}

/// The text of the C file with all functions.
pub(crate) fn c_file(target: &Target, points: &[Point]) -> String {
    let head = format!(
        "// SPDX-License-Identifier: GPL-2.0\n{}#include <linux/atomic.h>\n\
         #include <asm/barrier.h>\n",
        target.kernel.prelude
    );
    let functions = points.iter().map(|point| format!("\n{}", point.c));
    head + &functions.collect::<String>()
}
