//! One test on its way through the tools: read, judged by the kernel's memory model, translated.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use atomics_spec::Spec;
use atomics_spec::diag::Error;

use super::ast::{Expr, ExprKind, Location, Test, Value, Verdict};
use super::calls::{Call, resolve};
use super::herd::{Outcome, Ran};
use super::lex::File;
use super::lkmm;
use super::model::Model;
use super::observe::Observed;
use super::parse;
use super::rust::{Ending, Problem, Translator};

/// A test.
#[derive(Debug)]
pub struct Case {
    /// What messages call its file.
    pub file: String,
    /// The file's text.
    pub text: String,
    /// The test.
    pub test: Test,
    /// What is observed.
    pub observed: Observed,
    /// Why there is no machine code to check, if that is so.
    pub skipped: Option<String>,
    /// Whether it was generated, so that herd7 need not understand its text as it stands.
    pub generated: bool,
}

/// What the kernel's memory model says of a test.
#[derive(Clone, Debug)]
pub enum Allowed {
    /// The verdict on its condition, and the outcomes, if it is translated.
    Known(Verdict, Option<BTreeSet<Vec<Value>>>),
    /// Why that is not known.
    Skipped(String),
    /// herd7 took too long.
    TimedOut,
}

impl Case {
    /// Reads a test.
    ///
    /// # Errors
    ///
    /// If it is malformed.
    pub fn new(
        spec: &Spec,
        file: String,
        text: String,
        limit: usize,
        generated: bool,
    ) -> Result<Self, Box<Error>> {
        let source = File {
            name: &file,
            text: &text,
        };
        let test = parse::parse(source)?;
        let translator = Translator {
            spec,
            file: source,
            test: &test,
        };
        let mut skipped = match translator.check() {
            Ok(()) => None,
            Err(Problem::OutOfScope { what, place }) => Some(format!("{what} at {place}")),
            Err(Problem::Fault(error)) => return Err(error),
        };
        let observed = Observed::new(&test, limit);
        if let (None, Some(location)) = (&skipped, observed.lacks(&test)) {
            let name = lkmm::location_text(location);
            skipped = Some(format!(
                "more than {limit} local variables of a thread are looked at: {name}"
            ));
        }
        Ok(Self {
            test,
            observed,
            skipped,
            generated,
            file,
            text,
        })
    }

    /// Whether a thread compares addresses, itself or by an operation that compares what it finds.
    pub fn compares_addresses(&self, spec: &Spec) -> bool {
        let test = &self.test;
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
        let filter = self.test.filter.as_ref();
        filter.is_none_or(|filter| filter.holds(&value))
    }

    /// Whether one of its variables holds an address.
    pub fn has_pointers(&self) -> bool {
        let test = &self.test;
        let mut locals = test.threads.iter().flat_map(|t| t.locals());
        let mut shared = test.shared().into_iter();
        locals.any(|(_, ty)| ty.pointee().is_some())
            || shared.any(|name| test.type_of(name).pointee().is_some())
    }

    /// The test's file.
    pub fn source(&self) -> File<'_> {
        File {
            name: &self.file,
            text: &self.text,
        }
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
            file: self.source(),
            test: &self.test,
        };
        translator.thread(thread, name, &self.observed.locals[thread], ending)
    }

    /// Asks the kernel's memory model. `path` is where the text for herd7 goes.
    ///
    /// # Errors
    ///
    /// If herd7 fails on what is given to it.
    pub fn allowed(&self, spec: &Spec, model: &Model<'_>, path: PathBuf) -> Result<Allowed> {
        let as_it_stands = match self.generated {
            true => None,
            false => self.as_it_stands(model, &path)?,
        };
        if let Some(why) = &self.skipped {
            return Ok(match as_it_stands {
                Some(Ran::Done(outcome)) => Allowed::Known(outcome.verdict, None),
                Some(Ran::TimedOut) => Allowed::TimedOut,
                None => Allowed::Skipped(format!("{why}; and herd7 cannot read it")),
            });
        }
        let locations = self.observed.locations();
        let printed = match lkmm::print(spec, model, &self.test, &locations) {
            Ok(printed) => printed,
            Err(what) => return Ok(Allowed::Skipped(what)),
        };
        fs::write(&path, printed).with_context(|| format!("cannot write {}", path.display()))?;
        let outcome = match model.run(&path)? {
            Ran::Done(outcome) => outcome,
            Ran::TimedOut => return Ok(Allowed::TimedOut),
        };
        if let Some(Ran::Done(Outcome { verdict, .. })) = as_it_stands {
            anyhow::ensure!(
                verdict == outcome.verdict,
                "{}: herd7's verdict is {}, but {} on the text that is made of it",
                self.file,
                verdict.name(),
                outcome.verdict.name()
            );
        }
        if let Some(flag) = outcome.flags.first() {
            return Ok(Allowed::Skipped(format!("herd7 flags it: {flag}")));
        }
        let states = self
            .observed
            .states(spec, &self.test, &outcome.states, &lkmm::location_text, 64)
            .map_err(|name| anyhow::anyhow!("herd7 printed no value of {name}"))?;
        Ok(Allowed::Known(outcome.verdict, Some(states)))
    }

    /// What herd7 makes of the file's own text; nothing if it cannot read it.
    fn as_it_stands(&self, model: &Model<'_>, path: &Path) -> Result<Option<Ran>> {
        fs::write(path, &self.text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(model.run(path).ok())
    }
}
