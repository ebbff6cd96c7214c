//! Generates the C helpers: one C function per variant, for Rust to call.

use super::c_expression::fill_expression;
use super::text::fresh;
use crate::arch::{Arch, Features, Fence};
use crate::expr::Expr;
use crate::model::op::{Arg, ArgKind};
use crate::model::{Spec, Variant};
use crate::names;
use crate::plan::{Derived, Missing, Plan, Planner, Tells, loop_reads_pointer};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The naming and attributes of C helpers.
#[derive(Clone, Copy, Debug)]
pub struct Style<'a> {
    /// The prefix of their names.
    pub prefix: &'a str,
    /// The attribute before their return type; empty for none.
    pub attribute: &'a str,
}

/// The C type and name of a parameter.
fn param(v: &Variant<'_>, arg: &Arg) -> String {
    let value = &v.family.c_value;
    let space = if value.ends_with('*') { "" } else { " " };
    match (arg.kind, &v.family.c_object) {
        (ArgKind::Value, _) => format!("{value}{space}{}", arg.name),
        (ArgKind::Pointer, _) => format!("{value}{space}*{}", arg.name),
        (ArgKind::Variable { constant }, Some(object)) => {
            format!(
                "{}{object} *{}",
                if constant { "const " } else { "" },
                arg.name
            )
        }
        (ArgKind::Variable { constant: true }, None) if value.ends_with('*') => {
            format!("{value}const *{}", arg.name)
        }
        (ArgKind::Variable { constant }, None) => {
            format!(
                "{}{value}{space}*{}",
                if constant { "const " } else { "" },
                arg.name
            )
        }
    }
}

/// The parameters of a variant.
pub(super) fn params(v: &Variant<'_>) -> String {
    let params: Vec<String> = v.of.op.args.iter().map(|a| param(v, a)).collect();
    params.join(", ")
}

/// The type that a variant returns.
pub(super) fn ret(v: &Variant<'_>) -> String {
    super::signature::returns(&v.of, &v.family.c_value).unwrap_or_else(|| "void".into())
}

/// The head of the helper of a variant, for its definition.
fn head(v: &Variant<'_>, style: Style<'_>) -> String {
    let name = names::helper(style.prefix, &v.function());
    let returns = returning(&ret(v), style);
    format!("{returns}\n{name}({})", params(v))
}

/// The first line of a helper that returns `ret`.
pub(super) fn returning(ret: &str, style: Style<'_>) -> String {
    match style.attribute {
        "" => ret.to_owned(),
        attribute => format!("{attribute} {ret}"),
    }
}

/// Helpers that call the C function of their name, as the kernel's own script writes them.
pub fn wrappers<'s>(variants: impl Iterator<Item = Variant<'s>>, style: Style<'_>) -> String {
    let mut out = String::new();
    for v in variants {
        let args: Vec<&str> = v.of.op.args.iter().map(|a| a.name.as_str()).collect();
        let returns = if v.of.result().is_some() {
            "return "
        } else {
            ""
        };
        let call = format!("{}({})", v.function(), args.join(", "));
        let _ = write!(out, "{}\n{{\n\t{returns}{call};\n}}\n\n", head(&v, style));
    }
    out
}

/// The declarations of all helpers of `variants`.
pub fn declarations<'s>(variants: impl Iterator<Item = Variant<'s>>, style: Style<'_>) -> String {
    let mut out = String::new();
    for v in variants {
        let name = names::helper(style.prefix, &v.function());
        let _ = writeln!(out, "{} {name}({});", ret(&v), params(&v));
    }
    out
}

/// The comment for a line with this meaning in the table.
pub(super) fn comment(meaning: &str) -> Option<String> {
    (!meaning.is_empty()).then(|| format!("/* {meaning} */"))
}

/// Helpers that implement the operations, from the templates of `arch`. A helper is written after
/// those that it calls, so that none needs a declaration.
pub fn helpers<'s>(
    spec: &'s Spec,
    arch: &'s Arch,
    variants: impl Iterator<Item = Variant<'s>>,
    style: Style<'_>,
) -> Result<String, Missing> {
    let mut writer = Helpers {
        planner: Planner::new(spec, arch, Features::NONE),
        style,
        done: BTreeSet::new(),
        out: String::new(),
    };
    for v in variants {
        writer.helper(&v)?;
    }
    Ok(writer.out)
}

/// Helpers under construction.
struct Helpers<'s, 'a> {
    planner: Planner<'s>,
    style: Style<'a>,
    /// The functions that have been written.
    done: BTreeSet<String>,
    out: String,
}

impl<'s> Helpers<'s, '_> {
    fn helper(&mut self, v: &Variant<'s>) -> Result<(), Missing> {
        if !self.done.insert(v.function()) {
            return Ok(());
        }
        let plan = self.planner.plan(v)?;
        for callee in plan.callees() {
            self.helper(&callee)?;
        }
        let arch = self.planner.arch;
        let mut body = Body::new(v, arch, self.style);
        body.plan(&plan);
        let _ = write!(self.out, "{}\n{{\n{}}}\n\n", head(v, self.style), body.out);
        Ok(())
    }
}

/// The body of one helper.
pub(super) struct Body<'a> {
    v: &'a Variant<'a>,
    arch: &'a Arch,
    style: Style<'a>,
    out: String,
    depth: usize,
}

impl<'a> Body<'a> {
    /// The empty body of the helper of `v`.
    pub fn new(v: &'a Variant<'a>, arch: &'a Arch, style: Style<'a>) -> Self {
        Self {
            v,
            arch,
            style,
            out: String::new(),
            depth: 1,
        }
    }

    fn line(&mut self, text: &str) {
        if text.is_empty() {
            self.out.push('\n');
            return;
        }
        let _ = writeln!(self.out, "{}{text}", "\t".repeat(self.depth));
    }

    fn comment(&mut self, meaning: &str) {
        if let Some(comment) = comment(meaning) {
            self.line(&comment);
        }
    }

    fn fence(&mut self, fence: Fence) {
        for line in self.arch.fence(fence).into_iter().flat_map(|f| &f.lines) {
            self.comment(&line.meaning);
            self.line(&format!("{};", line.text));
        }
    }

    fn declare(&mut self, name: &str, value: &str) {
        let ty = &self.v.family.c_value;
        let space = if ty.ends_with('*') { "" } else { " " };
        self.line(&format!("{ty}{space}{name} = {value};"));
    }

    fn returns(&self) -> bool {
        self.v.of.result().is_some()
    }

    /// An expression in C; a `p` argument stands for the value that it points to.
    pub fn expr(&self, expr: &Expr, old: &str) -> String {
        let op = self.v.of.op;
        let narrow = match self.v.family.bits(self.arch.width) {
            8 | 16 => Some(self.v.family.c_value.as_str()),
            _ => None,
        };
        expr.c(narrow, &|name| {
            if name == op.variable() {
                old.to_owned()
            } else if op.pointer().is_some_and(|p| p.name == name) {
                fresh("expected", op)
            } else {
                name.to_owned()
            }
        })
    }

    /// A call of the helper of another variant.
    pub fn call(&self, target: &Variant<'_>, operands: &[String]) -> String {
        let mut operands = operands.iter().cloned();
        let args = target.of.op.args.iter().map(|arg| match arg.kind {
            ArgKind::Variable { .. } => self.v.of.op.variable().to_owned(),
            _ => operands.next().unwrap_or_default(),
        });
        let name = names::helper(self.style.prefix, &target.function());
        format!("{name}({})", args.collect::<Vec<_>>().join(", "))
    }

    fn own_args(&self) -> Vec<String> {
        self.v.of.op.operands().map(|a| a.name.clone()).collect()
    }

    /// `call` as the last statement.
    fn finish(&mut self, call: &str) {
        let returns = if self.returns() { "return " } else { "" };
        self.line(&format!("{returns}{call};"));
    }

    fn plan(&mut self, plan: &Plan<'_>) {
        match plan {
            Plan::Native(template) => {
                for line in &template.lines {
                    self.comment(&line.meaning);
                    let text = fill_expression(self.v, &line.text);
                    self.finish(&text);
                }
            }
            Plan::Fenced {
                relaxed,
                before,
                after,
            } => {
                let call = self.call(relaxed, &self.own_args());
                if self.returns() && after.is_some() {
                    let ty = ret(self.v);
                    let space = if ty.ends_with('*') { "" } else { " " };
                    let result = fresh("result", self.v.of.op);
                    self.line(&format!("{ty}{space}{result};"));
                    self.line("");
                    before.iter().for_each(|f| self.fence(*f));
                    self.line(&format!("{result} = {call};"));
                    after.iter().for_each(|f| self.fence(*f));
                    self.line(&format!("return {result};"));
                } else {
                    before.iter().for_each(|f| self.fence(*f));
                    self.finish(&call);
                    after.iter().for_each(|f| self.fence(*f));
                }
            }
            Plan::Stronger(full) => {
                let call = self.call(full, &self.own_args());
                self.finish(&call);
            }
            Plan::Derived(derived) => self.derived(derived),
            Plan::Loop { read, exchange } => self.looped(read, exchange),
        }
    }

    fn read_pointer(&mut self) {
        if let Some(pointer) = self.v.of.op.pointer() {
            let name = fresh("expected", self.v.of.op);
            self.declare(&name, &format!("*{}", pointer.name));
        }
    }

    fn write_pointer(&mut self, found: &str) {
        let (Some(pointer), Some(fails)) = (self.v.of.op.pointer(), &self.v.of.meaning.fails)
        else {
            return;
        };
        let failed = self.expr(&self.v.of.meaning.expand(fails), found);
        let name = pointer.name.clone();
        self.line(&format!("if ({failed})"));
        self.line(&format!("\t*{name} = {found};"));
    }

    fn derived(&mut self, derived: &Derived<'_>) {
        let Derived {
            source,
            args,
            tells,
        } = derived;
        if derived.reads_pointer(self.v) {
            self.read_pointer();
        }
        if *tells == Tells::Result {
            let passed = source
                .of
                .op
                .operands()
                .zip(args)
                .map(|(arg, expr)| match arg.kind {
                    ArgKind::Pointer => expr.to_string(),
                    _ => self.expr(expr, ""),
                });
            let call = self.call(source, &passed.collect::<Vec<_>>());
            self.finish(&call);
            return;
        }
        let found = fresh(
            if *tells == Tells::New { "now" } else { "found" },
            self.v.of.op,
        );
        let mut behind_pointer = false;
        let mut operands = Vec::new();
        for (arg, expr) in source.of.op.operands().zip(args) {
            let text = self.expr(expr, "");
            if arg.kind == ArgKind::Pointer {
                behind_pointer = true;
                self.declare(&found, &text);
                operands.push(format!("&{found}"));
            } else {
                operands.push(text);
            }
        }
        let call = self.call(source, &operands);
        if behind_pointer || !derived.uses_found(self.v) {
            self.line("");
            self.line(&format!("{call};"));
        } else {
            self.declare(&found, &call);
            self.line("");
        }
        self.write_pointer(&found);
        if let Some(result) = self.v.of.result() {
            let meaning = self.v.of.meaning;
            let text = match tells {
                Tells::New => self.new_only(&result, &found),
                _ => self.expr(&meaning.expand(&result), &found),
            };
            self.line(&format!("return {text};"));
        }
    }

    /// An expression that mentions the new value but not the old one.
    pub fn new_only(&self, expr: &Expr, new: &str) -> String {
        let renamed = [(
            crate::semantics::NEW.to_owned(),
            Expr::var(self.v.of.op.variable()),
        )];
        self.expr(&expr.substitute(&renamed.into()), new)
    }

    fn looped(&mut self, read: &Variant<'_>, exchange: &Variant<'_>) {
        let op = self.v.of.op;
        let meaning = self.v.of.meaning;
        let (found, next) = (fresh("found", op), fresh("next", op));
        if loop_reads_pointer(self.v) {
            self.read_pointer();
        }
        let first = self.call(read, &[]);
        self.declare(&found, &first);
        let ty = &self.v.family.c_value;
        let space = if ty.ends_with('*') { "" } else { " " };
        self.line(&format!("{ty}{space}{next};"));
        self.line("");
        self.line("do {");
        self.depth += 1;
        if let Some(fails) = &meaning.fails {
            let fails = self.expr(&meaning.expand(fails), &found);
            self.line(&format!("if ({fails})"));
            self.line("\tbreak;");
        }
        if let Some(new) = &meaning.new {
            let new = self.expr(new, &found);
            self.line(&format!("{next} = {new};"));
        }
        self.depth -= 1;
        let call = self.call(exchange, &[format!("&{found}"), next.clone()]);
        self.line(&format!("}} while (!{call});"));
        self.write_pointer(&found);
        if let Some(result) = self.v.of.result() {
            let text = self.expr(&meaning.expand(&result), &found);
            self.line(&format!("return {text};"));
        }
    }
}
