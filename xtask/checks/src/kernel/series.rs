//! A series of patches, as `cargo xtask gen --series` writes it, and how to apply one of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::progress::Log;

/// The patches in a folder, in their order, without the cover letter.
///
/// # Errors
///
/// If the folder cannot be read, or has no patches.
pub fn patches(folder: &Path) -> Result<Vec<PathBuf>> {
    let shown = folder.display();
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {shown}"))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot read {shown}"))?
            .path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".patch") && !name.starts_with("0000-") {
            // git runs in another folder.
            found.push(std::path::absolute(&path)?);
        }
    }
    found.sort();
    ensure!(
        !found.is_empty(),
        "{shown} has no patches\n = help: `cargo xtask gen --kernel TREE --series {shown}` makes them"
    );
    Ok(found)
}

/// Applies a patch to the files of a folder.
///
/// # Errors
///
/// If it does not apply.
pub fn apply(patch: &Path, source: &Path, log: &mut Log) -> Result<()> {
    let source = source.canonicalize()?;
    let mut git = Command::new("git");
    // The folder is not a repository, but it may be inside one.
    git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
    git.env(
        "GIT_CEILING_DIRECTORIES",
        source.parent().unwrap_or(&source),
    );
    log.run(git.current_dir(&source).arg("apply").arg(patch))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cover_letter_is_no_patch() {
        let folder = tempfile::tempdir().unwrap();
        let told = patches(folder.path()).unwrap_err().to_string();
        assert!(told.contains("has no patches"), "{told}");
        for name in [
            "0002-b.patch",
            "0000-cover-letter.patch",
            "0001-a.patch",
            "notes",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found = patches(folder.path()).unwrap();
        let names = ["0001-a.patch", "0002-b.patch"].map(|name| folder.path().join(name));
        assert_eq!(found, names);
    }
}
