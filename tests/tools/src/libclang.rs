//! Finds libclang, with which bindgen parses C.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::path::entries;

/// The folders with libraries, besides the subfolders of /usr/lib.
const LIB_DIRS: [&str; 4] = [
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
];

/// Whether there is a libclang in `LIBCLANG_PATH`, in LLVM's folder according to `llvm-config`, or
/// in one of the usual library folders.
pub fn is_here() -> bool {
    let mut dirs: Vec<PathBuf> = LIB_DIRS.iter().map(PathBuf::from).collect();
    // Such as /usr/lib/x86_64-linux-gnu and /usr/lib/llvm-19/lib.
    dirs.extend(entries(Path::new("/usr/lib")).flat_map(|dir| [dir.join("lib"), dir]));
    dirs.extend(llvm_libdir());
    if let Some(named) = env::var_os("LIBCLANG_PATH").map(PathBuf::from) {
        // The variable may name the library itself.
        if is_libclang(&named) {
            return true;
        }
        dirs.push(named);
    }
    let mut files = dirs.iter().flat_map(|dir| entries(dir));
    files.any(|file| is_libclang(&file))
}

/// The folder of LLVM's libraries according to `llvm-config`, if that exists.
fn llvm_libdir() -> Option<PathBuf> {
    let program = env::var_os("LLVM_CONFIG_PATH").unwrap_or_else(|| "llvm-config".into());
    let output = Command::new(program).arg("--libdir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// Whether a file is libclang: `libclang.so`, `libclang-14.so.13` and the like, but not
/// `libclang-cpp`, which is another library.
fn is_libclang(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let rest = name.strip_prefix("libclang").unwrap_or_default();
    let ours = rest.starts_with('.') || (rest.starts_with('-') && !rest.starts_with("-cpp"));
    ours && (rest.ends_with(".so") || rest.contains(".so.")) && path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn recognises_libclang_by_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let judge = |name: &str| {
            let path = dir.path().join(name);
            fs::write(&path, "").unwrap();
            is_libclang(&path)
        };
        for name in [
            "libclang.so",
            "libclang.so.1",
            "libclang-14.so.13",
            "libclang-19.so",
        ] {
            assert!(judge(name), "{name}");
        }
        for name in [
            "libclang-cpp.so.14",
            "libclang.a",
            "libclangAST.so",
            "libc.so",
            "clang.so",
        ] {
            assert!(!judge(name), "{name}");
        }
    }
}
