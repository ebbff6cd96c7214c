//! The validated model: what the tables say, put together.

pub mod op;
pub mod ty;

use crate::arch::{self, Arch, Lang};
use crate::diag::Errors;
use crate::docs::{self, Doc};
use crate::expr::Expr;
use crate::lex::Source;
use crate::names;
use crate::semantics::{self, Meaning};
use crate::table::{self, Table};
use crate::types;
use op::{Form, Op, Ordering};
use ty::{Class, Family, Types};

/// The tables that make up a [`Spec`].
#[derive(Clone, Debug)]
pub struct Tables<'a> {
    /// The operations: `atomics.tbl`.
    pub ops: Source<'a>,
    /// What they compute: `semantics.tbl`.
    pub semantics: Source<'a>,
    /// Whether `semantics` belongs to `ops`, so that a row without an operation is a mistake. It
    /// is none when the built-in semantics serve a table with fewer operations.
    pub strict: bool,
    /// The types: `types.tbl`.
    pub types: Source<'a>,
    /// The architectures: `arch/*.tbl`.
    pub archs: Vec<Source<'a>>,
    /// Whether `archs` belong to `ops`, as for `strict`.
    pub strict_archs: bool,
    /// The documentation: `docs/*.md`.
    pub docs: Vec<Source<'a>>,
}

mod files {
    include!(concat!(env!("OUT_DIR"), "/files.rs"));
}

impl Tables<'static> {
    /// The tables of this crate; those of C expressions only with the feature `tools`.
    pub fn builtin() -> Self {
        let folder = |files: &'static [(&'static str, &'static str)]| {
            files
                .iter()
                .map(|(name, text)| Source::new(name, text))
                .collect()
        };
        Self {
            ops: Source::new(
                "atomics-spec/tables/atomics.tbl",
                include_str!("../tables/atomics.tbl"),
            ),
            semantics: Source::new(
                "atomics-spec/tables/semantics.tbl",
                include_str!("../tables/semantics.tbl"),
            ),
            strict: true,
            types: Source::new(
                "atomics-spec/tables/types.tbl",
                include_str!("../tables/types.tbl"),
            ),
            archs: folder(files::ARCH),
            strict_archs: true,
            docs: folder(files::DOCS),
        }
    }
}

/// Everything that the tables say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The operations.
    pub ops: Vec<Op>,
    /// What they compute, in the same order.
    pub meanings: Vec<Meaning>,
    /// Classes, families and types.
    pub types: Types,
    /// The architectures, and the ways to do it in C.
    pub archs: Vec<Arch>,
    /// The documentation of the operations that have some, in their order.
    pub docs: Vec<Option<Doc>>,
}

/// One form of one operation, for all families that have it: `fetch_add`.
#[derive(Clone, Copy, Debug)]
pub struct FormOf<'s> {
    /// The operation.
    pub op: &'s Op,
    /// What it computes.
    pub meaning: &'s Meaning,
    /// Its class.
    pub class: &'s Class,
    /// The form.
    pub form: Form,
    /// The documentation, if there is some.
    pub doc: Option<&'s Doc>,
    spec: &'s Spec,
    index: usize,
}

impl PartialEq for FormOf<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && self.form == other.form
    }
}

/// A form as a key of maps within one model.
pub(crate) type FormKey = (usize, Form);

impl<'s> FormOf<'s> {
    /// The form as a key of maps.
    pub(crate) fn key(&self) -> FormKey {
        (self.index, self.form)
    }

    /// Its name without family: `fetch_add`.
    pub fn base(&self) -> String {
        names::base(self.op, self.form)
    }

    /// The typed method.
    pub fn method(&self) -> String {
        names::method(self.op, self.form)
    }

    /// What it returns, as an expression of the old value and the arguments.
    pub fn result(&self) -> Option<Expr> {
        self.meaning.result_of(self.op, self.form)
    }

    /// The orderings that it exists in.
    pub fn orderings(&self) -> &'static [Ordering] {
        self.form.orderings()
    }

    /// Whether the typed layer offers it. An operation with a `try_` twin, which reports success
    /// by itself, is offered as that twin.
    pub fn is_typed(&self) -> bool {
        !self.op.has_twin(self.spec.ops.iter())
    }

    /// Whether the typed layer says by `Ok` and `Err` whether it stored something.
    pub fn returns_result(&self) -> bool {
        self.op.pointer().is_some() && matches!(self.form, Form::Truth(_))
    }

    /// Whether it stores under a condition.
    pub fn can_fail(&self) -> bool {
        self.meaning.fails.is_some()
    }

    /// Whether it reads and writes.
    pub fn is_rmw(&self) -> bool {
        !matches!(self.form, Form::Load | Form::Store)
    }

    /// Its variants in one family.
    pub fn variants(self, family: &'s Family) -> impl Iterator<Item = Variant<'s>> {
        self.orderings().iter().map(move |&ordering| Variant {
            of: self,
            ordering,
            family,
        })
    }

    /// Whether its operation stands above that of `other` in the table.
    pub fn is_before(&self, other: &Self) -> bool {
        self.index < other.index
    }

    /// Whether a family has it.
    pub fn is_in(&self, family: &Family) -> bool {
        family.classes.contains(&self.meaning.class)
    }
}

/// One point of operation x form x ordering x family: one C function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variant<'s> {
    /// Operation and form.
    pub of: FormOf<'s>,
    /// The ordering.
    pub ordering: Ordering,
    /// The family.
    pub family: &'s Family,
}

impl<'s> Variant<'s> {
    /// Its name without family: `fetch_add_acquire`.
    pub fn name(&self) -> String {
        names::variant(self.of.op, self.of.form, self.ordering)
    }

    /// Its C name: `atomic64_fetch_add_acquire`.
    pub fn function(&self) -> String {
        names::function(self.family, &self.name())
    }

    /// The variant of another form in the same family, in the same ordering if there is one.
    pub fn sibling(&self, of: FormOf<'s>, ordering: Ordering) -> Option<Variant<'s>> {
        (of.orderings().contains(&ordering) && of.is_in(self.family)).then_some(Variant {
            of,
            ordering,
            ..*self
        })
    }
}

impl Spec {
    /// Parses and checks tables; on failure, all errors of all tables.
    pub fn load(tables: &Tables<'_>) -> Result<Self, Errors> {
        let mut errors = Errors::default();
        let types = types::parse(tables.types, &mut errors);
        let table = table::parse(tables.ops, &types.types, &mut errors);
        let meanings =
            semantics::parse(tables.semantics, &table, &types, tables.strict, &mut errors);
        let Table { ops, faulty, .. } = table;
        let ops: Vec<Op> = ops.into_iter().map(|p| p.op).collect();
        let strict = tables.strict_archs;
        let mut archs = Vec::new();
        for source in &tables.archs {
            let parsed = arch::parse(*source, &ops, &faulty, strict, &archs, &mut errors);
            archs.extend(parsed);
        }
        let docs = docs::parse(&tables.docs, &ops, &mut errors);
        let types = types.types;
        let mut files = vec![tables.ops.name, tables.semantics.name, tables.types.name];
        files.extend(tables.archs.iter().map(|s| s.name));
        files.extend(tables.docs.iter().map(|s| s.name));
        let spec = Self {
            ops,
            meanings,
            types,
            archs,
            docs,
        };
        errors.into_result(spec, &files)
    }

    /// The built-in model.
    pub fn builtin() -> Result<Self, Errors> {
        Self::load(&Tables::builtin())
    }

    /// All forms, in the order of the table.
    pub fn forms(&self) -> impl Iterator<Item = FormOf<'_>> {
        self.ops
            .iter()
            .zip(&self.meanings)
            .enumerate()
            .flat_map(move |(index, (op, meaning))| {
                op.forms.iter().map(move |&form| FormOf {
                    op,
                    meaning,
                    class: &self.types.classes[meaning.class],
                    form,
                    doc: self.docs.get(index).and_then(Option::as_ref),
                    spec: self,
                    index,
                })
            })
    }

    /// All forms that the typed layer offers.
    pub fn typed_forms(&self) -> impl Iterator<Item = FormOf<'_>> {
        self.forms().filter(FormOf::is_typed)
    }

    /// Every variant, family by family, in the order of the table.
    pub fn variants(&self) -> impl Iterator<Item = Variant<'_>> {
        self.types.families.iter().flat_map(move |family| {
            self.forms()
                .filter(|f| f.is_in(family))
                .flat_map(move |f| f.variants(family))
        })
    }

    /// The variants of one family.
    pub fn variants_of(&self, family: &str) -> impl Iterator<Item = Variant<'_>> {
        self.variants().filter(move |v| v.family.name == family)
    }

    /// The variant with a C name.
    pub fn find(&self, function: &str) -> Option<Variant<'_>> {
        self.variants().find(|v| v.function() == function)
    }

    /// The table of an architecture, or of a way to do it in C.
    pub fn arch(&self, name: &str) -> Option<&Arch> {
        self.archs.iter().find(|a| a.name == name)
    }

    /// The architectures with instructions.
    pub fn asm_archs(&self) -> impl Iterator<Item = &Arch> {
        self.archs.iter().filter(|a| a.lang == Lang::Asm)
    }
}
