//! What builds and runs programs of other architectures: QEMU's user mode, and the C libraries to
//! link with. Clang and lld link for all of them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::apt::PrivateApt;
use super::{WorkDir, cache_folder, entries, find_program, is_program, step, toolchain};
use crate::cross::targets::{TARGETS, Target};

/// Names the folder to use instead of the one that setup makes. Like a file system's root, it has
/// the libraries in `usr/TRIPLE/lib` and `usr/lib/gcc-cross/TRIPLE`, and may have QEMU's programs
/// in `usr/bin`: on a Debian with cross compilers, `/` will do.
const ROOT_VAR: &str = "LKMM_CROSS_ROOT";
/// The suite whose QEMU knows the newest of the instructions that are tested.
const QEMU_SUITE: &str = "trixie-backports";
/// The suite that has the libraries of all the architectures.
const LIBRARY_SUITE: &str = "trixie";
/// The version of GCC's own library there.
const GCC: &str = "14";

/// Where the tools are.
pub struct CrossTools {
    /// The folder with the libraries.
    root: PathBuf,
    /// The folder of LLVM's programs.
    llvm: PathBuf,
    /// The source of Rust's library.
    library: PathBuf,
    /// Where Rust's library is put when it has been built.
    sysroot: PathBuf,
}

impl CrossTools {
    /// Finds the tools.
    ///
    /// # Errors
    ///
    /// What is missing, as a list for a reader.
    pub fn find() -> Result<Self, Vec<String>> {
        let named = env::var_os(ROOT_VAR).filter(|root| !root.is_empty());
        let root = named.map(PathBuf::from).or_else(fetched_root);
        let root = root.unwrap_or_default();
        let mut missing = lacks(&root);
        let llvm = toolchain::llvm_folder();
        if llvm.is_none() {
            missing.push("LLVM (clang, ld.lld, llvm-ar)".into());
        }
        let library = toolchain::library();
        if library.is_none() {
            missing.push("the source of Rust's library (`rustup component add rust-src`)".into());
        }
        let sysroot = toolchain::built_library().ok();
        if sysroot.is_none() {
            missing.push("a folder for Rust's library (XDG_CACHE_HOME or HOME)".into());
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

    /// One of LLVM's programs.
    pub fn llvm(&self, program: &str) -> PathBuf {
        self.llvm.join(program)
    }

    /// The source of Rust's library.
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// The folder that is rustc's `--sysroot` when it compiles for other architectures.
    pub fn sysroot(&self) -> &Path {
        &self.sysroot
    }

    /// The file system's root that compilers are told of.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the dynamic linker and the libraries of a target lie.
    pub fn prefix(&self, target: &Target) -> PathBuf {
        self.root.join("usr").join(target.gnu)
    }

    /// What emulates a target.
    pub fn emulator(&self, target: &Target) -> PathBuf {
        emulator(&self.root, target).unwrap_or_default()
    }
}

/// What emulates a target: the program below `root`, else the one in PATH.
fn emulator(root: &Path, target: &Target) -> Option<PathBuf> {
    let name = format!("qemu-{}", target.qemu);
    let own = root.join("usr/bin").join(&name);
    Some(own)
        .filter(|path| is_program(path))
        .or_else(|| find_program(&name))
}

/// What is not below `root`.
fn lacks(root: &Path) -> Vec<String> {
    let mut missing = Vec::new();
    for target in &TARGETS {
        if emulator(root, target).is_none() {
            missing.push(format!("qemu-{}", target.qemu));
        }
        let lib = root.join("usr").join(target.gnu).join("lib");
        // Of libc's run-time part, of its development files, and of GCC's library.
        let needed = [target.loader, "crt1.o", "libgcc_s.so.1"];
        let has_libc = needed.iter().all(|file| lib.join(file).exists());
        let gcc = root.join("usr/lib/gcc-cross").join(target.gnu);
        let has_gcc = entries(&gcc).any(|version| version.join("libgcc.a").exists());
        if !has_libc || !has_gcc {
            missing.push(format!("C libraries for {}", target.gnu));
        }
    }
    missing
}

/// Where setup puts the libraries and QEMU.
fn fetched_root() -> Option<PathBuf> {
    Some(cache_folder()?.join("cross"))
}

/// The packages with the libraries of a target.
fn packages(target: &Target) -> [String; 4] {
    let of = |library: &str| format!("{library}-{}-cross", target.debian);
    [
        of("libc6"),
        of("libc6-dev"),
        of("libgcc-s1"),
        of(&format!("libgcc-{GCC}-dev")),
    ]
}

/// Fetches what is missing.
///
/// # Errors
///
/// If a step fails.
pub(super) fn install() -> Result<()> {
    // LLVM and Rust's library have been installed for kernels.
    match CrossTools::find() {
        Ok(tools) => println!("other architectures: already in {}", tools.root.display()),
        Err(_) => fetch().with_context(|| {
            format!("cannot fetch QEMU and C libraries; {ROOT_VAR} may name a folder with them")
        })?,
    }
    Ok(())
}

/// Fetches QEMU and all the libraries, so that they come to their place only as a whole.
fn fetch() -> Result<()> {
    let root = fetched_root().context("neither XDG_CACHE_HOME nor HOME names a directory")?;
    let work = WorkDir::new(root.parent().unwrap_or(&root))?;
    let libraries: Vec<String> = TARGETS.iter().flat_map(packages).collect();
    let wanted = [
        (QEMU_SUITE, vec!["qemu-user".to_owned()]),
        (LIBRARY_SUITE, libraries),
    ];
    for (suite, packages) in &wanted {
        let apt = PrivateApt::new(work.path(), suite)?;
        let update = format!("other architectures: reading what {suite} has");
        step(&update, || apt.get(&["update"]))?;
        let what = match packages.as_slice() {
            [one] => one.clone(),
            more => format!("{} packages with C libraries", more.len()),
        };
        let mut download = vec!["download"];
        download.extend(packages.iter().map(String::as_str));
        let what = format!("other architectures: downloading {what}");
        step(&what, || apt.get(&download))?;
    }
    let what = format!("other architectures: unpacking into {}", root.display());
    step(&what, || {
        work.unpack_packages()?;
        let unpacked = work.path().join("package");
        drop_other_emulators(&unpacked.join("usr/bin"))?;
        if root.exists() {
            // Of an earlier setup, which knew fewer architectures.
            fs::rename(&root, work.path().join("old"))
                .with_context(|| format!("{} is in the way: remove it", root.display()))?;
        }
        fs::rename(&unpacked, &root).with_context(|| format!("cannot make {}", root.display()))
    })
}

/// Removes the emulators of architectures that are not tested: most of a large package.
fn drop_other_emulators(folder: &Path) -> Result<()> {
    let wanted = TARGETS.map(|target| format!("qemu-{}", target.qemu));
    for file in entries(folder) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("qemu-") && !wanted.iter().any(|w| *w == name) {
            fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_which_target_lacks_what() {
        let root = tempfile::tempdir().unwrap();
        let make = |path: String| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        for target in &TARGETS {
            for file in [target.loader, "crt1.o", "libgcc_s.so.1"] {
                make(format!("usr/{}/lib/{file}", target.gnu));
            }
            make(format!("usr/lib/gcc-cross/{}/14/libgcc.a", target.gnu));
        }
        let about_libraries = |text: &String| text.starts_with("C libraries");
        let missing = lacks(root.path());
        assert!(!missing.iter().any(about_libraries), "{missing:?}");
        let first = &TARGETS[0];
        let crt = format!("usr/{}/lib/crt1.o", first.gnu);
        fs::remove_file(root.path().join(crt)).unwrap();
        let missing: Vec<_> = lacks(root.path())
            .into_iter()
            .filter(about_libraries)
            .collect();
        assert_eq!(missing, [format!("C libraries for {}", first.gnu)]);
    }

    #[test]
    fn keeps_the_emulators_of_the_targets() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["qemu-aarch64", "qemu-m68k", "other"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        drop_other_emulators(folder.path()).unwrap();
        let mut left: Vec<_> = entries(folder.path()).collect();
        left.sort_unstable();
        assert_eq!(
            left,
            ["other", "qemu-aarch64"].map(|n| folder.path().join(n))
        );
    }
}
