//! The module `backend` of the drop-in: the choice between inline assembly and C helpers, and the
//! relaxed loads and stores, which are neither.

use super::at_boot::{AtBoot, HAS_LABELS};
use super::partial::Inlined;
use super::patched::Patched;
use super::wrapper::through_wrapper;
use crate::arch::Arch;
use crate::emit::asm::{self, Hosted, Labels, Surroundings};
use crate::emit::barrier::Barriers;
use crate::emit::extern_c::{self, Link};
use crate::emit::text::{Text, attribute};
use crate::model::Spec;
use crate::model::op::Form;
use crate::model::ty::{Family, Repr};
use crate::names;
use crate::plan::Missing;

/// Options that instrument each access in C, but neither in inline assembly nor in Rust. If one of
/// them is on, C helpers are called.
pub const CHECKERS: [&str; 4] = [
    "CONFIG_KASAN",
    "CONFIG_KCSAN",
    "CONFIG_KMSAN",
    "CONFIG_DEBUG_ATOMIC",
];
/// The kernels in which READ_ONCE() is a load-acquire: `arch/arm64/include/asm/rwonce.h`. No other
/// architecture with Rust has its own.
const LOADS_ACQUIRE: &str = "all(CONFIG_ARM64, CONFIG_LTO)";

/// The rule by which relaxed loads and stores are volatile.
const RULE: &str = "\
# Relaxed loads and stores

They are the volatile accesses that READ_ONCE() and WRITE_ONCE() are in C: no call, and no
barrier for the compiler. Rust's own rules do not define a volatile access that races with
another CPU. The kernel's rules do: in Rust as in C, accesses follow the LKMM, which takes a
volatile access of up to the width of a pointer for a marked one. `rust/kernel/io.rs` has the
same rule.

Wider ones, and all if KASAN, KCSAN, KMSAN or DEBUG_ATOMIC is on, are what the other operations
are. On arm64 with LTO, READ_ONCE() is a load-acquire, and so is a relaxed load.";

/// The files of the module, by their names without the extension, below `kernel/sync/atomic/`. With
/// `inline`, there is inline assembly among them; of the architectures in `partial`, only that of the
/// operations in the model.
pub fn modules(
    spec: &Spec,
    barriers: Barriers,
    inline: bool,
    partial: &[(String, Spec)],
) -> Result<Vec<(String, String)>, Missing> {
    let archs: Vec<&Arch> = inline_archs(spec).filter(|_| inline).collect();
    let calls = partial
        .iter()
        .any(|(name, _)| archs.iter().any(|arch| arch.name == *name));
    let mut out = vec![
        ("backend".into(), choice(spec, &archs, calls, barriers)),
        ("backend/helpers".into(), helpers(spec, barriers)),
    ];
    for arch in archs {
        let surroundings = Surroundings {
            labels: Labels::If(HAS_LABELS),
            barriers,
            hosted: Hosted::Kernel,
        };
        let inlined = Inlined::new(arch, partial);
        let text = asm::module_of(spec, arch, surroundings, &|v| inlined.has(v))?;
        let text = through_wrapper(&text, arch.kernel_directive.as_deref(), HAS_LABELS);
        let patched = Patched::of(spec, arch)?;
        let text = inlined.with_helpers(spec, text, patched.is_twice());
        let modules = patched.modules(spec, &inlined, text)?.into_iter();
        out.extend(modules.map(|(name, text)| (format!("backend/{name}"), text)));
    }
    Ok(out)
}

/// The features by which kernels with inline assembly choose instructions at boot.
pub fn found_at_boot(spec: &Spec) -> impl Iterator<Item = AtBoot<'_>> {
    inline_archs(spec).flat_map(AtBoot::of)
}

/// The architectures for which a kernel may have inline assembly.
fn inline_archs(spec: &Spec) -> impl Iterator<Item = &Arch> {
    spec.asm_archs().filter(|arch| arch.kernel)
}

/// What must hold of a kernel with the inline assembly of an architecture, besides that none of
/// [`CHECKERS`] is on.
fn condition(arch: &Arch) -> Vec<String> {
    let mut all = vec![format!("target_arch = \"{}\"", arch.name)];
    let endian = arch.endian.iter();
    all.extend(endian.map(|endian| format!("target_endian = \"{endian}\"")));
    all.extend(arch.kernel_condition.clone());
    if arch.needs_labels() && !all.iter().any(|one| one == HAS_LABELS) {
        all.push(HAS_LABELS.into());
    }
    all
}

/// The Rust side of the helpers.
fn helpers(spec: &Spec, barriers: Barriers) -> String {
    let link = Link::Bindgen {
        module: "crate::bindings",
        prefix: "",
        long_is_isize: true,
    };
    extern_c::module(spec, link, barriers)
}

/// The module itself. `calls` is whether some inline assembly calls helpers.
fn choice(spec: &Spec, archs: &[&Arch], calls: bool, barriers: Barriers) -> String {
    let mut t = Text::default();
    let choice = match archs {
        [] => {
            "The functions that implement the operations: C helpers, except for relaxed loads and\n\
             stores."
        }
        _ => {
            "The functions that implement the operations: inline assembly, or C helpers.\n\n\
             Inline assembly is used where it is right for every CPU that the kernel runs on. If the\n\
             kernel chooses between sets of instructions at boot, as arm64 does between LL/SC and LSE,\n\
             it follows that choice through the kernel's own sequence. C helpers are called on\n\
             other architectures, and if KASAN, KCSAN, KMSAN or DEBUG_ATOMIC is on, because these\n\
             instrument C code, but not inline assembly."
        }
    };
    t.inner_doc(&format!("{choice}\n\n{RULE}"));
    let checked = CHECKERS.join(", ");
    let conditions: Vec<Vec<String>> = archs.iter().map(|arch| condition(arch)).collect();
    for (arch, condition) in archs.iter().zip(&conditions) {
        let all = [&condition[..], &[format!("not(any({checked}))")]].concat();
        emit_module(&mut t, &format!("all({})", all.join(", ")), &arch.name);
    }
    if archs.is_empty() {
        t.line("mod helpers;");
        t.line("use helpers as arch;");
        t.line("");
    } else {
        let all = conditions.iter().map(|all| match all.as_slice() {
            [one] => one.clone(),
            _ => format!("all({})", all.join(", ")),
        });
        let any = match all.collect::<Vec<_>>().as_slice() {
            [one] => one.clone(),
            any => format!("any({})", any.join(", ")),
        };
        let uncalled = format!("any({checked}, not({any}))");
        if calls {
            t.line("#[allow(dead_code, reason = \"some operations are inlined\")]");
            t.line("mod helpers;");
            t.lines(&attribute(&format!("cfg({uncalled})")));
            t.line("use helpers as arch;");
            t.line("");
        } else {
            emit_module(&mut t, &uncalled, "helpers");
        }
    }
    if barriers != Barriers::None {
        t.line("pub(crate) use arch::*;");
        t.line("");
    }
    // A plain load or store is atomic with respect to an RMW only if the RMW takes no lock.
    t.lines(
        "const _: () = assert!(\n    cfg!(CONFIG_ARCH_SUPPORTS_ATOMIC_RMW),\n    \
         \"loads and stores are atomic with respect to other operations only if those \
         take no lock\"\n);",
    );
    t.line("");
    emit_accesses(&mut t, spec, &checked);
    t.finish()
}

/// Emits the declaration of a module that implements the operations in some kernels.
fn emit_module(t: &mut Text, condition: &str, name: &str) {
    t.lines(&attribute(&format!("cfg({condition})")));
    t.line(format!("#[path = \"backend/{name}.rs\"]"));
    t.line("mod arch;");
    t.line("");
}

/// The modules of the families, with relaxed loads and stores.
const ACCESSES: &str = include_str!("../../templates/accesses.rs");

/// Emits the modules of the families that have relaxed loads and stores. A family without them is
/// that of the inline assembly or the helpers.
fn emit_accesses(t: &mut Text, spec: &Spec, checked: &str) {
    let has = |family: &Family, form: Form, name: &str| {
        let mut variants = spec.variants_of(&family.name);
        variants.any(|v| v.of.form == form && v.name() == name)
    };
    let families = spec.types.families.iter();
    let families = families.filter(|f| has(f, Form::Load, "read") && has(f, Form::Store, "set"));
    let families: Vec<&Family> = families.collect();
    if families.is_empty() {
        return;
    }
    let checked = checked.replace(", ", ",\n    ");
    let text = ACCESSES.replace("CHECKED", &checked);
    t.lines(text.replace("LOADS_ACQUIRE", LOADS_ACQUIRE).trim_end());
    t.line("");
    t.block("accesses!", |t| {
        for family in families {
            let name = names::backend_module(family);
            let value = match family.repr {
                Repr::Int(name) => name,
                Repr::Pointer => "*const core::ffi::c_void",
            };
            t.line(format!("{name}: {value};"));
        }
    });
}
