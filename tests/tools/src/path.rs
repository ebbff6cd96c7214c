//! Finds programs in PATH, files in folders, and the cache folder.

use std::env;
use std::fs;
use std::path::{self, Path, PathBuf};

use anyhow::{Context, Result, ensure};
use etcetera::BaseStrategy as _;

/// Finds the program `name`, which is a path or the name of a program in PATH.
pub fn find_program(name: &str) -> Option<PathBuf> {
    which::which(name).ok()
}

/// Whether `name` is a program: a path, or the name of a program in PATH.
pub fn has_program(name: &str) -> bool {
    find_program(name).is_some()
}

/// Whether a path is an executable file.
pub fn is_program(path: &Path) -> bool {
    path::absolute(path).is_ok_and(|path| which::which(path).is_ok())
}

/// Whether there is a C compiler: the program that `$CC` names, else `cc`.
pub fn has_c_compiler() -> bool {
    // CC may contain a wrapper and options; the first word is the program.
    let cc = env::var("CC").unwrap_or_default();
    has_program(cc.split_whitespace().next().unwrap_or("cc"))
}

/// The paths in a folder. Empty if the folder cannot be read.
pub fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
}

/// The folder in the user's cache into which setup fetches files, according to the XDG Base
/// Directory Specification.
///
/// # Errors
///
/// If neither `XDG_CACHE_HOME` nor `HOME` names a folder.
pub fn cache_folder() -> Result<PathBuf> {
    // The library looks for a home even where the first is set.
    let named = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let base = named.filter(|base| base.is_absolute()).or_else(|| {
        let xdg = etcetera::base_strategy::Xdg::new().ok()?;
        Some(xdg.cache_dir())
    });
    let base = base.context("neither XDG_CACHE_HOME nor HOME names a folder")?;
    Ok(base.join("lkmm-atomics"))
}

/// A path as text, for tools that accept only text.
///
/// # Errors
///
/// If it is not UTF-8, or contains a unit separator.
pub fn text(path: &Path) -> Result<&str> {
    let text = path.to_str();
    let text = text.with_context(|| format!("{} is not UTF-8", path.display()))?;
    ensure!(!text.contains('\x1f'), "{text:?} contains a unit separator");
    Ok(text)
}
