//! `cargo xtask gen`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::dropin::{self, Backend, Dropin, Identity, Wanted};
use crate::output::{line, tell};
use crate::repository;
use crate::tables::{TableArgs, undocumented};
use crate::write::{self, Finding, Generated, Lock};
use anyhow::{Context, Result};
use atomics_spec::emit::{self, layout};
use clap::{ArgMatches, FromArgMatches as _};

use crate::bindings;

mod options;

pub use options::options;

/// Regenerates every generated file of this repository, or writes the drop-in for a kernel.
pub struct Gen {
    tables: TableArgs,
    check: bool,
    kernel: Option<PathBuf>,
    backend: Backend,
    out: Option<PathBuf>,
    patch: Option<PathBuf>,
    series: Option<PathBuf>,
    only: Option<Vec<String>>,
    raw: bool,
    force: bool,
}

/// The folders of this repository that contain generated files, and possibly left-over ones.
const FOLDERS: [&str; 4] = [
    "atomics-core/src",
    "atomics-core/c",
    "atomics-core/docs",
    "tests/generated",
];

impl Gen {
    /// Reads the options.
    ///
    /// # Errors
    ///
    /// If `matches` has other options.
    pub fn new(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let path = |name| matches.get_one::<PathBuf>(name).cloned();
        let only = matches.get_many::<String>("only");
        Ok(Self {
            tables: TableArgs::from_arg_matches(matches)?,
            check: matches.get_flag("check"),
            kernel: path("kernel"),
            backend: matches.get_one("backend").copied().unwrap_or_default(),
            out: path("out"),
            patch: path("patch"),
            series: path("series"),
            only: only.map(|parts| parts.cloned().collect()),
            raw: matches.get_flag("raw"),
            force: matches.get_flag("force"),
        })
    }

    /// Generates the files, or compares them with those on disk.
    ///
    /// # Errors
    ///
    /// If a table has an error, a tree is not a known kernel tree or has local edits, or a file
    /// cannot be read or written. No generated file is changed then, but what killed runs have left
    /// may be removed, and the folder that `--out` names created.
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
        let _lock = lock(options, &root)?;
        let folders = FOLDERS.map(Path::new);
        let debris = debris(options, &root, &folders, files.iter().map(|f| &*f.path))?;
        let orphans = write::find_orphans(&root, &folders, &files, layout::MARKER)?;
        let left = (&*orphans, &*debris);
        return finish(options, &root, &files, left, (start, generated));
    };
    dropin::require_tree(tree)?;
    // What goes elsewhere only reads the tree.
    let elsewhere = options.patch.as_ref().or(options.series.as_ref());
    let tree_lock = match (&options.out, elsewhere) {
        (None, None) => lock(options, tree)?,
        _ => Lock::for_reading(tree, &tell)?,
    };
    let read = if options.force {
        Dropin::read_any_version
    } else {
        Dropin::read
    };
    let dropin = read(
        tree,
        Wanted {
            tables: &options.tables,
            backend: options.backend,
            only: options.only.as_deref(),
            raw: options.raw,
        },
    )?;
    for note in dropin.notes() {
        tell(&note);
    }
    let generated = start.elapsed();
    if let Some(folder) = &options.series {
        dropin.require_unedited(tree, &dropin.orphans(tree)?, options.force)?;
        let mails = dropin.series(&Identity::of_user(tree)?)?;
        drop(tree_lock);
        return write_series(folder, &mails);
    }
    if let Some(file) = &options.patch {
        let patch = patch(options, &dropin, tree)?;
        drop(tree_lock);
        return write_patch(options, tree, file, patch);
    }
    let (root, _lock) = match &options.out {
        None => (tree, tree_lock),
        Some(out) => {
            // No run holds two locks, so that no two wait for each other.
            drop(tree_lock);
            (out, lock(options, out)?)
        }
    };
    let folders = dropin::FOLDERS.map(Path::new);
    // A run that was killed may have edited a file that this run leaves as it is.
    let edited = dropin::EDITED.iter().map(Path::new);
    let debris = debris(options, root, &folders, edited)?;
    let orphans = dropin.orphans(root)?;
    if !options.check {
        dropin.require_unedited(root, &orphans, options.force)?;
    }
    let left = (&*orphans, &*debris);
    let code = finish(options, root, dropin.files(), left, (start, generated))?;
    if options.check && !options.force && !dropin.edits(root)?.is_empty() {
        line("There are local edits. They are not overwritten unless --force is given.")?;
    }
    Ok(code)
}

/// Locks the tree that is written or, with `--check`, compared. Creates it if `--out` names it.
fn lock(options: &Gen, root: &Path) -> Result<Lock> {
    if options.check {
        return Lock::for_reading(root, &tell);
    }
    if let Some(out) = &options.out {
        write::make_dir(out)?;
    }
    Lock::for_writing(root, &tell)
}

/// Removes what killed runs have left. With `--check`, only finds it.
fn debris<'a>(
    options: &Gen,
    root: &Path,
    folders: &[&Path],
    files: impl Iterator<Item = &'a Path>,
) -> Result<Vec<PathBuf>> {
    let debris = write::find_debris(root, folders, files)?;
    if options.check {
        return Ok(debris);
    }
    write::remove_debris(root, &debris)?;
    Ok(Vec::new())
}

/// The drop-in as a patch. None if the tree already has it.
fn patch(options: &Gen, dropin: &Dropin, tree: &Path) -> Result<Option<Vec<u8>>> {
    dropin.require_unedited(tree, &dropin.orphans(tree)?, options.force)?;
    dropin.patch(&Identity::of_user(tree)?)
}

/// Writes a patch to a file or to standard output.
fn write_patch(
    options: &Gen,
    tree: &Path,
    file: &Path,
    patch: Option<Vec<u8>>,
) -> Result<ExitCode> {
    let Some(patch) = patch else {
        let tree = tree.display();
        tell(&format!(
            "{tree} already has this drop-in: no patch is needed."
        ));
        return Ok(ExitCode::SUCCESS);
    };
    dropin::patch_file::write(file, &patch, options.force)?;
    if file != Path::new("-") {
        line(&format!("{}: apply it with `git am`.", file.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a series to its folder.
fn write_series(folder: &Path, mails: &[Generated]) -> Result<ExitCode> {
    dropin::series::folder::write(folder, mails)?;
    let patches = match mails.len().saturating_sub(1) {
        1 => "1 patch".to_owned(),
        count => format!("{count} patches"),
    };
    line(&format!(
        "{}: {patches} and a cover letter; apply them with `git am --empty=drop {}/*.patch`.",
        folder.display(),
        quote(folder),
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Compares the files with those on disk, or writes them.
fn finish(
    options: &Gen,
    root: &Path,
    files: &[Generated],
    (orphans, debris): (&[PathBuf], &[PathBuf]),
    (start, generated): (Instant, Duration),
) -> Result<ExitCode> {
    if options.check {
        let mut findings = write::check(root, files, orphans)?;
        findings.extend(debris.iter().cloned().map(Finding::Debris));
        for finding in &findings {
            line(&finding.to_string())?;
        }
        if findings.is_empty() {
            line(&format!(
                "All {} generated files are up to date.",
                files.len()
            ))?;
            return Ok(ExitCode::SUCCESS);
        }
        line(&format!(
            "{} of {} generated files are not up to date.\nRun `{}` to update them.",
            findings.len(),
            files.len(),
            command(options)
        ))?;
        return Ok(ExitCode::FAILURE);
    }
    let written = write::write(root, files, orphans)?;
    line(&format!(
        "{}: {} files written, {} removed, {} unchanged; generated in {:.1} ms, \
         {:.1} ms in total.",
        root.display(),
        written.written,
        written.removed,
        written.unchanged,
        generated.as_secs_f64() * 1e3,
        start.elapsed().as_secs_f64() * 1e3,
    ))?;
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
    if let Some(list) = &options.only {
        words.push(format!("--only {}", list.join(",")));
    }
    if options.raw {
        words.push("--raw".into());
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
    if let Some(note) = undocumented(&spec) {
        tell(&note);
    }
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
