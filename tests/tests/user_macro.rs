//! Tests the macros as a user would use them: in a separate crate with its own tables.

use std::fs;
use std::path::Path;

use atomics_tests::project::{build_folder, cargo, contents, printed, repository, success, write};

/// The manifest of a scratch crate.
fn manifest(name: &str, build: bool) -> String {
    let root = repository();
    let root = root.display();
    let build = if build {
        format!(
            "[build-dependencies]\natomics-spec = {{ path = \"{root}/atomics-spec\", features = [\"tools\"] }}\ncc = \"1\"\n"
        )
    } else {
        String::new()
    };
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\natomics-macros = {{ path = \"{root}/atomics-macros\" }}\n\n{build}"
    )
}

const TABLE: &str = "read\tl\tcv\nset\ts\tv\ti\ntry_cmpxchg\tB\tv\tp:old\ti:new\nnand\tvF\ti\tv\n";

const SEMANTICS: &str = "read basic - - -\nset basic i - -\n\
    try_cmpxchg exchange new v!=old v==old\nnand bitwise ~(v&i) - -\n";

/// A program that uses the module, and denies all warnings.
const PROGRAM: &str = r#"//! A user's crate.
#![deny(warnings)]

atomics_macros::atomics! {
    /// Our own atomics.
    pub mod atomics;
    table = "my.tbl",
    semantics = "my_semantics.tbl",
    docs = "docs",
    BACKEND
}

use atomics::{Atomic, Full, Release};

/// A state.
#[derive(atomics_macros::AtomicType, Clone, Copy, Debug, PartialEq)]
#[atomic(crate = crate::atomics)]
#[repr(u16)]
pub enum State {
    /// Nothing happens.
    Idle,
    /// Something does.
    Busy,
}

/// Uses it.
pub fn run() {
    let x = Atomic::new(0b1100_u8);
    assert_eq!(x.fetch_nand(0b1010, Full), 0b1100);
    assert_eq!(x.load(atomics::Acquire), !0b1000);
    let state = Atomic::new(State::Idle);
    assert_eq!(state.cmpxchg(State::Idle, State::Busy, Full), Ok(State::Idle));
    assert_eq!(state.cmpxchg(State::Idle, State::Busy, Full), Err(State::Busy));
    state.store(State::Idle, Release);
    assert_eq!(x.fetch_new(0, Full), !0b1000);
}

#[test]
fn it_runs() {
    run();
}
"#;

fn program(backend: &str, new: bool) -> String {
    let program = PROGRAM.replace("BACKEND", backend);
    if new {
        program
    } else {
        program
            .lines()
            .filter(|l| !l.contains("fetch_new"))
            .fold(String::new(), |a, l| a + l + "\n")
    }
}

const DOC: &str = "Not and.\n\n```rust\nuse {crate}::{Atomic, Relaxed};\n\nlet x = Atomic::new(1_i64);\n\
    x.nand(1, Relaxed);\nassert_eq!(x.load(Relaxed), !1);\n```\n";

fn scratch(name: &str) -> std::path::PathBuf {
    let folder = build_folder("user").join(name);
    let _ = fs::remove_dir_all(&folder);
    let lock = fs::read_to_string(repository().join("Cargo.lock")).expect("a lock file");
    // Use the versions of this repository, because cargo runs offline.
    write(&folder, &[("Cargo.lock", &lock)]);
    folder
}

fn test(folder: &Path) -> std::process::Output {
    cargo(folder, "user/target", &["test"])
}

#[test]
fn a_users_own_table() {
    let folder = scratch("own_table");
    write(
        &folder,
        &[
            ("Cargo.toml", &manifest("own_table", false)),
            ("my.tbl", TABLE),
            ("my_semantics.tbl", SEMANTICS),
            ("docs/nand.md", DOC),
            (
                "src/lib.rs",
                &program("path = \"own_table::atomics\",", false),
            ),
        ],
    );
    let text = success(&test(&folder));
    // The examples run: those of the built-in tables, and the user's own.
    assert!(text.contains("nand"), "{text}");

    // A change of only the table rebuilds the crate with the new operation.
    write(
        &folder,
        &[(
            "src/lib.rs",
            &program("path = \"own_table::atomics\",", true),
        )],
    );
    let text = printed(&test(&folder));
    assert!(
        text.contains("fetch_new"),
        "the operation should not exist yet: {text}"
    );
    let table = format!("{TABLE}new\tF\ti\tv\n");
    let semantics = format!("{SEMANTICS}new bitwise v^i - -\n");
    write(
        &folder,
        &[("my.tbl", &table), ("my_semantics.tbl", &semantics)],
    );
    success(&test(&folder));

    // An error in a table is reported at the macro call, and quotes the line of the table.
    write(
        &folder,
        &[("my.tbl", &format!("{table}bad\tvZ\ti\tv\nworse\tv\tq\tv\n"))],
    );
    let text = printed(&test(&folder));
    for part in [
        "error: unknown meta letter `Z`",
        "my.tbl:6:6",
        "bad vZ i v",
        "error: unknown argument type `q`",
        "my.tbl:7:9",
        "worse v q v",
        "--> src/lib.rs:7:13",
        "the letters are v, l, s, R, F, f, I, i, B, b",
    ] {
        assert!(text.contains(part), "no `{part}` in {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

#[test]
fn a_users_own_c_helpers() {
    let folder = scratch("own_helpers");
    let build = r#"fn main() {
    let table = std::fs::read("my.tbl").unwrap();
    let semantics = std::fs::read("my_semantics.tbl").unwrap();
    let mut tables = atomics_spec::Tables::builtin();
    tables.ops = atomics_spec::Source { name: "my.tbl", bytes: &table };
    tables.semantics = atomics_spec::Source { name: "my_semantics.tbl", bytes: &semantics };
    tables.strict_archs = false;
    let spec = atomics_spec::Spec::load(&tables).unwrap();
    let c = atomics_spec::emit::layout::c_files(&spec, "my_driver_").unwrap();
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").unwrap());
    std::fs::write(out.join("atomic.h"), c.header).unwrap();
    std::fs::write(out.join("atomic.c"), c.source).unwrap();
    cc::Build::new().file(out.join("atomic.c")).flag("-fwrapv").compile("my_driver");
    println!("cargo::rerun-if-changed=my.tbl");
}
"#;
    write(
        &folder,
        &[
            ("Cargo.toml", &manifest("own_helpers", true)),
            ("my.tbl", TABLE),
            ("my_semantics.tbl", SEMANTICS),
            ("docs/nand.md", DOC),
            ("build.rs", build),
            (
                "src/lib.rs",
                &program("backend = c(\"my_driver_\"),", false),
            ),
        ],
    );
    success(&test(&folder));
}

/// The example of a crate with its own tables, in Rust and in C.
#[test]
fn the_example_crate() {
    let folder = scratch("example");
    let example = repository().join("atomics-macros/example");
    for (path, bytes) in contents(&example) {
        let name = path.strip_prefix(&example).expect("a file of the example");
        let text = String::from_utf8(bytes).expect("UTF-8");
        // Cargo has put a lock file there if somebody has built the example in its place.
        if name != Path::new("Cargo.lock") && !name.starts_with("target") {
            let root = format!("path = \"{}/", repository().display());
            let text = text.replace("path = \"../../", &root);
            write(&folder, &[(name.to_str().expect("UTF-8"), &text)]);
        }
    }
    let told = success(&test(&folder));
    for name in [
        "tests::rust_and_c_share_the_parts ... ok",
        "tests::arithmetic_wraps_in_c ... ok",
        "claim (line ",
    ] {
        assert!(told.contains(name), "{told}");
    }

    // The build script and the macro name the same table, and both tell its fault.
    let table = fs::read_to_string(folder.join("tables/atomics.tbl")).expect("readable");
    let faulty = table.replace("nand    vF", "add     vF");
    write(&folder, &[("tables/atomics.tbl", &faulty)]);
    let told = printed(&test(&folder));
    assert!(told.contains("the operation `add` has two rows"), "{told}");
}

/// Builders other than cargo set `CARGO_MANIFEST_DIR` to a relative path.
#[test]
#[cfg(unix)]
fn a_relative_manifest_folder() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = scratch("relative");
    let builtin = atomics_spec::Tables::builtin();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let arch = builtin.archs.iter();
    let arch = arch.map(|source| (source.name.rsplit('/').next().unwrap_or(""), source.bytes));
    let arch: Vec<_> = arch
        .filter(|(name, _)| !["c.tbl", "kernel.tbl"].contains(name))
        .collect();
    let list: Vec<String> = arch.iter().map(|(name, _)| format!("{name:?}")).collect();
    // With the built-in operations, since every row of the instructions needs one.
    let options = format!("types = \"types.tbl\", arch = [{}],", list.join(", "));
    let ops = text(builtin.ops.bytes) + "nand\tvF\ti\tv\n";
    let semantics = text(builtin.semantics.bytes) + "nand bitwise ~(v&i) - -\n";
    write(
        &folder,
        &[
            ("Cargo.toml", &manifest("relative", false)),
            (
                ".cargo/config.toml",
                "[build]\nrustc-workspace-wrapper = \"./wrapper\"\n",
            ),
            ("wrapper", "#!/bin/sh\nCARGO_MANIFEST_DIR=. exec \"$@\"\n"),
            ("my.tbl", &ops),
            ("my_semantics.tbl", &semantics),
            ("types.tbl", &text(builtin.types.bytes)),
            ("docs/nand.md", DOC),
            ("src/lib.rs", &program(&options, false)),
        ],
    );
    for (name, bytes) in arch {
        write(&folder, &[(name, &text(bytes))]);
    }
    let wrapper = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.join("wrapper"), wrapper).expect("permissions");
    success(&cargo(&folder, "user/target", &["test", "--lib"]));
    // The compiler still watches the files.
    let faulty = text(builtin.types.bytes) + "typo\n";
    write(&folder, &[("types.tbl", &faulty)]);
    let output = cargo(&folder, "user/target", &["test", "--lib"]);
    let told = printed(&output);
    assert!(told.contains("unknown row `typo`"), "{told}");
}
