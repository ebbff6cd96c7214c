//! `cargo xtask setup`: installs on Debian what the test tiers need, and tells what is there.
//!
//! Packages come from the machine's own Debian release; a Linux tree, the source of Rust's library,
//! emulators, the libraries of other architectures and herd7, from newer suites, which the `apt`
//! module reads beside the machine's own sources; and bindgen's program from crates.io.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use apt::PrivateApt;
pub use cross::CrossTools;
pub use herd::Herd;
pub use toolchain::Toolchain;

mod apt;
mod cross;
pub mod herd;
mod toolchain;

/// Names the Linux tree to use instead of the one that setup unpacks.
pub const KERNEL_TREE_VAR: &str = "LKMM_KERNEL_TREE";

/// The package that holds the Linux tree as `usr/src/NAME.tar.xz`.
const KERNEL_PACKAGE: &str = "linux-source-7.3";
/// The suite that has it.
const KERNEL_SUITE: &str = "trixie-backports";
/// What the machine's own release provides, beside what builds a kernel.
const PACKAGES: [&str; 4] = ["clang", "gcc", "libc6-dev", "libclang-dev"];
/// Where libraries lie, besides in folders of /usr/lib.
const LIB_DIRS: [&str; 4] = [
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
];

/// Something that a test tier needs from outside of cargo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A C compiler: `$CC` or `cc`.
    CCompiler,
    /// The library that bindgen reads C with.
    Libclang,
    /// A Linux tree.
    KernelTree,
    /// What builds a kernel.
    KernelToolchain,
    /// What builds and runs programs of other architectures.
    CrossTools,
    /// herd7, which judges litmus tests.
    Herd,
    /// A program in PATH.
    Program(&'static str),
}

impl Need {
    /// Whether it is here.
    pub fn is_met(self) -> bool {
        match self {
            Self::CCompiler => has_c_compiler(),
            Self::Libclang => has_libclang(),
            Self::KernelTree => kernel_tree().is_some(),
            Self::KernelToolchain => Toolchain::find().is_ok(),
            Self::CrossTools => CrossTools::find().is_ok(),
            Self::Herd => Herd::find().is_ok(),
            Self::Program(name) => has_program(name),
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CCompiler => f.write_str("a C compiler (gcc or clang, as `cc` or in CC)"),
            Self::Libclang => f.write_str("libclang (with LIBCLANG_PATH if in no usual place)"),
            Self::KernelTree => write!(f, "a Linux 7.3 tree (its path in {KERNEL_TREE_VAR})"),
            Self::Herd => {
                let fault = Herd::find().err();
                fault.map_or(Ok(()), |fault| write!(f, "{fault:#}"))
            }
            Self::Program(name) => f.write_str(name),
            Self::KernelToolchain => {
                let missing = Toolchain::find().err().unwrap_or_default();
                write!(f, "what builds a kernel: {}", missing.join(", "))
            }
            Self::CrossTools => {
                let missing = CrossTools::find().err().unwrap_or_default();
                let missing = missing.join(", ");
                write!(
                    f,
                    "what builds and runs programs of other architectures: {missing}"
                )
            }
        }
    }
}

/// Those of `needs` that are not here.
pub fn missing(needs: &[Need]) -> Vec<Need> {
    let needs = needs.iter().copied();
    needs.filter(|need| !need.is_met()).collect()
}

/// Whether there is a C compiler: the program that `$CC` names, else `cc`.
pub fn has_c_compiler() -> bool {
    // CC may hold a wrapper and options; the first word is the program.
    let cc = env::var("CC").unwrap_or_default();
    has_program(cc.split_whitespace().next().unwrap_or("cc"))
}

/// Whether there is a libclang under `LIBCLANG_PATH`, where `llvm-config` says, or in one of the
/// usual places for libraries.
pub fn has_libclang() -> bool {
    let mut dirs: Vec<PathBuf> = LIB_DIRS.iter().map(PathBuf::from).collect();
    // /usr/lib/x86_64-linux-gnu, and /usr/lib/llvm-19/lib.
    dirs.extend(entries(Path::new("/usr/lib")).flat_map(|dir| [dir.join("lib"), dir]));
    dirs.extend(llvm_libdir());
    if let Some(named) = env::var_os("LIBCLANG_PATH").map(PathBuf::from) {
        // It may be the file itself.
        if is_libclang(&named) {
            return true;
        }
        dirs.push(named);
    }
    let mut files = dirs.iter().flat_map(|dir| entries(dir));
    files.any(|file| is_libclang(&file))
}

/// The directory of LLVM's libraries, if there is an `llvm-config` to ask.
fn llvm_libdir() -> Option<PathBuf> {
    let program = env::var_os("LLVM_CONFIG_PATH").unwrap_or_else(|| "llvm-config".into());
    let output = Command::new(program).arg("--libdir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// Whether a file name is one of `libclang.so`, `libclang-14.so.13` and the like; `libclang-cpp`
/// is another library.
fn is_libclang(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let rest = name.strip_prefix("libclang").unwrap_or_default();
    let ours = rest.starts_with('.') || (rest.starts_with('-') && !rest.starts_with("-cpp"));
    ours && (rest.ends_with(".so") || rest.contains(".so.")) && path.is_file()
}

/// What is in a directory; nothing if it cannot be read.
fn entries(dir: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
}

/// Whether `name`, a path or a name to look for in PATH, is a program that is here.
pub fn has_program(name: &str) -> bool {
    find_program(name).is_some()
}

/// The program `name`, a path or a name to look for in PATH.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let named: Vec<PathBuf> = if name.contains('/') {
        vec![name.into()]
    } else {
        env::split_paths(&path).map(|dir| dir.join(name)).collect()
    };
    named.into_iter().find(|path| is_program(path))
}

/// Whether this is a file that may be run.
fn is_program(path: &Path) -> bool {
    let meta = fs::metadata(path);
    meta.is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Where the Linux tree is: what `LKMM_KERNEL_TREE` names (an absolute path, as tests run in their
/// crate's folder), else what setup has unpacked. None if it is not there, also when the variable
/// names something else than a Linux tree: a mistake there must not silently test another one.
pub fn kernel_tree() -> Option<PathBuf> {
    let named = env::var_os(KERNEL_TREE_VAR).filter(|path| !path.is_empty());
    let tree = named.map(PathBuf::from).or_else(unpacked_tree)?;
    is_kernel_tree(&tree).then_some(tree)
}

/// Whether this is a Linux tree with what we read from it.
fn is_kernel_tree(tree: &Path) -> bool {
    tree.join("scripts/atomic/atomics.tbl").is_file()
}

/// Where setup unpacks the Linux tree.
fn unpacked_tree() -> Option<PathBuf> {
    Some(cache_folder()?.join(KERNEL_PACKAGE))
}

/// Where setup puts what it fetches.
fn cache_folder() -> Option<PathBuf> {
    cache(env::var_os("XDG_CACHE_HOME"), env::var_os("HOME"))
}

/// Our own folder in the user's cache. The XDG rules say to ignore a relative path.
fn cache(xdg: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let absolute = |path: OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
    let base = xdg
        .and_then(absolute)
        .or_else(|| Some(absolute(home?)?.join(".cache")))?;
    Some(base.join("lkmm-atomics"))
}

/// Installs what is missing, one line per step; what is there is left alone.
///
/// # Errors
///
/// When the machine is not a Debian and something is missing (the message says what to install by
/// hand), when `LKMM_KERNEL_TREE` names no Linux tree or `LKMM_HERD7` no herd7, and when a step
/// fails.
pub fn run() -> Result<()> {
    if let Some(named) = env::var_os(KERNEL_TREE_VAR).filter(|path| !path.is_empty()) {
        let shown = Path::new(&named).display();
        let right = is_kernel_tree(Path::new(&named));
        ensure!(
            right,
            "{KERNEL_TREE_VAR} is {shown}, which is no Linux tree: correct or unset it"
        );
    }
    if !(has_program("apt-get") && has_program("dpkg")) {
        return without_apt();
    }
    install_packages()?;
    match kernel_tree() {
        Some(tree) => println!("Linux tree: already in {}", tree.display()),
        None => fetch_kernel_tree().with_context(|| {
            format!("cannot fetch {KERNEL_PACKAGE}; {KERNEL_TREE_VAR} may name a tree of yours")
        })?,
    }
    toolchain::install()?;
    cross::install()?;
    herd::install()
}

/// All that can be done on another system: to look, and to say what is missing.
fn without_apt() -> Result<()> {
    let missing = missing(&[
        Need::CCompiler,
        Need::Libclang,
        Need::KernelTree,
        Need::KernelToolchain,
        Need::CrossTools,
        Need::Herd,
    ]);
    let list: String = missing.iter().map(|need| format!("\n  - {need}")).collect();
    ensure!(
        list.is_empty(),
        "setup knows Debian only. Install by hand:{list}"
    );
    println!("everything is here");
    Ok(())
}

/// Installs the packages that are missing.
fn install_packages() -> Result<()> {
    let wanted: Vec<_> = PACKAGES.into_iter().chain(toolchain::PACKAGES).collect();
    let missing = wanted.iter().copied().filter(|p| !is_installed(p));
    let missing: Vec<_> = missing.collect();
    if missing.is_empty() {
        println!("packages: already installed: {}", wanted.join(" "));
        return Ok(());
    }
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(&missing);
    let what = format!("packages: installing {}", missing.join(" "));
    step(&what, || {
        // The lists may be empty or old, which shows as a package that cannot be had.
        if apt_get_as_root(&install).is_ok() {
            return Ok(());
        }
        apt_get_as_root(&["update"])?;
        apt_get_as_root(&install)
    })
    .with_context(|| format!("to do this by hand, as root: apt-get {}", install.join(" ")))
}

/// Whether dpkg says that a package is installed.
fn is_installed(package: &str) -> bool {
    let format = "--showformat=${db:Status-Status}\n";
    let mut query = Command::new("dpkg-query");
    let output = query.args(["--show", format, package]).output();
    let said = output.map(|output| output.stdout).unwrap_or_default();
    // A package may be there for more than one architecture: a line each.
    said.split(|&byte| byte == b'\n')
        .any(|line| line == b"installed")
}

/// Runs apt-get on the machine's packages, with nobody there to answer questions.
fn apt_get_as_root(args: &[&str]) -> Result<()> {
    let id = Command::new("id").arg("-u").output();
    let is_root = id.context("cannot run id")?.stdout.trim_ascii() == b"0";
    let sudo: &[&str] = if is_root { &[] } else { &["sudo"] };
    ensure!(is_root || has_program("sudo"), "not root, and no sudo");
    let apt_get = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    // Another apt may be at work: wait for it rather than fail.
    let wait: &[&str] = &["--option=DPkg::Lock::Timeout=300"];
    run_command(&[sudo, &apt_get, wait, args].concat(), Path::new("/"))
}

/// Fetches and unpacks the Linux tree, so that it comes to its place only as a whole.
fn fetch_kernel_tree() -> Result<()> {
    let tree = unpacked_tree().context("neither XDG_CACHE_HOME nor HOME names a directory")?;
    let work = WorkDir::new(tree.parent().unwrap_or(&tree))?;
    let apt = PrivateApt::new(work.path(), KERNEL_SUITE)?;
    let update = format!("Linux tree: reading what {KERNEL_SUITE} has");
    step(&update, || apt.get(&["update"]))?;
    let download = format!("Linux tree: downloading {KERNEL_PACKAGE}");
    step(&download, || apt.get(&["download", KERNEL_PACKAGE]))?;
    let unpacking = format!("Linux tree: unpacking into {}", tree.display());
    step(&unpacking, || unpack(&work, &tree))
}

/// Unpacks the downloaded package in `work` and renames what is in it to `tree`.
fn unpack(work: &WorkDir, tree: &Path) -> Result<()> {
    work.unpack_packages()?;
    let work = work.path();
    let whole = work.join("tree");
    fs::create_dir(&whole).with_context(|| format!("cannot make {}", whole.display()))?;
    let tar = format!("package/usr/src/{KERNEL_PACKAGE}.tar.xz");
    let into = ["-C", "tree", "--strip-components=1", "--no-same-owner"];
    run_command(&[&["tar", "-xJf", &tar], &into[..]].concat(), work)?;
    ensure!(is_kernel_tree(&whole), "{tar} holds no Linux tree");
    match fs::rename(&whole, tree) {
        // Another setup was faster.
        Err(_) if is_kernel_tree(tree) => Ok(()),
        moved => moved.with_context(|| format!("{} is in the way: remove it", tree.display())),
    }
}

/// A folder for one run of setup, removed at its end.
struct WorkDir(PathBuf);

impl WorkDir {
    /// Makes the folder, and clears away those of runs that were killed.
    fn new(cache: &Path) -> Result<Self> {
        for left in entries(cache) {
            let name = left.file_name().unwrap_or_default().to_string_lossy();
            let pid = name.strip_prefix(".setup-");
            if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
                let _ = fs::remove_dir_all(&left);
            }
        }
        let dir = cache.join(format!(".setup-{}", process::id()));
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(Self(dir))
    }

    fn path(&self) -> &Path {
        &self.0
    }

    /// Unpacks the packages that were downloaded here into `package`.
    fn unpack_packages(&self) -> Result<()> {
        let is_package = |path: &PathBuf| path.extension().is_some_and(|end| end == "deb");
        let packages: Vec<_> = entries(&self.0).filter(is_package).collect();
        ensure!(!packages.is_empty(), "no package was downloaded");
        for package in packages {
            let package = package.to_string_lossy();
            run_command(&["dpkg", "-x", &package, "package"], &self.0)?;
        }
        Ok(())
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        // What cannot be removed now, the next run tries again.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Does one step and says in one line what it is and how long it took.
fn step(what: &str, run: impl FnOnce() -> Result<()>) -> Result<()> {
    print!("{what} ... ");
    // Only so that one sees what is waited for.
    let _ = io::stdout().flush();
    let start = Instant::now();
    let result = run();
    let end = if result.is_ok() { "done" } else { "failed" };
    println!("{end} in {:.1} s", start.elapsed().as_secs_f32());
    result
}

/// Runs a command in `dir` with its output kept back; if it fails, the end of that is the error.
fn run_command(words: &[&str], dir: &Path) -> Result<()> {
    let line = words.join(" ");
    let (program, args) = words.split_first().context("no command")?;
    let mut command = Command::new(program);
    let output = command
        .args(args)
        .current_dir(dir)
        .env("LC_ALL", "C")
        .output();
    let output = output.with_context(|| format!("cannot run `{line}`"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    let end = lines[lines.len().saturating_sub(15)..].join("\n");
    bail!("`{line}` failed ({}):\n{end}", output.status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_follows_xdg() {
        let cache = |xdg: &str, home: &str| cache(Some(xdg.into()), Some(home.into()));
        assert_eq!(cache("/c", "/h"), Some("/c/lkmm-atomics".into()));
        assert_eq!(cache("", "/h"), Some("/h/.cache/lkmm-atomics".into()));
        assert_eq!(
            cache("relative", "/h"),
            Some("/h/.cache/lkmm-atomics".into())
        );
        assert_eq!(cache("", ""), None);
        assert_eq!(super::cache(None, None), None);
    }

    #[test]
    fn knows_libclang_by_its_name() {
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

    #[test]
    fn clears_away_what_killed_runs_left() {
        let cache = tempfile::tempdir().unwrap();
        // No process has so large a number.
        fs::create_dir_all(cache.path().join(".setup-999999999/x")).unwrap();
        fs::create_dir(cache.path().join("linux-source")).unwrap();
        let work = WorkDir::new(cache.path()).unwrap();
        assert_eq!(entries(cache.path()).count(), 2);
        drop(work);
        let left: Vec<_> = entries(cache.path()).collect();
        assert_eq!(left, [cache.path().join("linux-source")]);
    }

    #[test]
    fn a_failing_command_tells_what_it_said() {
        let told = run_command(
            &["sh", "-c", "echo to the point >&2; exit 3"],
            Path::new("/"),
        );
        let told = told.unwrap_err().to_string();
        assert!(
            told.contains("exit status: 3") && told.ends_with("\nto the point"),
            "{told}"
        );
        let told = run_command(&["no-such-program"], Path::new("/"))
            .unwrap_err()
            .to_string();
        assert_eq!(told, "cannot run `no-such-program`");
    }
}
