//! Checks that the variables of a test have types that Rust can have.

use crate::lang::ast::{self, Init, Value};
use crate::lang::source::Span;
use crate::lang::types::Type;
use crate::rust::translator::{Problem, Translated, Translator};

impl Translator<'_> {
    /// Checks that a variable has the same type everywhere, and that one that holds an address has
    /// room for it.
    ///
    /// # Errors
    ///
    /// If one does not.
    pub fn check_types(&self) -> Translated<()> {
        for init in &self.test.init {
            self.check_init(init)?;
        }
        for thread in &self.test.threads {
            for parameter in &thread.parameters {
                let Some(to) = parameter.ty.pointee() else {
                    continue;
                };
                let here = self.ty(to, parameter.span)?;
                let mut inits = self.test.init.iter();
                let init = inits.find(|init| init.name == parameter.name);
                let types = [
                    Some(self.test.type_of(&parameter.name)),
                    init.and_then(|init| init.ty.clone()),
                ];
                for other in types.into_iter().flatten() {
                    if self.ty(&other, parameter.span)? != here {
                        return Err(self.two_types(&parameter.name, parameter.span));
                    }
                }
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
                    return Err(self.two_types(name, *span));
                }
                locals.push((name, ty));
            }
        }
        Ok(())
    }

    fn two_types(&self, name: &str, span: Span) -> Problem {
        self.out_of_scope(format!("a variable with two types (`{name}`)"), span)
    }

    fn check_init(&self, init: &Init) -> Translated<()> {
        if let Some(ty) = &init.ty {
            self.ty(ty, init.span)?;
        }
        let Value::Address(name) = &init.value else {
            return Ok(());
        };
        let holder = self.ty(&self.test.type_of(&init.name), init.span)?;
        let to = self.ty(&self.test.type_of(name), init.span)?;
        match &holder {
            Type::Pointer(of) if of.is_as_wide_as(&to) => Ok(()),
            Type::Pointer(_) => Err(self.other_width(init.span)),
            Type::Int(int) if int.holds_addresses() => Ok(()),
            Type::Int(_) => Err(self.address_in(&self.test.type_of(&init.name), init.span)),
        }
    }

    /// The problem that an integer is too narrow for an address.
    pub fn address_in(&self, ty: &ast::Type, span: Span) -> Problem {
        let name = match ty {
            ast::Type::Named(name) => name.as_str(),
            ast::Type::Pointer(_) => "pointer",
        };
        self.out_of_scope(format!("an address in an `{name}`"), span)
    }

    /// The problem that a variable is accessed with another width than it has.
    pub fn other_width(&self, span: Span) -> Problem {
        self.out_of_scope("an access of another width than its variable's", span)
    }

    /// Checks that a pointer made from an integer, which may hold the address of any variable, has
    /// a type that is as wide as all of them.
    ///
    /// # Errors
    ///
    /// If it is not.
    pub fn check_width(&self, to: &Type, span: Span) -> Translated<()> {
        for name in self.test.shared() {
            if !self.ty(&self.test.type_of(name), span)?.is_as_wide_as(to) {
                return Err(self.other_width(span));
            }
        }
        Ok(())
    }
}
