//! Compares what the build of a kernel makes of the drop-in: a Rust module with a function for each
//! operation, and the kernel's C, both compiled by the makefiles and the configuration of one
//! kernel. Checks that the kernel's other Rust code has no sequences but those.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use atomics_machine_code::object::ObjectFile;
use atomics_machine_code::target::{Configuration, Target};

use crate::point::points;
use crate::report::Line;
use crate::sites::Sites;
use crate::suite::{Comparisons, Files, Found, Run, Suite, c_file, check_operands};
use crate::user::{self, Call};

/// A kernel with the drop-in, configured and prepared: the makefiles can build a Rust module.
#[derive(Clone, Copy, Debug)]
pub struct Prepared<'a> {
    /// The architecture.
    pub target: &'static Target,
    /// How the kernel runs, where that depends on its configuration alone.
    pub configurations: &'static [Configuration],
    /// The build folder.
    pub build: &'a Path,
    /// Object files of the kernel with functions that the module calls. If there are any, lengths are
    /// not compared.
    pub called: &'a [PathBuf],
    /// Object files of the kernel's other Rust code.
    pub others: &'a [PathBuf],
}

/// Whether a kernel can run in two configurations, without being built again.
pub fn share_a_kernel(one: &Configuration, other: &Configuration) -> bool {
    one.config == other.config
}

impl Suite<'_> {
    /// Compares every operation that the drop-in has, in each configuration of a kernel. Its sources
    /// are [`Suite::tree`]. Also returns the disassemblies of the variant called `show`.
    ///
    /// # Errors
    ///
    /// If something does not build, or cannot be read. The message contains all faults.
    pub fn compare_drop_in(
        &self,
        prepared: Prepared<'_>,
        show: Option<&str>,
        jobs: usize,
    ) -> Result<Comparisons> {
        let target = prepared.target;
        let points = points(self.spec, target.bits);
        let calls = user::calls(self.spec, target.bits, &points);
        let kernel = self.kernel(jobs);
        let build = kernel.open(target, prepared.build, target.kernel.config)?;
        let theirs = build.objects(&c_file(target, &points))?;
        let mut ours = vec![build.rust_object(&user::module(&calls))?];
        ours.extend_from_slice(prepared.called);
        let pairs = prepared.configurations.iter().map(|c| (target, c));
        let work = |run: &Run<'_>| compare(run, &calls, &theirs, &ours);
        let (lines, shown) = self.each_of(pairs, show, jobs, work)?;
        self.compare_sites(&prepared, &ours[..1])?;
        Ok(Comparisons { lines, shown })
    }

    /// Checks that the kernel's other Rust code has no atomic instructions, and no choices at boot,
    /// that the object files `compared` do not have.
    fn compare_sites(&self, prepared: &Prepared<'_>, compared: &[PathBuf]) -> Result<()> {
        let target = prepared.target;
        let known = self.sites(target, compared)?;
        let others = self.sites(target, prepared.others)?;
        let beyond = others.beyond(&known);
        ensure!(
            beyond.is_empty(),
            "{}: the kernel's Rust code has {}, which no compared function has",
            target.name,
            beyond.join(", ")
        );
        let total: usize = others.instructions.values().sum();
        (self.progress)(&format!(
            "{}: the kernel's Rust code has {total} atomic instructions and {} choices, all as in the \
             compared functions",
            target.name,
            others.count()
        ));
        Ok(())
    }

    /// What there is in object files.
    fn sites(&self, target: &Target, files: &[PathBuf]) -> Result<Sites> {
        let isa = target.isa()?;
        let mut sites = Sites::default();
        for path in files {
            let file = ObjectFile::read(path, &isa, target.objdump, self.tools)?;
            let found = Sites::find(&file, target.kernel.format, &isa);
            sites.add(&found.with_context(|| path.display().to_string())?);
        }
        Ok(sites)
    }
}

/// Compares one configuration.
fn compare(
    run: &Run<'_>,
    calls: &[Call<'_>],
    theirs: &[PathBuf],
    ours: &[PathBuf],
) -> Result<Found<Line>> {
    let (target, tools) = (run.target, run.suite.tools);
    let isa = target.isa()?;
    let read =
        |files: &[PathBuf]| -> Result<Files> { target.read(run.configuration, files, tools) };
    let (theirs, ours) = (read(theirs)?, read(ours)?);
    // What the kernel's other code does with registers is not ours.
    let mut lines = check_operands(&ours[..1], &isa);
    run.tell(&format!("comparing {} functions", calls.len()));
    let abi = target.rust_abi.unwrap_or(target.abi);
    let pairs = calls
        .iter()
        .map(|call| (call.kernel, &call.point, Some(&ours), abi));
    let mut shown = String::new();
    let mut compared = run.compare_pairs(&isa, &theirs, pairs, &mut shown);
    if ours.len() > 1 {
        // A call is longer.
        for line in compared.iter_mut().flatten() {
            line.kernel = None;
        }
    }
    lines.extend(compared);
    Ok((lines, shown))
}
