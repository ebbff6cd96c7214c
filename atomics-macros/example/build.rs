//! Writes the C functions that the module `atomics` calls, from the same tables, and compiles them
//! together with the driver's own C.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use atomics_spec::OwnFiles;

fn main() -> Result<(), Box<dyn Error>> {
    // As in the macro call in `src/lib.rs`.
    let own = OwnFiles {
        table: Some("tables/atomics.tbl".into()),
        semantics: Some("tables/semantics.tbl".into()),
        types: Some("tables/types.tbl".into()),
        extend: true,
        ..OwnFiles::default()
    };
    let helpers = own.c_files("own_")?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    fs::write(out.join("atomic.h"), helpers.header)?;
    fs::write(out.join("atomic.c"), helpers.source)?;
    cc::Build::new()
        .file(out.join("atomic.c"))
        .file("c/driver.c")
        .include(&out)
        // Signed arithmetic wraps, as in the kernel.
        .flag("-fwrapv")
        .warnings_into_errors(true)
        .compile("own_tables");
    for path in own.paths() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    println!("cargo::rerun-if-changed=c/driver.c");
    Ok(())
}
