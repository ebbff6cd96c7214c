//! Generates the module that stands in for one whose tables have errors, so that these errors are
//! the only ones.
//!
//! It has the names of the module, as far as the tables say which: those of the built-in tables, and
//! those of the rows that could be read. Every variable has the type `Atomic`, which is itself the
//! error: the compiler then reports nothing about a use of it.

use std::collections::{BTreeMap, BTreeSet};

use super::text::Text;
use crate::diag::Errors;
use crate::lex::{Source, is_name, rows};
use crate::model::op::twinned;
use crate::model::ty::{Operand, Type};
use crate::model::{Spec, Tables};
use crate::names::{self, rust_ident};

/// The place in the text that the caller replaces with an expression that is an error.
pub const FAULT: &str = "the_fault";

/// The module for tables that may have errors.
pub fn stand_in(tables: &Tables<'_>) -> String {
    let mut names = Names::default();
    names.add(&Tables::builtin());
    names.add(tables);
    let added = tables.added.ops.iter().chain(&tables.added.semantics);
    for source in [&tables.ops, &tables.semantics].into_iter().chain(added) {
        names.guess(*source);
    }
    names.module()
}

/// The names of a module.
#[derive(Default)]
struct Names {
    /// The traits of classes on types.
    bounds: BTreeSet<String>,
    /// The traits of classes on values.
    ops: BTreeSet<String>,
    /// The traits of orderings.
    orderings: BTreeSet<String>,
    /// The functions on raw pointers, with the number of their operands.
    functions: BTreeMap<String, usize>,
    /// The functions on raw pointers that operations may have of which only the name is known.
    guessed: BTreeSet<String>,
    /// The types of C.
    raw: BTreeSet<String>,
}

impl Names {
    /// Adds those of the operations and the types of tables.
    fn add(&mut self, tables: &Tables<'_>) {
        let (ops, types) = Spec::readable(tables);
        for class in &types.classes {
            self.ops.insert(names::ops_trait(class));
            if class.operand != Operand::Stored {
                self.bounds.insert(names::class_trait(class));
            }
        }
        self.raw.extend(types.families.iter().map(names::raw_type));
        let twinned = twinned(ops.iter());
        for op in &ops {
            for form in &op.forms {
                let orderings = names::ordering_trait(form.orderings());
                self.orderings.insert(orderings);
                if !twinned.contains(&*op.name) {
                    let name = names::pointer_function(&names::method(op, *form));
                    self.functions.insert(name, op.operands().count());
                }
            }
        }
    }

    /// Adds what operations may have whose rows have a fault, or are in the semantics alone.
    fn guess(&mut self, source: Source<'_>) {
        let rows = rows(source, &mut Errors::default());
        let heads = rows.list.iter().map(|row| row.head().text);
        for name in heads.filter(|head| is_name(head)) {
            let methods = [
                name.into(),
                format!("fetch_{name}"),
                format!("{name}_return"),
            ];
            let functions = methods.iter().map(|m| names::pointer_function(m));
            let unknown = functions.filter(|name| !self.functions.contains_key(name));
            self.guessed.extend(unknown);
        }
    }

    fn module(&self) -> String {
        let mut t = Text::default();
        t.lines(&include_str!("templates/stand_in.rs").replace("$fault", FAULT));
        for name in &self.ops {
            t.line(format!("pub trait {name}: AtomicImpl {{}}"));
            t.line(format!("impl<T: AtomicImpl> {name} for T {{}}"));
        }
        let ints = Type::INTS.map(|(name, _)| name);
        for name in &self.bounds {
            t.line(format!("pub unsafe trait {name}: AtomicType {{}}"));
            for int in ints {
                t.line(format!("unsafe impl {name} for {int} {{}}"));
            }
        }
        for int in ints {
            t.line(format!("stands_for!({int});"));
        }
        for (name, operands) in &self.functions {
            // The pointer, the operands and the ordering.
            let own: Vec<String> = (0..=*operands).map(|at| format!("A{at}")).collect();
            let args: Vec<String> = own.iter().map(|own| format!("_: {own}")).collect();
            let (name, own, args) = (rust_ident(name), own.join(", "), args.join(", "));
            t.block(
                &format!("pub unsafe fn {name}<T, {own}>(_: *mut T, {args}) -> Atomic"),
                |t| t.line("loop {}"),
            );
        }
        for name in &self.guessed {
            // It has the type that is an error, so any call of it is accepted.
            let name = rust_ident(name);
            t.line(format!("pub const {name}: Atomic = unknown::Unknown(());"));
        }
        t.block("pub mod raw", |t| {
            for name in &self.raw {
                t.line(format!("pub type {name} = super::Atomic;"));
            }
        });
        t.block("pub mod ordering", |t| {
            for name in ["Acquire", "Full", "Read", "Relaxed", "Release", "Write"] {
                t.line("#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]");
                t.line(format!("pub struct {name};"));
            }
            for name in &self.orderings {
                t.line(format!("pub trait {name} {{}}"));
                t.line(format!("impl<T> {name} for T {{}}"));
            }
        });
        t.finish()
    }
}
