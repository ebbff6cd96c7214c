//! The loads and stores of variables that are only accessed in their own size: those of `core`,
//! between barriers for the compiler.

use std::collections::BTreeSet;

use super::signature;
use super::text::{Text, import as import_of};
use crate::arch::Fill;
use crate::model::op::{ArgKind, Form};
use crate::model::ty::{Family, Repr};
use crate::model::{Spec, Variant};
use crate::names::{self, rust_ident};

/// The documentation of the module `typed` of a backend.
const DOC: &str = "\
The operations of variables that are only accessed in their own size, as `Atomic<T>` is: their loads \
and stores are those of `core`, which need no register for an address or a constant.";

/// Why that is right.
const PROOF: &str = "\
By Rust's rules, there is no data race: all accesses to such a variable are atomic and have its size. \
Those in assembly or in C are instructions that `core` could have as well.

The accesses are as strong as if they were in assembly. The empty blocks before and after them keep \
the compiler from merging, moving or leaving out accesses, as C keeps volatile accesses in order. What \
is loaded goes through the second block, so that the compiler knows nothing of it and keeps the \
dependencies on it. Otherwise it would know which values a private `static` can have, by all stores \
to it.

Only relaxed accesses are those of `core`. Its stronger orderings are not those of the LKMM.";

/// What the documentation says of accesses of several sizes.
pub(super) struct Sizes {
    /// A paragraph on what is allowed.
    pub paragraph: &'static str,
    /// The end of the safety contract of `from_ptr()`.
    pub contract: &'static str,
    /// The end of the sentence on what a pointer to the value is for.
    pub purpose: &'static str,
}

impl Sizes {
    /// The texts. With `typed`, loads and stores are those of `core`, whose rules they follow.
    pub fn new(typed: bool) -> Self {
        match typed {
            true => Self {
                paragraph: "\
//! Accesses of different sizes to the same memory are allowed to C and to the functions on raw
//! pointers. They are not to [`Atomic`], whose loads and stores are those of `core` to the
//! compiler: accesses at the same time as those have the size of the variable.",
                contract: ".\n    /// Those that may run at the same time as accesses through the \
                           reference also have the\n    /// size of `T`",
                purpose: "",
            },
            false => Self {
                paragraph: "\
//! Accesses of different sizes to the same memory are allowed.",
                contract: "",
                purpose: " or for accesses of another size",
            },
        }
    }
}

/// How a function of the module is implemented.
pub(super) enum Way<'s> {
    /// By an access of `core`.
    Core,
    /// By the relaxed function, which is as strong.
    Same(Variant<'s>),
    /// By the relaxed function and a fence.
    Fenced(Variant<'s>),
}

/// How a loaded value goes through a register.
pub(super) struct Carrier {
    /// What is above the value, if the register is wider.
    pub wide: Option<Fill>,
    /// Its class.
    pub class: String,
    /// The operand, as an instruction names it.
    pub operand: String,
}

/// The functions of a family.
pub(super) struct Accesses<'s> {
    pub family: &'s Family,
    /// Those that follow from loads and stores of `core`.
    pub functions: Vec<(Variant<'s>, Way<'s>)>,
    /// The others of the same classes, which are as they are elsewhere in the backend.
    pub others: Vec<String>,
    pub carrier: Carrier,
}

impl<'s> Accesses<'s> {
    /// The functions of a family, of which `way` says how they are implemented. None if the family has
    /// neither loads nor stores.
    ///
    /// # Errors
    ///
    /// Those of `way`.
    pub fn new<E>(
        spec: &'s Spec,
        family: &'s Family,
        carrier: Carrier,
        way: impl Fn(&Variant<'s>) -> Result<Option<Way<'s>>, E>,
    ) -> Result<Option<Self>, E> {
        let mut all = Self {
            family,
            functions: Vec::new(),
            others: Vec::new(),
            carrier,
        };
        for v in spec.variants_of(&family.name) {
            if !is_mixed(spec, true, v.of.meaning.class) {
                continue;
            }
            let way = match is_form(v.of.form) {
                true => way(&v)?,
                false => None,
            };
            match way {
                Some(way) => all.functions.push((v, way)),
                None => all.others.push(rust_ident(&v.name())),
            }
        }
        let is_empty = all.functions.is_empty() && all.others.is_empty();
        Ok((!is_empty).then_some(all))
    }
}

/// Whether a form only loads or only stores.
pub(super) fn is_form(form: Form) -> bool {
    matches!(form, Form::Load | Form::Store)
}

/// Whether a class has loads or stores that are others for functions on raw pointers.
pub(super) fn is_mixed(spec: &Spec, typed: bool, class: usize) -> bool {
    let mut forms = spec.forms();
    typed && forms.any(|form| form.meaning.class == class && is_form(form.form))
}

/// The module with the families of a class, for variables that are accessed in their own size.
pub(super) fn module_of(spec: &Spec, typed: bool, class: usize) -> &'static str {
    match is_mixed(spec, typed, class) {
        true => "typed",
        false => "backend",
    }
}

/// The import of such modules.
pub(super) fn import(modules: &BTreeSet<&str>) -> String {
    let modules: Vec<&str> = modules.iter().copied().collect();
    match modules.as_slice() {
        ["backend"] => "use super::backend;".into(),
        ["typed"] => "use super::backend::typed;".into(),
        _ => "use super::backend::{self, typed};".into(),
    }
}

/// The macros that the functions use, for blocks with `options`.
pub(super) fn macros(families: &[Accesses<'_>], options: &str) -> String {
    let uses = |form: Form| {
        let mut functions = families.iter().flat_map(|family| &family.functions);
        functions.any(|(v, way)| matches!(way, Way::Core) && v.of.form == form)
    };
    let (loads, stores) = (uses(Form::Load), uses(Form::Store));
    let mut macros = Vec::new();
    if loads || stores {
        macros.push(include_str!("templates/backend_typed.rs"));
    }
    if loads {
        macros.push(include_str!("templates/backend_typed_load.rs"));
    }
    if stores {
        macros.push(include_str!("templates/backend_typed_store.rs"));
    }
    macros.join("\n").replace("$options", options)
}

/// Emits the module. `imports` are the functions of the backend that it uses.
pub(super) fn emit(t: &mut Text, families: &[Accesses<'_>], imports: &[&str]) {
    t.doc(DOC);
    for paragraph in PROOF.split("\n\n") {
        t.doc("");
        t.doc(paragraph);
    }
    t.block("pub(crate) mod typed", |t| {
        match imports {
            [] => {}
            [one] => t.line(format!("use super::{one};")),
            all => t.line(format!("use super::{{{}}};", all.join(", "))),
        }
        for (index, accesses) in families.iter().enumerate() {
            if index > 0 || !imports.is_empty() {
                t.line("");
            }
            emit_family(t, accesses);
        }
    });
}

fn emit_family(t: &mut Text, accesses: &Accesses<'_>) {
    let family = accesses.family;
    let module = names::backend_module(family);
    t.block(&format!("pub(crate) mod {module}"), |t| {
        if !accesses.others.is_empty() {
            let others = accesses.others.iter().cloned().collect();
            let import = import_of(&format!("super::super::{module}"), &others);
            t.lines(&format!("pub(crate) {}", import.trim_end()));
        }
        if accesses.functions.is_empty() {
            return;
        }
        if family.repr == Repr::Pointer {
            t.line("use core::ffi::c_void;");
        }
        t.line(format!(
            "use core::sync::atomic::{{{}, Ordering::Relaxed}};",
            names::core_atomic(family.repr)
        ));
        t.line("");
        t.block("functions!", |t| {
            for (v, way) in &accesses.functions {
                let params = signature::params(v).join(", ");
                let ret = signature::ret(v).map_or(String::new(), |ret| format!(" -> {ret}"));
                let head = format!("fn {}({params}){ret}", rust_ident(&v.name()));
                let body = body(v, way, &accesses.carrier);
                let one = format!("{head} {{ {body} }}");
                if one.chars().count() <= t.room() {
                    t.line(one);
                } else {
                    t.block(&head, |t| t.line(body));
                }
            }
        });
    });
}

/// The body of a function.
fn body(v: &Variant<'_>, way: &Way<'_>, carrier: &Carrier) -> String {
    let args = v.of.op.args.iter().map(|arg| rust_ident(&arg.name));
    let args: Vec<String> = args.collect();
    let call = |relaxed: &Variant<'_>| {
        let name = rust_ident(&relaxed.name());
        format!("{name}({})", args.join(", "))
    };
    let end = if v.of.form == Form::Store { ";" } else { "" };
    match way {
        Way::Core => core_access(v, carrier),
        Way::Same(relaxed) => format!("call!({}){end}", call(relaxed)),
        Way::Fenced(relaxed) => {
            let ordering = v.ordering.name().to_ascii_lowercase();
            format!("fenced!({ordering}: {}){end}", call(relaxed))
        }
    }
}

/// The access of `core`.
fn core_access(v: &Variant<'_>, carrier: &Carrier) -> String {
    let repr = v.family.repr;
    let variable = rust_ident(v.of.op.variable());
    let mut atomic = names::core_atomic(repr);
    if repr == Repr::Pointer {
        atomic += "<c_void>";
    }
    if v.of.form == Form::Store {
        let value = v.of.op.operands().find(|arg| arg.kind == ArgKind::Value);
        let value = value.map_or(String::new(), |arg| rust_ident(&arg.name));
        let mutable = match repr {
            Repr::Pointer => ".cast_mut()",
            Repr::Int(_) => "",
        };
        return format!("store!({variable}: {atomic} = {value}{mutable});");
    }
    let wide = match (carrier.wide, repr) {
        (Some(Fill::Sign), Repr::Int(name)) => format!(" as {name} as isize"),
        (Some(_), Repr::Int(name)) => format!(" as {} as usize", name.replacen('i', "u", 1)),
        _ => String::new(),
    };
    format!(
        "load!({variable}: {atomic}{wide} => {}, {} {:?})",
        repr.rust(),
        carrier.class,
        carrier.operand
    )
}
