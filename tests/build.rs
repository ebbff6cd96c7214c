//! Writes the calls that the tables do not allow, one for every operation, ordering and type, for
//! the test that none of them compiles.

#[path = "build/illegal.rs"]
mod illegal;

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use atomics_spec::Spec;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    let spec = Spec::builtin()?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    fs::write(out.join("illegal.rs"), illegal::write_crate(&spec))?;
    Ok(())
}
