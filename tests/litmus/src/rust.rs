//! Translates threads to Rust functions that call the emitted modules.
//!
//! A shared variable `int *x` becomes `x: &Atomic<i32>`, and `int **p` becomes
//! `p: &Atomic<*mut i32>`. A call in C becomes one method call of the typed layer, or of the raw
//! layer if the typed layer has the operation only under another name. A thread ends with an empty
//! `asm!` that leaves the observed local variables in registers.

mod body;
mod call;
mod check;
mod expr;
mod plain;
mod scope;
mod translator;

use std::fmt::Write as _;

use atomics_spec::model::op::Ordering;

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
            let first = body.initial(thread, local, &ty)?;
            let _ = writeln!(
                out,
                "    let mut {}: {} = {first};",
                ident(local),
                ty.rust()
            );
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
        if let Some((what, span)) = &self.test.skipped {
            return Err(self.out_of_scope(what.as_str(), *span));
        }
        self.check_types()?;
        for thread in 0..self.test.threads.len() {
            self.thread(thread, "check", &[], Ending::Memory)?;
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
