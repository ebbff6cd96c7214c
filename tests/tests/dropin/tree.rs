//! The trees of these tests.

use std::fs;
use std::path::Path;
use std::process::Output;

use atomics_tests::project::{self, contents, printed};
use tempfile::TempDir;

/// The crate of macros.
pub const LIB: &str = "rust/macros/lib.rs";

/// The makefile of the crates.
pub const MAKEFILE: &str = "rust/Makefile";
const BUILD: &str = "\
always-$(subst y,$(CONFIG_RUST),$(CONFIG_JUMP_LABEL)) += kernel/generated_arch_static_branch_asm.rs

ifdef CONFIG_JUMP_LABEL
$(obj)/kernel.o: $(obj)/kernel/generated_arch_static_branch_asm.rs
endif
";

/// A tree with the files that the drop-in reads.
pub fn tree() -> TempDir {
    let tree = tempfile::tempdir().expect("a temporary folder");
    let table = project::repository().join("atomics-spec/tables/atomics.tbl");
    let table = fs::read_to_string(table).expect("the built-in table");
    let files = [
        ("Makefile", "VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\n"),
        ("scripts/atomic/atomics.tbl", &table),
        ("rust/helpers/other.c", "/* other helpers */\n"),
        ("rust/kernel/sync/lock.rs", "//! Locks.\n"),
        (MAKEFILE, BUILD),
        (
            "rust/kernel/.gitignore",
            "/generated_arch_static_branch_asm.rs\n/other.rs\n",
        ),
        (
            LIB,
            "//! Macros.\n\nmod helpers;\n\nuse proc_macro::TokenStream;\n",
        ),
    ];
    project::write(tree.path(), &files);
    tree
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

pub fn read(tree: &TempDir, path: &str) -> String {
    fs::read_to_string(tree.path().join(path)).expect("a file")
}

/// Runs `gen --kernel` on a tree.
pub fn generate(tree: &TempDir, options: &[&str]) -> Output {
    project::xtask(&[&["gen", "--kernel", text(tree.path())], options].concat())
}

/// Runs `gen --kernel`, which must fail without changing the tree. Returns its error message.
pub fn refused(tree: &TempDir, options: &[&str]) -> String {
    let before = contents(tree.path());
    let output = generate(tree, options);
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
    assert_eq!(contents(tree.path()), before);
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    report.replace(text(tree.path()), "TREE")
}

pub const DEF: &str = "tools/memory-model/linux-kernel.def";

/// An example of a tree's definitions for herd7.
pub const DEFINITIONS: &str = "\
READ_ONCE(A) __load{ONCE}(A)

// Atomic
atomic_read(A) READ_ONCE(*A)
atomic_or(B, A) { __atomic_op{NORETURN}(A,|,B); }

// Others
refcount_read(A) atomic_read(A)
";
