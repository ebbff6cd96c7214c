//! The folder that a series is written to.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::output::tell;
use crate::write::{self, Generated, Lock};

/// Text that every mail of a series contains.
const OURS: &str = "\n  cargo xtask gen --kernel TREE";

/// Writes a series to a folder, which is created if it does not exist. An earlier series in it is
/// replaced.
///
/// # Errors
///
/// If the folder has other files than those of an earlier series, or a file cannot be written.
/// Nothing is changed then.
pub fn write(folder: &Path, mails: &[Generated]) -> Result<()> {
    // Before the folder is created, and again when no other run can write to it.
    if folder.exists() {
        earlier(folder)?;
    }
    write::make_dir(folder)?;
    let _lock = Lock::for_writing(folder, &tell)?;
    let debris = write::find_debris(folder, &[Path::new("")], [])?;
    write::remove_debris(folder, &debris)?;
    let mut earlier = earlier(folder)?;
    earlier.retain(|path| mails.iter().all(|mail| mail.path != *path));
    write::write(folder, mails, &earlier)?;
    Ok(())
}

/// The files of an earlier series in a folder.
fn earlier(folder: &Path) -> Result<Vec<PathBuf>> {
    let shown = folder.display();
    let failed = || format!("cannot read the folder {shown}");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        let name = entry.file_name();
        if write::is_debris(&name) {
            continue;
        }
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_file || !is_mail(&entry.path()) {
            bail!(
                "{shown} has other files than those of an earlier series, such as {}\n \
                 = help: name an empty folder, or one that does not exist",
                name.display()
            );
        }
        found.push(name.into());
    }
    Ok(found)
}

/// Whether a file is a mail of a series.
fn is_mail(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let numbered = name.split_once('-').is_some_and(|(number, rest)| {
        number.len() >= 4
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && Path::new(rest)
                .extension()
                .is_some_and(|end| end == "patch")
    });
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    numbered && text.starts_with("From ") && text.contains(OURS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(name: &str) -> Generated {
        Generated {
            path: name.into(),
            contents: format!("From 1\n{OURS} --series DIR\n"),
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|n| n.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn an_earlier_series_is_replaced_and_other_files_are_not() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("new/series");
        let one = [mail("0000-cover-letter.patch"), mail("0001-one.patch")];
        write(&folder, &one).unwrap();
        assert_eq!(
            names(&folder),
            ["0000-cover-letter.patch", "0001-one.patch"]
        );
        let two = [mail("0000-cover-letter.patch"), mail("0001-two.patch")];
        // What a killed run has left is no file of others.
        fs::write(folder.join(".gen-48Mi9f.new"), "half").unwrap();
        write(&folder, &two).unwrap();
        assert_eq!(
            names(&folder),
            ["0000-cover-letter.patch", "0001-two.patch"]
        );

        for (name, text) in [
            ("notes.txt", "precious"),
            ("0001-three.patch", "From 1\n\nanother's\n"),
            ("cover.patch", &*mail("x").contents),
        ] {
            fs::write(folder.join(name), text).unwrap();
            let before = names(&folder);
            let told = write(&folder, &one).unwrap_err().to_string();
            assert!(told.contains("has other files"), "{told}");
            assert!(told.contains(name), "{told}");
            assert_eq!(names(&folder), before);
            fs::remove_file(folder.join(name)).unwrap();
        }
        fs::create_dir(folder.join("0002-folder.patch")).unwrap();
        assert!(write(&folder, &one).is_err());
    }
}
