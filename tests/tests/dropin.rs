//! Tests `cargo xtask gen --kernel` with different contents of the tree: versions, local edits and
//! patches. The tree has only the files that the drop-in reads.

#[path = "dropin/left.rs"]
mod left;
#[path = "dropin/patch.rs"]
mod patch;
#[path = "dropin/series.rs"]
mod series;
#[path = "dropin/tree.rs"]
mod tree;

use std::fs;
use std::path::Path;

use atomics_tests::project::{self, contents, printed, success};
use tree::{DEF, DEFINITIONS, LIB, MAKEFILE, generate, read, refused, text, tree};

#[test]
fn an_unknown_version() {
    let tree = tree();
    project::write(
        tree.path(),
        &[("Makefile", "VERSION = 6\nPATCHLEVEL = 17\n")],
    );
    let report = "\
error: TREE is Linux 6.17, but the drop-in is only known to work in 7.2 and 7.3
 = help: name a tree of one of these, or give --force to generate it anyway
";
    assert_eq!(refused(&tree, &[]), report);
    assert_eq!(refused(&tree, &["--check"]), report);
    assert_eq!(refused(&tree, &["--patch", "-"]), report);
    let out = tree.path().join("out");
    assert_eq!(refused(&tree, &["--out", text(&out)]), report);
    let forced = generate(&tree, &["--force"]);
    let said = success(&forced);
    assert!(said.contains("warning: "), "{said}");
    assert!(said.contains(" is Linux 6.17, but"), "{said}");
    success(&generate(&tree, &["--force", "--check"]));
}

/// `cargo xtask kernel` reports a bad tree before it copies or builds anything.
#[test]
fn no_kernel_to_build() {
    let tree = tree();
    project::write(
        tree.path(),
        &[("Makefile", "VERSION = 6\nPATCHLEVEL = 17\n")],
    );
    let before = contents(tree.path());
    let kernel = |tree: &Path, more: &[&str]| {
        let output = project::xtask(&[&["kernel", "--tree", text(tree)], more].concat());
        assert!(!output.status.success(), "{}", printed(&output));
        printed(&output).replace(text(tree), "TREE")
    };
    let said = kernel(tree.path(), &[]);
    assert!(
        said.contains("error: TREE is Linux 6.17, but the"),
        "{said}"
    );
    let said = kernel(&tree.path().join("nowhere"), &[]);
    assert!(
        said.contains("error: cannot find the kernel tree TREE"),
        "{said}"
    );
    let said = kernel(&tree.path().join("rust"), &[]);
    assert!(
        said.contains("error: TREE is not a Linux source tree"),
        "{said}"
    );
    let said = kernel(tree.path(), &["--kconfig", "KASAN"]);
    assert!(said.contains("write CONFIG_NAME=VALUE"), "{said}");
    for args in [&["--cpu", "max"][..], &["--arch", "all", "--cpu", "max"]] {
        let said = kernel(tree.path(), args);
        assert!(
            said.contains("error: --cpu is for one architecture"),
            "{said}"
        );
    }
    let said = kernel(tree.path(), &["--arch", "aarch64"]);
    let names = "um, x86_64, arm64, arm, riscv64, powerpc64le, s390x, loongarch64, all";
    assert!(said.contains(names), "{said}");
    assert_eq!(contents(tree.path()), before);
}

#[test]
fn a_makefile_without_a_version() {
    let tree = tree();
    for (makefile, lacking) in [
        ("PATCHLEVEL = 3\n", "VERSION"),
        ("VERSION = 7\nPATCHLEVEL =\n", "PATCHLEVEL"),
        ("VERSION = seven\nPATCHLEVEL = 3\n", "VERSION"),
    ] {
        project::write(tree.path(), &[("Makefile", makefile)]);
        let report = refused(&tree, &[]);
        assert_eq!(
            report,
            format!(
                "error: TREE/Makefile does not contain the version of Linux: it has no line \
                 `{lacking} = NUMBER`\n"
            )
        );
    }
    assert!(success(&generate(&tree, &["--force"])).contains("does not contain the version"));
}

#[test]
fn local_edits_are_kept() {
    let tree = tree();
    success(&generate(&tree, &["--backend", "asm"]));
    let fresh = contents(tree.path());
    let edited = [
        // Edited; checksum removed; not generated at all; and a file that will be removed.
        ("rust/kernel/sync/atomic/typed.rs", "//! Typed", "//! Mine"),
        ("rust/kernel/sync/atomic/internal.rs", "\n// ", "\n//"),
        ("rust/helpers/atomic.c", "cargo xtask gen", "me"),
        (
            "rust/kernel/sync/atomic/backend/x86_64.rs",
            "unsafe",
            "safe",
        ),
        (LIB, "attributes(atomic)", "attributes(atomics)"),
    ];
    for (path, from, to) in edited {
        let old = read(&tree, path);
        let at = old
            .rfind(from)
            .or_else(|| old.rfind("//!"))
            .expect("something to edit");
        let new = format!("{}{to}{}", &old[..at], &old[at + from.len()..]);
        fs::write(tree.path().join(path), new).expect("a writable folder");
    }
    project::write(
        tree.path(),
        &[("rust/macros/atomic_type.rs", "//! My own.\n")],
    );
    let report = refused(&tree, &[]);
    assert_eq!(
        report,
        "\
error: TREE has local edits that would be lost:
  rust/helpers/atomic.c: differs from the file in Linux
  rust/kernel/sync/atomic/internal.rs: was generated, but its last line is not a checksum
  rust/kernel/sync/atomic/typed.rs: was edited after it was generated
  rust/macros/atomic_type.rs: is neither a generated file nor a file of Linux
  rust/macros/lib.rs: has a generated part that was edited
  rust/kernel/sync/atomic/backend/x86_64.rs: was edited after it was generated
 = help: save them elsewhere, or give --force to discard them
"
    );
    assert_eq!(refused(&tree, &["--patch", "-"]), report);
    let checked = printed(&generate(&tree, &["--backend", "asm", "--check"]));
    assert!(checked.contains("unless --force is given"), "{checked}");
    // An empty folder has no local edits.
    let out = tempfile::tempdir().expect("a temporary folder");
    success(&generate(&tree, &["--out", text(out.path())]));
    // With --out, only edits in the output folder matter.
    let typed = out.path().join("rust/kernel/sync/atomic/typed.rs");
    fs::write(&typed, "//! Mine.\n").expect("a writable folder");
    let elsewhere = refused(&tree, &["--out", text(out.path())]);
    assert!(elsewhere.contains("typed.rs: is neither"), "{elsewhere}");
    assert!(!elsewhere.contains("internal.rs"), "{elsewhere}");

    let said = success(&generate(&tree, &["--force", "--backend", "asm"]));
    assert_eq!(
        said.matches("warning: discarding a local edit").count(),
        6,
        "{said}"
    );
    assert_eq!(contents(tree.path()), fresh);
}

#[test]
fn one_backend_replaces_another() {
    let tree = tree();
    success(&generate(&tree, &[]));
    let helpers = contents(tree.path());
    success(&generate(&tree, &["--backend", "asm"]));
    assert_ne!(contents(tree.path()), helpers);
    success(&generate(&tree, &["--backend", "asm", "--check"]));
    // The kernel may be built with a compiler that does not support `label` operands.
    let asm = read(&tree, "rust/kernel/sync/atomic/backend/x86_64.rs");
    let option = "CONFIG_RUSTC_HAS_SPAN_FILE";
    let items = |condition: &str| -> Vec<String> {
        let attribute = format!("#[cfg({condition})]\n");
        let after = asm.split(&attribute).skip(1);
        let lines = after.filter_map(|item| item.lines().next());
        lines.map(str::to_owned).collect()
    };
    let with = items(option);
    assert!(asm.contains("label {") && !with.is_empty());
    assert_eq!(items(&format!("not({option})")), with);
    success(&generate(&tree, &[]));
    assert_eq!(contents(tree.path()), helpers);
}

#[test]
fn c_functions_under_their_own_names_are_there_if_asked_for() {
    let tree = tree();
    success(&generate(&tree, &[]));
    let path = tree.path().join("rust/kernel/sync/atomic/raw.rs");
    let root = "rust/kernel/sync/atomic.rs";
    assert!(!path.exists() && !read(&tree, root).contains("pub mod raw;"));
    success(&generate(&tree, &["--raw"]));
    success(&generate(&tree, &["--raw", "--check"]));
    assert!(read(&tree, root).contains("pub mod raw;"));
    let raw = read(&tree, "rust/kernel/sync/atomic/raw.rs");
    assert!(raw.contains("atomic64_fetch_add_acquire"), "{raw}");
    success(&generate(&tree, &[]));
    assert!(!path.exists());
}

/// riscv64 kernels find Zabha and Zacas at boot. A function asks where C asks, and where a loop of LR
/// and SC becomes one instruction; nowhere else.
#[test]
fn the_choices_that_riscv64_makes_at_boot() {
    const FOLDER: &str = "rust/kernel/sync/atomic/backend";
    let tree = tree();
    success(&generate(&tree, &["--backend", "asm"]));
    let makefile = read(&tree, MAKEFILE);
    let choice = read(&tree, &format!("{FOLDER}/riscv64.rs"));
    for (extension, assembler) in [
        ("zabha", ""),
        (
            "zacas",
            "    not(CONFIG_RUSTC_LLVM_MAJOR_VERSION = \"19\"),\n",
        ),
    ] {
        let upper = extension.to_ascii_uppercase();
        let name = format!("generated_arch_atomic_{extension}_asm.rs");
        let source = read(&tree, &format!("rust/kernel/{name}.S"));
        let sequence = format!(
            "\n// Cut here.\n\n::kernel::concat_literals!(ALTERNATIVE(\"nop\", \"j {{l_yes}}\", \
             STANDARD_EXT, RISCV_ISA_EXT_{upper}, 1))\n"
        );
        assert!(source.contains(&sequence), "{source}");
        let line = format!(
            "ifdef CONFIG_RISCV_ISA_{upper}\n$(obj)/kernel.o: $(obj)/kernel/{name}\nendif\n"
        );
        assert!(makefile.contains(&line), "{makefile}");
        // A kernel without the extension, and a compiler that cannot use it, have no jump.
        let function = format!(
            "fn has_{extension}() -> bool {{ #[cfg(all( CONFIG_RISCV_ISA_{upper}, \
             CONFIG_RUSTC_HAS_SPAN_FILE, {assembler}not(testlib)"
        );
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        assert!(squeezed(&choice).contains(&squeezed(&function)), "{choice}");
    }
    assert_eq!(choice.matches("l_yes = label { return true },").count(), 2);
    let instructions = read(&tree, &format!("{FOLDER}/riscv64/instructions.rs"));
    let count = |text: &str| instructions.matches(text).count();
    assert!(
        count("if super::zacas() {") > 0,
        "cmpxchg of 32 and 64 bits"
    );
    assert!(
        count("if super::zabha() && super::zacas() {") > 0,
        "cmpxchg of 8 and 16 bits"
    );
    // No instruction of an extension stands outside `.option push` and `.option pop`.
    let enabled = count("\".option arch, +za");
    assert!(count("\".option push\"") > 0 && enabled >= count("\".option push\""));
    assert_eq!(count("\".option push\""), count("\".option pop\""));
    // AND, OR and XOR are one AMO without Zabha, too.
    for block in instructions.split("if super::zabha() {").skip(1) {
        let block = block.split("} else {").next().unwrap_or_default();
        assert!(!block.contains("\"amo\", $amo"), "{block}");
        assert!(
            block.contains("amoswap") || block.contains("amoadd"),
            "{block}"
        );
    }
    // arm64 has one capability, and these kernels have none of it.
    assert!(!instructions.contains("fn lse()"));
}

/// arm64 kernels choose between LL/SC and LSE at boot. Their Rust code does by a string that the
/// build makes of the headers.
#[test]
fn the_choice_that_arm64_makes_at_boot() {
    const SOURCE: &str = "rust/kernel/generated_arch_atomic_lse_asm.rs.S";
    let tree = tree();
    let before = [MAKEFILE, "rust/kernel/.gitignore"].map(|path| read(&tree, path));
    success(&generate(&tree, &["--backend", "asm"]));
    let source = read(&tree, SOURCE);
    let (above, below) = source
        .split_once("\n// Cut here.\n")
        .expect("a place to cut");
    assert!(
        above.starts_with("/* SPDX-License-Identifier: GPL-2.0 */\n"),
        "{above}"
    );
    assert!(above.ends_with("#include <asm/alternative-macros.h>\n#include <asm/cpucaps.h>\n"));
    let sequence = "\n::kernel::concat_literals!(ALTERNATIVE_CB(\"b {l_no}\", \
                    ARM64_HAS_LSE_ATOMICS, alt_cb_patch_nops))\n";
    assert!(below.starts_with(sequence), "{below}");
    let makefile = read(&tree, MAKEFILE);
    for line in [
        "always-$(subst y,$(CONFIG_RUST),$(CONFIG_ARM64)) \
         += kernel/generated_arch_atomic_lse_asm.rs\n",
        "ifdef CONFIG_ARM64\n\
         $(obj)/kernel.o: $(obj)/kernel/generated_arch_atomic_lse_asm.rs\nendif\n",
    ] {
        assert!(makefile.contains(line), "{makefile}");
    }
    let ignored = read(&tree, "rust/kernel/.gitignore");
    assert!(
        ignored.contains("/generated_arch_atomic_lse_asm.rs\n"),
        "{ignored}"
    );
    let choice = read(&tree, "rust/kernel/sync/atomic/backend/aarch64.rs");
    assert_eq!(choice.matches("l_no = label {").count(), 1);
    // The same instructions are compiled for both; only one of the modules has those with LSE.
    for (module, has) in [("base", "false"), ("lse", "true")] {
        let text = read(
            &tree,
            &format!("rust/kernel/sync/atomic/backend/aarch64/{module}.rs"),
        );
        assert!(
            text.contains(&format!("fn has_lse() -> bool {{\n    {has}\n}}\n")),
            "{text}"
        );
    }
    success(&generate(&tree, &["--backend", "asm", "--check"]));
    success(&generate(&tree, &[]));
    assert!(!tree.path().join(SOURCE).exists());
    assert_eq!(
        [MAKEFILE, "rust/kernel/.gitignore"].map(|path| read(&tree, path)),
        before
    );
    // A makefile without a place for the lines is refused, and so is one with other edits.
    fs::write(tree.path().join(MAKEFILE), "all:\n").expect("a writable file");
    let report = refused(&tree, &["--backend", "asm"]);
    assert!(
        report.contains("rust/Makefile has no single place"),
        "{report}"
    );
    success(&generate(&tree, &["--check"]));
}

/// A file that the kernel's own script has generated is kept if it has the same code.
#[test]
fn a_file_of_the_kernels_script() {
    const HELPERS: &str = "rust/helpers/atomic.c";
    let tree = tree();
    success(&generate(&tree, &[]));
    let ours = read(&tree, HELPERS);
    let signed = |text: &str| format!("{text}// {}\n", sha1_smol::Sha1::from(text).digest());
    let (above, _) = ours.trim_end().rsplit_once('\n').expect("more than a line");
    let banner = above.lines().nth(2).expect("a banner");
    let theirs = above.replace(banner, "// Generated by scripts/x.sh\n// DO NOT MODIFY");
    let theirs = signed(&(theirs + "\n"));
    project::write(tree.path(), &[(HELPERS, &theirs)]);
    success(&generate(&tree, &[]));
    assert_eq!(read(&tree, HELPERS), theirs);
    success(&generate(&tree, &["--check"]));
    // A file with other code is replaced.
    let (above, _) = theirs
        .trim_end()
        .rsplit_once('\n')
        .expect("more than a line");
    let other = signed(&(above.replacen("atomic_add(i, v);", "atomic_sub(i, v);", 1) + "\n"));
    assert_ne!(other, theirs);
    project::write(tree.path(), &[(HELPERS, &other)]);
    success(&generate(&tree, &[]));
    assert_eq!(read(&tree, HELPERS), ours);
}

#[test]
fn the_users_macros_are_kept() {
    let tree = tree();
    success(&generate(&tree, &[]));
    let edited =
        read(&tree, LIB).replace("mod helpers;", "mod helpers;\nmod mine;") + "\n// End.\n";
    project::write(tree.path(), &[(LIB, &edited)]);
    success(&generate(&tree, &["--check"]));
    success(&generate(&tree, &["--backend", "asm"]));
    assert_eq!(read(&tree, LIB), edited);
}

#[test]
fn macros_of_another_shape() {
    let tree = tree();
    project::write(tree.path(), &[(LIB, "//! Macros.\n")]);
    let report = refused(&tree, &[]);
    assert!(
        report.starts_with("error: rust/macros/lib.rs has no list of modules, to which"),
        "{report}"
    );
    assert_eq!(refused(&tree, &["--force"]), report);
}

#[test]
fn definitions_for_herd7() {
    let tree = tree();
    project::write(tree.path(), &[(DEF, DEFINITIONS)]);
    success(&generate(&tree, &[]));
    let fresh = read(&tree, DEF);
    let (above, ours) = fresh.split_once("// Atomic\n").expect("the heading");
    let (ours, below) = ours.split_once("\n// Others").expect("the next one");
    assert_eq!(above, "READ_ONCE(A) __load{ONCE}(A)\n\n");
    assert_eq!(below, "\nrefcount_read(A) atomic_read(A)\n");
    assert!(
        ours.starts_with("// Generated by `cargo xtask gen --kernel TREE`."),
        "{ours}"
    );
    assert!(
        ours.contains("\natomic64_or(V,X) { __atomic_op{NORETURN}(X,|,V); }\n"),
        "{ours}"
    );
    success(&generate(&tree, &["--check"]));
    assert!(success(&generate(&tree, &[])).contains(" 0 files written, 0 removed"));
    // The user's own lines are kept.
    let mine = format!("// Mine.\n{fresh}mine(A) READ_ONCE(*A)\n");
    project::write(tree.path(), &[(DEF, &mine)]);
    success(&generate(&tree, &["--backend", "asm"]));
    assert_eq!(read(&tree, DEF), mine);
    // An edit in the generated part is only overwritten with --force.
    project::write(tree.path(), &[(DEF, &fresh.replace("(X,|,V)", "(X,^,V)"))]);
    let edited = printed(&generate(&tree, &["--check"]));
    assert!(edited.contains(&format!("differs: {DEF}")), "{edited}");
    assert!(edited.contains("unless --force is given"), "{edited}");
    let report = refused(&tree, &[]);
    let fault = format!("{DEF}: has a generated part that was edited");
    assert!(report.contains(&fault), "{report}");
    success(&generate(&tree, &["--force"]));
    assert_eq!(read(&tree, DEF), fresh);
    // The same applies when the definitions are first replaced.
    project::write(
        tree.path(),
        &[(DEF, &DEFINITIONS.replace("(A,|,B)", "(A,^,B)"))],
    );
    let report = refused(&tree, &[]);
    let fault = format!("{DEF}: defines atomics differently from the generated definitions");
    assert!(report.contains(&fault), "{report}");
    assert_eq!(refused(&tree, &["--patch", "-"]), report);
}

#[test]
fn a_memory_model_of_another_shape() {
    let tree = tree();
    project::write(tree.path(), &[("tools/memory-model/README", "A model.\n")]);
    let report = refused(&tree, &[]);
    assert!(
        report.contains(&format!("cannot read TREE/{DEF}, whose atomics")),
        "{report}"
    );
    let heading = DEFINITIONS.replace("// Atomic", "// Atomics");
    let apart = DEFINITIONS.replace("refcount_read", "atomic_add");
    for (text, fault) in [
        (
            heading,
            "has no atomics where they are expected: a line `// Atomic`, and below",
        ),
        (
            apart,
            "defines `atomic_add` apart from the other atomics:\n  atomic_add(A) atomic_read",
        ),
    ] {
        project::write(tree.path(), &[(DEF, &text)]);
        let report = refused(&tree, &[]);
        assert!(
            report.starts_with(&format!("error: {DEF} {fault}")),
            "{report}"
        );
        assert_eq!(refused(&tree, &["--force"]), report);
    }
}
