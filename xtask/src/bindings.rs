//! The Rust declarations of the C helpers, by bindgen.

use std::fs;
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use atomics_spec::emit::layout::{CORE_BINDINGS, File, MARKER};
use atomics_spec::names::HELPER_PREFIX;

use crate::setup::has_libclang;

/// What bindgen makes of `header`.
///
/// bindgen needs libclang. Where there is none, the file of the repository serves as long as it
/// was made from the same header.
///
/// # Errors
///
/// If there is no libclang and the file was made from another header, or bindgen fails.
pub fn generate(header: &File, root: &Path) -> Result<File> {
    let path = CORE_BINDINGS.to_owned();
    let made_from = format!(
        "// bindgen, from {} with checksum {:016x}.",
        header.path,
        checksum(header)
    );
    if !has_libclang() {
        let old = fs::read_to_string(root.join(&path)).unwrap_or_default();
        if old.lines().any(|line| line == made_from) {
            return Ok(File {
                path,
                contents: old,
            });
        }
        bail!(
            "{path} is out of date, and bindgen cannot make it anew without libclang\n \
             = help: `cargo xtask setup` installs libclang on Debian; elsewhere, set LIBCLANG_PATH"
        );
    }
    let bindings = bindgen::Builder::default()
        .header_contents("atomic.h", &header.contents)
        .allowlist_function(format!("{HELPER_PREFIX}.*"))
        .use_core()
        .layout_tests(false)
        .generate_comments(false)
        .merge_extern_blocks(true)
        .disable_header_comment()
        .rust_target(target()?)
        .rust_edition(bindgen::RustEdition::Edition2024)
        .formatter(bindgen::Formatter::Prettyplease)
        .generate()?;
    let contents = format!(
        "// {MARKER}`. Not to be edited by hand.\n{made_from}\n\n\
         //! The C helpers.\n\n\
         #![allow(non_camel_case_types, reason = \"the names are C's\")]\n\n{bindings}"
    );
    Ok(File { path, contents })
}

/// The oldest Rust that the bindings are for.
fn target() -> Result<bindgen::RustTarget> {
    bindgen::RustTarget::stable(85, 0).map_err(|e| anyhow!("bindgen: {e}"))
}

/// FNV-1a of the header: whether two headers are the same is all that it must tell.
fn checksum(header: &File) -> u64 {
    header
        .contents
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}
