//! One test on its way through the tools: judged by the kernel's memory model, translated.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use atomics_spec::Spec;

use crate::herd::{Outcome, Ran};
use crate::lang::ast::{Expr, ExprKind, Litmus, Location, Value};
use crate::lang::calls::{Call, resolve};
use crate::lkmm;
use crate::lkmm::model::Model;
use crate::outcome::{Allowed, Observed};
use crate::rust::{Ending, Problem, Translator};
use crate::test::Test;

/// A test, and what is observed of it.
#[derive(Clone, Debug)]
pub struct Case<'t> {
    /// The test.
    pub test: &'t Test,
    /// What the names of its intermediate files begin with.
    pub stem: String,
    /// What is observed.
    pub observed: Observed,
    /// Why there is no machine code to check, if that is so.
    pub skipped: Option<String>,
}

impl<'t> Case<'t> {
    /// A test of which at most `limit` local variables per thread can be observed.
    pub fn new(test: &'t Test, stem: String, limit: usize) -> Self {
        let observed = Observed::new(&test.litmus, limit);
        let mut skipped = test.out_of_scope.clone();
        if let (None, Some(location)) = (&skipped, observed.lacks(&test.litmus)) {
            let name = lkmm::location_text(location);
            skipped = Some(format!(
                "more than {limit} local variables of a thread are looked at: {name}"
            ));
        }
        Self {
            test,
            stem,
            observed,
            skipped,
        }
    }

    /// What its file says.
    pub fn litmus(&self) -> &'t Litmus {
        &self.test.litmus
    }

    /// Whether a thread compares addresses, itself or by an operation that compares what it finds.
    pub fn compares_addresses(&self, spec: &Spec) -> bool {
        let test = self.litmus();
        test.threads.iter().any(|thread| {
            let locals = thread.locals();
            let is_address = |expr: &Expr| match &expr.uncast().kind {
                ExprKind::Name(name) => {
                    let local = locals.iter().find(|(known, _)| known == name);
                    local.is_none_or(|(_, ty)| ty.pointee().is_some())
                }
                _ => false,
            };
            let points = |expr: &Expr| match &expr.uncast().kind {
                ExprKind::Name(name) => {
                    let ty = thread.parameter(name).map(|p| &p.ty);
                    let local = locals.iter().find(|(known, _)| known == name);
                    let ty = ty.or(local.map(|(_, ty)| *ty));
                    ty.and_then(|ty| ty.pointee()?.pointee()).is_some()
                }
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
        })
    }

    /// Whether an outcome, with a value for each location that is observed, passes the test's filter.
    pub fn passes(&self, outcome: &[Value]) -> bool {
        let locations = self.observed.locations();
        let value = |wanted: &Location| {
            let index = locations.iter().position(|location| location == wanted)?;
            outcome.get(index).cloned()
        };
        let filter = self.litmus().filter.as_ref();
        filter.is_none_or(|filter| filter.holds(&value))
    }

    /// Whether one of its variables holds an address.
    pub fn has_pointers(&self) -> bool {
        let test = self.litmus();
        let mut locals = test.threads.iter().flat_map(|t| t.locals());
        let mut shared = test.shared().into_iter();
        locals.any(|(_, ty)| ty.pointee().is_some())
            || shared.any(|name| test.type_of(name).pointee().is_some())
    }

    /// The Rust of a thread.
    ///
    /// # Errors
    ///
    /// As [`Translator::thread`]; there are none if the test is not skipped.
    pub fn rust(
        &self,
        spec: &Spec,
        thread: usize,
        name: &str,
        ending: Ending<'_>,
    ) -> Result<String, Problem> {
        let translator = Translator {
            spec,
            file: self.test.source(),
            test: self.litmus(),
        };
        translator.thread(thread, name, &self.observed.locals[thread], ending)
    }

    /// Asks the kernel's memory model. `path` is where the text for herd7 goes.
    ///
    /// # Errors
    ///
    /// If herd7 fails on what is given to it.
    pub fn allowed(&self, spec: &Spec, model: &Model<'_>, path: &Path) -> Result<Allowed> {
        let as_it_stands = match self.test.generated {
            true => None,
            false => self.as_it_stands(model, path)?,
        };
        if let Some(why) = &self.skipped {
            return Ok(match as_it_stands {
                Some(Ran::Done(outcome)) => Allowed::Known(outcome.verdict, None),
                Some(Ran::TimedOut) => Allowed::TimedOut,
                None => Allowed::Skipped(format!("{why}; and herd7 cannot read it")),
            });
        }
        let locations = self.observed.locations();
        let printed = match lkmm::print(spec, model, self.litmus(), &locations) {
            Ok(printed) => printed,
            Err(what) => return Ok(Allowed::Skipped(what)),
        };
        fs::write(path, printed).with_context(|| format!("cannot write {}", path.display()))?;
        let outcome = match model.run(path)? {
            Ran::Done(outcome) => outcome,
            Ran::TimedOut => return Ok(Allowed::TimedOut),
        };
        if let Some(Ran::Done(Outcome { verdict, .. })) = as_it_stands {
            ensure!(
                verdict == outcome.verdict,
                "{}: herd7's verdict is {}, but {} on the text that is made of it",
                self.test.file,
                verdict.name(),
                outcome.verdict.name()
            );
        }
        if let Some(flag) = outcome.flags.first() {
            return Ok(Allowed::Skipped(format!("herd7 flags it: {flag}")));
        }
        let states = self
            .observed
            .states(
                spec,
                self.litmus(),
                &outcome.states,
                &lkmm::location_text,
                64,
            )
            .map_err(|name| anyhow::anyhow!("herd7 printed no value of {name}"))?;
        Ok(Allowed::Known(outcome.verdict, Some(states)))
    }

    /// What herd7 makes of the file's own text; nothing if it cannot read it.
    fn as_it_stands(&self, model: &Model<'_>, path: &Path) -> Result<Option<Ran>> {
        fs::write(path, &self.test.text)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(model.run(path).ok())
    }
}
