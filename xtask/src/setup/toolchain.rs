//! What builds a kernel with Rust in it: LLVM, bindgen, the source of Rust's library, and what the
//! kernel's makefiles call.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::apt::PrivateApt;
use super::{WorkDir, cache_folder, entries, has_program, is_program, run_command, step};

/// What the machine's own release provides.
pub(super) const PACKAGES: [&str; 17] = [
    "bc",
    "binutils",
    "bison",
    "clang-19",
    "flex",
    "git",
    "libclang-19-dev",
    "libelf-dev",
    "libssl-dev",
    "lld-19",
    "llvm-19",
    "make",
    "perl",
    "python3",
    "qemu-system-arm",
    "qemu-system-x86",
    "xz-utils",
];

/// What the kernel's makefiles and scripts call, beside the compilers.
const PROGRAMS: [&str; 8] = [
    "bc", "bison", "flex", "git", "make", "objdump", "perl", "python3",
];
/// What they call of Rust, beside cargo and rustc.
const RUST_PROGRAMS: [&str; 3] = ["clippy-driver", "rustdoc", "rustfmt"];
/// What the tools that the kernel builds for itself include.
const HEADERS: [&str; 2] = ["libelf.h", "openssl/opensslv.h"];
/// What `LLVM=1` calls.
const LLVM_PROGRAMS: [&str; 6] = [
    "clang",
    "ld.lld",
    "llvm-ar",
    "llvm-nm",
    "llvm-objcopy",
    "llvm-objdump",
];
/// The version of bindgen's program that setup installs.
const BINDGEN: &str = "0.72.1";
/// The suite that has the source of recent libraries.
const RUST_SRC_SUITE: &str = "trixie-backports";
/// What would make a kernel's build another one than was asked for.
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

/// Where the tools are that are not in PATH.
pub struct Toolchain {
    /// The folder of LLVM's programs.
    llvm: PathBuf,
    /// The folder of bindgen.
    bindgen: PathBuf,
    /// The source of Rust's library.
    library: PathBuf,
}

impl Toolchain {
    /// Finds the tools.
    ///
    /// # Errors
    ///
    /// What is missing, as a list for a reader.
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
        let library = library();
        if library.is_none() {
            missing.push("the source of Rust's library (`rustup component add rust-src`)".into());
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

    /// A command that finds these tools, and nothing that misleads a kernel's build.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        self.search(&[&self.llvm, &self.bindgen], &mut command);
        command
            .env("RUST_LIB_SRC", &self.library)
            .env("LC_ALL", "C");
        for name in MISLEADING {
            command.env_remove(name);
        }
        // What cargo says of this program, the kernel's compilers would take for theirs.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_") && text != "CARGO_HOME" {
                command.env_remove(name);
            }
        }
        command
    }

    /// Has a command search `folder` before all others.
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

/// The folder of the newest LLVM that has all its programs.
pub(super) fn llvm_folder() -> Option<PathBuf> {
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

/// The folder of bindgen: the one in PATH, else that of setup.
fn bindgen_folder() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let own = cache_folder().map(|cache| cache.join(format!("bindgen-{BINDGEN}/bin")));
    env::split_paths(&path)
        .chain(own)
        .find(|dir| is_program(&dir.join("bindgen")))
}

/// The source of Rust's library: that in `RUST_LIB_SRC`, that of the toolchain, or that of setup.
pub(super) fn library() -> Option<PathBuf> {
    let named = env::var_os("RUST_LIB_SRC").map(PathBuf::from);
    let sysroot = rustc(&["--print", "sysroot"]).ok();
    let own = sysroot.map(|root| Path::new(&root).join("lib/rustlib/src/rust/library"));
    let fetched = fetched_library().ok();
    let candidates = [named, own, fetched].into_iter().flatten();
    candidates
        .into_iter()
        .find(|dir| dir.join("core/src/lib.rs").is_file())
}

/// Where setup puts the source of Rust's library.
fn fetched_library() -> Result<PathBuf> {
    let cache = cache_folder().context("neither XDG_CACHE_HOME nor HOME names a directory")?;
    Ok(cache.join(format!("rust-src-{}", rust_version()?)))
}

/// Where Rust's library is put when it has been built for other architectures.
pub(super) fn built_library() -> Result<PathBuf> {
    let cache = cache_folder().context("neither XDG_CACHE_HOME nor HOME names a directory")?;
    Ok(cache.join(format!("rust-std-{}", rust_version()?)))
}

/// The version of the compiler, such as 1.95.0.
fn rust_version() -> Result<String> {
    let told = rustc(&["--version"])?;
    let version = told.split_whitespace().nth(1);
    Ok(version.context("rustc tells no version")?.to_owned())
}

fn rustc(args: &[&str]) -> Result<String> {
    let output = Command::new("rustc").args(args).output();
    let output = output.context("cannot run rustc")?;
    ensure!(output.status.success(), "rustc {} failed", args.join(" "));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn has_header(name: &str) -> bool {
    let multiarch = entries(Path::new("/usr/include"));
    let folders = ["/usr/include", "/usr/local/include"].map(PathBuf::from);
    let mut folders = folders.into_iter().chain(multiarch);
    folders.any(|dir| dir.join(name).is_file())
}

/// Installs what no package of the machine's own release provides.
///
/// # Errors
///
/// If a step fails.
pub(super) fn install() -> Result<()> {
    match bindgen_folder() {
        Some(dir) => println!("bindgen: already in {}", dir.display()),
        None => step(&format!("bindgen: building {BINDGEN}"), install_bindgen)?,
    }
    match library() {
        Some(dir) => println!("Rust's library: already in {}", dir.display()),
        None => fetch_library().context(
            "cannot fetch the source of Rust's library; RUST_LIB_SRC may name it, or \
             `rustup component add rust-src` have it",
        )?,
    }
    Ok(())
}

fn install_bindgen() -> Result<()> {
    let cache = cache_folder().context("neither XDG_CACHE_HOME nor HOME names a directory")?;
    let root = cache.join(format!("bindgen-{BINDGEN}"));
    fs::create_dir_all(&root).with_context(|| format!("cannot make {}", root.display()))?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let version = format!("={BINDGEN}");
    run_command(
        &[
            &cargo.to_string_lossy(),
            "install",
            "bindgen-cli",
            "--version",
            &version,
            "--locked",
            "--root",
            &root.to_string_lossy(),
        ],
        &root,
    )
}

/// Fetches the source of the library of the compiler that is here, of exactly its version.
fn fetch_library() -> Result<()> {
    if rustc(&["--print", "sysroot"])?.contains("rustup") && has_program("rustup") {
        let add = ["rustup", "component", "add", "rust-src"];
        let adding = || run_command(&add, Path::new("/"));
        if step("Rust's library: asking rustup", adding).is_ok() && library().is_some() {
            return Ok(());
        }
    }
    let library = fetched_library()?;
    let version = rust_version()?;
    let work = WorkDir::new(library.parent().unwrap_or(&library))?;
    let apt = PrivateApt::new(work.path(), RUST_SRC_SUITE)?;
    let update = format!("Rust's library: reading what {RUST_SRC_SUITE} has");
    step(&update, || apt.get(&["update"]))?;
    let package = format!("rust-src={version}*");
    let download = format!("Rust's library: downloading {package}");
    step(&download, || apt.get(&["download", &package]))?;
    let unpacking = format!("Rust's library: unpacking into {}", library.display());
    step(&unpacking, || {
        work.unpack_packages()?;
        let source = format!("package/usr/src/rustc-{version}/library");
        let moved = fs::rename(work.path().join(&source), &library);
        moved.with_context(|| format!("{} is in the way: remove it", library.display()))
    })
}
