//! `cargo xtask gen`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use atomics_spec::emit::{self, layout};

use crate::bindings;
use crate::dropin::{self, Backend, Dropin, Identity};
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
    /// Where to write the drop-in as a patch instead.
    pub patch: Option<PathBuf>,
    /// Whether the drop-in may replace local edits, and be for a version that is not known.
    pub force: bool,
}

/// The folders of this repository that have generated files, and may have left-over ones.
const FOLDERS: [&str; 3] = ["atomics-core/src", "atomics-core/c", "tests/generated"];

/// Generates.
///
/// # Errors
///
/// If a table is wrong, a tree is not one of a known kernel or has local edits, or a file cannot
/// be read or written; then nothing has changed.
pub fn run(options: &Options) -> Result<ExitCode> {
    let start = Instant::now();
    let Some(tree) = &options.kernel else {
        let files = repository(options)?;
        let generated = start.elapsed();
        let root = options.out.clone().unwrap_or_else(repository_root);
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
        println!("There are local edits, which it refuses to overwrite unless --force is given.");
    }
    Ok(code)
}

/// Makes the folder that is to be written to, if that is another one than usual.
fn make_out(options: &Options) -> Result<()> {
    match &options.out {
        Some(out) if !options.check => {
            fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))
        }
        _ => Ok(()),
    }
}

/// Writes the drop-in as a patch.
fn patch(options: &Options, dropin: &Dropin, tree: &Path, file: &Path) -> Result<ExitCode> {
    dropin.require_unedited(tree, &dropin.orphans(tree)?, options.force)?;
    let Some(patch) = dropin.patch(&Identity::of_user(tree)?)? else {
        eprintln!(
            "{} has this drop-in already: no patch is needed.",
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

/// Compares or writes.
fn finish(
    options: &Options,
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
        println!("Mend it with `{}`.", command(options));
        return Ok(ExitCode::FAILURE);
    }
    let written = write::write(root, files, orphans)?;
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
        words.extend(path.iter().map(|p| format!("{flag} {}", quoted(p))));
    }
    if options.backend == Backend::Asm {
        words.push("--backend asm".into());
    }
    if options.force {
        words.push("--force".into());
    }
    words.join(" ")
}

/// A path as a shell takes it for one word.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:,=@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', "'\\''"))
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

fn to_disk(file: emit::File) -> Generated {
    Generated {
        path: file.path.into(),
        contents: file.contents,
    }
}
