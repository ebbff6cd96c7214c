//! The validated model: the combined content of all tables.

pub mod op;
pub mod ty;

use crate::arch::{self, Arch, Lang};
use crate::called::Called;
use crate::clashes;
use crate::diag::Errors;
use crate::docs::{self, Doc};
use crate::expr::Expr;
use crate::lex::Source;
use crate::names;
use crate::semantics::{self, Meaning};
use crate::table;
use crate::types;
use op::{Form, Op, Ordering};
use ty::{Class, Family, Types};

/// How the caller calls the options that name other tables, for the help in errors.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The option for the operations: `--table FILE`.
    pub table: &'a str,
    /// The option for the semantics.
    pub semantics: &'a str,
    /// The option for the types.
    pub types: &'a str,
}

/// Rows that are added to those of the tables: a user's own.
#[derive(Clone, Debug, Default)]
pub struct Added<'a> {
    /// To the operations. Their names are new.
    pub ops: Vec<Source<'a>>,
    /// To the semantics.
    pub semantics: Vec<Source<'a>>,
    /// To the types. A row `type` for a type that is there gives it more classes.
    pub types: Vec<Source<'a>>,
    /// To the architectures: the first row names the one whose table gets the others. The table of
    /// any other architecture is a table of its own.
    pub archs: Vec<Source<'a>>,
    /// To the documentation.
    pub docs: Vec<Source<'a>>,
}

/// The tables that make up a [`Spec`].
#[derive(Clone, Debug)]
pub struct Tables<'a> {
    /// The operations: `atomics.tbl`.
    pub ops: Source<'a>,
    /// What the operations compute: `semantics.tbl`.
    pub semantics: Source<'a>,
    /// Whether a row of `semantics` without an operation in `ops` is an error. It is not an error
    /// when a table with fewer operations uses the built-in semantics.
    pub strict: bool,
    /// The types: `types.tbl`.
    pub types: Source<'a>,
    /// The architectures: `arch/*.tbl`.
    pub archs: Vec<Source<'a>>,
    /// Whether a template in `archs` without a variant in `ops` is an error, as for `strict`.
    pub strict_archs: bool,
    /// The documentation: `docs/*.md`.
    pub docs: Vec<Source<'a>>,
    /// Rows that are added to these tables.
    pub added: Added<'a>,
    /// The options by which a user names tables, if there are any: the help in errors names them
    /// instead of the built-in tables, which such a user cannot change.
    pub options: Option<Options<'a>>,
}

mod files {
    include!(concat!(env!("OUT_DIR"), "/files.rs"));
}

impl Tables<'static> {
    /// The tables of this crate. The tables of C expressions need the feature `tools`.
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
            added: Added::default(),
            options: None,
        }
    }
}

/// A user's own tables.
#[derive(Clone, Debug, Default)]
pub struct Own<'a> {
    /// The operations.
    pub ops: Option<Source<'a>>,
    /// The semantics.
    pub semantics: Option<Source<'a>>,
    /// The types.
    pub types: Option<Source<'a>>,
    /// The architectures.
    pub archs: Option<Vec<Source<'a>>>,
    /// The documentation.
    pub docs: Option<Vec<Source<'a>>>,
}

impl<'a> Tables<'a> {
    /// The built-in tables, and those of a user in place of them or, with `extend`, added to them.
    pub fn with(own: Own<'a>, extend: bool) -> Self {
        let mut tables: Tables<'a> = Tables::builtin();
        let Own {
            ops,
            semantics,
            types,
            archs,
            docs,
        } = own;
        if extend {
            tables.added = Added {
                ops: ops.into_iter().collect(),
                semantics: semantics.into_iter().collect(),
                types: types.into_iter().collect(),
                archs: archs.unwrap_or_default(),
                docs: docs.unwrap_or_default(),
            };
            return tables;
        }
        if let Some(ops) = ops {
            tables.ops = ops;
            // The other built-in tables may have rows for operations that this table lacks.
            tables.strict = false;
            tables.strict_archs = false;
        }
        if let Some(semantics) = semantics {
            tables.semantics = semantics;
            tables.strict = true;
        }
        if let Some(types) = types {
            tables.types = types;
        }
        if let Some(archs) = archs {
            tables.archs = archs;
            tables.strict_archs = true;
        }
        if let Some(docs) = docs {
            tables.docs = docs;
        }
        tables
    }
}

/// The content of all tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The operations.
    pub ops: Vec<Op>,
    /// What the operations compute, in the order of `ops`.
    pub meanings: Vec<Meaning>,
    /// Classes, families and types.
    pub types: Types,
    /// The architectures, and the implementations in C.
    pub archs: Vec<Arch>,
    /// The documentation of each operation, if it has any, in the order of `ops`.
    pub docs: Vec<Option<Doc>>,
    /// Whether each operation has a `try_` twin, in the order of `ops`.
    pub(crate) twinned: Vec<bool>,
}

/// One form of one operation, for all families that have it: `fetch_add`.
#[derive(Clone, Copy, Debug)]
pub struct FormOf<'s> {
    /// The operation.
    pub op: &'s Op,
    /// What the operation computes.
    pub meaning: &'s Meaning,
    /// The class of the operation.
    pub class: &'s Class,
    /// The form.
    pub form: Form,
    /// The documentation of the operation, if it has any.
    pub doc: Option<&'s Doc>,
    typed: bool,
    index: usize,
}

impl PartialEq for FormOf<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && self.form == other.form
    }
}

/// The key of a form in maps about one model.
pub(crate) type FormKey = (usize, Form);

impl<'s> FormOf<'s> {
    /// The key of the form in maps.
    pub(crate) fn key(&self) -> FormKey {
        (self.index, self.form)
    }

    /// The name without the family: `fetch_add`.
    pub fn base(&self) -> String {
        names::base(self.op, self.form)
    }

    /// The name of the typed method.
    pub fn method(&self) -> String {
        names::method(self.op, self.form)
    }

    /// The result, as an expression of the old value and the arguments; `None` if there is none.
    pub fn result(&self) -> Option<Expr> {
        self.meaning.result_of(self.op, self.form)
    }

    /// The orderings that the form exists in.
    pub fn orderings(&self) -> &'static [Ordering] {
        self.form.orderings()
    }

    /// Whether the typed layer offers the form. If the operation has a `try_` twin, the typed layer
    /// offers the twin instead, which also returns whether it stored.
    pub fn is_typed(&self) -> bool {
        self.typed
    }

    /// Whether the typed method returns a `Result`: `Ok` if it stored something, else `Err`.
    pub fn returns_result(&self) -> bool {
        self.op.pointer().is_some() && matches!(self.form, Form::Truth(_))
    }

    /// Whether it stores only under a condition.
    pub fn can_fail(&self) -> bool {
        self.meaning.fails.is_some()
    }

    /// Whether it is a read-modify-write operation.
    pub fn is_rmw(&self) -> bool {
        !matches!(self.form, Form::Load | Form::Store)
    }

    /// Whether its result is an expression of its own, not simply the old or the new value.
    pub(crate) fn is_computed(&self) -> bool {
        matches!(self.form, Form::Value(_) | Form::Truth(_))
    }

    /// The form of the same operation that returns the old value.
    pub(crate) fn fetch(self) -> Option<Self> {
        let mut forms = self.op.forms.iter();
        let form = forms.find(|form| matches!(form, Form::Fetch(_)))?;
        Some(Self {
            form: *form,
            ..self
        })
    }

    /// Its variants in one family.
    pub fn variants(self, family: &'s Family) -> impl Iterator<Item = Variant<'s>> {
        self.orderings().iter().map(move |&ordering| Variant {
            of: self,
            ordering,
            family,
        })
    }

    /// Whether its operation comes before that of `other` in the table.
    pub fn is_before(&self, other: &Self) -> bool {
        self.index < other.index
    }

    /// Whether `family` has the form.
    pub fn is_in(&self, family: &Family) -> bool {
        family.classes.contains(&self.meaning.class)
    }
}

/// One combination of operation, form, ordering and family: one C function.
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
    /// The name without the family: `fetch_add_acquire`.
    pub fn name(&self) -> String {
        names::variant(self.of.op, self.of.form, self.ordering)
    }

    /// Its C name: `atomic64_fetch_add_acquire`.
    pub fn function(&self) -> String {
        names::function(self.family, &self.name())
    }

    /// The path of its function in a backend: `atomic64::fetch_add_acquire`.
    pub fn path(&self) -> String {
        let module = names::backend_module(self.family);
        format!("{module}::{}", names::rust_ident(&self.name()))
    }

    /// The variant of the form `of` in the same family with `ordering`, if it exists.
    pub fn sibling(&self, of: FormOf<'s>, ordering: Ordering) -> Option<Variant<'s>> {
        (of.orderings().contains(&ordering) && of.is_in(self.family)).then_some(Variant {
            of,
            ordering,
            ..*self
        })
    }
}

impl Spec {
    /// Parses and checks the tables. On failure, returns all errors of all tables.
    pub fn load<'a>(tables: &Tables<'a>) -> Result<Self, Errors> {
        let mut errors = Errors::default();
        let option = |get: fn(Options<'_>) -> &str| tables.options.map(get);
        // Rows are missing from what was given last.
        let called = |base: Source<'a>, own: &[Source<'a>], name| {
            Called::new(own.last().copied().unwrap_or(base), name)
        };
        let added = &tables.added;
        let name = called(tables.types, &added.types, option(|o| o.types));
        let types = types::parse(tables.types, &added.types, name, &mut errors);
        let name = called(tables.ops, &added.ops, option(|o| o.table));
        let table = table::parse(tables.ops, &added.ops, name, &types.types, &mut errors);
        let (base, own) = (tables.semantics, &added.semantics);
        let name = called(base, own, option(|o| o.semantics));
        let strict = tables.strict;
        let meanings = semantics::parse(base, own, name, &table, &types, strict, &mut errors);
        let ops: Vec<Op> = table.ops.iter().map(|p| p.op.clone()).collect();
        let archs = Self::load_archs(tables, &ops, &table, &mut errors);
        if errors.0.is_empty() {
            clashes::check(&table, &meanings, &types, &archs, &mut errors);
        }
        let docs = docs::parse(&tables.docs, &added.docs, &ops, &mut errors);
        let types = types.types;
        let mut files = vec![tables.ops.name, tables.semantics.name, tables.types.name];
        files.extend(tables.archs.iter().map(|s| s.name));
        files.extend(tables.docs.iter().map(|s| s.name));
        let own = added.ops.iter().chain(&added.semantics).chain(&added.types);
        let own = own.chain(&added.archs).chain(&added.docs);
        files.extend(own.map(|s| s.name));
        let names = op::twinned(ops.iter());
        let twinned = ops.iter().map(|op| names.contains(&*op.name)).collect();
        let spec = Self {
            twinned,
            ops,
            meanings,
            types,
            archs,
            docs,
        };
        errors.into_result(spec, &files)
    }

    /// Parses the tables of the architectures, each with the rows that are added to it.
    fn load_archs(
        tables: &Tables<'_>,
        ops: &[Op],
        table: &table::Table<'_>,
        errors: &mut Errors,
    ) -> Vec<Arch> {
        let named = |source: &Source<'_>| arch::architecture(*source).map(str::to_owned);
        let bases: Vec<Option<String>> = tables.archs.iter().map(named).collect();
        let is_new = |source: &&Source<'_>| {
            let name = named(source);
            name.is_none() || !bases.contains(&name)
        };
        let strict = tables.strict_archs;
        let mut archs = Vec::new();
        let own = &tables.added.archs;
        for source in tables.archs.iter().chain(own.iter().filter(is_new)) {
            let name = named(source);
            let is_for = |own: &&Source<'_>| !is_new(own) && named(own) == name;
            let added: Vec<Source<'_>> = own.iter().filter(is_for).copied().collect();
            let faulty = &table.faulty;
            let parsed = arch::parse(*source, &added, ops, faulty, strict, &archs, errors);
            archs.extend(parsed);
        }
        archs
    }

    /// The operations and the types of what can be read of two tables, for names alone.
    pub(crate) fn readable(tables: &Tables<'_>) -> (Vec<Op>, Types) {
        let mut errors = Errors::default();
        let (ops, types, added) = (tables.ops, tables.types, &tables.added);
        let called = Called::new(types, None);
        let types = types::parse(types, &added.types, called, &mut errors).types;
        let called = Called::new(ops, None);
        let table = table::parse(ops, &added.ops, called, &types, &mut errors);
        (table.ops.into_iter().map(|p| p.op).collect(), types)
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
                let typed = !self.twinned[index];
                op.forms.iter().map(move |&form| FormOf {
                    op,
                    meaning,
                    class: &self.types.classes[meaning.class],
                    form,
                    doc: self.docs.get(index).and_then(Option::as_ref),
                    typed,
                    index,
                })
            })
    }

    /// Whether every representation of a type has the operations of a class, by its index.
    pub fn is_on_all(&self, class: usize) -> bool {
        let mut families = self.types.families.iter();
        families.all(|family| family.classes.contains(&class))
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

    /// The table called `name`: of an architecture, or of an implementation in C.
    pub fn arch(&self, name: &str) -> Option<&Arch> {
        self.archs.iter().find(|a| a.name == name)
    }

    /// The architectures: the tables with instructions instead of C expressions.
    pub fn asm_archs(&self) -> impl Iterator<Item = &Arch> {
        self.archs.iter().filter(|a| a.lang == Lang::Asm)
    }
}
