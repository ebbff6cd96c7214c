//! How often each kind of judgement was given on each target.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::judgement::JudgementKind;

/// The number of judgements on each target.
#[derive(Default)]
pub struct Counts<'a> {
    kinds: BTreeMap<(&'a str, JudgementKind), usize>,
    stronger: BTreeMap<&'a str, usize>,
}

impl<'a> Counts<'a> {
    /// Counts a judgement; `stronger` if it is sound and the machine code rules out some outcome
    /// that the kernel's memory model allows.
    pub fn add(&mut self, target: &'a str, kind: JudgementKind, stronger: bool) {
        *self.kinds.entry((target, kind)).or_default() += 1;
        *self.stronger.entry(target).or_default() += usize::from(stronger);
    }

    /// Writes a table with a line for each of `targets`, in their order; nothing if there are none.
    pub fn write(&self, out: &mut String, targets: &[&str]) {
        if targets.is_empty() {
            return;
        }
        let _ = write!(out, "\n{:<14} {:>9}", "target", "stronger");
        for kind in JudgementKind::ALL {
            let _ = write!(out, " {kind:>9}");
        }
        out.push('\n');
        for target in targets {
            let stronger = self.stronger.get(target).copied().unwrap_or_default();
            let _ = write!(out, "{target:<14} {stronger:>9}");
            for kind in JudgementKind::ALL {
                let count = self.kinds.get(&(*target, kind)).copied();
                let _ = write!(out, " {:>9}", count.unwrap_or_default());
            }
            out.push('\n');
        }
        out.push_str(
            "\nstronger: sound, and the machine code rules out some outcome that the LKMM allows\n",
        );
    }
}
