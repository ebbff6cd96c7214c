//! The user's own Rust of a test, for compilers: the threads as they are written, as functions over
//! the shared variables.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::Visit;
use syn::{Attribute, Expr, ExprCall, ItemFn, Stmt, Visibility};

use crate::source::{Content, Shared, Source};
use crate::value::{Int, Value};

/// The user's own Rust.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// The structures and functions that threads use.
    pub items: String,
    /// The threads.
    pub threads: Vec<OwnThread>,
    /// The shared variables that have fewer bits than in C.
    pub narrow: Vec<Narrow>,
}

/// A thread.
#[derive(Clone, Debug, Default)]
pub struct OwnThread {
    /// Its statements.
    pub body: String,
    /// The names of its parameters, with their types in Rust: the shared variables that it uses, in
    /// the order of the parameters in C.
    pub parameters: Vec<(String, String)>,
    /// What the condition says of its local variables.
    pub kept: Vec<Kept>,
}

/// A local variable that the condition names.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its name in C.
    pub local: String,
    /// A number in Rust with its value, or with 0 if it has none.
    pub rust: String,
    /// It has a value only if these local variables in C are not 0, or are 0.
    pub given: Vec<(String, bool)>,
}

/// A shared variable that has fewer bits than in C.
#[derive(Clone, Debug)]
pub struct Narrow {
    /// Its name in C.
    pub name: String,
    /// Its width.
    pub bits: u32,
    /// Whether it has negative numbers.
    pub signed: bool,
}

/// Adds the parts of the value of a local variable. `at` is an expression of it in Rust.
pub fn keep(value: &Value, at: &str, kept: &mut Vec<Kept>) {
    part(value, at, &|inner| inner, &[], kept);
}

fn part(
    value: &Value,
    at: &str,
    inside: &dyn Fn(String) -> String,
    given: &[(String, bool)],
    kept: &mut Vec<Kept>,
) {
    let mut add = |local: &str, rust: String| {
        // A constant is no variable.
        if local.starts_with(|c: char| c.is_alphabetic() || c == '_') && !local.contains(' ') {
            kept.push(Kept {
                local: local.to_owned(),
                rust: inside(rust),
                given: given.to_vec(),
            });
        }
    };
    match value {
        Value::Int(int) => add(&int.text, format!("({at}) as {}", width(int))),
        Value::Pointer(text, _) => add(text, format!("({at}) as *const u8 as usize")),
        Value::Choice(choice) => {
            let (good, bad) = match choice.optional {
                true => ("Some", "None"),
                false => ("Ok", "Err"),
            };
            if let (Value::Int(yes), Value::Int(no)) = (&*choice.yes, &*choice.no)
                && yes.text == no.text
            {
                let rust = format!(
                    "match {at} {{ {good}(v) | {bad}(v) => v as {} }}",
                    width(yes)
                );
                return add(&yes.text, rust);
            }
            add(
                &choice.good.text,
                format!("matches!({at}, {good}(..)) as i32"),
            );
            for (inner, word, is_good) in [(&choice.yes, good, true), (&choice.no, bad, false)] {
                if word == "None" {
                    continue;
                }
                let mut given = given.to_vec();
                given.push((choice.good.text.clone(), is_good));
                let inside =
                    |rust: String| inside(format!("match {at} {{ {word}(v) => {rust}, _ => 0 }}"));
                part(inner, "v", &inside, &given, kept);
            }
        }
        Value::Unit | Value::Never | Value::Place(_) | Value::Struct(_) | Value::Marker(_) => {}
    }
}

/// Rust's type of a number that has the width of the one in C.
fn width(int: &Int) -> &'static str {
    match int.kind {
        Some(kind) if kind.rust.ends_with("size") => "isize",
        Some(kind) if kind.bits == 64 => "i64",
        _ => "i32",
    }
}

/// The functions that threads may call, and the structures that `shared` names. A field of a
/// structure is a reference to a variable of its own.
pub fn items(source: &Source) -> String {
    let mut out = String::new();
    let mut known = Vec::new();
    for shared in &source.shared {
        structure(shared, &mut known, &mut out);
    }
    for model in called(source) {
        let mut model = model.clone();
        let is_other = |attribute: &Attribute| attribute.path().is_ident("allow");
        model.attrs.retain(is_other);
        model.vis = Visibility::Inherited;
        let _ = writeln!(out, "#[inline(always)] {}", plain(model.to_token_stream()));
    }
    out
}

/// The functions that threads call, or these functions. A file may have others.
fn called(source: &Source) -> Vec<&ItemFn> {
    let mut calls = Calls(BTreeSet::new());
    source.threads.iter().for_each(|t| calls.visit_block(t));
    let is_called = |calls: &Calls, model: &ItemFn| calls.0.contains(&model.sig.ident.to_string());
    let mut found: Vec<&ItemFn> = Vec::new();
    loop {
        let mut models = source.models.iter();
        let next = models
            .find(|m| is_called(&calls, m) && !found.iter().any(|f| f.sig.ident == m.sig.ident));
        let Some(model) = next else {
            return found;
        };
        calls.visit_block(&model.block);
        found.push(model);
    }
}

/// The names of called functions.
struct Calls(BTreeSet<String>);

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func
            && let Some(last) = path.path.segments.last()
        {
            self.0.insert(last.ident.to_string());
        }
        syn::visit::visit_expr_call(self, call);
    }
}

fn structure(shared: &Shared, known: &mut Vec<String>, out: &mut String) {
    let Content::Fields(_, fields) = &shared.content else {
        return;
    };
    let name = type_name(shared);
    if known.contains(&name) {
        return;
    }
    known.push(name.clone());
    let lines = fields.iter().map(|field| match &field.content {
        Content::Value(value) => {
            let ty = plain(value.0.to_token_stream());
            format!("{}: &'a {ty}", field.name)
        }
        Content::Fields(..) => format!("{}: {}<'a>", field.name, type_name(field)),
    });
    let lines: Vec<String> = lines.collect();
    let _ = writeln!(
        out,
        "#[derive(Clone, Copy)] struct {name}<'a> {{ {} }}",
        lines.join(", ")
    );
    for field in fields {
        structure(field, known, out);
    }
}

fn type_name(shared: &Shared) -> String {
    let Content::Fields(path, _) = &shared.content else {
        return String::new();
    };
    let last = path.segments.last();
    last.map(|last| last.ident.to_string()).unwrap_or_default()
}

/// The statements of a thread. `name` tells the name in C of a variable, by that in Rust; `used` are
/// those that the thread has as parameters.
pub fn body(
    source: &Source,
    thread: usize,
    name: &dyn Fn(&str) -> String,
    used: &dyn Fn(&str) -> bool,
) -> String {
    let mut out = String::new();
    for shared in &source.shared {
        let value = reference(shared, "", name, used);
        let _ = writeln!(out, "    let {} = {value};", shared.name);
    }
    for statement in &source.threads[thread].stmts {
        // More follows the last expression.
        let end = if let Stmt::Expr(_, None) = statement {
            ";"
        } else {
            ""
        };
        let _ = writeln!(out, "    {}{end}", plain(statement.to_token_stream()));
    }
    out
}

fn reference(
    shared: &Shared,
    prefix: &str,
    name: &dyn Fn(&str) -> String,
    used: &dyn Fn(&str) -> bool,
) -> String {
    let rust = format!("{prefix}{}", shared.name);
    match &shared.content {
        Content::Value(value) => {
            let c = name(&rust);
            match used(&c) {
                true => parameter(&c),
                // The code does not reach it, or else it has an address that herd7 knows nothing of.
                false => {
                    let ty = ty(&value.0);
                    format!("{{ unsafe extern \"C\" {{ static {c}: {ty}; }} unsafe {{ &{c} }} }}")
                }
            }
        }
        Content::Fields(_, fields) => {
            let inner = format!("{rust}.");
            let fields = fields
                .iter()
                .map(|field| format!("{}: {}", field.name, reference(field, &inner, name, used)));
            let fields: Vec<String> = fields.collect();
            let sign = if prefix.is_empty() { "&" } else { "" };
            format!("{sign}{} {{ {} }}", type_name(shared), fields.join(", "))
        }
    }
}

/// The name of a thread's parameter, by that of the variable in C.
pub fn parameter(name: &str) -> String {
    format!("c_{name}")
}

/// The type of a shared variable, as compilers see it.
pub fn ty(ty: &syn::Type) -> String {
    plain(ty.to_token_stream()).to_string()
}

/// Tokens without the modules in paths, which are those of the user's crate, and without `use`.
fn plain(tokens: TokenStream) -> TokenStream {
    let all: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: usize, sign: char| matches!(all.get(at), Some(TokenTree::Punct(found)) if found.as_char() == sign);
    let is_ident = |at: usize| matches!(all.get(at), Some(TokenTree::Ident(_)));
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(token) = all.get(at) {
        match token {
            TokenTree::Ident(_) if is(at + 1, ':') && is(at + 2, ':') && is_ident(at + 3) => {
                at += 3;
                continue;
            }
            TokenTree::Ident(word) if word == "use" => {
                while at < all.len() && !is(at, ';') {
                    at += 1;
                }
            }
            TokenTree::Punct(_) if is(at, ':') && is(at + 1, ':') && is_ident(at + 2) => {
                // Of a path that begins with it. After `>`, it follows a type.
                if at > 0 && (is(at - 1, '>') || is_ident(at - 1)) {
                    out.extend([all[at].clone(), all[at + 1].clone()]);
                }
                at += 1;
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), plain(group.stream()));
                inner.set_span(group.span());
                out.push(inner.into());
            }
            other => out.push(other.clone()),
        }
        at += 1;
    }
    out.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_their_modules() {
        for (text, expected) in [
            ("std::hint::spin_loop();", "spin_loop();"),
            (
                "{ use a::b::{c, d}; ::core::ptr::null::<u8>() }",
                "{ null::<u8>() }",
            ),
            ("a::Atomic::<i32>::new(b)", "Atomic::<i32>::new(b)"),
            ("let x: a::B<c::D> = y", "let x: B<D> = y"),
            ("'a: loop { break 'a }", "'a: loop { break 'a }"),
        ] {
            let tokens: TokenStream = text.parse().unwrap();
            let expected: TokenStream = expected.parse().unwrap();
            assert_eq!(plain(tokens).to_string(), expected.to_string());
        }
    }
}
