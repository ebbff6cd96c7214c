//! Checks that plans agree with the kernel's own fallbacks.
//!
//! The expected plans are those of Linux 7.3: `arch/x86/include/asm/atomic.h` has the operations
//! that x86 defines, and `include/linux/atomic/atomic-arch-fallback.h` the fallbacks for the
//! others.

use atomics_spec::arch::{Features, Fence};
use atomics_spec::emit::asm::{self, Hosted, Labels, Surroundings};
use atomics_spec::emit::barrier::Barriers;
use atomics_spec::emit::layout::Backend;
use atomics_spec::emit::{core_crate, module_tree};
use atomics_spec::plan::{Choice, Plan, Planner, Planners, Tells};
use atomics_spec::{Source, Spec, Tables};

fn plan_of(spec: &Spec, arch: &str, function: &str) -> String {
    plan_with(spec, arch, &[], function)
}

/// The plan on CPUs with exactly these features.
fn plan_with(spec: &Spec, arch: &str, features: &[&str], function: &str) -> String {
    let arch = spec.arch(arch).expect("a table of the architecture");
    let variant = spec
        .find(function)
        .unwrap_or_else(|| panic!("no {function}"));
    let set = arch
        .feature_sets()
        .find(|set| arch.feature_names(*set) == features);
    let planner = Planner::new(spec, arch, set.expect("a set of features"));
    match planner.plan(&variant).unwrap_or_else(|e| panic!("{e}")) {
        Plan::Native(template) => {
            let lines: Vec<_> = template.lines.iter().map(|l| l.text.as_str()).collect();
            format!("native: {}", lines.join("; "))
        }
        Plan::Fenced {
            relaxed,
            before,
            after,
        } => {
            format!("fenced: {before:?} {} {after:?}", relaxed.name())
        }
        Plan::Stronger(full) => format!("stronger: {}", full.name()),
        Plan::Derived(d) => {
            let args: Vec<_> = d.args.iter().map(ToString::to_string).collect();
            let tells = match d.tells {
                Tells::Result => "",
                Tells::Old => " tells old",
                Tells::New => " tells new",
            };
            format!("by {}({}){tells}", d.source.name(), args.join(", "))
        }
        Plan::Loop { exchange, .. } => format!("loop: {}", exchange.name()),
    }
}

#[test]
fn x86_64_is_as_in_the_kernel() {
    let spec = Spec::builtin().unwrap_or_else(|e| panic!("{e}"));
    let expected = [
        ("atomic_add", "native: lock add {i}, {mem}"),
        ("atomic_fetch_add", "native: lock xadd {i}, {mem}"),
        ("atomic_fetch_add_release", "stronger: fetch_add"),
        ("atomic_fetch_sub", "by fetch_add(-i)"),
        ("atomic_add_return", "by fetch_add(i) tells old"),
        ("atomic_sub_return", "by add_return(-i)"),
        ("atomic_inc_return", "by add_return(1)"),
        ("atomic_dec_return_relaxed", "by sub_return_relaxed(1)"),
        ("atomic_fetch_dec", "by fetch_sub(1)"),
        ("atomic_andnot", "by and(~i)"),
        (
            "atomic_fetch_and",
            "native: mov {mem}, {r}; 2: mov {r}, {n}; and {i}, {n}; lock cmpxchg {n}, {mem}; jne 2b",
        ),
        ("atomic64_fetch_andnot", "by fetch_and(~i)"),
        ("atomic_xchg_relaxed", "stronger: xchg"),
        ("atomic_dec_and_test", "native: lock decl {mem}; jne {no}"),
        ("atomic_add_negative_acquire", "stronger: add_negative"),
        (
            "atomic_fetch_add_unless",
            "native: mov {mem}, {r}; 2: cmp {u}, {r}; je 3f; mov {r}, {n}; add {a}, {n}; lock cmpxchg {n}, {mem}; jne 2b; 3:",
        ),
        ("atomic_add_unless", "by fetch_add_unless(a, u) tells old"),
        (
            "atomic_inc_not_zero",
            "native: mov {mem}, {o}; 2: cmp $1, {o}; jb {no}; lea 1(%rax), {n}; lock cmpxchg {n}, {mem}; jne 2b",
        ),
        (
            "atomic_dec_if_positive",
            "native: mov {mem}, {o}; 2: mov {o}, {r}; dec {r}; js 3f; lock cmpxchg {r}, {mem}; jne 2b; 3:",
        ),
    ];
    for (function, plan) in expected {
        assert_eq!(plan_of(&spec, "x86_64", function), plan, "{function}");
    }
}

/// The table of an architecture with only loads, stores and a relaxed compare-and-exchange.
const POOR: &str = "arch poor\nlang asm\nwidth 64\nflags no\n\
    size 8 reg - [{v}]\nsize 16 reg - [{v}]\nsize 32 reg - [{v}]\nsize 64 reg - [{v}]\n\
    op read 8,16,32,64 >r\nasm load {r}, {mem} -- loads\n\
    op set 8,16,32,64 -\nasm store {i}, {mem} -- stores\n\
    op cmpxchg_relaxed 8,16,32,64 new>r\nasm cas {old}, {new}, {mem} -- compares and swaps\n";

fn poor(extra: &str) -> Spec {
    let barriers = atomics_spec::arch::BARRIERS
        .map(|b| format!("barrier {b}\n"))
        .concat();
    let table = format!("{POOR}{extra}{barriers}");
    let mut tables = Tables::builtin();
    tables.archs = vec![Source::new("poor.tbl", &table)];
    Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn a_relaxed_cmpxchg_is_enough_for_every_operation() {
    let spec = poor("");
    let fenced = |before: Option<Fence>, after: Option<Fence>| {
        format!("fenced: {before:?} cmpxchg_relaxed {after:?}")
    };
    let full = fenced(Some(Fence::FullBefore), Some(Fence::FullAfter));
    let expected = [
        (
            "atomic_read_acquire",
            "fenced: None read Some(Acquire)".to_owned(),
        ),
        (
            "atomic_set_release",
            "fenced: Some(Release) set None".to_owned(),
        ),
        ("atomic_cmpxchg", full),
        ("atomic_cmpxchg_acquire", fenced(None, Some(Fence::Acquire))),
        ("atomic_cmpxchg_release", fenced(Some(Fence::Release), None)),
        (
            "atomic_try_cmpxchg",
            "by cmpxchg(old, new) tells old".to_owned(),
        ),
        (
            "atomic_xchg_acquire",
            "loop: try_cmpxchg_acquire".to_owned(),
        ),
        // A void operation has no ordering, so its loop has none.
        ("atomic_add", "loop: try_cmpxchg_relaxed".to_owned()),
        ("atomic_fetch_add", "loop: try_cmpxchg".to_owned()),
        (
            "atomic_sub_and_test",
            "by sub_return(i) tells new".to_owned(),
        ),
        ("atomic_andnot", "by and(~i)".to_owned()),
    ];
    for (function, plan) in expected {
        assert_eq!(plan_of(&spec, "poor", function), plan, "{function}");
    }
    let arch = spec.arch("poor").expect("it exists");
    let planner = Planner::new(&spec, arch, Features::NONE);
    for variant in spec.variants() {
        planner.plan(&variant).unwrap_or_else(|e| panic!("{e}"));
    }
}

#[test]
fn instructions_of_the_architecture_are_used() {
    let spec = poor("op fetch_add_relaxed 32 i>r\nasm ldadd {i}, {mem} -- adds\n");
    assert_eq!(
        plan_of(&spec, "poor", "atomic_fetch_add"),
        "fenced: Some(FullBefore) fetch_add_relaxed Some(FullAfter)"
    );
    // If addition is one instruction, subtraction adds the negative.
    assert_eq!(
        plan_of(&spec, "poor", "atomic_fetch_sub_relaxed"),
        "by fetch_add_relaxed(-i)"
    );
    // There is no such instruction at this width.
    assert_eq!(
        plan_of(&spec, "poor", "atomic64_fetch_sub"),
        "loop: try_cmpxchg"
    );
}

/// A kernel may be built with Rust older than 1.87, which has no `label` operands. There, the
/// condition is stored in a byte.
#[test]
fn conditions_do_without_labels() {
    let spec = Spec::builtin().unwrap_or_else(|e| panic!("{e}"));
    let arch = spec.arch("x86_64").expect("a table of the architecture");
    let text = |labels| {
        let surroundings = Surroundings {
            labels,
            barriers: Barriers::All,
            hosted: Hosted::Never,
        };
        let text = asm::module(&spec, arch, surroundings);
        text.unwrap_or_else(|e| panic!("{e}"))
    };
    let (with, without) = (text(Labels::Always), text(Labels::Never));
    // With `Labels::If`, each condition has both ends, of which a macro takes one.
    let both = text(Labels::If("NEW"));
    let exits = with.matches("label { return false }").count();
    assert!(exits > 0 && !both.contains("label {"));
    assert_eq!(both.matches("condition!(access;").count(), exits);
    assert_eq!(both.matches(" => is: reg_byte;").count(), exits);
    assert_eq!(both.matches(", no!())").count(), exits);
    assert_eq!(both.matches("\"set").count(), exits);
    assert_eq!(without.matches("\"3: set").count(), exits);
    assert!(with.contains("\"jne {no}\"") && !with.contains("\"sete"));
    assert!(without.contains("\"jne 3f\"") && without.contains("\"3: sete {is}\""));
    assert!(!without.contains("label {"));
    // The variant without labels compiles.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("lib.rs");
    let text = format!("#![allow(dead_code, non_snake_case)]\npub mod x86_64 {{\n{without}}}\n");
    std::fs::write(&file, text).expect("a writable folder");
    if cfg!(target_arch = "x86_64") {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = std::process::Command::new(rustc)
            .args([
                "--edition",
                "2021",
                "--crate-type",
                "lib",
                "--emit",
                "metadata",
            ])
            .arg("--out-dir")
            .arg(folder.path())
            .arg(&file)
            .output()
            .expect("rustc starts");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// The expected plans are those of `arch/arm64/include/asm/atomic_lse.h` and
/// `arch/riscv/include/asm/cmpxchg.h`.
#[test]
fn features_choose_among_templates() {
    let spec = Spec::builtin().unwrap_or_else(|e| panic!("{e}"));
    let expected: [(&str, &[&str], &str, &str); 14] = [
        (
            "aarch64",
            &["lse"],
            "atomic_add",
            "native: stadd {i}, {mem}",
        ),
        (
            "aarch64",
            &["lse"],
            "atomic64_fetch_or_release",
            "native: ldsetl {i}, {r}, {mem}",
        ),
        // Each of these also has a loop with LL and SC, but a single instruction is preferred.
        ("aarch64", &["lse"], "atomic_sub", "by add(-i)"),
        ("aarch64", &["lse"], "atomic_and", "by andnot(~i)"),
        (
            "aarch64",
            &["lse"],
            "atomic_fetch_and_acquire",
            "by fetch_andnot_acquire(~i)",
        ),
        (
            "aarch64",
            &["lse"],
            "atomic_add_return",
            "by fetch_add(i) tells old",
        ),
        ("aarch64", &[], "atomic_inc", "by add(1)"),
        (
            "aarch64",
            &[],
            "atomic_xchg_acquire",
            "native: prfm pstl1strm, {mem}; 2: ldaxr {r}, {mem}; stxr {s}, {new}, {mem}; \
             cbnz {s}, 2b",
        ),
        (
            "riscv64",
            &[],
            "atomic_fetch_xor_acquire",
            "fenced: None fetch_xor_relaxed Some(Acquire)",
        ),
        (
            "riscv64",
            &["zabha", "zacas"],
            "atomic_i8_cmpxchg_relaxed",
            "native: amocas.b {old}, {new}, {mem}",
        ),
        (
            "riscv64",
            &["zacas"],
            "atomic64_cmpxchg",
            "native: amocas.d.aqrl {old}, {new}, {mem}",
        ),
        (
            "riscv64",
            &["zabha"],
            "atomic_i16_fetch_or",
            "native: amoor.h.aqrl {r}, {i}, {mem}",
        ),
        (
            "riscv64",
            &[],
            "atomic_i16_fetch_or",
            "native: amoor.w.aqrl {r}, {i}, {mem}",
        ),
        ("riscv64", &["zabha"], "atomic_i8_sub", "by add(-i)"),
    ];
    for (arch, features, function, plan) in expected {
        assert_eq!(
            plan_with(&spec, arch, features, function),
            plan,
            "{arch} {features:?} {function}"
        );
    }
    // A compare-and-exchange of bytes needs both features.
    let one = plan_with(&spec, "riscv64", &["zacas"], "atomic_i8_cmpxchg");
    assert!(one.starts_with("native: 2: lr.w"), "{one}");
    let arch = spec.arch("riscv64").expect("a table of the architecture");
    let v = spec.find("atomic_i8_cmpxchg").expect("it exists");
    let choice = Planners::new(&spec, arch).choose(&v).expect("a plan");
    let Choice::If {
        features,
        then,
        otherwise,
    } = choice
    else {
        panic!("{choice:?}");
    };
    assert_eq!(features.len(), 2);
    let is_plan = |choice: &Choice<'_>| matches!(choice, Choice::Same(Plan::Native(_)));
    assert!(is_plan(&then) && is_plan(&otherwise));
}

/// A kernel that finds features at boot uses them where they save a loop, since a choice costs it a
/// jump.
#[test]
fn a_kernel_chooses_where_that_saves_a_loop() {
    let spec = Spec::builtin().unwrap_or_else(|e| panic!("{e}"));
    let arch = spec.arch("riscv64").expect("a table of the architecture");
    let planners = Planners::in_kernel(&spec, arch);
    let choose = |function: &str| {
        let v = spec.find(function).expect("it exists");
        planners.choose(&v).expect("a plan")
    };
    let named = |function: &str| match choose(function) {
        Choice::Same(_) => Vec::new(),
        Choice::If { features, .. } => {
            let names = features
                .iter()
                .map(|index| arch.features[*index].name.as_str());
            names.collect::<Vec<_>>()
        }
    };
    for (function, features) in [
        ("atomic_cmpxchg", &["zacas"][..]),
        ("atomic64_cmpxchg_release", &["zacas"]),
        ("atomic_i8_cmpxchg_acquire", &["zabha", "zacas"]),
        ("atomic_i8_xchg_relaxed", &["zabha"]),
        ("atomic_i16_add", &["zabha"]),
        ("atomic_i16_fetch_add_relaxed", &["zabha"]),
        // One AMO on the word, without Zabha.
        ("atomic_i16_fetch_or", &[]),
        ("atomic_i8_and", &[]),
        // One AMO.
        ("atomic_fetch_add", &[]),
        ("atomic_xchg", &[]),
        // A loop, with Zacas as well.
        ("atomic_fetch_add_unless", &[]),
        ("atomic64_dec_if_positive", &[]),
        // A loop around a compare-and-exchange, which asks.
        ("atomic_i8_fetch_add_unless", &[]),
    ] {
        assert_eq!(named(function), features, "{function}");
    }
    // Nobody asks again in a function that is called on one of the ways.
    for v in spec.variants() {
        let choice = planners.choose(&v).expect("a plan");
        if let Choice::If { .. } = choice {
            let callees = choice.plans().into_iter().flat_map(Plan::callees);
            for callee in callees {
                let own = planners.choose(&callee).expect("a plan");
                assert!(
                    matches!(own, Choice::Same(_)),
                    "{} asks again",
                    v.function()
                );
            }
        }
    }
}

/// Every variant has a plan on every CPU of every architecture.
#[test]
fn every_variant_has_a_plan_everywhere() {
    let spec = Spec::builtin().unwrap_or_else(|e| panic!("{e}"));
    let names: Vec<&str> = spec.asm_archs().map(|a| a.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "aarch64",
            "arm",
            "loongarch64",
            "powerpc64",
            "riscv64",
            "s390x",
            "x86",
            "x86_64"
        ]
    );
    for arch in spec.asm_archs() {
        for set in arch.feature_sets() {
            let planner = Planner::new(&spec, arch, set);
            for variant in spec.variants() {
                planner.plan(&variant).unwrap_or_else(|e| panic!("{e}"));
            }
        }
    }
}

/// For an architecture without a table, the compile error names the alternative.
#[test]
fn without_a_table_the_error_names_the_c_backend() {
    let spec = poor("");
    let text = module_tree(&spec, &Backend::Asm, None, None).unwrap_or_else(|e| panic!("{e}"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("lib.rs");
    std::fs::write(&file, format!("mod atomics {{\n{text}}}\n")).expect("a writable folder");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = std::process::Command::new(rustc)
        .args([
            "--edition",
            "2024",
            "--crate-type",
            "lib",
            "--emit",
            "metadata",
        ])
        .arg("--out-dir")
        .arg(folder.path())
        .arg(&file)
        .output()
        .expect("rustc starts");
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = "error: no table has instructions for this target: use the option `backend = \
                    c(\"PREFIX\")` to call C functions";
    assert!(
        !output.status.success() && said.contains(expected),
        "{said}"
    );
    let files = core_crate(&Spec::builtin().unwrap_or_else(|e| panic!("{e}")));
    let files = files.unwrap_or_else(|e| panic!("{e}"));
    let backend = files.iter().find(|f| f.path.ends_with("atomic/backend.rs"));
    assert!(backend.is_some_and(|f| f.contents.contains(
        "no table has instructions for this target: on 64-bit targets, use the feature `c-helpers`"
    )));
}

/// A `p` argument receives the old value. An operation that returns only the new value cannot
/// implement an operation with such an argument.
#[test]
fn a_pointer_is_not_filled_from_the_new_value() {
    let builtin = Tables::builtin();
    let [ops, semantics] =
        [builtin.ops, builtin.semantics].map(|s| String::from_utf8_lossy(s.bytes).into_owned());
    let ops = format!("{ops}bound R v i:a i:u\ntry_bound B v i:a p:u\n");
    let semantics =
        format!("{semantics}bound conditional v+a v==u -\ntry_bound conditional v+a v==u v!=u\n");
    let barriers = atomics_spec::arch::BARRIERS
        .map(|b| format!("barrier {b}\n"))
        .concat();
    let native = "op bound_return 32 a>r\nasm bound {a}, {u}, {mem} -- adds unless equal\n";
    let table = format!("{POOR}{native}{barriers}");
    let tables = Tables {
        ops: Source::new("ops.tbl", &ops),
        semantics: Source::new("semantics.tbl", &semantics),
        archs: vec![Source::new("poor.tbl", &table)],
        ..builtin
    };
    let spec = Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(
        plan_of(&spec, "poor", "atomic_bound_return"),
        "native: bound {a}, {u}, {mem}"
    );
    // fetch_add_unless does the same and returns the old value.
    let plan = plan_of(&spec, "poor", "atomic_try_bound");
    assert_eq!(plan, "by fetch_add_unless(a, u) tells old");
}
