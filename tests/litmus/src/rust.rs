//! Translates threads to Rust functions that call the emitted modules.
//!
//! A shared variable `int *x` becomes `x: &Atomic<i32>`, and `int **p` becomes
//! `p: &Atomic<*mut i32>`. A call in C becomes one method call of the typed layer, or of the raw
//! layer if the typed layer has the operation only under another name. A thread ends with an empty
//! `asm!` that leaves the observed local variables in registers.

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

/// Where a thread leaves its observed local variables.
#[derive(Clone, Copy, Debug)]
pub enum Ending<'a> {
    /// In these registers, named as for `asm!`.
    Registers(&'a [String]),
    /// In memory, at the address in the thread's last parameter.
    Memory,
}

impl Translator<'_> {
    /// Translates a thread to a function called `name`, which leaves the local variables `observed`
    /// where `ending` says.
    ///
    /// # Errors
    ///
    /// If the thread is wrong, or has a construct that is not checked on machine code.
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
        // A local variable in C lives in its block. It is declared here so that it can be observed
        // at the end of the function.
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
                // The emitted `unsafe` is sound: the asm has no instructions.
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

    /// Checks that every thread can be translated.
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

    /// Checks that a variable has the same type everywhere.
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
                        let help = "use one type in all threads and in the initial value";
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
                    return self.fault(*span, message, "use one type for it in the thread");
                }
                locals.push((name, ty));
            }
        }
        Ok(())
    }
}

/// Stores a thread's observed values one after the other.
fn stores(observed: &[String]) -> String {
    let lines = observed.iter().enumerate().map(|(index, local)| {
        format!(
            "    unsafe {{ out.add({index}).write({} as i64) }};\n",
            ident(local)
        )
    });
    lines.collect()
}

/// The name of a thread's function, from the numbers of the test and the thread.
pub fn function(test: usize, thread: usize) -> String {
    format!("t{test}_P{thread}")
}

/// The orderings that a file of threads imports.
pub fn orderings() -> String {
    Ordering::ALL.map(Ordering::name).join(", ")
}
