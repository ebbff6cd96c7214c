//! Finds QEMU's system emulators, which boot kernels.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::path::{cache_folder, find_program, is_program};

/// The oldest version with all CPUs that are tested. Older ones boot most kernels, too.
pub const RECENT: (u32, u32) = (9, 1);

/// The system emulator of this name, such as `qemu-system-riscv64`: the one that setup fetched, else
/// the one in PATH.
pub fn find(name: &str) -> Option<PathBuf> {
    fetched(name).or_else(|| find_program(name))
}

/// The system emulator of this name if it knows all CPUs that are tested.
pub fn find_recent(name: &str) -> Option<PathBuf> {
    find(name).filter(|program| version(program).is_some_and(|version| version >= RECENT))
}

/// The emulator that setup fetched.
fn fetched(name: &str) -> Option<PathBuf> {
    let script = fetched_folder().ok()?.join(name);
    is_program(&script).then_some(script)
}

/// The folder into which setup puts emulators that are newer than the machine's own.
///
/// # Errors
///
/// If there is no cache folder.
pub fn fetched_folder() -> Result<PathBuf> {
    Ok(cache_folder()?.join("qemu-system"))
}

/// The version of an emulator, as in `QEMU emulator version 10.0.13 (Debian ...)`.
fn version(program: &Path) -> Option<(u32, u32)> {
    let output = Command::new(program).arg("--version").output().ok()?;
    parse(&String::from_utf8_lossy(&output.stdout))
}

fn parse(said: &str) -> Option<(u32, u32)> {
    let (_, rest) = said.split_once("version ")?;
    let mut numbers = rest.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let debian = "QEMU emulator version 10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)\nCopyright\n";
        assert_eq!(parse(debian), Some((10, 0)));
        assert!(parse("QEMU emulator version 7.2.22\n") < Some(RECENT));
        assert!(parse("QEMU emulator version 9.1\n") >= Some(RECENT));
        assert_eq!(parse("qemu: cannot execute"), None);
    }
}
