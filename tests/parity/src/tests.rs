//! Tests of the verdicts on small functions, from their disassembly, with the real tables.

use atomics_spec::Spec;

use crate::audit::{Finding, Judged};
use crate::point::{PREFIX, Point, points};
use crate::report::{Line, mean};
use crate::side::Side;
use crate::verdict::{Comparison, Verdict};
use atomics_machine_code::cfg::Code;
use atomics_machine_code::object::ObjectFile;
use atomics_machine_code::target::Target;
use atomics_machine_code::targets::{self, TARGETS};

/// Reads a function from the text of its disassembly. Each line is an instruction of 4 bytes.
fn try_read(target: &Target, point: &Point, text: &str) -> anyhow::Result<Side> {
    let isa = target.isa()?;
    let name = format!("{PREFIX}{}", point.name);
    let files = [(ObjectFile::of_function(&name, text, &isa)?, Vec::new())];
    let code = Code {
        files: &files,
        isa: &isa,
    };
    Side::read(code, point, target.abi)
}

fn find(arch: &str, name: &str) -> (&'static Target, Point) {
    let target = targets::find(arch).unwrap();
    let spec = Spec::builtin().unwrap();
    let point = points(&spec, target.bits)
        .into_iter()
        .find(|point| point.name == name);
    (target, point.unwrap())
}

fn read(arch: &str, name: &str, text: &str) -> Side {
    let (target, point) = find(arch, name);
    try_read(target, &point, text).unwrap_or_else(|e| panic!("{arch} {name}: {e:#}\n{text}"))
}

fn error(arch: &str, name: &str, text: &str) -> String {
    let (target, point) = find(arch, name);
    match try_read(target, &point, text) {
        Ok(_) => panic!("this was accepted:\n{text}"),
        Err(error) => format!("{error:#}"),
    }
}

/// The verdicts on success and on failure.
fn verdicts(arch: &str, name: &str, ours: &str, kernel: &str) -> (Verdict, Option<Verdict>) {
    let point = find(arch, name).1;
    let (ours, kernel) = (read(arch, name, ours), read(arch, name, kernel));
    let comparison = Comparison::new(&ours.ordered, &kernel.ordered, &point);
    let failure = comparison.failure.as_ref().map(|side| side.verdict);
    (comparison.success.verdict, failure)
}

fn verdict(arch: &str, name: &str, ours: &str, kernel: &str) -> Verdict {
    verdicts(arch, name, ours, kernel).0
}

const CMPXCHG: &str = "ldxr w8, [x0]
    cmp w8, w1
    b.ne 0x18 <x>
    stlxr w9, w2, [x0]
    cbnz w9, 0x0 <x>
    dmb ish
    mov w0, w8
    ret";

#[test]
fn the_same_code_is_the_same() {
    let both = verdicts("aarch64", "atomic_cmpxchg", CMPXCHG, CMPXCHG);
    assert_eq!(both, (Verdict::Same, Some(Verdict::Same)));
}

#[test]
fn a_fence_that_is_missing_on_success_is_weaker() {
    let without = CMPXCHG.replace("dmb ish", "nop");
    let verdict = |ours: &str, kernel: &str| verdict("aarch64", "atomic_cmpxchg", ours, kernel);
    assert_eq!(verdict(&without, CMPXCHG), Verdict::Weaker);
    // It is also weaker if the kernel's code is the same.
    assert_eq!(verdict(&without, &without), Verdict::Weaker);
    for fence in ["dmb ishld", "dmb ishst"] {
        let other = CMPXCHG.replace("dmb ish", fence);
        assert_eq!(verdict(&other, CMPXCHG), Verdict::Weaker, "{fence}");
    }
    let relaxed = CMPXCHG.replace("stlxr", "stxr");
    assert_eq!(verdict(&relaxed, CMPXCHG), Verdict::Weaker);
}

#[test]
fn failure_is_judged_by_itself() {
    // On failure, the jump goes to the fence, which is not required.
    let fenced = CMPXCHG.replace("0x18", "0x14");
    let both = verdicts("aarch64", "atomic_cmpxchg", &fenced, CMPXCHG);
    assert_eq!(both, (Verdict::Same, Some(Verdict::Stronger)));
    let both = verdicts("aarch64", "atomic_cmpxchg", CMPXCHG, &fenced);
    assert_eq!(both, (Verdict::Same, Some(Verdict::KernelStronger)));
    // If the store is conditional instead of jumped over, both outcomes execute the fence.
    let conditional = "dmb ish
        ldrex r12, [r0]
        mov r3, #0
        teq r12, r1
        strexeq r3, r2, [r0]
        cmp r3, #0
        bne 0x4 <x>
        dmb ish
        mov r0, r12
        bx lr";
    let jumping = "dmb ish
        ldrex r12, [r0]
        teq r12, r1
        bne 0x20 <x>
        strex r3, r2, [r0]
        teq r3, #0
        bne 0x4 <x>
        dmb ish
        mov r0, r12
        bx lr";
    let both = verdicts("arm", "atomic_cmpxchg", jumping, conditional);
    assert_eq!(both, (Verdict::Same, Some(Verdict::KernelStronger)));
}

#[test]
fn more_ordering_than_required_is_attributed_to_its_side() {
    let name = "atomic_fetch_add_acquire";
    let acquire = "ldadda w0, w0, [x1]\nret";
    let full = "ldaddal w0, w0, [x1]\nret";
    let relaxed = "ldadd w0, w0, [x1]\nret";
    assert_eq!(verdict("aarch64", name, full, acquire), Verdict::Stronger);
    assert_eq!(
        verdict("aarch64", name, acquire, full),
        Verdict::KernelStronger
    );
    assert_eq!(verdict("aarch64", name, relaxed, full), Verdict::Weaker);
    assert_eq!(verdict("aarch64", name, relaxed, relaxed), Verdict::Weaker);
}

#[test]
fn a_prefix_of_a_mnemonic_does_not_match() {
    let of = |mnemonic| format!("{mnemonic} w0, w0, [x1]\nret");
    for mnemonic in ["ldadd", "ldadda", "ldaddl"] {
        let found = verdict("aarch64", "atomic_fetch_add", &of(mnemonic), &of("ldaddal"));
        assert_eq!(found, Verdict::Weaker, "{mnemonic}");
    }
    assert!(error("aarch64", "atomic_fetch_add", &of("ldaddalx")).contains("ldaddalx"));

    let add = |after: &str| {
        format!(
            "sync\nlwarx 6, 0, 4\nadd 5, 6, 3\nstwcx. 5, 0, 4\nbf- 2, 0x4 <x>\n{after}\n\
             mr 3, 6\nblr"
        )
    };
    let found = verdict(
        "powerpc64",
        "atomic_fetch_add",
        &add("lwsync"),
        &add("sync"),
    );
    assert_eq!(found, Verdict::Weaker);
    let found = verdict("powerpc64", "atomic_fetch_add", &add("isync"), &add("sync"));
    assert_eq!(found, Verdict::Weaker);

    let add = |after: &str| {
        format!(
            "lr.w a2, (a1)\nadd a3, a2, a0\nsc.w.rl a3, a3, (a1)\nbnez a3, 0x0 <x>\n\
             fence {after}\nmv a0, a2\nret"
        )
    };
    let found = verdict("riscv64", "atomic_fetch_add", &add("r, rw"), &add("rw, rw"));
    assert_eq!(found, Verdict::Weaker);
    let found = verdict("riscv64", "atomic_fetch_add", &add("rw, w"), &add("rw, rw"));
    assert_eq!(found, Verdict::Weaker);

    let smp_rmb = |fence: &str| format!("fence {fence}\nret");
    let found = verdict("riscv64", "smp_rmb", &smp_rmb("r, rw"), &smp_rmb("r, r"));
    assert_eq!(found, Verdict::Stronger);
    let found = verdict("riscv64", "smp_rmb", &smp_rmb("w, w"), &smp_rmb("r, r"));
    assert_eq!(found, Verdict::Weaker);
}

#[test]
fn barriers_reach_as_far_as_they_must() {
    let fence = |text: &str| format!("{text}\nret");
    let verdict = |name, ours, kernel| verdict("aarch64", name, &fence(ours), &fence(kernel));
    assert_eq!(verdict("mb", "dsb sy", "dsb sy"), Verdict::Same);
    assert_eq!(verdict("mb", "dmb ish", "dsb sy"), Verdict::Weaker);
    assert_eq!(
        verdict("dma_wmb", "dmb ishst", "dmb oshst"),
        Verdict::Weaker
    );
    assert_eq!(
        verdict("smp_wmb", "dmb oshst", "dmb ishst"),
        Verdict::Stronger
    );
    assert_eq!(
        verdict("smp_wmb", "dmb ishld", "dmb ishst"),
        Verdict::Weaker
    );
}

#[test]
fn a_locked_access_to_the_stack_is_only_a_fence() {
    let fence = "lock\nadd dword ptr [rsp - 0x4], 0x0\nret";
    assert_eq!(verdict("x86_64", "smp_mb", fence, fence), Verdict::Same);
    assert_eq!(
        verdict("x86_64", "smp_mb", "nop\nret", fence),
        Verdict::Weaker
    );
    let plain = "add dword ptr [rsp - 0x4], 0x0\nret";
    assert_eq!(verdict("x86_64", "smp_mb", plain, fence), Verdict::Weaker);
    // Under total store order, these two need no instruction.
    for name in ["smp_rmb", "smp_wmb"] {
        assert_eq!(verdict("x86_64", name, "ret", "ret"), Verdict::Same);
    }
}

#[test]
fn an_access_that_is_not_atomic_is_an_error() {
    let plain = "add dword ptr [rsi], edi\nret";
    assert!(error("x86_64", "atomic_add", plain).contains("non-atomically"));
    let locked = "lock\nadd dword ptr [rsi], edi\nret";
    assert_eq!(
        verdict("x86_64", "atomic_add", locked, locked),
        Verdict::Same
    );
}

#[test]
fn an_access_to_unknown_memory_is_an_error() {
    let text = "mov rax, qword ptr [rcx]\nlock\nadd dword ptr [rsi], edi\nret";
    assert!(error("x86_64", "atomic_add", text).contains("[rcx]"));
    let text = "vmovups xmm0, xmmword ptr [rsi]\nret";
    assert!(error("x86_64", "atomic_add", text).contains("vmovups"));
}

#[test]
fn an_operation_that_never_stores_is_an_error() {
    assert!(error("x86_64", "atomic_add", "ret").contains("no path through the function writes"));
}

#[test]
fn a_pointer_is_followed_through_the_stack() {
    // The variable's address is spilled, but the access through it is not an access to the stack.
    let text = "sub sp, sp, #0x10
        str x1, [sp, #0x8]
        ldr x9, [sp, #0x8]
        ldaddal w0, w0, [x9]
        add sp, sp, #0x10
        ret";
    let side = read("aarch64", "atomic_fetch_add", text);
    assert_eq!(side.paths[0].events.len(), 1);
}

#[test]
fn an_isync_needs_a_branch() {
    let add = |branch: &str| {
        format!("lwarx 6, 0, 4\nadd 5, 6, 3\nstwcx. 5, 0, 4\n{branch}\nisync\nmr 3, 6\nblr")
    };
    let name = "atomic_fetch_add_acquire";
    let branch = add("bf- 2, 0x0 <x>");
    assert_eq!(verdict("powerpc64", name, &branch, &branch), Verdict::Same);
    assert_eq!(
        verdict("powerpc64", name, &add("nop"), &branch),
        Verdict::Weaker
    );
    // An lwsync also orders the store before later stores.
    let fence = branch.replace("isync", "lwsync");
    assert_eq!(
        verdict("powerpc64", name, &fence, &branch),
        Verdict::Stronger
    );
}

#[test]
fn an_order_before_the_store_reaches_the_load_only_where_stores_reach_all_at_once() {
    let release = |fence: &str| {
        format!("{fence}\nlwarx 6, 0, 4\nadd 5, 6, 3\nstwcx. 5, 0, 4\nbf- 2, 0x4 <x>\nsync\nblr")
    };
    // An lwsync before the operation does not order earlier stores before its load.
    let name = "atomic_fetch_add";
    let found = verdict("powerpc64", name, &release("lwsync"), &release("sync"));
    assert_eq!(found, Verdict::Weaker);
    let text = "ldxr w8, [x1]\nadd w9, w8, w0\nstlxr w10, w9, [x1]\ncbnz w10, 0x0 <x>\n\
                dmb ish\nmov w0, w8\nret";
    assert_eq!(verdict("aarch64", name, text, text), Verdict::Same);
}

#[test]
fn paths_whose_conditions_contradict_each_other_are_left_out() {
    // Both halves are compared twice: for the store and for the result.
    let text = "dmb ish
        ldr r4, [sp]
        ldr r5, [sp, #0x4]
        ldrexd r8, r9, [r0]
        teq r8, r4
        teqeq r9, r5
        beq 0x30 <x>
        adds r6, r8, r2
        adc r7, r9, r3
        strexd r1, r6, r7, [r0]
        teq r1, #0
        bne 0xc <x>
        eor r1, r8, r4
        eor r0, r9, r5
        orrs r0, r1, r0
        beq 0x44 <x>
        dmb ish
        bx lr";
    let both = verdicts("arm", "atomic64_fetch_add_unless", text, text);
    assert_eq!(both, (Verdict::Same, Some(Verdict::Same)));
}

#[test]
fn the_outcome_of_a_compare_and_exchange_follows_from_the_jump() {
    // The fence is only on the path of success.
    let text = "lr.w a3, (a0)
        fence rw, rw
        mv a4, a1
        amocas.w a4, a2, (a0)
        bne a4, a1, 0x18 <x>
        fence rw, rw
        mv a0, a4
        ret";
    let both = verdicts("riscv64", "atomic_cmpxchg", text, text);
    assert_eq!(both, (Verdict::Same, Some(Verdict::Same)));
    let reverse = text.replace("bne a4", "beq a4");
    assert_eq!(
        verdict("riscv64", "atomic_cmpxchg", &reverse, text),
        Verdict::Weaker
    );
}

/// What an audit says of a function.
fn audit(arch: &str, name: &str, text: &str) -> String {
    let (target, point) = find(arch, name);
    let judged = Judged::new(&read(arch, name, text), &point, &target.isa().unwrap()).unwrap();
    let finding = Finding {
        arch: target.name,
        configuration: "-",
        name: String::new(),
        required: Vec::new(),
        judged,
        instructions: 0,
    };
    finding
        .line()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn an_audit_names_what_is_missing() {
    assert_eq!(audit("aarch64", "atomic_cmpxchg", CMPXCHG), "as-required");
    let cases = [
        ("dmb ish", "nop", "a full fence after `stlxr`"),
        ("dmb ish", "dmb ishst", "a full fence after `stlxr`"),
        ("stlxr", "stxr", "a release of the store of `stxr`"),
    ];
    for (from, to, missing) in cases {
        let found = audit("aarch64", "atomic_cmpxchg", &CMPXCHG.replace(from, to));
        assert!(
            found.starts_with(&format!("kernel-weaker lacks {missing}, for ")),
            "{found}"
        );
    }
    // Only the path that lacks something is named.
    let text = "cbz w0, 0xc <x>\nldadda w0, w0, [x1]\nret\nldadd w0, w0, [x1]\nret";
    assert_eq!(
        audit("aarch64", "atomic_fetch_add_acquire", text),
        "kernel-weaker lacks an acquire of the load of `ldadd`, for its load before later accesses \
         [ldadd]"
    );
    assert_eq!(
        audit("aarch64", "dma_rmb", "dmb ishld\nret"),
        "kernel-weaker lacks a fence between loads that reaches coherent devices, for earlier loads \
         before later loads [dmb ishld]"
    );
    assert_eq!(
        audit("riscv64", "smp_mb", "ret"),
        "kernel-weaker lacks a full fence, for earlier accesses before later accesses [no access \
         and no fence]"
    );
}

#[test]
fn an_audit_finds_a_store_that_does_not_complete_an_atomic_access() {
    let text = "lw a5, 0(a1)\nadd a5, a5, a0\nsw a5, 0(a1)\nret";
    assert_eq!(
        audit("riscv64", "atomic_add", text),
        "kernel-weaker lacks one atomic access: `sw` only stores [lw, sw]"
    );
    let text = "lr.w a5, 0(a1)\nadd a5, a5, a0\nsc.w a5, a5, 0(a1)\nbnez a5, 0x0 <x>\nret";
    assert_eq!(audit("riscv64", "atomic_add", text), "as-required");
}

#[test]
fn an_audit_names_lighter_instructions() {
    let audit = |name: &str, text: &str| audit("aarch64", name, &format!("{text}\nret"));
    let ldaddal = "ldaddal w0, w0, [x1]";
    assert_eq!(audit("atomic_fetch_add", ldaddal), "as-required");
    for (ordering, enough) in [
        ("acquire", "ldadda"),
        ("release", "ldaddl"),
        ("relaxed", "ldadd"),
    ] {
        let found = audit(&format!("atomic_fetch_add_{ordering}"), ldaddal);
        assert_eq!(
            found,
            format!("kernel-stronger `ldaddal` could be `{enough}`")
        );
    }
    // The width stays.
    assert_eq!(
        audit("atomic_i8_xchg_relaxed", "swpalb w1, w0, [x0]"),
        "kernel-stronger `swpalb` could be `swpb`"
    );
    assert_eq!(
        audit("smp_rmb", "dmb ish"),
        "kernel-stronger `dmb ish` could be `dmb ishld`"
    );
    assert_eq!(
        audit("atomic_fetch_add_relaxed", "ldadd w0, w0, [x1]\ndmb ish"),
        "kernel-stronger `dmb ish` is not needed"
    );
    // There is no lighter one.
    let locked = "lock xadd dword ptr [rsi], edi\nmov eax, edi\nret";
    assert_eq!(
        self::audit("x86_64", "atomic_fetch_add_relaxed", locked),
        "as-required"
    );
}

#[test]
fn an_audit_finds_a_fence_that_only_failure_could_do_without() {
    let fenced = CMPXCHG.replace("0x18", "0x14");
    assert_eq!(
        audit("aarch64", "atomic_cmpxchg", &fenced),
        "kernel-stronger on failure, `dmb ish` is not needed"
    );
}

#[test]
fn instructions_that_do_nothing_are_not_counted() {
    let text = "nop\nldaddal w0, w0, [x1]\nnop\nb 0x10 <x>\nret\nmov w0, w1";
    let side = read("aarch64", "atomic_fetch_add", text);
    assert_eq!(side.graph.count(), 3);
}

#[test]
fn the_mean_is_that_of_quotients() {
    let point = find("aarch64", "atomic_fetch_add").1;
    let side = read("aarch64", "atomic_fetch_add", "ldaddal w0, w0, [x1]\nret");
    let line = |ours, kernel| Line {
        arch: "aarch64",
        configuration: "lse",
        name: point.name.clone(),
        comparison: Comparison::new(&side.ordered, &side.ordered, &point),
        ours,
        kernel: Some(kernel),
    };
    let lines = [line(2, 4), line(8, 4)];
    assert!((mean(&lines) - 1.0).abs() < 1e-12);
    assert!(mean(&[line(5, 4)]) > 1.0);
}

#[test]
fn every_table_of_instructions_is_right() {
    for target in &TARGETS {
        target.isa().unwrap_or_else(|error| panic!("{error:#}"));
    }
}
