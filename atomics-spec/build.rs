//! Lists the tables, so that adding an operation's documentation or an architecture is adding a
//! file and not editing Rust.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=tables");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("tables");
    let mut out = String::new();
    for (constant, folder, extension) in [("ARCH", "arch", "tbl"), ("DOCS", "docs", "md")] {
        let _ = writeln!(out, "pub(super) const {constant}: &[(&str, &str)] = &[");
        for path in sorted(&root.join(folder), extension)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
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
