//! Generates the Rust declarations of the C helpers with bindgen. Reads the C header from standard
//! input and writes the Rust file to standard output.
//!
//! bindgen needs libclang. Without libclang, the file in the repository is printed unchanged if it
//! was generated from the same header.

#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the macros panic if nobody reads"
)]

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use atomics_spec::emit::layout::{CORE_BINDINGS, CORE_HEADER, MARKER};
use atomics_spec::names::CORE_PREFIX;
use atomics_tools::libclang;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // An error of this is ignored: there is nowhere to report it.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut header = String::new();
    io::stdin()
        .read_to_string(&mut header)
        .context("cannot read the header")?;
    let text = generate(&header)?;
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.context("cannot print the declarations")
}

/// Generates the text of the file.
fn generate(header: &str) -> Result<String> {
    let made_from = format!(
        "// bindgen, from {CORE_HEADER} with checksum {:016x}.",
        checksum(header)
    );
    if !libclang::is_here() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
        let old = root.unwrap_or(Path::new("")).join(CORE_BINDINGS);
        let old = fs::read_to_string(old).unwrap_or_default();
        if old.lines().any(|line| line == made_from) {
            return Ok(old);
        }
        bail!(
            "{CORE_BINDINGS} is out of date, and bindgen cannot regenerate it without libclang\n \
             = help: `cargo xtask setup` installs libclang on Debian; elsewhere, set LIBCLANG_PATH"
        );
    }
    let bindings = bindgen::Builder::default()
        .header_contents("atomic.h", header)
        .allowlist_function(format!("{CORE_PREFIX}.*"))
        .use_core()
        .layout_tests(false)
        .generate_comments(false)
        .merge_extern_blocks(true)
        .disable_header_comment()
        .rust_target(oldest()?)
        .rust_edition(bindgen::RustEdition::Edition2024)
        .formatter(bindgen::Formatter::Prettyplease)
        .generate()?;
    Ok(format!(
        "// {MARKER}`. Not to be edited by hand.\n{made_from}\n\n\
         //! The C helpers.\n\n\
         #![allow(non_camel_case_types, reason = \"the names are C's\")]\n\n{bindings}"
    ))
}

/// The oldest Rust version that the declarations support.
fn oldest() -> Result<bindgen::RustTarget> {
    bindgen::RustTarget::stable(85, 0).map_err(|e| anyhow!("bindgen: {e}"))
}

/// The FNV-1a hash of the header, used only to tell whether two headers are the same.
fn checksum(header: &str) -> u64 {
    let bytes = header.bytes();
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
