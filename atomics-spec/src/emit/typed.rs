//! Generates the modules with the operations as methods of `Atomic<T>`.

use std::collections::BTreeSet;

use super::docs;
use super::text::Text;
use crate::expr::{Expr, Yields};
use crate::model::op::{ArgKind, Form};
use crate::model::ty::Operand;
use crate::model::{FormOf, Spec};
use crate::names::{self, rust_ident};

/// The modules by the operands of their classes: their names, and what they have.
const MODULES: [(Operand, &str, &str); 3] = [
    (
        Operand::Stored,
        "typed",
        "The operations that store values unchanged, as methods of [`Atomic`].",
    ),
    (
        Operand::Delta,
        "typed_delta",
        "The operations that add and subtract, as methods of [`Atomic`].",
    ),
    (
        Operand::Value,
        "typed_value",
        "The operations that compute with values of the type, as methods of [`Atomic`].",
    ),
];

/// Arguments that are orderings have a name for the reader; the code needs only their types.
pub(super) const ORDERING_IS_A_TYPE: &str =
    "#[allow(unused_variables, reason = \"the type of an ordering says all\")]";

/// The names of the modules that `spec` needs.
pub fn names(spec: &Spec) -> impl Iterator<Item = &'static str> {
    let needed = |operand: Operand| spec.typed_forms().any(|f| f.class.operand == operand);
    MODULES
        .into_iter()
        .filter(move |(operand, _, _)| needed(*operand))
        .map(|(_, name, _)| name)
}

/// The modules with their names; `path` is the path of the generated items in examples. With
/// `aliases`, a search of the documentation finds the methods by all names of what they replace.
pub fn modules(spec: &Spec, aliases: bool, path: &str) -> Vec<(&'static str, String)> {
    let mut modules = Vec::new();
    for (operand, name, title) in MODULES {
        if names(spec).any(|needed| needed == name) {
            modules.push((name, module(spec, operand, title, aliases, path)));
        }
    }
    modules
}

/// The methods of the classes with an operand.
fn module(spec: &Spec, of: Operand, title: &str, aliases: bool, path: &str) -> String {
    let mut t = Text::default();
    t.line(ORDERING_IS_A_TYPE);
    let mut used: BTreeSet<String> = ["Atomic".into(), "AtomicType".into()].into();
    let mut internal = BTreeSet::new();
    let mut orderings = BTreeSet::new();
    t.block("impl<T: AtomicType> Atomic<T>", |t| {
        let forms = spec.typed_forms().filter(|f| f.class.operand == of);
        for (index, form) in forms.enumerate() {
            if index > 0 {
                t.line("");
            }
            orderings.insert(names::ordering_trait(form.orderings()));
            let typed = Typed { form };
            typed.method(t, spec, aliases, path);
            match typed.bound() {
                // Through an ordering, a method that every type has needs no bound.
                Bound::Ops(_) if form.orderings().len() > 1 && typed.wheres(spec).is_empty() => {}
                Bound::Ops(name) => drop(internal.insert(name)),
                Bound::Class(name) => {
                    used.insert(name);
                    if form.orderings().len() == 1 {
                        // With one ordering, the method calls the trait of the class directly.
                        internal.insert(names::ops_trait(form.class));
                    }
                }
                Bound::Add => {
                    used.insert("AtomicAdd".into());
                    if form.orderings().len() == 1 {
                        internal.insert(names::ops_trait(form.class));
                    }
                }
            }
        }
    });
    let mut head = Text::default();
    head.inner_doc(title);
    head.finish()
        + &super::text::import("super::internal", &internal)
        + &super::text::import("super::ordering", &orderings)
        + &super::text::import("super", &used)
        + "\n"
        + &t.finish()
}

/// The bound that a method puts on `T`.
enum Bound {
    /// C has the class of operations for the representation of `T`.
    Ops(String),
    /// The values that the class computes are values of `T`.
    Class(String),
    /// `Rhs` can be added to `T`.
    Add,
}

/// A form as a method of `Atomic<T>`.
#[derive(Clone, Copy)]
pub(super) struct Typed<'s> {
    /// The form.
    pub form: FormOf<'s>,
}

impl Typed<'_> {
    fn bound(&self) -> Bound {
        let class = self.form.class;
        match class.operand {
            Operand::Stored => Bound::Ops(names::ops_trait(class)),
            Operand::Delta if self.form.op.operands().count() > 0 => Bound::Add,
            _ => Bound::Class(names::class_trait(class)),
        }
    }

    /// Whether the method takes a value to add.
    pub fn takes_rhs(&self) -> bool {
        matches!(self.bound(), Bound::Add)
    }

    /// The generic parameters beyond `T`.
    pub fn generics(&self) -> Vec<String> {
        let mut generics = Vec::new();
        if self.takes_rhs() {
            generics.push("Rhs".to_owned());
        }
        if self.form.orderings().len() > 1 {
            generics.push(format!(
                "O: {}",
                names::ordering_trait(self.form.orderings())
            ));
        }
        generics
    }

    /// The type of the ordering: a generic parameter if there are several orderings. A single
    /// ordering is `impl Trait`, so that `add::<Rhs>` has the one parameter that it has in the
    /// kernel.
    pub fn ordering(&self) -> String {
        match self.form.orderings() {
            [_] => format!("impl {}", names::ordering_trait(self.form.orderings())),
            _ => "O".into(),
        }
    }

    /// The operands with their types.
    pub fn operands(&self) -> Vec<String> {
        let operand = |a: &crate::model::op::Arg| {
            let ty = match a.kind {
                _ if self.takes_rhs() => "Rhs",
                ArgKind::Pointer if !self.form.returns_result() => "&mut T",
                _ => "T",
            };
            format!("{}: {ty}", rust_ident(&a.name))
        };
        self.form.op.operands().map(operand).collect()
    }

    /// The return type, if the method returns a value.
    pub fn ret(&self) -> Option<String> {
        if self.form.returns_result() {
            return Some("Result<T, T>".into());
        }
        super::signature::returns(&self.form, "T")
    }

    /// What the method needs of `T`.
    pub fn needs(&self) -> String {
        match self.bound() {
            Bound::Ops(name) => format!("T::Repr: {name}"),
            Bound::Class(name) => format!("T: {name}"),
            Bound::Add => "T: AtomicAdd<Rhs>".into(),
        }
    }

    /// The bounds on `T`: what the method needs, unless `AtomicType` promises it.
    pub fn wheres(&self, spec: &Spec) -> Vec<String> {
        match self.bound() {
            Bound::Ops(_) if spec.is_on_all(self.form.meaning.class) => Vec::new(),
            _ => vec![self.needs()],
        }
    }

    /// Why the result must not be dropped, if so: the operation only loads, or it returns a truth
    /// value, without which nobody takes it. A `Result` says so itself. What returns a value may be
    /// called for its effect and its ordering.
    pub fn must_use(&self) -> Option<&'static str> {
        let form = &self.form;
        match form.result().map(|result| result.yields()) {
            Some(_) if form.returns_result() => None,
            Some(_) if form.form == Form::Load => Some("a load is only for its value"),
            Some(Yields::Truth) if form.can_fail() => Some("it may have failed and stored nothing"),
            Some(Yields::Truth) => Some("the outcome of its test is lost"),
            _ => None,
        }
    }

    /// Emits the attribute that says so.
    pub fn emit_must_use(&self, t: &mut Text) {
        if let Some(reason) = self.must_use() {
            t.line(format!("#[must_use = {reason:?}]"));
        }
    }

    /// Why the bits that the operation returns are those of a `T`; the text of a safety comment.
    fn proof(&self) -> &'static str {
        let form = &self.form;
        let is_old =
            form.op.pointer().is_some() || form.result() == Some(Expr::var(form.op.variable()));
        match self.bound() {
            _ if is_old => {
                "The bits are those that the variable held; by the invariant, they are those of a \
                 valid `T`."
            }
            Bound::Ops(_) => "The bits are those of an argument, which is a valid `T`.",
            Bound::Class(_) => {
                "The class computes the bits; its trait promises that they are those of a valid \
                 `T`."
            }
            Bound::Add => {
                "The bits are those of the sum; `AtomicAdd` promises that they are those of a \
                 valid `T`."
            }
        }
    }

    fn method(&self, t: &mut Text, spec: &Spec, aliases: bool, path: &str) {
        let form = &self.form;
        docs::method(t, spec, form, path);
        for alias in docs::aliases(spec, form, aliases) {
            t.line(format!("#[doc(alias = {alias:?})]"));
        }
        self.emit_must_use(t);
        t.line("#[inline(always)]");
        let mut params = vec!["&self".to_owned()];
        params.extend(self.operands());
        let ordering = super::text::fresh("ordering", form.op);
        params.push(format!("{ordering}: {}", self.ordering()));
        let generics = match self.generics().as_slice() {
            [] => String::new(),
            some => format!("<{}>", some.join(", ")),
        };
        let head = format!("pub fn {}{generics}", rust_ident(&form.method()));
        t.signature(&head, &params, self.ret().as_deref(), &self.wheres(spec));
        t.indented(|t| self.body(t));
        t.line("}");
    }

    fn body(&self, t: &mut Text) {
        let form = &self.form;
        let pointer = form.op.pointer().map(|p| p.name.clone());
        let found = super::text::fresh("found", form.op);
        let mut args = vec!["&self.0".to_owned()];
        for arg in form.op.operands() {
            let name = rust_ident(&arg.name);
            if Some(&arg.name) == pointer.as_ref() {
                let value = if self.form.returns_result() {
                    name
                } else {
                    format!("*{name}")
                };
                t.line(format!("let mut {found} = super::into_repr({value});"));
                args.push(format!("&mut {found}"));
                continue;
            }
            let convert = if self.takes_rhs() {
                "T::rhs_into_delta"
            } else {
                "super::into_repr"
            };
            args.push(format!("{convert}({name})"));
        }
        if form.meaning.new.is_some() {
            t.comment(match self.bound() {
                Bound::Ops(_) => "INVARIANT: The value that is stored is a valid `T`.",
                Bound::Class(_) => {
                    "INVARIANT: The trait of the class promises that this is a valid `T`."
                }
                Bound::Add => "INVARIANT: `AtomicAdd` promises that the sum is a valid `T`.",
            });
        }
        let callee = match form.orderings() {
            [only] => {
                let variant = names::variant(form.op, form.form, *only);
                format!("T::Repr::{}", names::trait_method(&variant))
            }
            _ => format!("O::{}", rust_ident(&form.base())),
        };
        let proof = self.proof();
        match (form.result().map(|r| r.yields()), pointer) {
            (None, None) => t.call("", &callee, &args, ";"),
            (Some(Yields::Truth), None) => t.call("", &callee, &args, ""),
            (Some(Yields::Value), None) => {
                let bits = super::text::fresh("bits", form.op);
                t.call(&format!("let {bits} = "), &callee, &args, ";");
                t.proven(proof, "", &format!("super::from_repr({bits})"), "");
            }
            (Some(Yields::Truth), Some(pointer)) => {
                t.line(format!("if {callee}({}) {{", args.join(", ")));
                t.indented(|t| t.line(format!("Ok({})", rust_ident(&pointer))));
                t.line("} else {");
                t.indented(|t| t.proven(proof, "Err(", &format!("super::from_repr({found})"), ")"));
                t.line("}");
            }
            (result, Some(pointer)) => {
                let bits = super::text::fresh("bits", form.op);
                let bind = if result.is_some() {
                    format!("let {bits} = ")
                } else {
                    String::new()
                };
                t.call(&bind, &callee, &args, ";");
                let place = format!("*{} = ", rust_ident(&pointer));
                t.proven(proof, &place, &format!("super::from_repr({found})"), ";");
                if result.is_some() {
                    t.proven(proof, "", &format!("super::from_repr({bits})"), "");
                }
            }
        }
    }
}
