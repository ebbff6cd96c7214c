//! Writes a patch to a file or to standard output.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::output::print_bytes;
use crate::write::write_alone;

/// Text that the message of every generated patch contains.
const OURS: &str = "\n  cargo xtask gen --kernel TREE";

/// Writes a patch to standard output if `file` is `-`, else atomically to `file`.
///
/// # Errors
///
/// If writing fails, or if `file` exists and is not a generated patch and `force` is not set.
pub fn write(file: &Path, patch: &[u8], force: bool) -> Result<()> {
    if file == Path::new("-") {
        return print_bytes(patch);
    }
    let shown = file.display();
    let failed = || format!("cannot write the patch {shown}");
    // Follow a symbolic link, even a dangling one.
    let place = match fs::canonicalize(file) {
        Ok(place) => place,
        Err(e) if e.kind() == io::ErrorKind::NotFound => match fs::read_link(file) {
            Ok(to) => file.parent().unwrap_or(Path::new("")).join(to),
            Err(_) => file.to_owned(),
        },
        Err(e) => return Err(e).with_context(failed),
    };
    let meta = fs::metadata(&place).ok();
    if meta
        .as_ref()
        .is_some_and(|meta| !meta.is_file() && !meta.is_dir())
    {
        // Write to a pipe or a device instead of replacing it.
        let opened = OpenOptions::new().write(true).open(&place);
        let mut opened = opened.with_context(failed)?;
        return opened.write_all(patch).with_context(failed);
    }
    if meta.is_some() && !force {
        let old = fs::read(&place).with_context(failed)?;
        let old = String::from_utf8_lossy(&old);
        if !old.starts_with("From ") || !old.contains(OURS) {
            bail!(
                "{shown} already exists and is not a patch of this command\n \
                 = help: name another file, or give --force to replace it"
            );
        }
    }
    let folder = match place.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        bail!(
            "{}: the folder {} does not exist",
            failed(),
            folder.display()
        );
    }
    write_alone(folder, &place, patch, meta.as_ref()).with_context(failed)
}
