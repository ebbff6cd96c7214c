//! The Linux kernel's memory model, as herd7 runs it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use atomics_spec::emit::herd::{definition, definitions, section};
use atomics_spec::{Spec, Variant, input};
use atomics_tools::path::entries;

use crate::asker::Asker;
use crate::herd::Ran;
use crate::kept::digest;
use crate::lkmm::definitions::Definitions;
use crate::work;

/// The folder of the model in a kernel tree.
const FOLDER: &str = "tools/memory-model";
/// The model's configuration.
const CONFIG: &str = "linux-kernel.cfg";
/// The endings of the model's files.
const PARTS: [&str; 3] = ["bell", "cat", "cfg"];
/// The model's definitions of C functions.
const DEFINITIONS: &str = "linux-kernel.def";

/// The model.
pub struct Model<'a> {
    asker: &'a Asker<'a>,
    folder: PathBuf,
    definitions: PathBuf,
    /// A digest of the model.
    digest: String,
    defined: HashSet<String>,
}

impl<'a> Model<'a> {
    /// The model of a kernel tree, with our definitions of the atomic functions in place of the
    /// tree's. The definitions are written to the folder `work`.
    ///
    /// # Errors
    ///
    /// If the tree has no model, or the definitions cannot be written.
    pub fn new(tree: &Path, work: &Path, asker: &'a Asker<'a>, spec: &Spec) -> Result<Self> {
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
        let mut files: Vec<PathBuf> = entries(&folder)
            .filter(|path| {
                path.extension()
                    .is_some_and(|end| PARTS.iter().any(|p| *p == end))
            })
            .collect();
        files.sort();
        let files = files.iter().map(|path| {
            let text = input::read_text(path);
            text.with_context(|| format!("cannot read {}", path.display()))
        });
        let files: Vec<String> = files.chain([Ok(text)]).collect::<Result<_>>()?;
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        Ok(Self {
            asker,
            folder,
            definitions: ours,
            digest: digest(&files),
            defined,
        })
    }

    /// A digest of the model.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Runs herd7 with the model.
    ///
    /// # Errors
    ///
    /// As [`Asker::run`].
    pub fn run(&self, file: &Path) -> Result<Ran> {
        self.run_with(file, &[])
    }

    /// Runs herd7 with the model and some options.
    ///
    /// # Errors
    ///
    /// As [`Asker::run`].
    pub fn run_with(&self, file: &Path, options: &[&str]) -> Result<Ran> {
        let mut command = self.asker.command();
        // herd7 looks for the model's files in its working directory.
        command.current_dir(&self.folder);
        command
            .args(["-conf", CONFIG, "-macros"])
            .arg(&self.definitions)
            .args(options);
        let mut inputs = vec![self.digest.as_str()];
        inputs.extend(options);
        self.asker.run(command, file, &inputs)
    }
}

impl Definitions for Model<'_> {
    fn has(&self, variant: &Variant<'_>) -> bool {
        self.defined.contains(&variant.function())
    }
}
