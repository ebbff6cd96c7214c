//! The names and types in Rust of what a test in C has.

use std::collections::BTreeMap;

use atomics_spec::Spec;

use crate::lang::ast::{self, Litmus};
use crate::lang::types::Type;

/// The words that are no names in Rust, or that `litmus!` knows.
const RESERVED: [&str; 53] = [
    "as",
    "async",
    "await",
    "barrier",
    "box",
    "break",
    "const",
    "continue",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "struct",
    "super",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    "smp_mb",
    "smp_store_mb",
    "null",
];

/// The names in Rust. Those of local variables differ from all others, since a condition in Rust
/// does not say of which thread they are.
pub struct Names {
    locals: BTreeMap<(usize, String), String>,
}

impl Names {
    /// The names of a test.
    pub fn of(litmus: &Litmus) -> Self {
        let shared: Vec<String> = litmus.shared().into_iter().map(variable).collect();
        let all = litmus.threads.iter().enumerate().flat_map(|(number, t)| {
            let locals = t.locals().into_iter();
            locals.map(move |(name, _)| (number, name.to_owned()))
        });
        let all: Vec<(usize, String)> = all.collect();
        let mut taken = shared;
        let mut locals = BTreeMap::new();
        for (number, name) in all {
            if locals.contains_key(&(number, name.clone())) {
                continue;
            }
            let mut wanted = variable(&name);
            while taken.contains(&wanted) {
                wanted = format!("p{number}_{wanted}");
            }
            taken.push(wanted.clone());
            locals.insert((number, name), wanted);
        }
        Self { locals }
    }

    /// A local variable.
    pub fn local(&self, thread: usize, name: &str) -> String {
        let found = self.locals.get(&(thread, name.to_owned()));
        found.cloned().unwrap_or_else(|| variable(name))
    }

    /// A shared variable.
    #[allow(
        clippy::unused_self,
        reason = "callers need not know which names change"
    )]
    pub fn shared(&self, name: &str) -> String {
        variable(name)
    }
}

fn variable(name: &str) -> String {
    // A name in capitals may be that of an ordering.
    let is_marker = name.starts_with(char::is_uppercase);
    match RESERVED.contains(&name) || is_marker || name == "_" {
        true => format!("v_{name}"),
        false => name.to_owned(),
    }
}

/// The name of a function, from that of a test.
pub fn function(test: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = test.chars().map(plain).collect();
    match name.starts_with(|c: char| c.is_ascii_digit()) || RESERVED.contains(&name.as_str()) {
        true => format!("t_{name}"),
        false => name,
    }
}

/// What a shared variable or a local one holds, by its type in C; `None` if `litmus!` has no such
/// type.
pub fn element(spec: &Spec, ty: &ast::Type) -> Option<String> {
    match Type::of(spec, ty)? {
        Type::Int(int) => Some(int.rust.into()),
        Type::Pointer(to) => match *to {
            Type::Int(int) => Some(format!("*const Atomic<{}>", int.rust)),
            Type::Pointer(_) => None,
        },
    }
}
