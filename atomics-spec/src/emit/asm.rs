//! The inline-asm backend of one architecture: one function per variant, by its C name, with
//! the arguments of its C prototype.

mod native;

use native::Native;

use super::barrier::{Barriers, has_store_mb};
use super::signature;
use super::text::{Text, allow_c_name, fresh};
use crate::arch::{Arch, Feature, Features, Fence, Line};
use crate::expr::Expr;
use crate::model::op::ArgKind;
use crate::model::{Spec, Variant};
use crate::names::rust_ident;
use crate::plan::{Choice, Derived, Missing, Plan, Planners, Tells};

/// Whether `asm!` may jump to a `label` block, which it may since Rust 1.87.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// It may.
    Always,
    /// It may not: a condition becomes a value first.
    Never,
    /// It may where this is configured.
    If(&'static str),
}

/// Whether the module can ask the CPU for a feature, which it does by macros of `std`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosted {
    /// It can.
    Always,
    /// It cannot: it has what the compiler is told of.
    Never,
    /// It can where this is configured.
    If(&'static str),
}

/// What the surroundings of a module offer.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Jumps.
    pub labels: Labels,
    /// The barriers that are needed.
    pub barriers: Barriers,
    /// Features of the CPU that are found out at run time.
    pub hosted: Hosted,
}

/// The module of one architecture.
///
/// # Errors
///
/// If its table leaves no way to carry out a variant.
pub fn module(spec: &Spec, arch: &Arch, options: Options) -> Result<String, Missing> {
    let planners = Planners::new(spec, arch);
    let mut text = Text::default();
    text.inner_doc(&format!(
        "Inline assembly for {}.\n\n\
         Each function is the C function of its name. An instruction's meaning stands above it.\n\n\
         No block has the options `nomem`, `readonly` or `pure`: to the compiler each is an access\n\
         to unknown memory, over which it moves no other access. That is the compiler's half of\n\
         every ordering, and it keeps dependencies alive, because nothing is known of a value that\n\
         comes out of a block.\n\n\
         # Safety\n\n\
         The contract of every function: its pointers are valid for reads and writes, and accesses\n\
         to `v` from elsewhere at the same time are no data races with atomic ones. `v` is aligned to\n\
         the size of its type. A `*const` is to be valid for writes as well, because there are CPUs\n\
         that load a wide value by storing what is there already.",
        arch.name
    ));
    text.line("use core::arch::asm;");
    if spec
        .types
        .families
        .iter()
        .any(|f| f.repr.rust().contains("c_void"))
    {
        text.line("use core::ffi::c_void;");
    }
    let mut fences = Vec::new();
    let mut words = false;
    let mut features: Vec<usize> = Vec::new();
    for variant in spec.variants() {
        let choice = planners.choose(&variant)?;
        for plan in choice.plans() {
            match plan {
                Plan::Fenced { before, after, .. } => fences.extend(before.iter().chain(after)),
                Plan::Native(template) => words |= template.word.is_some(),
                _ => {}
            }
        }
        asked(&choice, &mut features);
        text.line("");
        function(&mut text, arch, &variant, &choice, options.labels);
    }
    fences.sort_unstable();
    fences.dedup();
    for name in options.barriers.backend(spec) {
        for (needs, _) in arch.barrier_choices(name) {
            features.extend((0..arch.features.len()).filter(|index| needs.has(*index)));
        }
    }
    for (index, feature) in arch.features.iter().enumerate() {
        if features.contains(&index) {
            text.line("");
            ask(&mut text, feature, options.hosted);
        }
    }
    if words {
        text.line("");
        text.lines(include_str!("templates/word.rs").trim_end());
    }
    for name in options.barriers.backend(spec) {
        let choices = arch.barrier_choices(name).collect();
        barrier(&mut text, name, &format!("`{name}()`."), choices, arch);
    }
    for fence in fences {
        let what = "A fence around relaxed operations.";
        let choices = vec![(Features::NONE, arch.fence(fence))];
        barrier(&mut text, fence_name(fence), what, choices, arch);
    }
    if has_store_mb(spec) {
        text.line("");
        text.doc("Whether `smp_store_mb()` is an exchange.");
        let is_xchg = arch.store_mb_is_xchg;
        text.line(format!(
            "pub(crate) const STORE_MB_IS_XCHG: bool = {is_xchg};"
        ));
    }
    Ok(text.finish())
}

/// Adds the features that a choice asks for.
fn asked(choice: &Choice<'_>, features: &mut Vec<usize>) {
    if let Choice::If {
        features: own,
        then,
        otherwise,
    } = choice
    {
        features.extend(own);
        asked(then, features);
        asked(otherwise, features);
    }
}

/// The function that tells whether the CPU has a feature.
fn ask(text: &mut Text, feature: &Feature, hosted: Hosted) {
    let name = rust_ident(&feature.name);
    let target = &feature.target;
    let known = format!("cfg!(target_feature = {target:?})");
    let asks = feature.detect.as_ref();
    let asks = asks.map(|detect| format!("std::arch::{detect}!({target:?})"));
    text.doc(&match (&asks, hosted) {
        (None, _) | (_, Hosted::Never) => {
            format!("Whether the CPU has {name}, as far as the compiler is told.")
        }
        (_, Hosted::Always) => format!("Whether the CPU has {name}."),
        (_, Hosted::If(_)) => format!(
            "Whether the CPU has {name}: as far as the compiler is told, or, with `std`, as the \
             CPU says."
        ),
    });
    text.line("#[inline(always)]");
    text.block(&format!("fn {name}() -> bool"), |t| match (asks, hosted) {
        (None, _) | (_, Hosted::Never) => t.line(known),
        (Some(asks), Hosted::Always) => t.line(asks),
        (Some(asks), Hosted::If(option)) => {
            // A macro that is not there cannot stand behind `cfg!`.
            t.line(format!("#[cfg({option})]"));
            t.line(format!("return {asks};"));
            t.line(format!("#[cfg(not({option}))]"));
            t.line(known);
        }
    });
}

fn fence_name(fence: Fence) -> &'static str {
    match fence {
        Fence::Acquire => "fence_acquire",
        Fence::Release => "fence_release",
        Fence::FullBefore => "fence_full_before",
        Fence::FullAfter => "fence_full_after",
    }
}

/// A barrier, with the features that its lines need: at the end nothing.
fn barrier(
    text: &mut Text,
    name: &str,
    what: &str,
    choices: Vec<(Features, &[Line])>,
    arch: &Arch,
) {
    text.line("");
    text.doc(what);
    allow_c_name(text, name);
    text.line("#[inline(always)]");
    text.block(&format!("pub(crate) fn {name}()"), |t| {
        let mut start = "if";
        for (needs, lines) in choices {
            let has = (0..arch.features.len()).filter(|index| needs.has(*index));
            let all: Vec<String> = has.map(|index| question(arch, index)).collect();
            match (all.is_empty(), start) {
                (true, "if") => return instructions(t, lines, arch),
                (true, _) => t.line("} else {"),
                (false, _) => t.line(format!("{start} {} {{", all.join(" && "))),
            }
            t.indented(|t| instructions(t, lines, arch));
            start = "} else if";
        }
        t.line("}");
    });
}

/// The instructions of a barrier.
fn instructions(t: &mut Text, lines: &[Line], arch: &Arch) {
    if lines.is_empty() {
        t.comment(
            "SAFETY: There is no instruction in it. What is left stops the compiler from moving \
             accesses over it.",
        );
        t.line("unsafe { asm!(\"\", options(nostack, preserves_flags)) };");
        return;
    }
    t.comment(
        "SAFETY: Memory and registers are afterwards what they were. Where an instruction writes, \
         it writes back what it found in one atomic access, so that even the red zone of the stack \
         survives it.",
    );
    t.block("unsafe", |t| {
        t.line("asm!(");
        t.indented(|t| {
            for line in lines {
                t.comment(&sentence(&line.meaning));
                t.line(format!("{:?},", line.text));
            }
            // As in a template: barriers are instructions of their own kind, and change the condition
            // codes only where everything does.
            if let Some(register) = arch.flags_register.as_ref().filter(|_| arch.flags) {
                t.comment("The condition codes.");
                t.line(format!("out({register:?}) _,"));
            }
            t.comment("The stack pointer stays.");
            t.line(if arch.flags {
                "options(nostack),"
            } else {
                "options(nostack, preserves_flags),"
            });
        });
        t.line(");");
    });
}

/// The question whether the CPU has a feature.
fn question(arch: &Arch, index: usize) -> String {
    format!("{}()", rust_ident(&arch.features[index].name))
}

fn sentence(meaning: &str) -> String {
    let mut chars = meaning.chars();
    let first = chars
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    let end = if meaning.ends_with('?') { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

fn function(text: &mut Text, arch: &Arch, v: &Variant<'_>, choice: &Choice<'_>, labels: Labels) {
    let has_condition = |plan: &&Plan<'_>| match plan {
        Plan::Native(template) => template.condition.is_some(),
        _ => false,
    };
    if let (Labels::If(option), true) = (labels, choice.plans().iter().any(has_condition)) {
        let both = [
            (option.to_owned(), Labels::Always),
            (format!("not({option})"), Labels::Never),
        ];
        for (index, (cfg, labels)) in both.iter().enumerate() {
            if index > 0 {
                text.line("");
            }
            text.line(format!("#[cfg({cfg})]"));
            function(text, arch, v, choice, *labels);
        }
        return;
    }
    text.doc(&format!(
        "`{}()`: {}.",
        v.function(),
        super::docs::strength(v)
    ));
    text.doc("");
    text.doc("# Safety");
    text.doc("");
    text.doc("See the [module](self).");
    text.line("#[inline(always)]");
    let head = format!("pub(crate) unsafe fn {}", v.function());
    text.signature(
        &head,
        &signature::params(v),
        signature::ret(v).as_deref(),
        &[],
    );
    text.indented(|t| chosen(t, arch, v, choice, labels));
    text.line("}");
}

/// The body of a function.
fn chosen(t: &mut Text, arch: &Arch, v: &Variant<'_>, choice: &Choice<'_>, labels: Labels) {
    let mut rest = choice;
    let mut start = "if";
    loop {
        match rest {
            Choice::Same(plan) if start == "if" => return planned(t, arch, v, plan, labels),
            Choice::Same(plan) => {
                t.line("} else {");
                t.indented(|t| planned(t, arch, v, plan, labels));
                return t.line("}");
            }
            Choice::If {
                features,
                then,
                otherwise,
            } => {
                let all: Vec<String> = features.iter().map(|i| question(arch, *i)).collect();
                t.line(format!("{start} {} {{", all.join(" && ")));
                t.indented(|t| chosen(t, arch, v, then, labels));
                rest = otherwise;
                start = "} else if";
            }
        }
    }
}

/// The body of a function on CPUs for which there is one plan.
fn planned(t: &mut Text, arch: &Arch, v: &Variant<'_>, plan: &Plan<'_>, labels: Labels) {
    match plan {
        Plan::Native(template) => Native {
            v,
            arch,
            template,
            labels: labels == Labels::Always,
        }
        .body(t),
        Plan::Fenced {
            relaxed,
            before,
            after,
        } => {
            let returns = signature::ret(v).is_some();
            if let Some(fence) = before {
                t.line(format!("{}();", fence_name(*fence)));
            }
            let bind = returns && after.is_some();
            let result = fresh("result", v.of.op);
            let before = if bind {
                format!("let {result} = ")
            } else {
                String::new()
            };
            let end = if bind || !returns { ";" } else { "" };
            t.proven(SAME, &before, &call(v, relaxed, &own_args(v)), end);
            if let Some(fence) = after {
                t.line(format!("{}();", fence_name(*fence)));
            }
            if bind {
                t.line(result);
            }
        }
        Plan::Stronger(full) => {
            t.comment(&format!(
                "{} has nothing weaker that would be cheaper.",
                arch.name
            ));
            let end = if signature::ret(v).is_some() { "" } else { ";" };
            t.proven(SAME, "", &call(v, full, &own_args(v)), end);
        }
        Plan::Derived(derived) => derive(t, v, derived),
        Plan::Loop { read, exchange } => looped(t, v, read, exchange),
    }
}

/// Why a function may call another one of the module.
const SAME: &str = "The caller keeps the contract of this function, which is that of the other.";

/// Our own arguments by name, but for the variable.
fn own_args(v: &Variant<'_>) -> Vec<String> {
    v.of.op.operands().map(|a| rust_ident(&a.name)).collect()
}

/// A call in `v` of another variant, on the same variable, with its operands in order.
fn call(v: &Variant<'_>, target: &Variant<'_>, operands: &[String]) -> String {
    let mut operands = operands.iter();
    let args = target.of.op.args.iter().map(|arg| match arg.kind {
        ArgKind::Variable { .. } => rust_ident(v.of.op.variable()),
        _ => operands.next().cloned().unwrap_or_default(),
    });
    format!(
        "{}({})",
        target.function(),
        args.collect::<Vec<_>>().join(", ")
    )
}

/// An expression in Rust; `p` arguments stand for what they point to.
fn rust(v: &Variant<'_>, expr: &Expr, old: &str) -> String {
    let op = v.of.op;
    expr.rust(v.family.repr.rust(), &|name| {
        if name == op.variable() {
            old.to_owned()
        } else if op.pointer().is_some_and(|p| p.name == name) {
            expected(v)
        } else {
            rust_ident(name)
        }
    })
}

/// The local variable for what a `p` argument points to.
fn expected(v: &Variant<'_>) -> String {
    fresh("expected", v.of.op)
}

/// Reads what a `p` argument points to.
fn read_pointer(t: &mut Text, v: &Variant<'_>) {
    if let Some(pointer) = v.of.op.pointer() {
        let name = rust_ident(&pointer.name);
        let before = format!("let {} = ", expected(v));
        t.proven(POINTER, &before, &format!("*{name}"), ";");
    }
}

/// Writes what was found through a `p` argument if the operation failed.
fn write_pointer(t: &mut Text, v: &Variant<'_>, failed: &str, found: &str) {
    if let Some(pointer) = v.of.op.pointer() {
        t.block(&format!("if {failed}"), |t| {
            t.proven(
                POINTER,
                "",
                &format!("*{} = {found}", rust_ident(&pointer.name)),
                ";",
            );
        });
    }
}

const POINTER: &str = "The pointer is valid, as the caller promises.";

fn derive(t: &mut Text, v: &Variant<'_>, derived: &Derived<'_>) {
    let Derived {
        source,
        args,
        tells,
    } = derived;
    let returned = v.of.result();
    read_pointer_unless_passed(t, v, *tells);
    let mut found = fresh("old", v.of.op);
    let operands: Vec<String> = source
        .of
        .op
        .operands()
        .zip(args)
        .map(|(arg, expr)| match (arg.kind, tells) {
            (ArgKind::Pointer, Tells::Result) => super::instructions::expr_name(expr),
            (ArgKind::Pointer, _) => {
                t.line(format!("let mut {found} = {};", rust(v, expr, "")));
                format!("&mut {found}")
            }
            _ => rust(v, expr, ""),
        })
        .collect();
    let call = call(v, source, &operands);
    match tells {
        Tells::Result => {
            let end = if returned.is_some() { "" } else { ";" };
            t.proven(SAME, "", &call, end);
        }
        Tells::Old if source.of.op.pointer().is_some() => t.proven(SAME, "", &call, ";"),
        Tells::Old if returned.is_none() && v.of.op.pointer().is_none() => {
            t.proven(SAME, "", &call, ";");
        }
        Tells::Old => t.proven(SAME, &format!("let {found} = "), &call, ";"),
        Tells::New => {
            found = fresh("new", v.of.op);
            t.proven(SAME, &format!("let {found} = "), &call, ";");
        }
    }
    if *tells == Tells::Result {
        return;
    }
    if let Some(fails) = &v.of.meaning.fails {
        let failed = rust(v, &v.of.meaning.expand(fails), &found);
        write_pointer(t, v, &failed, &found);
    }
    if let Some(result) = returned {
        // From the new value if that is what is known, else from the old one.
        let result = if *tells == Tells::Old {
            v.of.meaning.expand(&result)
        } else {
            result
        };
        t.line(rust(v, &result, &found));
    }
}

fn read_pointer_unless_passed(t: &mut Text, v: &Variant<'_>, tells: Tells) {
    if tells != Tells::Result {
        read_pointer(t, v);
    }
}

fn looped(t: &mut Text, v: &Variant<'_>, read: &Variant<'_>, exchange: &Variant<'_>) {
    let op = v.of.op;
    let meaning = v.of.meaning;
    let (found, next) = (fresh("found", op), fresh("next", op));
    read_pointer(t, v);
    t.proven(
        SAME,
        &format!("let mut {found} = "),
        &call(v, read, &[]),
        ";",
    );
    t.block("loop", |t| {
        if let Some(fails) = &meaning.fails {
            let fails = rust(v, &meaning.expand(fails), &found);
            t.block(&format!("if {fails}"), |t| t.line("break;"));
        }
        if let Some(new) = &meaning.new {
            t.line(format!("let {next} = {};", rust(v, new, &found)));
        }
        let call = call(v, exchange, &[format!("&mut {found}"), next.clone()]);
        t.proven(
            "The caller keeps the contract of this function; the other pointer is to a local.",
            &format!("let {} = ", fresh("stored", op)),
            &call,
            ";",
        );
        t.block(&format!("if {}", fresh("stored", op)), |t| t.line("break;"));
    });
    if let Some(fails) = &meaning.fails {
        let failed = rust(v, &meaning.expand(fails), &found);
        write_pointer(t, v, &failed, &found);
    }
    if let Some(result) = v.of.result() {
        t.line(rust(v, &meaning.expand(&result), &found));
    }
}
