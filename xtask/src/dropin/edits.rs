//! Finds local edits: contents of the drop-in's files that are neither generated nor from Linux.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use atomics_spec::emit::layout;

use super::{alone, build, checksum, derive, line_ends, memory_model};
use crate::write::{self, Generated};

/// The files of Linux that the drop-in replaces, each with its git blob hashes in all known
/// versions.
const UPSTREAM: [(&str, &[&str]); 6] = [
    (
        "rust/helpers/atomic.c",
        &["4b24eceef5fc76113bcf052aa16299a52831c269"],
    ),
    (
        "rust/helpers/atomic_ext.c",
        &["c267d5190529326134a3aa5077cef5fb6d61c5de"],
    ),
    (
        "rust/kernel/sync/atomic.rs",
        &["9cd009d57e352d33d0220015651daf0aeead57f1"],
    ),
    (
        "rust/kernel/sync/atomic/internal.rs",
        &["9c8a7a203abd39f4134d8d532f68e6aae48b730a"],
    ),
    (
        "rust/kernel/sync/atomic/ordering.rs",
        &[
            "3f103aa8db99b18fc9f8899b3bc3bbe1967c19ca",
            "c4e732e7212f09fd6e44bc53020b04b8c66bf23b",
        ],
    ),
    (
        "rust/kernel/sync/atomic/predefine.rs",
        &["3d63f40791fa20045644c1c92fbc615331b6a1e3"],
    ),
];

/// The fault of a file that has only other line ends.
const CRLF: &str = "has CRLF line ends, and no other edit";

/// A file with local edits that would be lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    path: PathBuf,
    fault: &'static str,
}

impl Edit {
    /// Whether only the line ends would be lost.
    pub fn is_of_line_ends(&self) -> bool {
        self.fault == CRLF
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.fault)
    }
}

/// Finds the local edits under `root` that would be lost by writing `files` and removing `orphans`.
///
/// # Errors
///
/// If a path cannot be read or is not a file.
pub fn find(root: &Path, files: &[Generated], orphans: &[PathBuf]) -> Result<Vec<Edit>> {
    let mut edits = Vec::new();
    let written = files.iter().map(|f| (&f.path, Some(f.contents.as_str())));
    for (path, new) in written.chain(orphans.iter().map(|path| (path, None))) {
        let Some(old) = write::original(root, path)? else {
            continue;
        };
        edits.extend(fault(path, &old.contents, new).map(|fault| Edit {
            path: path.clone(),
            fault,
        }));
    }
    Ok(edits)
}

/// Says why replacing `old` by `new`, or removing it, would lose an edit, if it would.
fn fault(path: &Path, old: &[u8], new: Option<&str>) -> Option<&'static str> {
    if new.is_some_and(|new| new.as_bytes() == old) {
        return None;
    }
    if line_ends::has_crlf(old) {
        let keeps_crlf = new.is_none_or(|new| line_ends::has_crlf(new.as_bytes()));
        let new = new.map(|new| new.replace("\r\n", "\n"));
        let fault = fault(path, &line_ends::with_lf(old), new.as_deref());
        return fault.or((!keeps_crlf).then_some(CRLF));
    }
    if path == Path::new(derive::LIB) {
        return derive::lost(old, new);
    }
    if [build::MAKEFILE, build::GITIGNORE]
        .map(Path::new)
        .contains(&path)
    {
        return build::lost(old, new);
    }
    if path == Path::new(memory_model::DEF) {
        return memory_model::lost(old, new);
    }
    if checksum::is_intact(old) || is_upstream(path, old) {
        return None;
    }
    let head = old.split(|byte| *byte == b'\n').take(write::HEAD_LINES);
    let is_ours = head
        .map(String::from_utf8_lossy)
        .any(|line| line.contains(layout::MARKER));
    Some(if is_ours && checksum::has_line(old) {
        "was edited after it was generated"
    } else if is_ours {
        "was generated, but its last line is not a checksum"
    } else if UPSTREAM.iter().any(|(name, _)| path == Path::new(name)) {
        "differs from the file in Linux"
    } else {
        "is neither a generated file nor a file of Linux"
    })
}

/// Whether a known version of Linux has these contents at this path, but for the barriers.
fn is_upstream(path: &Path, contents: &[u8]) -> bool {
    let known = UPSTREAM.iter().find(|(name, _)| path == Path::new(name));
    let is = |contents: &[u8]| {
        let blob = checksum::git_blob(contents);
        known.is_some_and(|(_, blobs)| blobs.contains(&blob.as_str()))
    };
    is(contents)
        || str::from_utf8(contents).is_ok_and(|text| is(alone::without(path, text).as_bytes()))
}
