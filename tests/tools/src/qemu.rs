//! Finds the tools that build and run programs for other architectures: QEMU's user mode, and the C
//! libraries to link with. Clang and lld link for all architectures.

use std::env;
use std::path::{self, Path, PathBuf};

use anyhow::Result;

use crate::path::{cache_folder, entries, find_program, is_program};
use crate::{rust, toolchain};

/// The environment variable with the folder to use instead of the one from setup.
///
/// The folder is laid out like a root file system. It has the libraries in `usr/TRIPLE/lib` and
/// `usr/lib/gcc-cross/TRIPLE`, and may have QEMU's programs in `usr/bin`. On a Debian system with
/// cross compilers, `/` works.
pub const ROOT_VAR: &str = "LKMM_CROSS_ROOT";

/// The names that other projects have for an architecture.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// GNU's name, which is also the name of the folder with the libraries.
    pub gnu: &'static str,
    /// Debian's name in package names.
    pub debian: &'static str,
    /// The file name of the dynamic linker.
    pub loader: &'static str,
    /// QEMU's name.
    pub qemu: &'static str,
}

/// The tools that build and run programs for other architectures.
pub struct CrossTools {
    /// The folder with the libraries.
    root: PathBuf,
    /// The folder of LLVM's programs.
    llvm: PathBuf,
    /// The source of the Rust standard library.
    library: PathBuf,
    /// The folder for the built Rust standard library.
    sysroot: PathBuf,
}

impl CrossTools {
    /// Finds the tools for some architectures.
    ///
    /// # Errors
    ///
    /// A list of what is missing, as text for the user.
    pub fn find<'p>(
        platforms: impl IntoIterator<Item = &'p Platform>,
    ) -> Result<Self, Vec<String>> {
        let named = env::var_os(ROOT_VAR).filter(|root| !root.is_empty());
        let root = named.map(PathBuf::from).or_else(|| fetched_root().ok());
        // Programs are started in other folders.
        let root = path::absolute(root.unwrap_or_default()).unwrap_or_default();
        let mut missing = lacks(&root, platforms);
        let llvm = toolchain::llvm_folder();
        if llvm.is_none() {
            missing.push("LLVM (clang, ld.lld, llvm-ar)".into());
        }
        let library = rust::library();
        if library.is_none() {
            missing.push("the source of the Rust library (`rustup component add rust-src`)".into());
        }
        let sysroot = rust::built_library().ok();
        if sysroot.is_none() {
            missing.push("a folder for the Rust library (XDG_CACHE_HOME or HOME)".into());
        }
        match (llvm, library, sysroot) {
            (Some(llvm), Some(library), Some(sysroot)) if missing.is_empty() => Ok(Self {
                root,
                llvm,
                library,
                sysroot,
            }),
            _ => Err(missing),
        }
    }

    /// The path of one of LLVM's programs.
    pub fn llvm(&self, program: &str) -> PathBuf {
        self.llvm.join(program)
    }

    /// The source of the Rust standard library.
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// rustc's `--sysroot` for compiling for other architectures.
    pub fn sysroot(&self) -> &Path {
        &self.sysroot
    }

    /// The root folder that is the compilers' `--sysroot`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder with the dynamic linker and the libraries of an architecture.
    pub fn prefix(&self, platform: &Platform) -> PathBuf {
        self.root.join("usr").join(platform.gnu)
    }

    /// The emulator of an architecture.
    pub fn emulator(&self, platform: &Platform) -> PathBuf {
        emulator(&self.root, platform).unwrap_or_default()
    }
}

/// The emulator of an architecture: the program below `root`, else the one in PATH.
fn emulator(root: &Path, platform: &Platform) -> Option<PathBuf> {
    let name = format!("qemu-{}", platform.qemu);
    let own = root.join("usr/bin").join(&name);
    Some(own)
        .filter(|path| is_program(path))
        .or_else(|| find_program(&name))
}

/// What is missing below `root`.
fn lacks<'p>(root: &Path, platforms: impl IntoIterator<Item = &'p Platform>) -> Vec<String> {
    let mut missing = Vec::new();
    for platform in platforms {
        if emulator(root, platform).is_none() {
            missing.push(format!("qemu-{}", platform.qemu));
        }
        let lib = root.join("usr").join(platform.gnu).join("lib");
        // One file each of libc, of its development files, and of GCC's library.
        let needed = [platform.loader, "crt1.o", "libgcc_s.so.1"];
        let has_libc = needed.iter().all(|file| lib.join(file).exists());
        let gcc = root.join("usr/lib/gcc-cross").join(platform.gnu);
        let has_gcc = entries(&gcc).any(|version| version.join("libgcc.a").exists());
        if !has_libc || !has_gcc {
            missing.push(format!("C libraries for {}", platform.gnu));
        }
    }
    missing
}

/// The folder into which setup puts the libraries and QEMU.
///
/// # Errors
///
/// If there is no cache folder.
pub fn fetched_root() -> Result<PathBuf> {
    Ok(cache_folder()?.join("cross"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const PLATFORMS: [Platform; 2] = [
        Platform {
            gnu: "aarch64-linux-gnu",
            debian: "arm64",
            loader: "ld-linux-aarch64.so.1",
            qemu: "aarch64",
        },
        Platform {
            gnu: "s390x-linux-gnu",
            debian: "s390x",
            loader: "ld64.so.1",
            qemu: "s390x",
        },
    ];

    #[test]
    fn reports_what_each_platform_lacks() {
        let root = tempfile::tempdir().unwrap();
        let make = |path: String| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        for platform in &PLATFORMS {
            for file in [platform.loader, "crt1.o", "libgcc_s.so.1"] {
                make(format!("usr/{}/lib/{file}", platform.gnu));
            }
            make(format!("usr/lib/gcc-cross/{}/14/libgcc.a", platform.gnu));
        }
        let about_libraries = |text: &String| text.starts_with("C libraries");
        let missing = lacks(root.path(), &PLATFORMS);
        assert!(!missing.iter().any(about_libraries), "{missing:?}");
        let first = &PLATFORMS[0];
        let crt = format!("usr/{}/lib/crt1.o", first.gnu);
        fs::remove_file(root.path().join(crt)).unwrap();
        let missing: Vec<_> = lacks(root.path(), &PLATFORMS)
            .into_iter()
            .filter(about_libraries)
            .collect();
        assert_eq!(missing, [format!("C libraries for {}", first.gnu)]);
    }
}
