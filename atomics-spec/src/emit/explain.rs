//! Explains what a C name stands for: in words, in Rust and in instructions.

mod catalogue;
mod code;
mod elsewhere;
mod listing;

use std::collections::HashMap;

use super::barrier;
use super::docs::{computes, ordering_rules_of, rust_call, strength};
use crate::arch::{Arch, Lang};
use crate::model::op::Form;
use crate::model::{FormOf, Spec, Variant};
use crate::names;
use crate::plan::Missing;

pub use catalogue::{Catalogue, Named};
pub use code::{Code, Line};
pub use elsewhere::{ELSEWHERE, Elsewhere};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The name.
    pub name: String,
    /// What it is: see [`Named::kind`].
    pub kind: &'static str,
    /// Its ordering, in a few words. None if it is not here.
    pub strength: Option<&'static str>,
    /// What to write in Rust.
    pub rust: Vec<Call>,
    /// The call of the method in the module `raw`.
    pub raw: Option<String>,
    /// The sentences about it, with a title for each part.
    pub says: Vec<(&'static str, String)>,
    /// The implementations on architectures, by the names of these.
    pub archs: Vec<(String, Vec<Code>)>,
}

/// A call in Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The expression.
    pub text: String,
    /// The types of its variables, or where a function is.
    pub given: String,
}

/// The parts of a text that a terminal can show in different ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The name that is explained.
    Name,
    /// The title of a line.
    Title,
    /// What an instruction does.
    Comment,
}

/// Explains what `named` stands for, with its implementation on `archs`.
///
/// # Errors
///
/// If an architecture cannot implement it.
pub fn explain(
    spec: &Spec,
    name: &str,
    named: &Named<'_>,
    archs: &[&Arch],
) -> Result<Explanation, Missing> {
    let mut out = Explanation {
        name: name.into(),
        kind: named.kind(),
        strength: None,
        rust: Vec::new(),
        raw: None,
        says: Vec::new(),
        archs: Vec::new(),
    };
    match named {
        Named::Function(v) => {
            out.variant(spec, v, archs)?;
            let operands: Vec<&str> = v.of.op.operands().map(|a| a.name.as_str()).collect();
            out.raw = Some(format!(
                "{}.{}({})",
                v.of.op.variable(),
                v.function(),
                operands.join(", ")
            ));
        }
        Named::Macro(v) => {
            out.variant(spec, v, archs)?;
            // The macro is for fields of any type that has the operation.
            if !name.contains("64") {
                for call in &mut out.rust {
                    call.given = format!("with {}: &Atomic<T>", v.of.op.variable());
                }
            }
            out.rust.insert(0, pointer_call(spec, v));
        }
        Named::Barrier(name) => out.barrier(name, archs),
        Named::StoreMb => out.store_mb(archs),
        Named::Elsewhere(row) => {
            out.rust.push(Call {
                text: row.rust.into(),
                given: match row.given {
                    "" => String::new(),
                    given => format!("with {given}"),
                },
            });
            out.says.push(("Note", row.note.into()));
        }
    }
    Ok(out)
}

/// The typed form of a variant: the typed layer may offer the form under the name of another one.
pub struct Typed<'s>(HashMap<String, FormOf<'s>>);

impl<'s> Typed<'s> {
    /// The typed forms of a model.
    pub fn new(spec: &'s Spec) -> Self {
        Self(spec.typed_forms().map(|f| (f.method(), f)).collect())
    }

    fn form<'f>(&'f self, v: &'f Variant<'s>) -> &'f FormOf<'s> {
        self.0.get(&v.of.base()).unwrap_or(&v.of)
    }

    /// The Rust call of a variant, typed if there is one.
    pub fn call(&self, v: &Variant<'s>) -> String {
        rust_call(self.form(v), v.ordering)
    }
}

/// The Rust types with a variant, as the argument of `Atomic`.
fn types(spec: &Spec, v: &Variant<'_>) -> String {
    let all = spec.types.types.iter().filter(|t| {
        spec.types.families[t.family] == *v.family && t.classes.contains(&v.of.meaning.class)
    });
    let names = all.map(|t| match t.is_pointer() {
        true => format!("{} T", t.name),
        false => t.name.clone(),
    });
    names.collect::<Vec<_>>().join(" | ")
}

/// The call of the function on a raw pointer that does what a macro of C does.
fn pointer_call(spec: &Spec, v: &Variant<'_>) -> Call {
    let typed = Typed::new(spec);
    let form = typed.form(v);
    let operands = form.op.operands().map(|a| names::rust_ident(&a.name));
    let mut args = vec!["ptr".to_owned()];
    args.extend(operands);
    args.push(v.ordering.name().into());
    Call {
        text: format!(
            "{}({})",
            names::pointer_function(&form.method()),
            args.join(", ")
        ),
        given: "with ptr: *mut T, a field that C declares as a plain variable; unsafe".into(),
    }
}

impl Explanation {
    fn variant(&mut self, spec: &Spec, v: &Variant<'_>, archs: &[&Arch]) -> Result<(), Missing> {
        let form = &v.of;
        self.strength = Some(strength(v));
        self.rust.push(Call {
            text: Typed::new(spec).call(v),
            given: format!("with {}: &Atomic<{}>", form.op.variable(), types(spec, v)),
        });
        self.says.push(("Computes", computes(form).join(" ")));
        let typed = Typed::new(spec);
        let typed = typed.form(v);
        if typed.op.pointer().is_some() && matches!(typed.form, Form::Truth(_)) {
            self.says.push((
                "Result",
                "That is C's. In Rust, it is `Ok` of the old value if the operation stored, and `Err` \
                 of the value that it found if it failed."
                    .into(),
            ));
        }
        self.says
            .push(("Ordering", ordering_rules_of(form, v.ordering).join(" ")));
        for arch in archs {
            let codes = listing::of_variant(spec, arch, v)?;
            self.archs.push((arch.name.clone(), codes));
        }
        Ok(())
    }

    fn barrier(&mut self, name: &str, archs: &[&Arch]) {
        self.strength = Some(barrier::strength(name));
        self.rust.push(Call {
            text: barrier::rust_call(name),
            given: "in the module barrier".into(),
        });
        self.says.push(("Ordering", barrier::rule(name)));
        for arch in archs {
            let codes = listing::of_barrier(arch, name);
            self.archs.push((arch.name.clone(), codes));
        }
    }

    fn store_mb(&mut self, archs: &[&Arch]) {
        self.strength = Some("full barrier");
        self.rust.push(Call {
            text: "smp_store_mb(&v, i)".into(),
            given: "in the module barrier, with v: Atomic<T>".into(),
        });
        self.says
            .push(("Computes", "Sets the variable to `i`.".into()));
        self.says.push((
            "Ordering",
            "Orders the store and all earlier accesses before all later ones \
             (`Documentation/memory-barriers.txt`, section \"CPU MEMORY BARRIERS\")."
                .into(),
        ));
        for arch in archs {
            let by = match arch.store_mb_is_xchg {
                true => "by xchg",
                false => "by a relaxed store, then smp_mb()",
            };
            let lines = vec![Line::new(0, by, "")];
            self.archs
                .push((arch.name.clone(), vec![Code { cpus: None, lines }]));
        }
    }

    /// The explanation as text. `paint` is given each part that a terminal can show in another way.
    pub fn text(&self, spec: &Spec, paint: &dyn Fn(Part, &str) -> String) -> String {
        let mut out = paint(Part::Name, &self.name);
        out += ": ";
        out += self.strength.unwrap_or("not in this crate");
        out += "\n\n";
        let label = |out: &mut String, title: &str, text: &str| {
            *out += &paint(Part::Title, &format!("{title:<10}"));
            *out += text.trim_end();
            out.push('\n');
        };
        for call in &self.rust {
            let (first, more) = call.text.split_once('\n').unwrap_or((&call.text, ""));
            let given = match more.is_empty() && !call.given.is_empty() {
                true => format!("    {}", call.given),
                false => String::new(),
            };
            label(&mut out, "Rust", &format!("{first}{given}"));
            more.lines().for_each(|line| label(&mut out, "", line));
            if !more.is_empty() && !call.given.is_empty() {
                label(&mut out, "", &call.given);
            }
        }
        if let Some(raw) = &self.raw {
            label(&mut out, "raw", raw);
        }
        for (title, text) in &self.says {
            let mut title = *title;
            for line in wrapped(text, 80) {
                label(&mut out, title, &line);
                title = "";
            }
        }
        for (name, codes) in &self.archs {
            let mark = match spec.arch(name).map(|arch| arch.lang) {
                Some(Lang::C) => "//",
                _ => "#",
            };
            out += &format!("\n{}\n", paint(Part::Title, name));
            for code in codes {
                let mut depth = 1;
                if let Some(cpus) = &code.cpus {
                    out += &format!("  {cpus}:\n");
                    depth = 2;
                }
                for line in &code.lines {
                    let indent = "  ".repeat(depth + line.depth);
                    let text = match line.meaning.as_str() {
                        "" => format!("{indent}{}", line.text),
                        meaning => format!(
                            "{indent}{:<36} {}",
                            line.text,
                            paint(Part::Comment, &format!("{mark} {meaning}"))
                        ),
                    };
                    out += &text;
                    out.push('\n');
                }
            }
        }
        out
    }
}

/// The words of a text in lines of at most `width` characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}
