//! Compiles what was generated, and runs it.

use std::path::Path;
use std::process::{Command, Stdio};

/// The warnings of the C compiler.
const C_FLAGS: [&str; 6] = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-unused-parameter",
    "-Wno-tautological-compare",
    "-fwrapv",
];

/// The compilers: `rustc`, and the C compiler `cc`.
pub struct Compilers {
    rustc: String,
}

impl Compilers {
    /// Finds them; panics if there is no C compiler, which `rustc` needs, too.
    pub fn find() -> Self {
        let version = Command::new("cc")
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        assert!(
            version.is_ok_and(|s| s.success()),
            "random tables need the C compiler `cc`"
        );
        Self {
            rustc: std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into()),
        }
    }

    /// Compiles the C of the sets, each of which has a folder with its name, and the crate with the
    /// root module `root`, and runs the program. The flag of a set says whether its calls are run.
    pub fn check(&self, folder: &Path, root: &str, sets: &[(&str, bool)]) -> Result<(), String> {
        check_c(folder, sets)?;
        let mut args = vec!["--edition=2024".to_owned(), "-Copt-level=0".into()];
        args.push(format!("{root}.rs"));
        let runs = sets.iter().filter(|(_, runs)| *runs);
        args.extend(runs.map(|(name, _)| format!("-Clink-arg={name}/atomic.o")));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        run(folder, &self.rustc, &args)?;
        run(folder, &format!("./{root}"), &[])
    }
}

/// Compiles the C of all sets; only what is run becomes code.
fn check_c(folder: &Path, sets: &[(&str, bool)]) -> Result<(), String> {
    for (name, runs) in sets {
        let include = format!("-I{name}");
        let files = ["atomic.c", "kernel_atomic.c", "kernel_atomic_ext.c"];
        let files = files.map(|file| format!("{name}/{file}"));
        let mut flags = C_FLAGS.to_vec();
        flags.extend(["-fsyntax-only", include.as_str()]);
        flags.extend(files.iter().map(String::as_str));
        run(folder, "cc", &flags)?;
        if *runs {
            let out = format!("{name}/atomic.o");
            let flags = ["-w", "-fwrapv", "-c", &files[0], "-o", &out];
            run(folder, "cc", &flags)?;
        }
    }
    Ok(())
}

/// Runs a program; on failure, the first lines that it printed.
fn run(folder: &Path, program: &str, args: &[&str]) -> Result<(), String> {
    let output = Command::new(program)
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("{program} does not start: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().take(60).collect();
    Err(format!("{program} fails:\n{}", lines.join("\n")))
}
