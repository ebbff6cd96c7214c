//! Translates plain accesses: to those of raw pointers, which a compiler of Rust may change as one of
//! C may change an access of a variable that is neither volatile nor atomic.
//!
//! This means something only where no thread may access the variable at the same time. The kernel's
//! memory model tells: it flags a data race. The machine code of such a test may have any outcome,
//! and it is never run.

use crate::lang::ast::{Expr, ExprKind};
use crate::lang::source::Span;
use crate::lang::types::Type;
use crate::rust::expr::Typed;
use crate::rust::scope::Scope;
use crate::rust::translator::Translated;

impl Scope<'_> {
    /// The value of the variable at an address.
    ///
    /// # Errors
    ///
    /// If it is not an address, or the test is out of scope.
    pub fn plain_load(&self, address: &Expr, span: Span) -> Translated<Typed> {
        let (pointer, ty) = self.plain(address, span)?;
        // The emitted code has no undefined behavior where it is run: all pointers in a test point to
        // its shared variables, and a test in which herd7 finds a data race is only compiled.
        Ok(Typed::of(format!("unsafe {{ {pointer}.read() }}"), ty))
    }

    /// The store of a value to the variable `to`, which is `*address`.
    ///
    /// # Errors
    ///
    /// If one of them is wrong or out of scope.
    pub fn plain_store(&self, to: &Expr, value: &Expr, span: Span) -> Translated<String> {
        let ExprKind::Deref(address) = &to.kind else {
            return Err(self.translator.out_of_scope("a plain store", span));
        };
        let (pointer, ty) = self.plain(address, span)?;
        let value = self.converted(value, &ty)?;
        // The same holds for the emitted store.
        Ok(format!("unsafe {{ {pointer}.write({value}) }}"))
    }

    /// A pointer to a variable that is accessed without an operation, and the variable's type.
    fn plain(&self, address: &Expr, span: Span) -> Translated<(String, Type)> {
        if self.translator.test.filter.is_some() {
            // herd7 finds no race in the executions that it drops, and a compiler does not know
            // which those are.
            let what = "a plain access in a test with a `filter`";
            return Err(self.translator.out_of_scope(what, span));
        }
        self.address(address)
    }
}
