//! Finds the tools that build a kernel with Rust: LLVM, bindgen, the source of the Rust standard
//! library, and the programs that the kernel's makefiles call.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, anyhow};

use crate::path::{cache_folder, entries, has_program, is_program};
use crate::rust;

/// The programs that the kernel's makefiles and scripts call, besides the compilers.
const PROGRAMS: [&str; 8] = [
    "bc", "bison", "flex", "git", "make", "objdump", "perl", "python3",
];
/// The Rust programs that they call, besides cargo and rustc.
const RUST_PROGRAMS: [&str; 3] = ["clippy-driver", "rustdoc", "rustfmt"];
/// The headers that the kernel's own host tools include.
const HEADERS: [&str; 2] = ["libelf.h", "openssl/opensslv.h"];
/// The LLVM programs that `LLVM=1` uses.
const LLVM_PROGRAMS: [&str; 6] = [
    "clang",
    "ld.lld",
    "llvm-ar",
    "llvm-nm",
    "llvm-objcopy",
    "llvm-objdump",
];
/// The version of bindgen that setup installs.
pub const BINDGEN: &str = "0.72.1";
/// Environment variables that would change the kernel build.
const MISLEADING: [&str; 18] = [
    "ARCH",
    "CC",
    "CLIPPY",
    "CROSS_COMPILE",
    "HOSTCC",
    "KBUILD_EXTMOD",
    "KBUILD_OUTPUT",
    "KCFLAGS",
    "KRUSTFLAGS",
    "LLVM",
    "M",
    "MAKEFLAGS",
    "MFLAGS",
    "O",
    "RUSTC",
    "RUSTFLAGS",
    "SUBARCH",
    "V",
];

/// The locations of the tools that may not be in PATH.
pub struct Toolchain {
    /// The folder of LLVM's programs.
    llvm: PathBuf,
    /// The folder of bindgen.
    bindgen: PathBuf,
    /// The source of the Rust standard library.
    library: PathBuf,
}

impl Toolchain {
    /// Finds the tools.
    ///
    /// # Errors
    ///
    /// A list of what is missing, as text for the user.
    pub fn find() -> Result<Self, Vec<String>> {
        let mut missing: Vec<String> = PROGRAMS
            .into_iter()
            .chain(RUST_PROGRAMS)
            .filter(|program| !has_program(program))
            .map(str::to_owned)
            .collect();
        missing.extend(
            HEADERS
                .into_iter()
                .filter(|h| !has_header(h))
                .map(Into::into),
        );
        let llvm = llvm_folder();
        if llvm.is_none() {
            missing.push(format!("LLVM ({})", LLVM_PROGRAMS.join(", ")));
        }
        let bindgen = bindgen_folder();
        if bindgen.is_none() {
            missing.push("bindgen (`cargo install bindgen-cli`)".into());
        }
        let library = rust::library();
        if library.is_none() {
            missing.push("the source of the Rust library (`rustup component add rust-src`)".into());
        }
        match (llvm, bindgen, library) {
            (Some(llvm), Some(bindgen), Some(library)) if missing.is_empty() => Ok(Self {
                llvm,
                bindgen,
                library,
            }),
            _ => Err(missing),
        }
    }

    /// Finds the tools, or fails with an error message.
    ///
    /// # Errors
    ///
    /// If some are missing. The message lists them and says how to install them.
    pub fn require() -> Result<Self> {
        Self::find().map_err(|missing| {
            anyhow!(
                "these tools are missing: {}\n = help: `cargo xtask setup` installs them on Debian",
                missing.join(", ")
            )
        })
    }

    /// The source of the Rust standard library.
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// A command with these tools in PATH, without variables that would change the kernel build.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        self.search(&[&self.llvm, &self.bindgen], &mut command);
        command
            .env("RUST_LIB_SRC", &self.library)
            .env("LC_ALL", "C");
        for name in MISLEADING {
            command.env_remove(name);
        }
        // The kernel's Rust tools would use the variables that cargo has set for this program.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_") && text != "CARGO_HOME" {
                command.env_remove(name);
            }
        }
        command
    }

    /// Puts `folder` first in the PATH of a command.
    pub fn also(&self, folder: &Path, command: &mut Command) {
        self.search(&[folder, &self.llvm, &self.bindgen], command);
    }

    fn search(&self, folders: &[&Path], command: &mut Command) {
        let path = env::var_os("PATH").unwrap_or_default();
        let own = folders.iter().map(|folder| folder.to_path_buf());
        let all = env::join_paths(own.chain(env::split_paths(&path)));
        command.env("PATH", all.unwrap_or(path));
    }
}

/// The folder of the newest LLVM that has all required programs.
pub fn llvm_folder() -> Option<PathBuf> {
    let whole = |dir: &PathBuf| LLVM_PROGRAMS.iter().all(|p| is_program(&dir.join(p)));
    let version = |dir: &Path| -> Option<u32> {
        let name = dir.file_name()?.to_str()?;
        name.strip_prefix("llvm-")?.parse().ok()
    };
    let versions = entries(Path::new("/usr/lib")).filter_map(|dir| Some((version(&dir)?, dir)));
    let mut versions: Vec<_> = versions.map(|(v, dir)| (v, dir.join("bin"))).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    let path = env::var_os("PATH").unwrap_or_default();
    let newest = versions.into_iter().map(|(_, dir)| dir);
    newest.chain(env::split_paths(&path)).find(whole)
}

/// The folder of bindgen: in PATH, else from setup.
pub fn bindgen_folder() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let own = cache_folder()
        .map(|cache| cache.join(format!("bindgen-{BINDGEN}/bin")))
        .ok();
    env::split_paths(&path)
        .chain(own)
        .find(|dir| is_program(&dir.join("bindgen")))
}

/// Whether a C header is in one of the usual folders.
fn has_header(name: &str) -> bool {
    let multiarch = entries(Path::new("/usr/include"));
    let folders = ["/usr/include", "/usr/local/include"].map(PathBuf::from);
    let mut folders = folders.into_iter().chain(multiarch);
    folders.any(|dir| dir.join(name).is_file())
}
