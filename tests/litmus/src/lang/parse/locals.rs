//! Adds the local variables that a test uses without a declaration. herd7 needs none.

use crate::lang::ast::{
    Expr, ExprKind, Litmus, Local, Parameter, Register, Statement, Thread, Type, Value,
};

/// Adds what a test leaves out: the local variables without a declaration, with the types of their
/// values, and a parameter for each address in the initial value of a local variable.
pub fn add(test: &mut Litmus) {
    for register in &test.registers {
        let Value::Address(name) = &register.value else {
            continue;
        };
        let ty = Type::Pointer(Box::new(test.type_of(name)));
        if let Some(thread) = test.threads.get_mut(register.thread)
            && thread.parameter(name).is_none()
        {
            thread.parameters.push(Parameter {
                ty,
                name: name.clone(),
                span: register.span,
            });
        }
    }
    for number in 0..test.threads.len() {
        let mut undeclared = of_registers(test, number);
        let thread = &test.threads[number];
        for statement in thread.statements() {
            let Statement::Assign(name, _, span) = statement else {
                continue;
            };
            let declared = thread.locals();
            let is_known = declared.iter().any(|(known, _)| known == name)
                || thread.parameter(name).is_some()
                || undeclared.iter().any(|local| local.name == *name);
            if !is_known {
                undeclared.push(Local {
                    ty: int(),
                    name: name.clone(),
                    span: *span,
                });
            }
        }
        settle(thread, &mut undeclared, &test.registers);
        test.threads[number].undeclared = undeclared;
    }
}

fn int() -> Type {
    Type::Named("int".into())
}

/// The local variables of a thread that have initial values but no declaration.
fn of_registers(test: &Litmus, number: usize) -> Vec<Local> {
    let thread = &test.threads[number];
    let registers = test.registers.iter().filter(|r| r.thread == number);
    let locals = registers.filter_map(|register| {
        let declared = thread.locals();
        if declared.iter().any(|(known, _)| *known == register.name) {
            return None;
        }
        let of_value = || match &register.value {
            Value::Address(name) => Type::Pointer(Box::new(test.type_of(name))),
            Value::Number(_) => int(),
        };
        Some(Local {
            ty: register.ty.clone().unwrap_or_else(of_value),
            name: register.name.clone(),
            span: register.span,
        })
    });
    locals.collect()
}

/// Gives each variable the type of the values that are assigned to it. The value of one may be that
/// of another, so this takes as many rounds as there are variables.
fn settle(thread: &Thread, undeclared: &mut [Local], registers: &[Register]) {
    for _ in 0..undeclared.len() {
        for statement in thread.statements() {
            let Statement::Assign(name, value, _) = statement else {
                continue;
            };
            let Some(ty) = type_of(thread, undeclared, value) else {
                continue;
            };
            let has_type = |r: &Register| r.name == *name && r.ty.is_some();
            if let Some(local) = undeclared.iter_mut().find(|local| local.name == *name)
                && local.ty == int()
                && !registers.iter().any(has_type)
            {
                local.ty = ty;
            }
        }
    }
}

/// The type of an expression, if it is that of a variable.
fn type_of(thread: &Thread, undeclared: &[Local], expr: &Expr) -> Option<Type> {
    let of = |expr| type_of(thread, undeclared, expr);
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Address(_) | ExprKind::Unary("!", _) => None,
        ExprKind::Name(name) => {
            let undeclared = undeclared.iter().find(|local| local.name == *name);
            let locals = thread.locals();
            let declared = locals.iter().find(|(known, _)| known == name);
            let parameter = || thread.parameter(name).map(|p| p.ty.clone());
            let local = undeclared.map(|local| local.ty.clone());
            local
                .or_else(|| declared.map(|(_, ty)| (*ty).clone()))
                .or_else(parameter)
        }
        // What an integer points to is as wide as the integer.
        ExprKind::Deref(inner) => of(inner).map(|ty| ty.pointee().cloned().unwrap_or(ty)),
        ExprKind::Unary(_, inner) => of(inner),
        ExprKind::Cast(ty, _) => Some(ty.clone()),
        ExprKind::Binary("+" | "-" | "*" | "&" | "|" | "^", a, b) => {
            let (a, b) = (of(a), of(b));
            a.filter(|ty| *ty != int()).or(b)
        }
        ExprKind::Binary(..) => None,
        // The value of a call has the type of its variable, if it is not a comparison's result.
        ExprKind::Call(name, arguments) => {
            let compares = name.contains("_try_") || name.contains("_and_test");
            if compares || name.starts_with("try_") || name.contains("_unless") {
                return None;
            }
            let mut places = arguments
                .iter()
                .filter_map(|argument| match &argument.kind {
                    ExprKind::Deref(_) => of(argument),
                    _ => of(argument)?.pointee().cloned(),
                });
            places.next()
        }
    }
}
