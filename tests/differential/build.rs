//! Writes one call for every operation, ordering and type that the tables allow.

#[path = "build/calls.rs"]
mod calls;

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use atomics_spec::Spec;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    let spec = Spec::builtin()?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    fs::write(out.join("calls.rs"), calls::write_module(&spec))?;
    Ok(())
}
