//! Bodies that consist of calls of other functions of the module.

use super::body::Body;
use super::call::{format_call, format_name};
use super::pointer::{emit_read_pointer, emit_write_pointer, format_expr};
use crate::emit::text::{Text, fresh};
use crate::expr::Expr;
use crate::model::Variant;
use crate::model::op::ArgKind;
use crate::plan::{Derived, Tells, loop_reads_pointer, tells_failure};
use crate::semantics::NEW;

/// Emits the body of a function that calls another variant.
pub(super) fn emit_derived(t: &mut Text, body: &Body<'_>, derived: &Derived<'_>) {
    let v = body.v;
    let Derived {
        source,
        args,
        tells,
    } = derived;
    let returned = v.of.result();
    if derived.reads_pointer(v) {
        emit_read_pointer(t, v);
    }
    let mut found = fresh("old", v.of.op);
    let operands: Vec<String> = source
        .of
        .op
        .operands()
        .zip(args)
        .map(|(arg, expr)| match (arg.kind, tells) {
            (ArgKind::Pointer, Tells::Result) => format_name(expr),
            (ArgKind::Pointer, _) => {
                t.line(format!("let mut {found} = {};", format_expr(v, expr, "")));
                format!("&mut {found}")
            }
            _ => format_expr(v, expr, ""),
        })
        .collect();
    let call = format_call(body, source, &operands);
    if let Some(result) = used_once(body, derived) {
        return t.line(format_expr(v, &result, &call));
    }
    match tells {
        Tells::Result => {
            let end = if returned.is_some() { "" } else { ";" };
            t.line(format!("{call}{end}"));
        }
        Tells::Old if source.of.op.pointer().is_some() => t.line(format!("{call};")),
        _ if !derived.uses_found(v) => t.line(format!("{call};")),
        Tells::Old => t.line(format!("let {found} = {call};")),
        Tells::New => {
            found = fresh("new", v.of.op);
            t.line(format!("let {found} = {call};"));
        }
    }
    if *tells == Tells::Result {
        return;
    }
    if let Some(fails) = &v.of.meaning.fails {
        let failed = format_expr(v, &v.of.meaning.expand(fails), &found);
        emit_write_pointer(t, v, &failed, &found);
    }
    if let Some(result) = returned {
        // The result is an expression of the new value. If only the old one is known, expand it.
        let result = if *tells == Tells::Old {
            v.of.meaning.expand(&result)
        } else {
            result
        };
        t.line(format_expr(v, &result, &found));
    }
}

/// The result as an expression of what the call returns, in the place of the variable. None if a
/// pointer takes part or the value is needed more than once, and so has to have a name.
fn used_once(body: &Body<'_>, derived: &Derived<'_>) -> Option<Expr> {
    const CALL: char = '\u{7}';
    let v = body.v;
    if v.of.op.pointer().is_some() || derived.source.of.op.pointer().is_some() {
        return None;
    }
    let result = v.of.result()?;
    let result = match derived.tells {
        Tells::Result => return None,
        Tells::Old => v.of.meaning.expand(&result),
        // The name of an argument is not the one of the new value.
        Tells::New if fresh(NEW, v.of.op) != NEW || result.mentions(v.of.op.variable()) => {
            return None;
        }
        Tells::New => {
            let variable = Expr::var(v.of.op.variable());
            result.substitute(&[(NEW.to_owned(), variable)].into())
        }
    };
    let text = format_expr(v, &result, &CALL.to_string());
    (text.matches(CALL).count() == 1).then_some(result)
}

/// Emits the body of a function that is a loop around a compare-and-exchange.
pub(super) fn emit_loop(t: &mut Text, body: &Body<'_>, read: &Variant<'_>, exchange: &Variant<'_>) {
    let v = body.v;
    let op = v.of.op;
    let meaning = v.of.meaning;
    let (found, next) = (fresh("found", op), fresh("next", op));
    if loop_reads_pointer(v) {
        emit_read_pointer(t, v);
    }
    t.line(format!(
        "let mut {found} = {};",
        format_call(body, read, &[])
    ));
    // If the place where the loop ends says what the result is, callers need not test it again.
    let (failed, done) = match tells_failure(&v.of) {
        true => ("return false;", "return true;"),
        false => ("break;", "break;"),
    };
    t.block("loop", |t| {
        if let Some(fails) = &meaning.fails {
            let fails = format_expr(v, &meaning.expand(fails), &found);
            t.line(format!("if {fails} {{ {failed} }}"));
        }
        if let Some(new) = &meaning.new {
            t.line(format!("let {next} = {};", format_expr(v, new, &found)));
        }
        let call = format_call(body, exchange, &[format!("&mut {found}"), next.clone()]);
        t.line(format!("if {call} {{ {done} }}"));
    });
    if tells_failure(&v.of) {
        return;
    }
    if let Some(fails) = &meaning.fails {
        let failed = format_expr(v, &meaning.expand(fails), &found);
        emit_write_pointer(t, v, &failed, &found);
    }
    if let Some(result) = v.of.result() {
        t.line(format_expr(v, &meaning.expand(&result), &found));
    }
}
