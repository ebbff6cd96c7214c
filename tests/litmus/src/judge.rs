//! Compares the outcomes of a test's machine code with those that the kernel's memory model allows.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use atomics_spec::Spec;

use crate::asker::Asker;
use crate::case::Case;
use crate::compile::{Compiled, Compiler};
use crate::dialect::{self, Dialect, Program, Thread, Variable, Wanted};
use crate::herd::{FIRST, Outcome, Ran, WANTED};
use crate::judgement::Judgement;
use crate::lang::ast::{Location, Value};
use crate::outcome::{self, variable};
use crate::own;
use crate::rust::{Ending, function};
use crate::work;

/// Judges tests on one target.
pub struct Judge<'a> {
    /// The compiler for the target.
    pub compiler: Compiler<'a>,
    /// herd7's dialect of the target's machine code.
    pub dialect: &'a Dialect,
    /// The file with the model, and its text; `None` for herd7's default model.
    pub model: Option<(PathBuf, String)>,
    /// Whether the next run need not compile the same tests.
    pub keep: bool,
}

/// Why herd7 fails on some tests with pointers: it represents addresses as names, and cannot
/// compute their sums, differences or bits.
const NO_NUMBERS: &str = "herd7 cannot compute with addresses as the machine code does";

/// Why herd7 fails on some tests with plain accesses.
const NARROWED: &str = "the compiler accesses a part of a variable only, and herd7 whole ones";

/// The largest number of allowed outcomes for which a test that takes too long is tried again.
const MOST: usize = 500;

impl Judge<'_> {
    /// The width of a pointer in bits.
    fn bits(&self) -> u32 {
        self.compiler.target().bits
    }

    /// Compiles tests, each with the number that its functions are named by.
    ///
    /// # Errors
    ///
    /// If their Rust does not compile.
    pub fn compile(
        &self,
        spec: &Spec,
        name: &str,
        cases: &[(usize, &Case<'_>)],
    ) -> Result<Compiled> {
        let registers = self.dialect.observed().iter();
        let registers: Vec<String> = registers.map(|o| o.rust.clone()).collect();
        let mut functions = String::new();
        for (index, case) in cases {
            let _ = writeln!(functions, "\n// {}", case.test.name());
            if let Some(own) = &case.test.own {
                functions.push_str(&own::opening(own, *index));
            }
            for thread in 0..case.litmus().threads.len() {
                let name = function(*index, thread);
                let text = case.rust(spec, thread, &name, Ending::Registers(&registers));
                let text = text.map_err(|_| anyhow!("{} is out of scope", case.test.file))?;
                functions.push_str(&text);
            }
            if case.test.own.is_some() {
                functions.push_str(own::CLOSING);
            }
        }
        self.compiler.compile(name, &functions, self.keep)
    }

    /// Why a test cannot be judged on this target; `None` if it can.
    pub fn excludes(&self, spec: &Spec, case: &Case<'_>) -> Option<String> {
        let pointer = self.bits();
        let test = case.litmus();
        let arguments = self.dialect.arguments().len();
        if let Some(thread) = test.threads.iter().find(|t| t.parameters.len() > arguments) {
            let count = thread.parameters.len();
            return Some(format!(
                "a thread with {count} parameters, but only {arguments} fit into registers"
            ));
        }
        // The suite that asked may have had other targets than the one that judges.
        let registers = self.dialect.observed().len();
        if case.observed.locals.iter().any(|l| l.len() > registers) {
            return Some(format!(
                "a thread with more than {registers} local variables to observe"
            ));
        }
        if !self.dialect.compares_addresses() && case.compares_addresses(spec) {
            return Some(NO_NUMBERS.into());
        }
        let locations = case.observed.locations();
        let shared = test
            .shared()
            .into_iter()
            .map(|name| Location::Shared(name.into()));
        let wide = locations
            .into_iter()
            .chain(shared)
            .any(|location| outcome::bits(spec, test, &location, pointer) > pointer);
        wide.then(|| "values wider than a register".into())
    }

    /// Judges a test. The kernel's memory model allows the outcomes `allowed`; with a `race` it
    /// promises nothing about others.
    ///
    /// # Errors
    ///
    /// If the table has no row for an instruction, or herd7 fails on its input.
    pub fn judge(
        &self,
        spec: &Spec,
        (index, case): (usize, &Case<'_>),
        compiled: &Compiled,
        (allowed, race): (&BTreeSet<Vec<Value>>, bool),
        path: &Path,
        asker: &Asker<'_>,
    ) -> Result<Judgement> {
        let threads = match self.threads(index, case, compiled) {
            Ok(threads) => threads,
            // What compilers make of arithmetic and of plain accesses has no end; the operations
            // themselves have to be translated.
            Err(error) if case.computes() || case.has_plain(spec) || case.test.own.is_some() => {
                return Ok(Judgement::Skipped(format!("{error:#}")));
            }
            Err(error) => return Err(error),
        };
        let mut program = self.program(spec, case, threads);
        let text = self.dialect.program(&program)?;
        work::write(path, &text)?;
        let outcome = match self.ask(asker, path, &[]) {
            Ok(Ran::Done(outcome)) => outcome,
            Ok(Ran::TimedOut) => match self.retry(&mut program, case, allowed, path, asker)? {
                Some(outcome) => outcome,
                None => return Ok(Judgement::TimedOut),
            },
            // Compilers keep bytes in registers that hold addresses above them.
            Err(error)
                if (case.has_pointers() || case.computes() || case.test.own.is_some())
                    && format!("{error:#}").contains("Illegal operation") =>
            {
                return Ok(Judgement::Skipped(NO_NUMBERS.into()));
            }
            Err(error)
                if case.has_plain(spec) && format!("{error:#}").contains("mixed-size test") =>
            {
                return Ok(Judgement::Skipped(NARROWED.into()));
            }
            Err(error) => return Err(error),
        };
        if outcome.states.is_empty()
            && program.wanted == Wanted::All
            && case.compares_addresses(spec)
        {
            return Ok(Judgement::Skipped(NO_NUMBERS.into()));
        }
        if outcome.states.is_empty() && case.test.own.is_some() {
            let why = "no execution ends without a jump back, and herd7 does not follow those";
            return Ok(Judgement::Skipped(why.into()));
        }
        ensure!(
            !outcome.states.is_empty() || program.wanted != Wanted::All,
            "herd7 found no execution of {}",
            path.display()
        );
        let name = |location: &Location| self.name(case, location);
        let states = case.observed.states(
            spec,
            case.litmus(),
            &outcome.states,
            &name,
            (self.bits(), 64),
        );
        let states = states.map_err(|name| anyhow!("herd7 printed no value of {name}"))?;
        let states = case.comparable(states);
        let states: BTreeSet<_> = states.into_iter().filter(|s| case.passes(s)).collect();
        if let Some(wide) = states.iter().find_map(|state| outcome::wide(state)) {
            return Ok(Judgement::Skipped(format!(
                "{wide}: herd7 computes C in 32 bits"
            )));
        }
        let offending: Vec<_> = states.difference(allowed).collect();
        if offending.is_empty() {
            return Ok(Judgement::Sound {
                // After a retry, the states are not all.
                stronger: program.wanted == Wanted::All && states.len() < allowed.len(),
            });
        }
        let locations = case.observed.locations();
        let offending = offending.into_iter();
        let offending = offending.map(|state| outcome::line(&locations, state));
        let offending = offending.collect();
        Ok(match race {
            true => Judgement::Racy(offending),
            false => Judgement::Unsound {
                offending,
                program: text,
            },
        })
    }

    /// Asks for the outcomes that are not allowed, where all outcomes take too long: herd7 drops
    /// the executions with an allowed outcome before it asks the model. `None` if that takes too
    /// long, too.
    fn retry(
        &self,
        program: &mut Program,
        case: &Case<'_>,
        allowed: &BTreeSet<Vec<Value>>,
        path: &Path,
        asker: &Asker<'_>,
    ) -> Result<Option<Outcome>> {
        if allowed.len() > MOST {
            return Ok(None);
        }
        // Without any execution, none has an outcome that is not allowed.
        program.wanted = Wanted::Any;
        work::write(path, &self.dialect.program(program)?)?;
        match self.ask(asker, path, &FIRST)? {
            Ran::Done(outcome) if !outcome.states.is_empty() => {}
            _ => return Ok(None),
        }
        let names: Vec<String> = case
            .observed
            .locations()
            .iter()
            .map(|location| self.name(case, location))
            .collect();
        let state = |values: &Vec<Value>| {
            let values = values.iter().map(|value| match value {
                Value::Number(number) => dialect::Value::Number(*number),
                Value::Address(name) => dialect::Value::Symbol(variable(name)),
            });
            names.iter().cloned().zip(values).collect()
        };
        program.wanted = Wanted::Except(allowed.iter().map(state).collect());
        work::write(path, &self.dialect.program(program)?)?;
        Ok(match self.ask(asker, path, &WANTED)? {
            Ran::Done(outcome) => Some(outcome),
            Ran::TimedOut => None,
        })
    }

    /// Runs herd7 on a file, with some options.
    fn ask(&self, asker: &Asker<'_>, path: &Path, more: &[&str]) -> Result<Ran> {
        let mut command = asker.command();
        let options = self.dialect.options();
        command.args(options).args(more);
        let options = options.iter().map(String::as_str);
        let mut inputs: Vec<&str> = options.chain(more.iter().copied()).collect();
        if let Some((model, text)) = &self.model {
            command.arg("-model").arg(model);
            inputs.push(text);
        }
        asker.run(command, path, &inputs)
    }

    /// herd7's name of a location in the machine code.
    fn name(&self, case: &Case<'_>, location: &Location) -> String {
        match location {
            Location::Shared(name) => variable(name),
            Location::Local(thread, name) => {
                let locals = &case.observed.locals[*thread];
                let index = locals.iter().position(|local| local == name);
                self.dialect
                    .observed_name(*thread, index.unwrap_or_default())
            }
        }
    }

    /// The threads of a test in machine code.
    ///
    /// # Errors
    ///
    /// If the table has no row for an instruction.
    fn threads(&self, index: usize, case: &Case<'_>, compiled: &Compiled) -> Result<Vec<Thread>> {
        let test = case.litmus();
        let threads = test.threads.iter().enumerate().map(|(number, thread)| {
            let name = function(index, number);
            let lines = compiled
                .graph(&name)
                .and_then(|graph| self.dialect.thread(&graph));
            let lines = lines.with_context(|| format!("{}, P{number}", test.name))?;
            let parameters = thread.parameters.iter();
            Ok(Thread {
                lines,
                arguments: parameters
                    .map(|p| dialect::Value::Symbol(variable(&p.name)))
                    .collect(),
                observed: case.observed.locals[number].len(),
            })
        });
        threads.collect()
    }

    /// The machine code of a test, of which herd7 shall find all outcomes.
    fn program(&self, spec: &Spec, case: &Case<'_>, threads: Vec<Thread>) -> Program {
        let test = case.litmus();
        let value = |value: &Value| match value {
            Value::Number(number) => dialect::Value::Number(*number),
            Value::Address(name) => dialect::Value::Symbol(variable(name)),
        };
        let initial = |name: &str| match &case.test.own {
            Some(own) => own::stored(own, name, test.initial(name)),
            None => test.initial(name),
        };
        let variables = test.shared().into_iter().map(|name| Variable {
            name: variable(name),
            value: value(&initial(name)),
            bits: outcome::bits(spec, test, &Location::Shared(name.into()), self.bits()),
        });
        Program {
            name: test.name.clone(),
            variables: variables.collect(),
            threads,
            locations: case
                .observed
                .shared
                .iter()
                .map(|name| variable(name))
                .collect(),
            wanted: Wanted::All,
        }
    }
}
