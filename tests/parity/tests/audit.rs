//! Checks that an audit finds what is taken out of a kernel's headers: fences, acquire and release
//! ordering; and that it finds nothing in the tree as it stands.
//!
//! The test builds parts of kernels, so it runs only if `LKMM_KERNEL_TREE` names a tree, which
//! `cargo xtask test parity` sets. Otherwise it is skipped. It uses the kernels that the comparison
//! has configured.

use std::path::{Path, PathBuf};
use std::{env, fs, thread};

use atomics_machine_code::target::Target;
use atomics_machine_code::targets;
use atomics_parity::audit::{Audit, Finding};
use atomics_parity::{Edit, Suite};
use atomics_spec::{Spec, Tables};
use atomics_tools::{Toolchain, kernel_tree};

/// Something that is taken out of a header.
struct Cut {
    arch: &'static str,
    file: &'static str,
    /// What the changed lines contain.
    line: &'static str,
    from: &'static str,
    to: &'static str,
    /// Where the audit must find it: a configuration, a variant, and what it lacks.
    found: [&'static str; 3],
}

const CUTS: [Cut; 13] = [
    Cut {
        arch: "aarch64",
        file: "arch/arm64/include/asm/atomic_ll_sc.h",
        line: "ATOMIC_OP_RETURN(        , dmb ish",
        from: "dmb ish",
        to: "",
        found: [
            "ll/sc",
            "atomic_add_return",
            "a full fence after `stlxr`, for earlier accesses and its access before later accesses",
        ],
    },
    Cut {
        arch: "aarch64",
        file: "arch/arm64/include/asm/atomic_ll_sc.h",
        line: "ATOMIC_FETCH_OP (_acquire",
        from: ", a,",
        to: ",  ,",
        found: [
            "ll/sc",
            "atomic_fetch_or_acquire",
            "an acquire of the load of `ldxr`",
        ],
    },
    Cut {
        arch: "aarch64",
        file: "arch/arm64/include/asm/atomic_lse.h",
        line: "ATOMIC64_FETCH_OP(_release",
        from: " l,",
        to: "  ,",
        found: [
            "lse",
            "atomic64_fetch_add_release",
            "a release of the store of `ldadd`",
        ],
    },
    Cut {
        arch: "aarch64",
        file: "arch/arm64/include/asm/barrier.h",
        line: "__dma_rmb()",
        from: "oshld",
        to: "ishld",
        found: [
            "lse",
            "dma_rmb",
            "a fence between loads that reaches coherent devices",
        ],
    },
    Cut {
        arch: "riscv64",
        file: "arch/riscv/include/asm/fence.h",
        line: "#define RISCV_ACQUIRE_BARRIER\t\tRISCV",
        from: "RISCV_FENCE_ASM(r, rw)",
        to: "\"\"",
        found: [
            "zabha",
            "atomic_fetch_add_acquire",
            "an acquire of the load of `amoadd.w`",
        ],
    },
    Cut {
        arch: "riscv64",
        file: "arch/riscv/include/asm/atomic.h",
        line: "amo\" #asm_op \".\" #asm_type \".aqrl",
        from: ".aqrl",
        to: ".rl",
        found: [
            "a",
            "atomic64_fetch_xor",
            "a full fence after `amoxor.d.rl`",
        ],
    },
    Cut {
        arch: "riscv64",
        file: "arch/riscv/include/asm/atomic.h",
        line: "sc.\" sfx \".rl",
        from: ".rl",
        to: "",
        found: [
            "a",
            "atomic_dec_if_positive",
            "a release of the store of `sc.w`",
        ],
    },
    Cut {
        arch: "powerpc64",
        file: "arch/powerpc/include/asm/synch.h",
        line: "#define PPC_ATOMIC_ENTRY_BARRIER \"",
        from: "stringify_in_c(sync)",
        to: "\"\"",
        found: ["lwsync", "atomic_cmpxchg", "a full fence before `lwarx`"],
    },
    Cut {
        arch: "powerpc64",
        file: "arch/powerpc/include/asm/synch.h",
        line: "#define PPC_ACQUIRE_BARRIER\t ",
        from: "stringify_in_c(__PPC_ACQUIRE_BARRIER)",
        to: "\"\"",
        found: [
            "isync",
            "atomic64_fetch_sub_acquire",
            "an acquire of the load of `ldarx`",
        ],
    },
    Cut {
        arch: "powerpc64",
        file: "arch/powerpc/include/asm/synch.h",
        line: "#define PPC_RELEASE_BARRIER\t ",
        from: "stringify_in_c(LWSYNC)",
        to: "\"\"",
        found: [
            "isync",
            "atomic_xchg_release",
            "a release of the store of `stwcx.`",
        ],
    },
    Cut {
        arch: "x86_64",
        file: "arch/x86/include/asm/barrier.h",
        line: "#define __smp_mb()",
        from: "\"lock addl $0,-4(%%\" _ASM_SP \")\"",
        to: "\"\"",
        found: ["-", "smp_mb", "a full fence"],
    },
    Cut {
        arch: "x86_64",
        file: "arch/x86/include/asm/barrier.h",
        line: "#define __rmb()",
        from: "lfence",
        to: "",
        found: ["-", "rmb", "a fence between loads that reaches all devices"],
    },
    Cut {
        arch: "x86_64",
        file: "arch/x86/include/asm/barrier.h",
        line: "#define __mb()",
        from: "mfence",
        to: "sfence",
        found: ["-", "mb", "a full fence that reaches all devices"],
    },
];

#[test]
fn an_audit_finds_what_is_taken_out_and_nothing_else() {
    if env::var_os(kernel_tree::VAR).is_none() {
        println!("skipped: LKMM_KERNEL_TREE is not set; `cargo xtask test parity` sets it");
        return;
    }
    let tree = kernel_tree::find(None).unwrap();
    let mut names: Vec<&str> = CUTS.iter().map(|cut| cut.arch).collect();
    names.dedup();
    let all = names.iter().map(|name| targets::find(name).unwrap());
    let targets: Vec<&'static Target> = all.collect();

    let found = audit(&tree, &[], &targets);
    assert!(found.findings.len() > 1000);
    let weaker: Vec<String> = found.weaker().map(text).collect();
    assert!(weaker.is_empty(), "{}", weaker.join("\n"));

    let found = audit(&tree, &edits(&tree), &targets);
    let weaker: Vec<String> = found.weaker().map(text).collect();
    for cut in &CUTS {
        let [configuration, variant, missing] = cut.found;
        let finding = found.weaker().find(|finding| {
            (finding.arch, finding.configuration, finding.name.as_str())
                == (cut.arch, configuration, variant)
        });
        let finding = finding.unwrap_or_else(|| panic!("{variant}:\n{}", weaker.join("\n")));
        let line = text(finding);
        assert!(line.contains(&format!("lacks {missing}")), "{line}");
    }
    // Every finding is due to something that was taken out.
    for line in &weaker {
        let is_expected = CUTS.iter().any(|cut| {
            let what = cut.found[2].split('`').next().unwrap();
            line.starts_with(cut.arch) && line.contains(&format!("lacks {what}"))
        });
        assert!(is_expected, "{line}");
    }
}

/// Audits a tree with edits. The tables of how we implement operations are not there.
fn audit(tree: &Path, edits: &[Edit], targets: &[&'static Target]) -> Audit {
    let mut tables = Tables::builtin();
    tables.archs.clear();
    let tools = Toolchain::require().unwrap();
    let suite = Suite {
        spec: &Spec::load(&tables).unwrap(),
        tree: tree.to_owned(),
        edits,
        folder: build_folder(),
        tools: &tools,
        progress: &|text| eprintln!("{text}"),
    };
    let jobs = thread::available_parallelism().map_or(1, usize::from);
    suite.audit(targets, None, jobs).unwrap()
}

/// The headers of the tree, without what is taken out.
fn edits(tree: &Path) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for cut in &CUTS {
        let path = PathBuf::from(cut.file);
        let at = edits.iter().position(|edit| edit.path == path);
        let at = at.unwrap_or_else(|| {
            let text = fs::read_to_string(tree.join(&path)).unwrap();
            edits.push(Edit { path, text });
            edits.len() - 1
        });
        let text = &mut edits[at].text;
        let lines = text.lines().map(|line| match line.contains(cut.line) {
            true => line.replace(cut.from, cut.to),
            false => line.to_owned(),
        });
        let cut_text = lines.collect::<Vec<_>>().join("\n") + "\n";
        assert_ne!(*text, cut_text, "{} has no `{}`", cut.file, cut.line);
        *text = cut_text;
    }
    edits
}

fn text(finding: &Finding) -> String {
    format!(
        "{} {} {}",
        finding.arch,
        finding.configuration,
        finding.line()
    )
}

/// The build folder of `cargo xtask parity`, so that a kernel that it has configured is reused.
fn build_folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.unwrap().join("target/parity")
}
