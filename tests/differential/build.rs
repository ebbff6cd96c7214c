//! Writes one call for every operation, ordering and type that the tables allow, and the cases of
//! the tests.

#[path = "build/calls.rs"]
mod calls;
#[path = "build/cases.rs"]
mod cases;
#[path = "src/counts.rs"]
mod counts;

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use atomics_spec::Spec;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/counts.rs");
    let spec = Spec::builtin()?;
    let calls = calls::list(&spec);
    let constant = calls::list_constant(&spec);
    let pointer = env::var("CARGO_CFG_TARGET_POINTER_WIDTH")?.parse()?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let module = calls::write_module(&calls, &constant, pointer);
    fs::write(out.join("calls.rs"), module)?;
    fs::write(out.join("alone"), cases::alone(&calls, pointer))?;
    fs::write(out.join("constant"), cases::constant(&constant, pointer))?;
    fs::write(out.join("interrupted"), cases::interrupted(&calls, pointer))?;
    fs::write(out.join("neighbours"), cases::neighbours(&calls, pointer))?;
    fs::write(out.join("threads"), cases::threads(&calls, pointer))?;
    Ok(())
}
