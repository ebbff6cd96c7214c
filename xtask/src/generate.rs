//! `cargo xtask gen`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use atomics_spec::emit::{self, KernelBackend, layout};
use clap::ValueEnum;

use crate::bindings;
use crate::tables::TableArgs;
use crate::write::{self, Generated};

/// What to generate, and where.
pub struct Options {
    /// The tables.
    pub tables: TableArgs,
    /// Whether to compare only.
    pub check: bool,
    /// The kernel tree, for the drop-in.
    pub kernel: Option<PathBuf>,
    /// How the drop-in carries out the operations.
    pub backend: Backend,
    /// Where to write instead.
    pub out: Option<PathBuf>,
}

/// How a kernel's drop-in carries out the operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// It calls C helpers.
    #[default]
    Helpers,
    /// By inline assembly where the architecture's table allows it and no sanitizer is on; else it
    /// calls C helpers.
    Asm,
}

impl From<Backend> for KernelBackend {
    fn from(backend: Backend) -> Self {
        match backend {
            Backend::Helpers => Self::Helpers,
            Backend::Asm => Self::Asm,
        }
    }
}

/// The folders of this repository that have generated files, and may have left-over ones.
const FOLDERS: [&str; 3] = ["atomics-core/src", "atomics-core/c", "tests/generated"];
/// The same in a kernel tree.
const KERNEL_FOLDERS: [&str; 2] = ["rust/kernel/sync/atomic", "rust/helpers"];

/// Generates.
///
/// # Errors
///
/// If a table is wrong, a tree is not one of a kernel, or a file cannot be read or written; then
/// nothing has changed.
pub fn run(options: &Options) -> Result<ExitCode> {
    let start = Instant::now();
    let files = match &options.kernel {
        Some(tree) => kernel(options, tree)?,
        None => repository(options)?,
    };
    let generated = start.elapsed();
    let root = match (&options.out, &options.kernel) {
        (Some(out), _) => out.clone(),
        (None, Some(tree)) => tree.clone(),
        (None, None) => repository_root(),
    };
    let folders: &[&str] = if options.kernel.is_some() {
        &KERNEL_FOLDERS
    } else {
        &FOLDERS
    };
    let folders: Vec<&Path> = folders.iter().map(Path::new).collect();
    if options.out.is_some() && !options.check {
        fs::create_dir_all(&root).with_context(|| format!("cannot create {}", root.display()))?;
    }
    let orphans = write::find_orphans(&root, &folders, &files, layout::MARKER)?;
    if options.check {
        let findings = write::check(&root, &files, &orphans)?;
        for finding in &findings {
            println!("{finding}");
        }
        if findings.is_empty() {
            println!("All {} generated files are up to date.", files.len());
            return Ok(ExitCode::SUCCESS);
        }
        println!(
            "{} of {} generated files are not up to date.",
            findings.len(),
            files.len()
        );
        println!("Mend it with `{}`.", command(options));
        return Ok(ExitCode::FAILURE);
    }
    let written = write::write(&root, &files, &orphans)?;
    println!(
        "{}: {} files written, {} removed, {} unchanged; tables read and text made in {:.1} ms, \
         all in {:.1} ms.",
        root.display(),
        written.written,
        written.removed,
        written.unchanged,
        generated.as_secs_f64() * 1e3,
        start.elapsed().as_secs_f64() * 1e3,
    );
    Ok(ExitCode::SUCCESS)
}

/// The command that writes what `--check` compared.
fn command(options: &Options) -> String {
    let mut words = vec!["cargo xtask gen".to_owned()];
    let flags = [
        ("--table", &options.tables.table),
        ("--semantics", &options.tables.semantics),
        ("--kernel", &options.kernel),
        ("--out", &options.out),
    ];
    for (flag, path) in flags {
        words.extend(path.iter().map(|p| format!("{flag} {}", p.display())));
    }
    if options.backend == Backend::Asm {
        words.push("--backend asm".into());
    }
    words.join(" ")
}

/// The root of this repository.
pub fn repository_root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

fn repository(options: &Options) -> Result<Vec<Generated>> {
    let spec = options.tables.load()?;
    let mut files = emit::core_crate(&spec)?;
    let header = files.iter().find(|f| f.path == layout::CORE_HEADER);
    let header = header.context("the crate has a C header")?;
    let bindings = bindings::generate(header, &repository_root())?;
    files.push(bindings);

    Ok(files.into_iter().map(to_disk).collect())
}

fn kernel(options: &Options, tree: &Path) -> Result<Vec<Generated>> {
    let table = tree.join("scripts/atomic/atomics.tbl");
    let named = tree.display();
    if !tree.is_dir() {
        let fault = if tree.exists() {
            "is not a directory"
        } else {
            "does not exist"
        };
        bail!("{named} {fault}: name the root of a Linux source tree");
    }
    for needed in [
        "Makefile",
        "scripts/atomic/atomics.tbl",
        "rust/helpers",
        "rust/kernel/sync",
    ] {
        if !tree.join(needed).exists() {
            bail!(
                "{named} is not a Linux source tree with Rust atomics: it has no {needed}\n \
                 = help: name the root of a tree of Linux 6.18 or newer, such as linux-7.3"
            );
        }
    }
    let tables = TableArgs {
        table: Some(table),
        ..options.tables.clone()
    };
    Ok(emit::kernel(&tables.load()?, options.backend.into())?
        .into_iter()
        .map(to_disk)
        .collect())
}

fn to_disk(file: emit::File) -> Generated {
    Generated {
        path: file.path.into(),
        contents: file.contents,
    }
}
