//! One test in progress: asks the kernel's memory model about it, and translates it to Rust.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use anyhow::{Result, ensure};
use atomics_spec::Spec;

use crate::herd::{Outcome, Ran};
use crate::lang::ast::{self, Expr, ExprKind, Litmus, Location, Statement, Value};
use crate::lang::calls::{Call, resolve};
use crate::lang::types::Type;
use crate::lang::values::Values;
use crate::lkmm;
use crate::lkmm::model::Model;
use crate::outcome::{Allowed, Asked, Known, Observed};
use crate::own;
use crate::rust::{Ending, Problem, Translator};
use crate::said::Said;
use crate::settle::{Settled, settle, settle_as_it_stands};
use crate::test::Test;
use crate::verdict::Verdict;
use crate::work;

/// Why a test with a verdict is not compared with machine code.
pub const ONLY_THE_VERDICT: &str =
    "herd7 takes too long for all outcomes: only the verdict is known";

/// A test and the variables to observe.
#[derive(Clone, Debug)]
pub struct Case<'t> {
    /// The test.
    pub test: &'t Test,
    /// The file name stem of its intermediate files.
    pub stem: String,
    /// The observed variables.
    pub observed: Observed,
    /// Why it is not checked on machine code, if it is not.
    pub skipped: Option<String>,
}

impl<'t> Case<'t> {
    /// A case of a test that observes at most `limit` local variables per thread.
    pub fn new(test: &'t Test, stem: String, limit: usize) -> Self {
        let observed = match &test.own {
            Some(own) => own::observed(own, &test.litmus),
            None => Observed::new(&test.litmus, limit),
        };
        let mut skipped = test.out_of_scope.clone();
        if let (None, Some(location)) = (&skipped, observed.lacks(&test.litmus)) {
            let name = lkmm::location_text(location);
            skipped = Some(format!(
                "more than {limit} local variables of a thread are observed: {name}"
            ));
        }
        Self {
            test,
            stem,
            observed,
            skipped,
        }
    }

    /// The parsed test.
    pub fn litmus(&self) -> &'t Litmus {
        &self.test.litmus
    }

    /// Whether a thread may compare addresses, with `==` or `!=` or in a conditional operation.
    pub fn compares_addresses(&self, spec: &Spec) -> bool {
        let test = self.litmus();
        if !self.has_pointers() {
            return false;
        }
        let values = Values::of(spec, test);
        let is_pointer = |ty: &ast::Type| ty.pointee().is_some();
        let is_wide = |ty: &ast::Type| match Type::of(spec, ty) {
            Some(Type::Int(int)) => int.holds_addresses(),
            _ => false,
        };
        let threads = test.threads.iter().enumerate();
        let mut threads = threads.map(|(number, thread)| {
            let locals = thread.locals();
            let points = |expr: &Expr| match &expr.uncast().kind {
                ExprKind::Name(name) => {
                    let ty = thread.parameter(name).map(|p| &p.ty);
                    let local = locals.iter().find(|(known, _)| known == name);
                    let ty = ty.or(local.map(|(_, ty)| *ty));
                    let to = ty.and_then(|ty| ty.pointee());
                    to.is_some_and(|to| is_pointer(to) || is_wide(to))
                }
                _ => false,
            };
            let is_address = |expr: &Expr| match &expr.uncast().kind {
                ExprKind::Name(name) => {
                    let local = locals.iter().find(|(known, _)| known == name);
                    local.is_none_or(|(_, ty)| {
                        is_pointer(ty) || (is_wide(ty) && values.is_unknown(number, name))
                    })
                }
                ExprKind::Deref(place) => points(place),
                _ => false,
            };
            thread
                .expressions()
                .into_iter()
                .any(|expr| match &expr.kind {
                    ExprKind::Binary("==" | "!=", a, b) => is_address(a) || is_address(b),
                    ExprKind::Call(name, arguments) => {
                        let compares = match resolve(spec, name) {
                            Call::Function(v) | Call::Plain(v) => v.of.can_fail(),
                            _ => false,
                        };
                        compares && arguments.iter().any(points)
                    }
                    _ => false,
                })
        });
        threads.any(|compares| compares)
    }

    /// Whether an outcome, with a value for each observed location, passes the test's filter.
    pub fn passes(&self, outcome: &[Value]) -> bool {
        let locations = self.observed.locations();
        let value = |wanted: &Location| {
            let index = locations.iter().position(|location| location == wanted)?;
            outcome.get(index).cloned()
        };
        let filter = self.litmus().filter.as_ref();
        filter.is_none_or(|filter| filter.holds(&value))
    }

    /// Whether a thread accesses a shared variable without an operation, by `*x`.
    pub fn has_plain(&self, spec: &Spec) -> bool {
        let threads = &self.litmus().threads;
        let mut statements = threads.iter().flat_map(|thread| thread.statements());
        let expressions = threads.iter().flat_map(|thread| thread.expressions());
        // Some macros take the variable, which does not access it.
        let (mut all, mut taken) = (0, 0);
        for expr in expressions {
            match &expr.kind {
                ExprKind::Deref(_) => all += 1,
                ExprKind::Call(name, _) => match resolve(spec, name) {
                    Call::Macro(found) if found.lvalue => taken += 1,
                    _ => {}
                },
                _ => {}
            }
        }
        statements.any(|statement| matches!(statement, Statement::Store(..))) || all > taken
    }

    /// Whether a thread computes with values, or chooses between them.
    pub fn computes(&self) -> bool {
        let threads = &self.litmus().threads;
        let mut statements = threads.iter().flat_map(|thread| thread.statements());
        let mut expressions = threads.iter().flat_map(|thread| thread.expressions());
        let computes =
            |expr: &Expr| matches!(expr.kind, ExprKind::Binary(..) | ExprKind::Unary(..));
        statements.any(|statement| matches!(statement, Statement::If(..)))
            || expressions.any(computes)
    }

    /// Whether one of its variables may hold an address: a pointer, or an integer.
    pub fn has_pointers(&self) -> bool {
        let test = self.litmus();
        let mut locals = test.threads.iter().flat_map(|t| t.locals());
        let mut shared = test.shared().into_iter();
        let is_address = |value: &Value| matches!(value, Value::Address(_));
        let mut passed = test.threads.iter().flat_map(|thread| {
            let statements = thread.statements().into_iter();
            let values = statements.flat_map(Statement::expressions);
            values.map(|value| match &value.uncast().kind {
                ExprKind::Name(name) => thread.parameter(name).is_some(),
                _ => false,
            })
        });
        locals.any(|(_, ty)| ty.pointee().is_some())
            || shared.any(|name| test.type_of(name).pointee().is_some())
            || test.init.iter().any(|init| is_address(&init.value))
            || test.registers.iter().any(|r| is_address(&r.value))
            || passed.any(|is_parameter| is_parameter)
    }

    /// Translates a thread to Rust.
    ///
    /// # Errors
    ///
    /// As [`Translator::thread`]. Never fails if the test is not skipped.
    pub fn rust(
        &self,
        spec: &Spec,
        thread: usize,
        name: &str,
        ending: Ending<'_>,
    ) -> Result<String, Problem> {
        if let (Some(own), Ending::Registers(registers)) = (&self.test.own, ending) {
            return Ok(own::thread(&own.threads[thread], name, registers));
        }
        let translator = Translator {
            spec,
            file: self.test.source(),
            test: self.litmus(),
        };
        translator.thread(thread, name, &self.observed.locals[thread], ending)
    }

    /// States as they are compared: those of the model, or those of the machine code.
    pub fn comparable(&self, states: BTreeSet<Vec<Value>>) -> BTreeSet<Vec<Value>> {
        match &self.test.own {
            Some(own) => own::comparable(own, &self.observed, states),
            None => states,
        }
    }

    /// Asks the kernel's memory model. Writes herd7's input to `path`. If `compare`, or if there is
    /// no other way, herd7 is also asked about the unmodified file.
    pub fn ask(&self, spec: &Spec, model: &Model<'_>, path: &Path, compare: bool) -> Asked {
        let mut own = None;
        let allowed = self.allowed(spec, model, path, compare, &mut own);
        Asked {
            allowed: allowed.map_err(|error| format!("{error:#}")),
            own,
        }
    }

    /// The answer of the kernel's memory model. Sets `own` to the verdict on the unmodified file.
    fn allowed(
        &self,
        spec: &Spec,
        model: &Model<'_>,
        path: &Path,
        compare: bool,
        own: &mut Option<Verdict>,
    ) -> Result<Allowed> {
        let locations = self.observed.locations();
        let printed = match &self.skipped {
            Some(why) => Err(why.clone()),
            None => lkmm::print(spec, model, self.litmus(), &locations),
        };
        let printed = match printed {
            Ok(printed) => printed,
            Err(why) if self.test.generated => return Ok(Allowed::Skipped(why)),
            Err(why) => return self.verdict_only(spec, model, path, compare, why, own),
        };
        let unmodified = match compare && !self.test.generated {
            true => self.as_it_stands(model, path)?,
            false => None,
        };
        if let Some(Ran::Done(outcome)) = &unmodified {
            *own = Some(outcome.verdict);
        }
        work::write(path, &printed)?;
        let outcome = match model.run(path)? {
            Ran::Done(outcome) => outcome,
            Ran::TimedOut => {
                // The locations of the condition are observed anyway.
                let printed = lkmm::print(spec, model, self.litmus(), &[]);
                let printed = printed.map_err(anyhow::Error::msg)?;
                let Some(Settled::Verdict { verdict, .. }) = settle(&printed, model, path)? else {
                    return Ok(Allowed::TimedOut);
                };
                if compare && own.is_none() && !self.test.generated {
                    *own = self.compare(verdict, model, path)?;
                }
                return Ok(Allowed::Known(Known {
                    said: Said::quickly(verdict, self.has_plain(spec)),
                    states: Err(ONLY_THE_VERDICT.into()),
                }));
            }
        };
        if let Some(Ran::Done(own)) = &unmodified {
            let of = |outcome: &Outcome| match outcome.races() {
                true => format!("{} with a data race", outcome.verdict),
                false => outcome.verdict.to_string(),
            };
            self.agree(of(own), of(&outcome))?;
        }
        let states = self
            .observed
            .states(
                spec,
                self.litmus(),
                &outcome.states,
                &lkmm::location_text,
                // herd7 computes C in 32 bits.
                (64, 32),
            )
            .map_err(|name| anyhow::anyhow!("herd7 printed no value of {name}"))?;
        Ok(Allowed::Known(Known {
            said: Said::of(&outcome),
            states: Ok(self.comparable(states)),
        }))
    }

    /// The answer about a test that is not compared with machine code, for the reason `why`: the
    /// verdict alone. Sets `own` to that on the unmodified file, if herd7 was asked about it, as it
    /// is if `compare`.
    fn verdict_only(
        &self,
        spec: &Spec,
        model: &Model<'_>,
        path: &Path,
        compare: bool,
        why: String,
        own: &mut Option<Verdict>,
    ) -> Result<Allowed> {
        // For the verdict, herd7 need not find all outcomes, but it does to find all races. Whether
        // it can read the file, or the file has no condition, is seen below.
        let quick = || settle(&self.test.text, model, path).ok().flatten();
        let states_race = self.test.stated().is_some_and(|stated| stated.race);
        let is_whole = self.litmus().skipped.is_none();
        let may_race = states_race || !is_whole || self.has_plain(spec);
        let mut settled = if may_race { None } else { quick() };
        if settled.is_none() {
            settled = match self.as_it_stands(model, path)? {
                Some(Ran::Done(outcome)) => {
                    *own = Some(outcome.verdict);
                    return Ok(Allowed::Known(Known {
                        said: Said::of(&outcome),
                        states: Err(why),
                    }));
                }
                Some(Ran::TimedOut) => quick(),
                None if self.skipped.is_some() => {
                    return Ok(Allowed::Skipped(format!("{why}; and herd7 cannot read it")));
                }
                None => return Ok(Allowed::Skipped(why)),
            };
        }
        let Some(Settled::Verdict {
            verdict,
            as_it_stands,
        }) = settled
        else {
            return Ok(Allowed::TimedOut);
        };
        *own = as_it_stands.then_some(verdict);
        if compare && !as_it_stands {
            *own = self.compare(verdict, model, path)?;
        }
        Ok(Allowed::Known(Known {
            said: Said::quickly(verdict, may_race),
            states: Err(why),
        }))
    }

    /// The verdict on the unmodified file, if herd7 can read it and has the time. Fails if it is not
    /// `rewritten`, that on the rewritten text.
    fn compare(
        &self,
        rewritten: Verdict,
        model: &Model<'_>,
        path: &Path,
    ) -> Result<Option<Verdict>> {
        let settled = settle_as_it_stands(&self.test.text, model, path);
        let Ok(Some(Settled::Verdict { verdict, .. })) = settled else {
            return Ok(None);
        };
        self.agree(verdict, rewritten)?;
        Ok(Some(verdict))
    }

    /// Fails if herd7's verdict on the unmodified file is not that on the rewritten text.
    fn agree(&self, own: impl fmt::Display, rewritten: impl fmt::Display) -> Result<()> {
        let (own, rewritten) = (own.to_string(), rewritten.to_string());
        ensure!(
            own == rewritten,
            "{}: herd7's verdict is {own} for the file, but {rewritten} for its rewritten text",
            self.test.file,
        );
        Ok(())
    }

    /// Runs herd7 on the unmodified text of the file; `None` if herd7 cannot read it.
    fn as_it_stands(&self, model: &Model<'_>, path: &Path) -> Result<Option<Ran>> {
        work::write(path, &self.test.text)?;
        Ok(model.run(path).ok())
    }
}
