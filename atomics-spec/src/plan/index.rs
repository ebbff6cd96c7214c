//! The forms by what they compute: finds those from which a form may be derived, without a look at
//! all others.
//!
//! The expressions of the forms are the paths of a tree, symbol by symbol. An operand in them stands
//! for any expression that does not mention the old value, so that a search follows several paths,
//! but only those that exist.

use std::collections::BTreeMap;

use super::derived::{Goal, Tells, is_try_cmpxchg, rank, tells_old};
use crate::arch::Arch;
use crate::expr::{Binary, Expr, Unary};
use crate::model::op::{Form, Op};
use crate::model::{FormOf, Spec};
use crate::names;

/// A part of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Symbol {
    /// There is no expression.
    Nothing,
    /// The old value.
    Old,
    /// An operand.
    Operand,
    Number(i8),
    Unary(Unary),
    Binary(Binary),
}

/// What forms with the same expressions have in common besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    class: usize,
    form: Form,
    has_pointer: bool,
    rank: u8,
    /// Whether the architecture has a template for a form of the operation.
    is_native: bool,
}

/// Forms by their expressions. The numbers are indices of [`Index::forms`].
#[derive(Default)]
struct Tree {
    next: BTreeMap<Symbol, Tree>,
    groups: BTreeMap<Group, Vec<usize>>,
}

impl Tree {
    /// Adds a form at the end of the path of its expressions.
    fn insert(&mut self, exprs: &[Option<Expr>], op: &Op, group: Group, number: usize) {
        let mut path = Vec::new();
        for expr in exprs {
            match expr {
                None => path.push(Symbol::Nothing),
                Some(expr) => symbols(expr, op, &mut path),
            }
        }
        let end = path
            .into_iter()
            .fold(self, |tree, symbol| tree.next.entry(symbol).or_default());
        end.groups.entry(group).or_default().push(number);
    }

    /// Finds the ends of the paths that the expressions in `todo` match, the last one first. `old`
    /// is their name of the old value.
    fn find<'t>(
        &'t self,
        todo: &mut Vec<Option<&Expr>>,
        old: &str,
        found: &mut dyn FnMut(&'t Tree),
    ) {
        let Some(expr) = todo.pop() else {
            return found(self);
        };
        let length = todo.len();
        if let Some(operand) = self.next.get(&Symbol::Operand)
            && expr.is_some_and(|e| !e.mentions(old))
        {
            operand.find(todo, old, found);
        }
        let symbol = match expr {
            None => Symbol::Nothing,
            Some(Expr::Num(n)) => Symbol::Number(*n),
            Some(Expr::Var(name)) if name == old => Symbol::Old,
            // Only an operand matches another variable.
            Some(Expr::Var(_)) => Symbol::Operand,
            Some(Expr::Unary(op, a)) => {
                todo.push(Some(a));
                Symbol::Unary(*op)
            }
            Some(Expr::Binary(op, a, b)) => {
                todo.extend([Some(&**b), Some(&**a)]);
                Symbol::Binary(*op)
            }
        };
        if symbol != Symbol::Operand
            && let Some(next) = self.next.get(&symbol)
        {
            next.find(todo, old, found);
        }
        todo.truncate(length);
        todo.push(expr);
    }
}

/// Adds the symbols of an expression of `op`, each before those of its operands.
fn symbols(expr: &Expr, op: &Op, path: &mut Vec<Symbol>) {
    match expr {
        Expr::Num(n) => path.push(Symbol::Number(*n)),
        Expr::Var(name) if name == op.variable() => path.push(Symbol::Old),
        Expr::Var(_) => path.push(Symbol::Operand),
        Expr::Unary(unary, a) => {
            path.push(Symbol::Unary(*unary));
            symbols(a, op, path);
        }
        Expr::Binary(binary, a, b) => {
            path.push(Symbol::Binary(*binary));
            symbols(a, op, path);
            symbols(b, op, path);
        }
    }
}

/// What a search is for, beyond what the goal says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All forms.
    Any,
    /// Forms of operations for which the architecture has a template.
    Native,
    /// Forms of a lower rank than the goal's.
    Nearer,
}

/// The forms of a model that store something, by what they compute.
pub(super) struct Index<'s> {
    forms: Vec<FormOf<'s>>,
    /// By their results, too, if these are computed.
    same: Tree,
    /// Those that tell the old value.
    old: Tree,
    /// Those that tell the new value.
    new: Tree,
    /// The first load.
    pub load: Option<FormOf<'s>>,
    /// The first `try_cmpxchg`.
    pub exchange: Option<FormOf<'s>>,
    /// How many forms were found so far.
    #[cfg(test)]
    pub found: std::cell::Cell<usize>,
}

impl<'s> Index<'s> {
    /// The forms of `spec`, for plans on `arch`.
    pub fn new(spec: &'s Spec, arch: &Arch) -> Self {
        let mut this = Self {
            forms: spec.forms().collect(),
            same: Tree::default(),
            old: Tree::default(),
            new: Tree::default(),
            load: spec.forms().find(|f| f.form == Form::Load),
            exchange: spec.forms().find(is_try_cmpxchg),
            #[cfg(test)]
            found: std::cell::Cell::default(),
        };
        let is_native = |op: &Op| {
            let mut forms = op.forms.iter();
            forms.any(|form| {
                let mut orderings = form.orderings().iter();
                orderings.any(|o| arch.has_template(&names::variant(op, *form, *o)))
            })
        };
        let native: Vec<bool> = spec.ops.iter().map(is_native).collect();
        for (number, form) in this.forms.iter().enumerate() {
            let (op, meaning) = (form.op, form.meaning);
            if meaning.new.is_none() {
                continue;
            }
            let group = Group {
                class: meaning.class,
                form: form.form,
                has_pointer: op.pointer().is_some(),
                rank: rank(form),
                is_native: native[form.key().0],
            };
            let expanded = |e: &Option<Expr>| e.as_ref().map(|e| meaning.expand(e));
            let mut exprs = vec![meaning.new.clone(), expanded(&meaning.fails)];
            if tells_old(form) {
                this.old.insert(&exprs, op, group, number);
            }
            if form.form == Form::Return {
                this.new.insert(&exprs, op, group, number);
            }
            if form.is_computed() {
                exprs.push(expanded(&meaning.result));
            }
            this.same.insert(&exprs, op, group, number);
        }
        this
    }

    /// The forms that return `tells` and from which the goal may be derived, in the order of the
    /// table. All from which it can be derived are among them.
    pub fn find<'i>(
        &'i self,
        goal: &Goal<'s>,
        tells: Tells,
        wanted: Wanted,
    ) -> impl Iterator<Item = FormOf<'s>> + use<'i, 's> {
        let own = goal.variant.of;
        let mut todo = vec![goal.fails.as_ref(), Some(&goal.new)];
        let tree = match tells {
            Tells::Result => &self.same,
            Tells::Old => &self.old,
            Tells::New => &self.new,
        };
        if tells == Tells::Result && own.is_computed() {
            todo.insert(0, goal.result.as_ref());
        }
        let is_same = |group: &Group| {
            std::mem::discriminant(&group.form) == std::mem::discriminant(&own.form)
                && group.has_pointer == own.op.pointer().is_some()
        };
        let own_rank = rank(&own);
        let fits = |group: &Group| {
            (tells != Tells::Result || is_same(group))
                && match wanted {
                    Wanted::Any => true,
                    Wanted::Native => group.is_native,
                    Wanted::Nearer => group.rank < own_rank,
                }
                && goal.variant.family.classes.contains(&group.class)
                && group.form.orderings().contains(&goal.variant.ordering)
        };
        let mut lists: Vec<&'i [usize]> = Vec::new();
        tree.find(&mut todo, own.op.variable(), &mut |end| {
            let groups = end.groups.iter().filter(|(group, _)| fits(group));
            lists.extend(groups.map(|(_, numbers)| numbers.as_slice()));
        });
        std::iter::from_fn(move || {
            let first = lists.iter_mut().min_by_key(|list| list[0])?;
            let number = first[0];
            #[cfg(test)]
            self.found.set(self.found.get() + 1);
            *first = &first[1..];
            lists.retain(|list| !list.is_empty());
            Some(self.forms[number])
        })
    }
}
