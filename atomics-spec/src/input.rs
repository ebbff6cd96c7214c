//! Reads a file that a user names: a table, a file of a tree, a litmus test.
//!
//! No other module of the crate reads files, and of them only `own_files`, for build scripts, calls
//! this one. It is here so that the commands, the macros and the checks refuse the same files.

use std::fs::{self, File, FileType};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

/// The size of the largest file that is read, in MiB. The largest table of a kernel has some KiB.
const MEBIBYTES: u64 = 32;

/// Reads a file. Anything else is refused before it is opened: a pipe may keep its reader waiting
/// for ever, and a device may have no end.
///
/// # Errors
///
/// If it is not a file, is too large, or cannot be read.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let meta = fs::metadata(path)?;
    if !meta.is_file() {
        let message = format!("it is {}", kind(meta.file_type()));
        return Err(io::Error::new(ErrorKind::InvalidInput, message));
    }
    let limit = MEBIBYTES << 20;
    let mut bytes = Vec::new();
    // A file may have more than its size says: those of /proc do.
    if meta.len() <= limit {
        File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    }
    if meta.len() > limit || bytes.len() as u64 > limit {
        let message = format!("it is larger than {MEBIBYTES} MiB");
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Reads a file that is UTF-8.
///
/// # Errors
///
/// The same as [`read`], and if it is not UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    let text = String::from_utf8(read(path)?);
    text.map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
}

fn kind(of: FileType) -> &'static str {
    // The macros run on every host that Rust has.
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if of.is_fifo() {
            return "a pipe, not a file";
        }
        if of.is_socket() {
            return "a socket, not a file";
        }
    }
    if of.is_dir() {
        "a directory"
    } else {
        "a device, not a file"
    }
}
