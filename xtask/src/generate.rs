//! `cargo xtask gen`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use atomics_spec::emit::{self, layout};
use clap::Args;
use xtask::dropin::{self, Backend, Dropin, Identity};
use xtask::repository;
use xtask::tables::TableArgs;
use xtask::write::{self, Generated};

use crate::bindings;

/// Regenerates every generated file of this repository, or writes the drop-in for a kernel.
#[derive(Args)]
pub struct Gen {
    #[command(flatten)]
    tables: TableArgs,
    /// Changes nothing; lists stale, missing and left-over files, and exits with 1 if there are
    /// any.
    #[arg(long)]
    check: bool,
    /// Reads TREE/scripts/atomic/atomics.tbl and writes the kernel's drop-in into TREE.
    #[arg(long, value_name = "TREE", conflicts_with = "table")]
    kernel: Option<PathBuf>,
    /// How the drop-in implements the operations.
    #[arg(long, value_enum, default_value_t, requires = "kernel")]
    backend: Backend,
    /// Writes into DIR instead, in the same layout.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Writes the drop-in as a patch for `git am` to FILE instead, or to standard output if FILE is
    /// `-`. TREE is not changed. An existing FILE is replaced only if it is such a patch.
    #[arg(long, value_name = "FILE", requires = "kernel", conflicts_with_all = ["check", "out"])]
    patch: Option<PathBuf>,
    /// Overwrites local edits in the drop-in's files, accepts a TREE of an unknown Linux version,
    /// and overwrites any FILE.
    #[arg(long, requires = "kernel")]
    force: bool,
}

/// The folders of this repository that contain generated files, and possibly left-over ones.
const FOLDERS: [&str; 3] = ["atomics-core/src", "atomics-core/c", "tests/generated"];

impl Gen {
    /// Generates the files, or compares them with those on disk.
    ///
    /// # Errors
    ///
    /// If a table has an error, a tree is not a known kernel tree or has local edits, or a file
    /// cannot be read or written. Nothing is changed then.
    pub fn run(&self) -> Result<ExitCode> {
        run(self)
    }
}

fn run(options: &Gen) -> Result<ExitCode> {
    let start = Instant::now();
    let Some(tree) = &options.kernel else {
        let files = core_files(options)?;
        let generated = start.elapsed();
        let root = options.out.clone().unwrap_or_else(repository::root);
        make_out(options)?;
        let folders = FOLDERS.map(Path::new);
        let orphans = write::find_orphans(&root, &folders, &files, layout::MARKER)?;
        return finish(options, &root, &files, &orphans, (start, generated));
    };
    let read = if options.force {
        Dropin::read_any_version
    } else {
        Dropin::read
    };
    let dropin = read(tree, &options.tables, options.backend)?;
    let generated = start.elapsed();
    if let Some(file) = &options.patch {
        return patch(options, &dropin, tree, file);
    }
    let root = options.out.as_ref().unwrap_or(tree);
    make_out(options)?;
    let orphans = dropin.orphans(root)?;
    if !options.check {
        dropin.require_unedited(root, &orphans, options.force)?;
    }
    let code = finish(options, root, dropin.files(), &orphans, (start, generated))?;
    if options.check && !options.force && !dropin.edits(root)?.is_empty() {
        println!("There are local edits. They are not overwritten unless --force is given.");
    }
    Ok(code)
}

/// Creates the output folder if `--out` names one.
fn make_out(options: &Gen) -> Result<()> {
    match &options.out {
        Some(out) if !options.check => {
            fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))
        }
        _ => Ok(()),
    }
}

/// Writes the drop-in as a patch.
fn patch(options: &Gen, dropin: &Dropin, tree: &Path, file: &Path) -> Result<ExitCode> {
    dropin.require_unedited(tree, &dropin.orphans(tree)?, options.force)?;
    let Some(patch) = dropin.patch(&Identity::of_user(tree)?)? else {
        eprintln!(
            "{} already has this drop-in: no patch is needed.",
            tree.display()
        );
        return Ok(ExitCode::SUCCESS);
    };
    dropin::output::write(file, &patch, options.force)?;
    if file != Path::new("-") {
        println!("{}: apply it with `git am`.", file.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Compares the files with those on disk, or writes them.
fn finish(
    options: &Gen,
    root: &Path,
    files: &[Generated],
    orphans: &[PathBuf],
    (start, generated): (Instant, Duration),
) -> Result<ExitCode> {
    if options.check {
        let findings = write::check(root, files, orphans)?;
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
        println!("Run `{}` to update them.", command(options));
        return Ok(ExitCode::FAILURE);
    }
    let written = write::write(root, files, orphans)?;
    println!(
        "{}: {} files written, {} removed, {} unchanged; generated in {:.1} ms, \
         {:.1} ms in total.",
        root.display(),
        written.written,
        written.removed,
        written.unchanged,
        generated.as_secs_f64() * 1e3,
        start.elapsed().as_secs_f64() * 1e3,
    );
    Ok(ExitCode::SUCCESS)
}

/// The command that writes the files that `--check` compared.
fn command(options: &Gen) -> String {
    let mut words = vec!["cargo xtask gen".to_owned()];
    let flags = [
        ("--table", &options.tables.table),
        ("--semantics", &options.tables.semantics),
        ("--kernel", &options.kernel),
        ("--out", &options.out),
    ];
    for (flag, path) in flags {
        words.extend(path.iter().map(|p| format!("{flag} {}", quote(p))));
    }
    if options.backend == Backend::Asm {
        words.push("--backend asm".into());
    }
    if options.force {
        words.push("--force".into());
    }
    words.join(" ")
}

/// Quotes a path for a shell.
fn quote(path: &Path) -> String {
    let text = path.display().to_string();
    let quoted = shlex::try_quote(&text).map(std::borrow::Cow::into_owned);
    // Only NUL cannot be quoted, and a path has none.
    quoted.unwrap_or(text)
}

fn core_files(options: &Gen) -> Result<Vec<Generated>> {
    let spec = options.tables.load()?;
    let mut files = emit::core_crate(&spec)?;
    let header = files.iter().find(|f| f.path == layout::CORE_HEADER);
    let header = header.context("the crate has no C header")?;
    let bindings = bindings::generate(header, &repository::root())?;
    files.push(bindings);

    Ok(files.into_iter().map(to_disk).collect())
}

fn to_disk(file: emit::File) -> Generated {
    Generated {
        path: file.path.into(),
        contents: file.contents,
    }
}
