//! Lists the tables, so that a new architecture or documentation file needs no change of Rust code.
//!
//! The tables of C expressions are left out without the feature `tools`: only its code writes C.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The tables of C expressions.
const OF_TOOLS: [&str; 2] = ["c.tbl", "kernel.tbl"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=tables");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("tables");
    let has_tools = env::var_os("CARGO_FEATURE_TOOLS").is_some();
    let mut out = String::new();
    for (constant, folder, extension) in [("ARCH", "arch", "tbl"), ("DOCS", "docs", "md")] {
        let _ = writeln!(out, "pub(super) const {constant}: &[(&str, &str)] = &[");
        for path in sorted(&root.join(folder), extension)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !has_tools && OF_TOOLS.contains(&&*name) {
                continue;
            }
            let _ = writeln!(
                out,
                "    (\"atomics-spec/tables/{folder}/{name}\", include_str!({path:?})),"
            );
        }
        out.push_str("];\n");
    }
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(target.join("files.rs"), out)
}

fn sorted(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
