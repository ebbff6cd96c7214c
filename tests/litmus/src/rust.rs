//! Threads as Rust functions that call the emitted modules.
//!
//! A shared variable `int *x` is `x: &Atomic<i32>`, a pointer to one `&Atomic<*mut i32>`. What C
//! has as one call is one method of the typed layer, or of the raw one where the typed layer has
//! the operation under another name only. A thread ends with an empty `asm!` that leaves the local
//! variables which are observed in registers.

mod body;
mod call;
mod expr;
mod scope;
mod translator;

use std::fmt::Write as _;

use atomics_spec::model::op::Ordering;

use crate::lang::ast;
use crate::lang::types::Type;
use scope::Scope;

pub use translator::{Problem, Translated, Translator, ident};

/// Where a thread leaves what is observed.
#[derive(Clone, Copy, Debug)]
pub enum Ending<'a> {
    /// In registers, by their names for `asm!`.
    Registers(&'a [String]),
    /// In memory, from its last parameter on.
    Memory,
}

impl Translator<'_> {
    /// A thread as a function called `name`, which leaves `observed`, some of its local variables,
    /// where `ending` says.
    ///
    /// # Errors
    ///
    /// If the thread is wrong or has something that is not checked on machine code.
    pub fn thread(
        &self,
        thread: usize,
        name: &str,
        observed: &[String],
        ending: Ending<'_>,
    ) -> Translated<String> {
        let found = &self.test.threads[thread];
        let mut parameters = Vec::new();
        for parameter in &found.parameters {
            let to = parameter.ty.pointee().map(|to| self.ty(to, parameter.span));
            let to = to.transpose()?.map(|ty| ty.rust()).unwrap_or_default();
            parameters.push(format!("{}: &Atomic<{to}>", ident(&parameter.name)));
        }
        let attribute = match ending {
            Ending::Registers(_) => "#[unsafe(no_mangle)]\npub extern \"C\" ",
            Ending::Memory => {
                parameters.push("out: *mut i64".into());
                ""
            }
        };
        let mut out = format!("{attribute}fn {name}({}) {{\n", parameters.join(", "));
        let mut body = Scope::new(self, found);
        // C's local variables are known in their block; to outlive it, they are made here.
        for (local, ty, span) in body.locals() {
            let ty = self.ty(ty, span)?;
            let zero = match ty {
                Type::Int(_) => "0",
                Type::Pointer(_) => "core::ptr::null_mut()",
            };
            let _ = writeln!(out, "    let mut {}: {} = {zero};", ident(local), ty.rust());
        }
        body.block(&found.body, 1, &mut out)?;
        match ending {
            Ending::Registers(registers) => {
                let operands = observed.iter().zip(registers);
                let operands: String = operands
                    .map(|(local, register)| format!("in(\"{register}\") {}, ", ident(local)))
                    .collect();
                let options = "options(nostack, preserves_flags)";
                // What is written is sound: it has no instruction.
                let _ = writeln!(
                    out,
                    "    unsafe {{ core::arch::asm!(\"\", {operands}{options}) }};"
                );
            }
            Ending::Memory => out.push_str(&stores(observed)),
        }
        out.push_str("}\n");
        Ok(out)
    }

    /// Whether every thread can be translated.
    ///
    /// # Errors
    ///
    /// As [`thread`](Self::thread).
    pub fn check(&self) -> Translated<()> {
        self.check_types()?;
        for thread in 0..self.test.threads.len() {
            self.thread(thread, "check", &[], Ending::Memory)?;
        }
        Ok(())
    }

    /// That a variable has the same type wherever it is named.
    fn check_types(&self) -> Translated<()> {
        for init in &self.test.init {
            init.ty
                .as_ref()
                .map(|ty| self.ty(ty, init.span))
                .transpose()?;
        }
        for thread in &self.test.threads {
            for parameter in &thread.parameters {
                let here = parameter.ty.pointee().map(|to| self.ty(to, parameter.span));
                let init = self
                    .test
                    .init
                    .iter()
                    .find(|init| init.name == parameter.name);
                let types = [
                    Some(self.test.type_of(&parameter.name)),
                    init.and_then(|i| i.ty.clone()),
                ];
                for other in types.into_iter().flatten() {
                    let other = self.ty(&other, parameter.span)?;
                    if let Some(here) = &here
                        && here.as_ref().is_ok_and(|here| *here != other)
                    {
                        let name = &parameter.name;
                        let message = format!("`{name}` has another type elsewhere");
                        let help =
                            "a variable has one type, in all threads and where it gets its value";
                        return self.fault(parameter.span, message, help);
                    }
                }
                here.transpose()?;
            }
            let mut locals: Vec<(&str, &ast::Type)> = Vec::new();
            for statement in thread.statements() {
                let ast::Statement::Declare(ty, name, _, span) = statement else {
                    continue;
                };
                if locals
                    .iter()
                    .any(|(known, other)| known == name && *other != ty)
                {
                    let message = format!("`{name}` is declared with another type elsewhere");
                    return self.fault(*span, message, "a local variable has one type in a thread");
                }
                locals.push((name, ty));
            }
        }
        Ok(())
    }
}

/// A thread's results, stored one after the other.
fn stores(observed: &[String]) -> String {
    let lines = observed.iter().enumerate().map(|(index, local)| {
        format!(
            "    unsafe {{ out.add({index}).write({} as i64) }};\n",
            ident(local)
        )
    });
    lines.collect()
}

/// What the function of a thread is called, by the numbers of the test and the thread.
pub fn function(test: usize, thread: usize) -> String {
    format!("t{test}_P{thread}")
}

/// The orderings that a file of threads imports.
pub fn orderings() -> String {
    Ordering::ALL.map(Ordering::name).join(", ")
}
