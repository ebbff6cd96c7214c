//! The operations under test, as C calls.

use crate::generate::rules::Access;
use atomics_spec::arch::Features;
use atomics_spec::expr::Expr;
use atomics_spec::model::op::{ArgKind, Form, Ordering};
use atomics_spec::model::ty::{Family, Operand};
use atomics_spec::model::{FormOf, Spec, Variant};
use atomics_spec::names;
use atomics_spec::semantics::NEW;

/// The family of the macros for plain variables.
pub(super) const PLAIN: &str = "int";
/// The read of a plain variable, for accesses other than the operation under test.
pub(super) const PLAIN_READ: &str = "READ_ONCE(*{})";
/// The write to a plain variable.
pub(super) const PLAIN_WRITE: &str = "WRITE_ONCE(*{}, {value})";

/// One C function or macro.
#[derive(Clone, Debug)]
pub(super) struct Call<'s> {
    /// What it computes.
    pub form: FormOf<'s>,
    /// Its ordering.
    pub ordering: Ordering,
    /// Its name.
    pub function: String,
    /// The call with its arguments in braces: `atomic_add({i}, {v})`.
    template: String,
}

/// The operations on one kind of variable.
#[derive(Clone, Debug)]
pub(super) struct Calls<'s> {
    /// The family: the prefix of the functions, or [`PLAIN`].
    pub family: String,
    /// The C type of the variable.
    pub object: String,
    /// The C type of its values.
    pub value: String,
    /// The operations under test.
    pub tested: Vec<Call<'s>>,
    /// The plain load, for the other accesses.
    read: String,
    /// The plain store, for the other accesses.
    write: String,
}

impl<'s> Calls<'s> {
    /// The operations of a family with C functions of its own; `None` if the family lacks a plain
    /// load or a plain store, which the other accesses of a test use.
    pub fn of_family(spec: &'s Spec, family: &'s Family) -> Option<Self> {
        let object = family.c_object.clone()?;
        let tested: Vec<_> = spec
            .variants_of(&family.name)
            .map(|v| Call::of_variant(&v))
            .collect();
        let read = tested.iter().find(|c| is_plain_load(c))?;
        let write = tested.iter().find(|c| is_plain_store(c))?;
        let value = write.form.op.operands().next()?;
        Some(Self {
            family: family.name.clone(),
            object,
            value: family.c_value.clone(),
            read: read.template.replace(&variable(&read.form), "{}"),
            write: write
                .template
                .replace(&variable(&write.form), "{}")
                .replace(&format!("{{{}}}", value.name), "{value}"),
            tested,
        })
    }

    /// The kernel's macros for plain variables: those that `arch/kernel.tbl` has for an `int`,
    /// and `smp_store_mb()`.
    pub fn plain(spec: &'s Spec) -> Self {
        let arch = spec.arch("kernel");
        let template = |form: &FormOf<'_>, ordering: Ordering| {
            let name = names::variant(form.op, form.form, ordering);
            let found = arch?.template(&name, 32, Features::NONE)?;
            Some(found.lines.first()?.text.replace("{v}", &variable(form)))
        };
        let mut tested = Vec::new();
        for v in spec.variants().filter(|v| v.family.c_value == PLAIN) {
            if let Some(template) = template(&v.of, v.ordering) {
                tested.push(Call::new(v.of, v.ordering, template));
            }
        }
        let store = tested.iter().find(|c| is_plain_store(c));
        let store_mb = store.and_then(|c| {
            let value = c.form.op.operands().next()?;
            let template = format!("smp_store_mb(*{}, {{{}}})", variable(&c.form), value.name);
            Some(Call::new(c.form, Ordering::Full, template))
        });
        tested.extend(store_mb);
        Self {
            family: PLAIN.into(),
            object: PLAIN.into(),
            value: PLAIN.into(),
            tested,
            read: PLAIN_READ.into(),
            write: PLAIN_WRITE.into(),
        }
    }

    /// Whether these are the macros for plain variables.
    pub fn is_plain(&self) -> bool {
        self.family == PLAIN
    }

    /// A plain read of a variable.
    pub fn read(&self, variable: &str) -> String {
        self.read.replace("{}", variable)
    }

    /// A plain write to a variable.
    pub fn write(&self, variable: &str, value: &str) -> String {
        self.write.replace("{}", variable).replace("{value}", value)
    }
}

impl<'s> Call<'s> {
    fn new(form: FormOf<'s>, ordering: Ordering, template: String) -> Self {
        let function = template.split('(').next().unwrap_or_default().to_owned();
        Self {
            form,
            ordering,
            function,
            template,
        }
    }

    /// The function of a family.
    pub fn of_variant(v: &Variant<'s>) -> Self {
        let args = v.of.op.args.iter().map(|a| format!("{{{}}}", a.name));
        let args: Vec<_> = args.collect();
        let template = format!("{}({})", v.function(), args.join(", "));
        Self::new(v.of, v.ordering, template)
    }

    /// The call with a variable and operands.
    pub fn text(&self, place: &str, operands: &[String]) -> String {
        let mut text = self.template.replace(&variable(&self.form), place);
        for (arg, operand) in self.form.op.operands().zip(operands) {
            text = text.replace(&format!("{{{}}}", arg.name), operand);
        }
        text
    }

    /// Its access in the memory model.
    pub fn access(&self, fails: bool) -> Access {
        Access::new(self.form.form, self.ordering, fails)
    }

    /// Whether no variant of its form has a weaker ordering.
    pub fn is_weakest(&self) -> bool {
        self.form.orderings().iter().max() == Some(&self.ordering)
    }

    /// The operand that the stored value is computed from, if there is one.
    pub fn data_operand(&self) -> Option<usize> {
        let new = self.form.meaning.new.as_ref()?;
        let mut operands = self.form.op.operands();
        operands.position(|a| a.kind == ArgKind::Value && new.mentions(&a.name))
    }

    /// Whether it works on pointers as on numbers, and returns the old value.
    pub fn loads_pointers(&self) -> bool {
        let form = &self.form;
        let values = form.op.operands().all(|a| a.kind == ArgKind::Value);
        let returns = form.result() == Some(Expr::var(form.op.variable()));
        form.class.operand == Operand::Stored && values && returns
    }
}

/// The place of the variable in a template.
fn variable(form: &FormOf<'_>) -> String {
    format!("{{{}}}", form.op.variable())
}

fn is_plain_load(call: &Call<'_>) -> bool {
    let is_load = call.form.form == Form::Load && call.ordering == Ordering::Relaxed;
    is_load && call.form.op.operands().count() == 0
}

fn is_plain_store(call: &Call<'_>) -> bool {
    let form = &call.form;
    let is_store = form.form == Form::Store && call.ordering == Ordering::Relaxed;
    let mut operands = form.op.operands();
    let (Some(only), None) = (operands.next(), operands.next()) else {
        return false;
    };
    // An operand called `new` is what is stored by that name.
    let stored = [Expr::var(&only.name), Expr::var(NEW)];
    let stores = form
        .meaning
        .new
        .as_ref()
        .is_some_and(|new| stored.contains(new));
    is_store && stores && only.kind == ArgKind::Value
}
