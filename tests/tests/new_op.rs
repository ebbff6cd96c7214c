//! Checks that an operation can be added by adding rows to the tables, without editing Rust code.

use std::fs;
use std::path::Path;

use atomics_differential::CALLS;
use atomics_spec::names::CORE_PREFIX;
use atomics_tests::project::{build_folder, cargo, copy_of_repository, success};

/// Appends a row to a file.
fn append(root: &Path, file: &str, row: &str) {
    let path = root.join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{file}: {e}"));
    fs::write(&path, format!("{text}{row}\n")).unwrap_or_else(|e| panic!("{file}: {e}"));
}

const DOC: &str = "Clears the bits that are set in both and sets all others: `!(v & i)`.

```rust
use {crate}::{Atomic, Full};

let x = Atomic::new(0b1100_i32);
assert_eq!(x.fetch_nand(0b1010, Full), 0b1100);
assert_eq!(x.fetch_nand(-1, Full), !0b1000);
```
";

#[test]
fn nand_is_three_rows() {
    let copy = copy_of_repository();
    let root = copy.path();
    // Build the copy in the same place as the last one, so that the dependencies are already built.
    let folder = build_folder("new_op/source");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.parent().expect("a parent folder")).expect("writable");
    let moved = std::process::Command::new("cp")
        .arg("-r")
        .args([root, &folder])
        .status();
    assert!(moved.is_ok_and(|s| s.success()));
    let root = folder.as_path();

    append(root, "atomics-spec/tables/atomics.tbl", "nand\tvF\ti\tv");
    append(
        root,
        "atomics-spec/tables/semantics.tbl",
        "nand\tbitwise\t~(v&i)\t-\t-",
    );
    fs::write(root.join("atomics-spec/tables/docs/nand.md"), DOC).expect("writable");
    let run = |args: &[&str]| success(&cargo(root, "new_op/target", args));

    let xtask = ["run", "--quiet", "--package", "xtask", "--"];
    run(&[&xtask[..], &["gen"]].concat());
    run(&[&xtask[..], &["gen", "--check"]].concat());

    let names = run(&[&xtask[..], &["list", "--names"]].concat());
    let found: Vec<&str> = names
        .lines()
        .filter(|n| n.starts_with("atomic_") && n.contains("nand"))
        .collect();
    let orderings = ["", "_acquire", "_relaxed", "_release"].map(|o| format!("fetch_nand{o}"));
    for family in ["atomic", "atomic_long"] {
        for name in &orderings {
            assert!(
                found.contains(&format!("{family}_{name}").as_str()),
                "{name}: {found:?}"
            );
        }
        assert!(
            found.contains(&format!("{family}_nand").as_str()),
            "{found:?}"
        );
    }
    let explained = run(&[&xtask[..], &["explain", "atomic_fetch_nand_acquire"]].concat());
    assert!(explained.contains("from `v` to `~(v & i)`"), "{explained}");

    let read = |file: &str| fs::read_to_string(root.join(file)).unwrap_or_default();
    let helper = format!("{CORE_PREFIX}atomic_fetch_nand_release(");
    assert!(read("atomics-core/c/atomic.c").contains(&helper));
    assert!(
        read("atomics-core/src/atomic/typed_value.rs").contains("pub fn fetch_nand<O: Ordering>")
    );
    assert!(
        read("atomics-core/src/atomic/pointer.rs").contains("pub unsafe fn atomic_fetch_nand<")
    );

    // The differential tests call it as often as `xor`, which has the same forms, and its examples
    // run.
    let like_it = CALLS
        .iter()
        .filter(|c| matches!(c.base, "xor" | "fetch_xor"))
        .count();
    let calls = CALLS.len() + like_it;
    for features in [&[][..], &["--features", "c-helpers"]] {
        let tests = ["test", "--package", "atomics-differential"];
        let text = run(&[&tests[..], features, &["--", "--nocapture"]].concat());
        assert!(text.contains(&format!("{calls} calls agree")), "{text}");
    }
    let doctests = run(&["test", "--package", "atomics-core", "--doc", "nand"]);
    assert!(doctests.contains("fetch_nand"), "{doctests}");
}
