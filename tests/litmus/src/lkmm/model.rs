//! The Linux kernel's memory model, as herd7 runs it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use atomics_spec::emit::herd::{definition, definitions, section};
use atomics_spec::{Spec, Variant, input};

use crate::herd::{self, Ran};
use crate::lkmm::definitions::Definitions;
use crate::work;
use atomics_tools::Herd;

/// The folder of the model in a kernel tree.
const FOLDER: &str = "tools/memory-model";
/// The model's configuration.
const CONFIG: &str = "linux-kernel.cfg";
/// The model's definitions of C functions.
const DEFINITIONS: &str = "linux-kernel.def";

/// The model.
pub struct Model<'a> {
    herd: &'a Herd,
    folder: PathBuf,
    definitions: PathBuf,
    limit: Duration,
    defined: HashSet<String>,
}

impl<'a> Model<'a> {
    /// The model of a kernel tree, with our definitions of the atomic functions in place of the
    /// tree's. The definitions are written to the folder `work`.
    ///
    /// # Errors
    ///
    /// If the tree has no model, or the definitions cannot be written.
    pub fn new(
        tree: &Path,
        work: &Path,
        limit: Duration,
        herd: &'a Herd,
        spec: &Spec,
    ) -> Result<Self> {
        let folder = tree.join(FOLDER);
        let config = folder.join(CONFIG);
        ensure!(
            config.is_file(),
            "{} has no {FOLDER}/{CONFIG}: name the root of a Linux source tree",
            tree.display()
        );
        let theirs = folder.join(DEFINITIONS);
        let text = input::read_text(&theirs);
        let text = text.with_context(|| format!("cannot read {}", theirs.display()))?;
        let ours = work.join(DEFINITIONS);
        let text = definitions::replace(&text, &section(spec)).map_err(anyhow::Error::msg)?;
        work::write(&ours, &text)?;
        let variants = spec.variants().filter(|v| definition(v).is_ok());
        let defined = variants.map(|v| v.function()).collect();
        Ok(Self {
            herd,
            folder,
            definitions: ours,
            limit,
            defined,
        })
    }

    /// Runs herd7 with the model.
    ///
    /// # Errors
    ///
    /// As [`herd::run`].
    pub fn run(&self, file: &Path) -> Result<Ran> {
        let mut command = self.herd.command();
        // herd7 looks for the model's files in its working directory.
        command.current_dir(&self.folder);
        command
            .args(["-conf", CONFIG, "-macros"])
            .arg(&self.definitions);
        herd::run(command, file, self.limit)
    }
}

impl Definitions for Model<'_> {
    fn has(&self, variant: &Variant<'_>) -> bool {
        self.defined.contains(&variant.function())
    }
}
