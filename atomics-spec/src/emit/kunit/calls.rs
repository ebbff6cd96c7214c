//! How the suite calls a form, and the arms of the suite's macros for that.

use crate::expr::Yields;
use crate::model::op::ArgKind;
use crate::model::{FormOf, Spec};
use crate::names::{self, rust_ident};

/// How the suite calls a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// As a method and on a raw pointer.
    Typed,
    /// The same, with an argument through which it returns a value.
    TypedOut,
    /// Under its C names, through the trait of its class, because it has no method.
    Raw {
        /// Whether an argument is a pointer.
        out: bool,
        /// Its result.
        end: End,
    },
}

/// The result of a call under a C name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// A value of the variable's type.
    Value,
    /// Whether it stored; a method would return a `Result`.
    Stored,
    /// Another truth value, or nothing.
    Plain,
}

impl Kind {
    fn of(form: &FormOf<'_>) -> Self {
        let out = form.op.operands().any(|a| a.kind == ArgKind::Pointer);
        if form.is_typed() {
            return match out && !form.returns_result() {
                true => Self::TypedOut,
                false => Self::Typed,
            };
        }
        let is_value = form.result().is_some_and(|r| r.yields() == Yields::Value);
        let end = match form.returns_result() {
            true => End::Stored,
            false if is_value => End::Value,
            false => End::Plain,
        };
        Self::Raw { out, end }
    }

    /// The word that selects the arms for it.
    fn word(self) -> &'static str {
        match self {
            Self::Typed | Self::TypedOut => "",
            Self::Raw { out, end } => match (out, end) {
                (false, End::Value) => "C",
                (false, _) => "C_plain",
                (true, End::Value) => "C_out",
                (true, End::Stored) => "C_result",
                (true, End::Plain) => "C_out_plain",
            },
        }
    }

    /// The arms of `call!`, which makes one call.
    fn call(self) -> String {
        let (out, end) = match self {
            Self::Typed => return String::new(),
            Self::TypedOut => return include_str!("../templates/kunit/call_out.rs").into(),
            Self::Raw { out, end } => (out, end),
        };
        let before = [
            "$(let $arg = into_repr($arg);)*",
            "let mut found = $out;",
            "let $out = &mut found;",
        ];
        let after: &[&str] = match (out, end) {
            (false, End::Value) => &["unsafe { from_repr(result) }"],
            (false, _) => &["result"],
            (true, End::Value) => &["unsafe { (from_repr(found), from_repr(result)) }"],
            (true, End::Plain) => &["(unsafe { from_repr(found) }, result)"],
            (true, End::Stored) => &[
                "let found = unsafe { from_repr(found) };",
                "if result { Ok(found) } else { Err(found) }",
            ],
        };
        let lines = |lines: &[&str]| -> String {
            let lines = lines.iter().map(|line| format!("{:12}{line}\n", ""));
            lines.collect()
        };
        let raw = include_str!("../templates/kunit/call_raw.rs");
        let raw = match (out, end) {
            (false, End::Plain) => raw.replace(
                "            // SAFETY: As above, the bits are those of a `T`.\n",
                "",
            ),
            _ => raw.to_owned(),
        };
        raw.replace("WORD", self.word())
            .replace("OUT_PATTERN", if out { " $out:ident" } else { "" })
            .replace("BEFORE", &lines(if out { &before } else { &[] }))
            .replace(
                "ARGS",
                if out {
                    "$($arg),*"
                } else {
                    "$(into_repr($arg)),*"
                },
            )
            .replace("AFTER", &lines(after))
    }

    /// The arm of `calls!`, which lists all calls of a form.
    fn list(self) -> String {
        let (pattern, given) = match self {
            Self::Typed => return String::new(),
            Self::TypedOut => return include_str!("../templates/kunit/list_out.rs").into(),
            Self::Raw { out: true, .. } => ("$out:ident: ", " $out"),
            Self::Raw { out: false, .. } => ("", ""),
        };
        let word = self.word();
        format!(
            "    ($name:ident $args:tt {word}({pattern}$($function:ident),*)) => {{\n        \
             &[$(call!({word} $function $args{given})),*]\n    }};\n"
        )
    }
}

/// The macros of the suite.
pub(super) fn macros(spec: &Spec) -> String {
    let mut kinds: Vec<Kind> = Vec::new();
    for kind in spec.forms().map(|form| Kind::of(&form)) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    // The arms for calls under C names must come first, because those for methods accept any name.
    kinds.sort_by_key(|kind| !matches!(kind, Kind::Raw { .. }));
    let calls: String = kinds.iter().map(|kind| kind.call()).collect();
    let lists: String = kinds.iter().map(|kind| kind.list()).collect();
    include_str!("../templates/kunit/suite.rs")
        .replace("OTHER_CALLS\n", &calls)
        .replace("OTHER_LISTS\n", &lists)
}

/// Whether a call returns a value through a pointer, and a result as well.
pub(super) fn returns_pairs(spec: &Spec) -> bool {
    let pair = |form: &FormOf<'_>| {
        let out = form.op.operands().any(|a| a.kind == ArgKind::Pointer);
        out && !form.returns_result()
    };
    spec.forms().any(|form| pair(&form))
}

/// The functions that a row calls.
pub(super) fn called(form: &FormOf<'_>) -> String {
    let kind = Kind::of(form);
    let out = match kind {
        Kind::Typed | Kind::Raw { out: false, .. } => None,
        _ => form.op.pointer().map(|a| rust_ident(&a.name)),
    };
    let out = out.map_or(String::new(), |out| format!("{out}: "));
    let (function, list): (String, Vec<String>) = match kind {
        Kind::Raw { .. } => {
            let orderings = form.orderings().iter();
            let variants = orderings.map(|&o| names::variant(form.op, form.form, o));
            let functions = variants.map(|v| rust_ident(&names::trait_method(&v)));
            (kind.word().into(), functions.collect())
        }
        Kind::Typed | Kind::TypedOut => {
            let orderings = form.orderings().iter();
            let function = names::pointer_function(&form.method());
            (
                rust_ident(&function),
                orderings.map(|o| o.name().into()).collect(),
            )
        }
    };
    format!("{function}({out}{})", list.join(", "))
}
