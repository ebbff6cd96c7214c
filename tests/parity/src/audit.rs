//! Audits the kernel's own C atomics: whether their machine code orders what the memory model
//! requires of each variant and each barrier, and what costs more than that.
//!
//! This needs the table of an architecture's instructions, and no table of how we implement the
//! operations on it.

mod judge;
mod report;

use anyhow::{Context, Result};
use atomics_machine_code::cfg::Code;
use atomics_machine_code::target::Target;

use crate::order::Guarantees;
use crate::shown;
use crate::side::Side;
use crate::suite::{Found, Run, Suite};

pub use judge::{Cost, Judged, Judgement, Lack};
pub use report::{Finding, json, table};

/// The result of an audit.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// A finding per variant and configuration.
    pub findings: Vec<Finding>,
    /// The disassembly of the variant to show.
    pub shown: String,
}

impl Audit {
    /// The variants that order less than required.
    pub fn weaker(&self) -> impl Iterator<Item = &Finding> {
        let all = self.findings.iter();
        all.filter(|finding| finding.judged.judgement() == Judgement::KernelWeaker)
    }
}

impl Suite<'_> {
    /// Audits the kernel's code on `targets`, `jobs` configurations at once. Also returns the
    /// disassembly of the variant called `show`.
    ///
    /// # Errors
    ///
    /// If something does not build, or cannot be read. The message contains all faults.
    pub fn audit(
        &self,
        targets: &[&'static Target],
        show: Option<&str>,
        jobs: usize,
    ) -> Result<Audit> {
        let (findings, shown) = self.each(targets, show, jobs, audit)?;
        Ok(Audit { findings, shown })
    }
}

/// Audits one configuration.
fn audit(run: &Run<'_>) -> Result<Found<Finding>> {
    let (target, configuration) = (run.target, run.configuration);
    let points = run.points();
    if points.is_empty() {
        return Ok((Vec::new(), String::new()));
    }
    let isa = target.isa()?;
    let files = run.read_kernel(&points, |_| Ok(()))?;
    let code = Code {
        files: &files,
        isa: &isa,
    };
    run.tell(&format!("auditing {} variants", points.len()));
    let mut all_shown = String::new();
    let mut findings = Vec::new();
    for point in &points {
        let judged = Side::read(code, point, target.abi)
            .and_then(|side| Ok((Judged::new(&side, point, &isa)?, side)))
            .with_context(|| point.name.clone());
        findings.push(judged.map(|(judged, side)| {
            let finding = Finding {
                arch: target.name,
                configuration: configuration.name,
                name: point.name.clone(),
                required: Guarantees::default().lacks(&point.contract),
                judged,
                instructions: side.graph.count(),
            };
            if run.show == Some(point.name.as_str()) {
                all_shown += &shown::alone(&run.place(), point, &side);
                all_shown += &format!("{}\n\n", finding.line());
            }
            finding
        }));
    }
    Ok((findings, all_shown))
}
