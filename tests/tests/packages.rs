//! Tests what is published: each package alone, and two versions of one in a program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use atomics_tests::project::{
    build_folder, cargo, copy_of_repository, printed, repository, success, write,
};

/// The packages in the order in which they are published: each needs only those before it.
const PACKAGES: [&str; 3] = ["atomics-spec", "atomics-macros", "atomics-core"];

/// Makes the packages as `cargo publish` does, which builds each from the others. Returns their
/// unpacked folders, below `folder`.
fn packages(folder: &Path) -> Vec<PathBuf> {
    let mut args = vec!["package", "--allow-dirty"];
    args.extend(PACKAGES.iter().flat_map(|name| ["--package", name]));
    success(&cargo(&repository(), "packages", &args));
    let made = build_folder("packages").join("package");
    let version = env!("CARGO_PKG_VERSION");
    let unpack = |name: &&str| {
        let stem = format!("{name}-{version}");
        let status = Command::new("tar")
            .arg("-xzf")
            .arg(made.join(format!("{stem}.crate")))
            .arg("-C")
            .arg(folder)
            .status();
        assert!(status.is_ok_and(|status| status.success()), "{stem}");
        folder.join(stem)
    };
    PACKAGES.iter().map(unpack).collect()
}

#[test]
fn each_package_is_complete_and_passes_its_tests_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let unpacked = packages(folder.path());
    let patches: Vec<String> = PACKAGES
        .iter()
        .zip(&unpacked)
        .map(|(name, path)| {
            format!(
                "patch.crates-io.{name}.path={:?}",
                path.display().to_string()
            )
        })
        .collect();
    for (name, path) in PACKAGES.iter().zip(&unpacked) {
        for file in ["LICENSE-APACHE", "LICENSE-MIT", "README.md"] {
            let [ours, theirs] = [path.join(file), repository().join(file)].map(fs::read_to_string);
            assert_eq!(ours.ok(), theirs.ok(), "{name}: {file}");
        }
        let manifest = fs::read_to_string(path.join("Cargo.toml")).expect("a manifest");
        for field in [
            "categories",
            "description",
            "documentation",
            "keywords",
            "license",
            "readme",
            "rust-version",
            "package.metadata.docs.rs",
        ] {
            assert!(manifest.contains(field), "{name}: {field}");
        }
        // The tests of the generator that compile what it makes are no part of this.
        let tests: &[&str] = match *name {
            "atomics-spec" => &["test", "--lib", "--features", "tools"],
            _ => &["test"],
        };
        let mut args = tests.to_vec();
        args.extend(patches.iter().flat_map(|patch| ["--config", patch]));
        let said = success(&cargo(path, "packages", &args));
        let passed = said.lines().any(|line| {
            line.starts_with("test result: ok. ") && !line.starts_with("test result: ok. 0 ")
        });
        assert!(passed, "{name}: {said}");
    }
}

/// A program of both versions, with the C helpers of each.
const PROGRAM: &str = "\
//! Two versions.

use std::process::ExitCode;

fn main() -> ExitCode {
    let (old, new) = (old::Atomic::new(1_i32), new::Atomic::new(2_i32));
    let sum = old.fetch_add(1, old::Full) + new.fetch_add(1, new::Full);
    ExitCode::from(u8::from(sum != 3))
}
";

/// The symbols of the C helpers have the version in them.
#[test]
fn two_versions_are_in_one_program() {
    let copy = copy_of_repository();
    let next = copy.path();
    let path = next.join("Cargo.toml");
    let manifest = fs::read_to_string(&path).expect("a manifest");
    let version = env!("CARGO_PKG_VERSION");
    let raised = manifest.replace(&format!("version = \"{version}\""), "version = \"77.0.0\"");
    assert_ne!(manifest, raised);
    fs::write(&path, raised).expect("a writable folder");
    success(&cargo(
        next,
        "new_op/target",
        &["run", "--quiet", "--package", "xtask", "--", "gen"],
    ));

    // Where two archives define a name, the linker takes the first and says nothing.
    let header = |root: &Path| fs::read_to_string(root.join("atomics-core/c/atomic.h"));
    let [old, new] = [repository().as_path(), next].map(|root| header(root).expect("a header"));
    let old_name = format!("atomics_core_{}_atomic_inc(", version.replace('.', "_"));
    assert!(old.contains(&old_name));
    assert!(new.contains("atomics_core_77_0_0_atomic_inc(") && !new.contains(&old_name));

    let program = tempfile::tempdir().expect("a temporary folder");
    let manifest = format!(
        "[package]\nname = \"both\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\n\
         old = {{ package = \"atomics-core\", path = {:?}, features = [\"c-helpers\"] }}\n\
         new = {{ package = \"atomics-core\", path = {:?}, features = [\"c-helpers\"] }}\n",
        repository().join("atomics-core"),
        next.join("atomics-core"),
    );
    write(
        program.path(),
        &[("Cargo.toml", &manifest), ("src/main.rs", PROGRAM)],
    );
    let output = cargo(program.path(), "packages/both", &["run"]);
    assert!(output.status.success(), "{}", printed(&output));
}
