//! Reads the types of a test as herd7 does, which ignores them: an `int` may hold an address there,
//! and may be accessed as a `char *`. On a machine that takes a word, so each `int` becomes a `long`.

use crate::lang::ast::{Expr, ExprKind, Litmus, Statement, Type};

/// The types that become words. Unsigned ones do not: the model's numbers are signed.
const NARROW: [&str; 5] = ["int", "s32", "int32_t", "signed", "signed int"];
/// The types of what a pointer points to if that has no type of its own.
const ANY: [&str; 2] = ["char", "void"];

/// The test with words in place of its `int`s.
pub fn words(test: &Litmus) -> Litmus {
    let mut wide = test.clone();
    let initial = wide.init.iter_mut().map(|init| &mut init.ty);
    let registers = wide.registers.iter_mut().map(|register| &mut register.ty);
    initial.chain(registers).flatten().for_each(word);
    for thread in &mut wide.threads {
        thread.parameters.iter_mut().for_each(|p| word(&mut p.ty));
        thread.undeclared.iter_mut().for_each(|l| word(&mut l.ty));
        thread.body.iter_mut().for_each(statement);
    }
    wide
}

fn word(ty: &mut Type) {
    match ty {
        Type::Named(name) if NARROW.contains(&name.as_str()) => *name = "long".into(),
        Type::Named(_) => {}
        Type::Pointer(to) => match &mut **to {
            Type::Named(name) if ANY.contains(&name.as_str()) => *name = "long".into(),
            to => word(to),
        },
    }
}

fn statement(of: &mut Statement) {
    match of {
        Statement::Declare(ty, _, value, _) => {
            word(ty);
            value.iter_mut().for_each(expr);
        }
        Statement::Assign(_, value, _) | Statement::Call(value) => expr(value),
        Statement::Store(to, value, _) => [to, value].into_iter().for_each(expr),
        Statement::If(condition, yes, no) => {
            expr(condition);
            yes.iter_mut().chain(no).for_each(statement);
        }
        Statement::Block(body) => body.iter_mut().for_each(statement),
        Statement::Loop(..) => {}
    }
}

fn expr(of: &mut Expr) {
    match &mut of.kind {
        ExprKind::Number(_) | ExprKind::Name(_) | ExprKind::Address(_) => {}
        ExprKind::Cast(ty, inner) => {
            word(ty);
            expr(inner);
        }
        ExprKind::Deref(inner) | ExprKind::Unary(_, inner) => expr(inner),
        ExprKind::Binary(_, a, b) => [a, b].into_iter().for_each(|e| expr(e)),
        ExprKind::Call(_, arguments) => arguments.iter_mut().for_each(expr),
    }
}

#[cfg(test)]
mod tests {
    use atomics_spec::Spec;

    use crate::rust::Ending;
    use crate::rust::Translator;
    use crate::test::Test;

    /// A test with a body and initial values; its first thread in Rust, or why it is skipped.
    fn in_rust(init: &str, body: &str) -> Result<String, String> {
        let spec = Spec::builtin().unwrap();
        let text = format!(
            "C t\n{{ {init} }}\nP0(int *x, int *y, int **p, atomic_t *v)\n{{\n{body}\n}}\nexists (x=1)\n"
        );
        let text = match body.contains("atomic_") {
            true => text,
            false => text.replace(", atomic_t *v", ""),
        };
        let test = Test::parse(&spec, "t.litmus", text).unwrap_or_else(|e| panic!("{body}: {e}"));
        if let Some(why) = test.skipped() {
            return Err(why.to_owned());
        }
        let translator = Translator {
            spec: &spec,
            file: test.source(),
            test: &test.litmus,
        };
        let rust = translator.thread(0, "t", &[], Ending::Memory);
        Ok(rust.unwrap_or_else(|e| panic!("{body}: {e:?}")))
    }

    /// An `int` that holds an address is a word; others are 32 bits.
    #[test]
    fn an_integer_with_an_address_is_a_word() {
        for (init, body, expected) in [
            ("", "int r0 = 1;", "let mut v_r0: i32"),
            ("", "int r0 = x;", "v_r0 = (v_x.as_ptr() as isize);"),
            ("y = x;", "int r0 = READ_ONCE(*y);", "v_y: &Atomic<isize>"),
            (
                "y = x;",
                "r0 = READ_ONCE(*y); r1 = READ_ONCE(*r0);",
                "unsafe { Atomic::from_ptr((v_r0 as *mut isize)) }.load(Relaxed);",
            ),
            (
                "",
                "r0 = (int)rcu_dereference(*(char **)x);",
                "unsafe { Atomic::from_ptr(v_x.as_ptr().cast::<*mut isize>()) }.load(Relaxed)",
            ),
            (
                "",
                "rcu_assign_pointer(*(void **)x, (void *)1);",
                ".store((1_isize as *mut isize), Release);",
            ),
        ] {
            let rust = in_rust(init, body).unwrap_or_else(|why| panic!("{body}: {why}"));
            assert!(rust.contains(expected), "{body}: {rust}");
        }
    }

    /// What a word does not help keeps its reason.
    #[test]
    fn other_types_stay_as_they_are() {
        for (body, reason) in [
            ("int r0 = x; int r1 = (char)r0;", "an address in a variable"),
            ("int r0 = x; u8 r1;", "the type `u8`"),
            (
                "int r0 = x; atomic_inc(v); r1 = READ_ONCE(*r0);",
                "an address in a variable",
            ),
        ] {
            let why = in_rust("", body).unwrap_err();
            assert!(why.starts_with(reason), "{body}: {why}");
        }
    }

    /// An address and a number that is always 0: the address depends on it.
    #[test]
    fn an_offset_of_0_is_an_address() {
        let rust = in_rust(
            "",
            "r0 = READ_ONCE(*y); int r1 = r0 & 8; int *r2 = x + r1; WRITE_ONCE(*r2, 1);",
        );
        let rust = rust.unwrap();
        assert!(
            rust.contains("v_r2 = v_x.as_ptr().wrapping_offset((v_r1 as isize));"),
            "{rust}"
        );
        for body in [
            "r0 = READ_ONCE(*y); WRITE_ONCE(*y, 8); int r1 = r0 & 8; int *r2 = x + r1;",
            "r0 = READ_ONCE(*p); int *r2 = x + r0;",
            "int *r2 = x + 1;",
            "int *r2 = x * 0;",
            "int *r2 = 0 - x;",
        ] {
            let why = in_rust("", body).unwrap_err();
            assert!(why.starts_with("arithmetic on an address"), "{body}: {why}");
        }
    }
}
