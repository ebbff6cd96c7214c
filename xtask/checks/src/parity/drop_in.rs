//! `cargo xtask parity --drop-in`: builds what a kernel needs to build a Rust module, for each
//! architecture, and compares.

use std::path::PathBuf;

use anyhow::{Error, Result, bail, ensure};
use atomics_machine_code::target::{Configuration, Target};
use atomics_parity::drop_in::{Prepared, share_a_kernel};
use atomics_parity::{Comparisons, Suite};
use xtask::dropin::{Backend, Wanted};
use xtask::output::tell;
use xtask::tables::TableArgs;

use crate::kernel::{Base, Checks, Compiler, Lines, Machine, Settings, Site, calls, obstacle};

/// The built-in tables.
const BUILTIN: TableArgs = TableArgs {
    table: None,
    semantics: None,
    extend: false,
};
/// The objects of the kernel's C helpers.
const HELPERS: &str = "rust/helpers/helpers.o";

/// The drop-in to compare.
pub fn wanted(backend: Backend) -> Wanted<'static> {
    Wanted {
        tables: &BUILTIN,
        backend,
        only: None,
        // What has only a C name is compared as well.
        raw: true,
    }
}

/// What to compare.
pub struct Request<'a> {
    /// The tree, with the drop-in.
    pub site: &'a Site,
    /// How the drop-in implements the operations.
    pub backend: Backend,
    /// The variant to show.
    pub show: Option<&'a str>,
    /// How many jobs run at once.
    pub jobs: usize,
}

impl Request<'_> {
    /// Compares on `targets`. A kernel that this machine cannot build is skipped. `suite` has the
    /// tables and the tools. Also returns the errors of the architectures that could not be compared.
    pub fn compare(
        &self,
        suite: &Suite<'_>,
        targets: &[&'static Target],
    ) -> (Comparisons, Vec<Error>) {
        let (mut all, mut errors) = (Comparisons::default(), Vec::new());
        for target in targets {
            match self.compare_target(suite, target) {
                Ok(found) => {
                    all.lines.extend(found.lines);
                    all.shown += &found.shown;
                }
                Err(error) => errors.push(error),
            }
        }
        (all, errors)
    }

    fn compare_target(&self, suite: &Suite<'_>, target: &'static Target) -> Result<Comparisons> {
        let mut all = Comparisons::default();
        let Some(boot) = &target.boot else {
            bail!("the kernel does not support Rust on {}", target.name);
        };
        let machine = Machine::Booted(target, boot);
        let (tree, tools) = (&self.site.tree, &self.site.tools);
        if let Some(why) = obstacle::find(tree, machine, Compiler::Clang, tools)? {
            tell(&format!("parity: {}: skipped: {why}", target.name));
            return Ok(all);
        }
        // The configurations between which a kernel chooses when it boots.
        for configurations in target.configurations.chunk_by(share_a_kernel) {
            let lines = lines(target, machine, configurations);
            let kernel = self.kernel(machine, &lines)?;
            let called = self.prepare(&kernel)?;
            let found = self.compare_prepared(suite, target, configurations, &kernel, &called)?;
            all.lines.extend(found.lines);
            all.shown += &found.shown;
        }
        Ok(all)
    }

    /// A kernel with the configuration lines `config` besides its own.
    fn kernel<'k>(&'k self, machine: Machine, config: &'k [String]) -> Result<Base<'k>> {
        let settings = Settings {
            compiler: Compiler::Clang,
            backend: self.backend,
            config,
            jobs: self.jobs,
        };
        self.site.base(machine, settings)
    }

    /// Builds what a module needs of a kernel. Returns the objects with functions that it calls.
    fn prepare(&self, kernel: &Base<'_>) -> Result<Vec<PathBuf>> {
        let mut checks = Checks::new(kernel.folders.logs.clone(), Lines::Told);
        let mut targets = vec!["prepare"];
        let mut called = Vec::new();
        if self.backend == Backend::Helpers {
            targets.push(HELPERS);
            called.push(kernel.folders.build.join(HELPERS));
        }
        let ready = checks.check("copy", |log| kernel.copy(log, &kernel.own()))?
            && checks.check("generate", |_| kernel.generate())?
            && checks.check("configure", |log| kernel.configure(log))?
            && checks.check("prepare", |log| {
                kernel.make_without_warnings(log, &targets, &[])
            })?
            && checks.check("calls", |log| calls::judge(kernel, &crates(kernel)?, log))?;
        ensure!(
            ready,
            "the kernel for {} was not built, or is not as it should be",
            kernel.machine.name()
        );
        Ok(called)
    }

    /// Compares a module that is built for a kernel.
    fn compare_prepared(
        &self,
        suite: &Suite<'_>,
        target: &'static Target,
        configurations: &'static [Configuration],
        kernel: &Base<'_>,
        called: &[PathBuf],
    ) -> Result<Comparisons> {
        let suite = Suite {
            tree: kernel.folders.source.clone(),
            folder: suite.folder.clone(),
            ..*suite
        };
        let prepared = Prepared {
            target,
            configurations,
            build: &kernel.folders.build,
            called,
            others: &crates(kernel)?,
        };
        suite.compare_drop_in(prepared, self.show, self.jobs)
    }
}

/// The configuration lines that a kernel needs besides those of `machine` to be compared.
fn lines(target: &Target, machine: Machine, configurations: &[Configuration]) -> Vec<String> {
    let made = machine.config();
    let asked = configurations.iter().flat_map(|c| c.config);
    let asked = target.kernel.config.iter().chain(asked);
    let lines = asked.filter(|line| !made.lines().any(|l| l == **line));
    let mut lines: Vec<String> = lines.map(|line| (*line).to_owned()).collect();
    lines.dedup();
    lines
}

/// The objects of the kernel's Rust crates. Those of the examples are built later.
fn crates(kernel: &Base<'_>) -> Result<Vec<PathBuf>> {
    let mut objects = calls::objects(&kernel.folders.build.join("rust"))?;
    objects.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        !name.starts_with("doctests_")
    });
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread;

    use atomics_machine_code::targets;
    use atomics_parity::Verdict;
    use atomics_parity::report::Line;
    use atomics_spec::Spec;
    use xtask::repository;

    use super::*;

    /// The file of the drop-in with the instructions of arm64.
    const FILE: &str = "rust/kernel/sync/atomic/backend/aarch64/instructions.rs";
    /// What is taken out of it: a word of the row of a function; and where that must be found.
    const CUTS: [Cut; 3] = [
        Cut {
            row: "fetch_or_acquire",
            word: (4, "\"a\"", "\"\""),
            found: &["ll/sc"],
        },
        Cut {
            row: "fetch_or",
            word: (6, "[\"dmb ish\"];", "[];"),
            found: &["ll/sc"],
        },
        Cut {
            row: "fetch_xor_release",
            word: (3, "\"l\"", "\"\""),
            found: &["ll/sc", "lse"],
        },
    ];

    struct Cut {
        row: &'static str,
        /// Its place, and the word before and after.
        word: (usize, &'static str, &'static str),
        found: &'static [&'static str],
    }

    /// The text without what is taken out. A row may be split at any blank.
    fn cut(text: &str) -> String {
        let mut out: Vec<String> = Vec::new();
        for cut in &CUTS {
            let is_row = |line: &&str| line.split_whitespace().next() == Some(cut.row);
            assert_eq!(text.lines().filter(is_row).count(), 1, "{}", cut.row);
        }
        for line in text.lines() {
            let name = line.split_whitespace().next().unwrap_or_default();
            let found = CUTS.iter().find(|cut| cut.row == name);
            out.push(found.map_or(line.to_owned(), |cut| {
                let (at, from, to) = cut.word;
                let start = line.match_indices(from).map(|(start, _)| start);
                let mut starts =
                    start.filter(|start| line[..*start].split_whitespace().count() == at);
                let start = starts.next().unwrap_or_else(|| panic!("{line}"));
                format!("{}{to}{}", &line[..start], &line[start + from.len()..])
            }));
        }
        out.join("\n") + "\n"
    }

    /// What is taken out of the drop-in's source is found in what the build of a kernel makes of it,
    /// and nothing else.
    #[test]
    #[ignore = "it builds the kernel's Rust code: the tier `kernel` runs it"]
    fn what_is_taken_out_of_the_drop_in_is_found() {
        let wanted = wanted(Backend::Asm);
        let site = Site::open(None, wanted, false).unwrap();
        let request = Request {
            site: &site,
            backend: Backend::Asm,
            show: None,
            jobs: thread::available_parallelism().map_or(1, usize::from),
        };
        let target = targets::find("aarch64").unwrap();
        let machine = Machine::Booted(target, target.boot.as_ref().unwrap());
        let config = lines(target, machine, &target.configurations[..1]);
        let kernel = request.kernel(machine, &config).unwrap();
        // The tier has just compared it: all is built.
        match kernel.folders.build.join("rust/kernel.o").exists() {
            true => drop(kernel.generate().unwrap()),
            false => drop(request.prepare(&kernel).unwrap()),
        }
        // The next run generates the file again.
        let path = kernel.folders.source.join(FILE);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, cut(&text)).unwrap();
        let mut checks = Checks::new(kernel.folders.logs.clone(), Lines::Told);
        let make = checks.check("build", |log| {
            kernel.make_without_warnings(log, &["rust/kernel.o"], &[])
        });
        assert!(make.unwrap());
        let suite = Suite {
            spec: &Spec::builtin().unwrap(),
            tree: site.tree.clone(),
            edits: &[],
            folder: repository::root().join("target/parity"),
            tools: &site.tools,
            progress: &tell,
        };
        let found = request
            .compare_prepared(&suite, target, target.configurations, &kernel, &[])
            .unwrap();
        let weaker = |line: &&Line| line.verdict() == Verdict::Weaker;
        let weaker: Vec<&Line> = found.lines.iter().filter(weaker).collect();
        for cut in &CUTS {
            for configuration in ["ll/sc", "lse"] {
                for family in ["atomic", "atomic64", "atomic_i8", "atomic_usize"] {
                    let name = format!("{family}_{}", cut.row);
                    let is_it = |l: &&&Line| l.name == name && l.configuration == configuration;
                    let is_found = weaker.iter().any(|line| is_it(&line));
                    let wanted = cut.found.contains(&configuration);
                    assert_eq!(is_found, wanted, "{configuration} {name}");
                }
            }
        }
        for line in weaker {
            let is_expected = CUTS.iter().any(|cut| line.name.ends_with(cut.row));
            assert!(is_expected, "{} {}", line.configuration, line.name);
        }
    }
}
