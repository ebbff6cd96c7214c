//! Writes a test in C.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use atomics_spec::Spec;
use syn::Expr;

use crate::call::check_paths;
use crate::condition::{Condition, named};
use crate::jumps::{self, Step};
use crate::own::{self, Kept, Narrow, Own, OwnThread};
use crate::scope::{Frame, Thread, World, error, identifier};
use crate::source::{Claim, Content, Shared, Source};
use crate::types::Element;
use crate::value::{Place, Value, bare};

/// The shared variables while they are collected.
#[derive(Default)]
struct Variables {
    /// Their names in C, with what they hold.
    all: Vec<(String, Element)>,
    /// Their initial values.
    initial: Vec<(String, String)>,
    /// What names in Rust mean, such as `ring` and `ring.write`.
    names: BTreeMap<String, Value>,
    /// Their types in Rust, by their names in C.
    types: BTreeMap<String, String>,
}

/// What a test becomes.
#[derive(Clone, Debug)]
pub struct Translation {
    /// The test in C: the format of the kernel's `tools/memory-model`, with the claim as its stated
    /// result.
    pub c: String,
    /// Its Rust, for compilers.
    pub own: Own,
}

/// The test in C.
///
/// # Errors
///
/// What the model cannot express, at its place.
pub fn c(spec: &Spec, source: &Source) -> syn::Result<String> {
    translate(spec, source).map(|translation| translation.c)
}

/// The test in C, and its Rust for compilers.
///
/// # Errors
///
/// What the model cannot express, at its place.
pub fn translate(spec: &Spec, source: &Source) -> syn::Result<Translation> {
    check_paths(source)?;
    let mut variables = Variables::default();
    for shared in &source.shared {
        variables.add(shared, "")?;
    }
    let mut world = World {
        spec,
        names: variables.names.clone(),
        variables: variables.all.clone(),
        models: &source.models,
        unroll: source.unroll,
        differs: false,
    };
    // A variable with arithmetic has another type, which is known after all threads.
    let mut atomic = BTreeSet::new();
    let mut differs = false;
    for thread in translated(&world, source, &atomic)? {
        atomic.extend(thread.atomic);
        differs |= thread.differs;
    }
    world.differs = differs;
    let threads = translated(&world, source, &atomic)?;
    let mut out = format!(
        "C {}\n\n(*\n * Result: {}\n",
        source.name,
        source.claim.verdict()
    );
    let docs = documentation(source);
    if !docs.is_empty() {
        out.push_str(" *\n");
    }
    for line in docs {
        let _ = writeln!(out, " *{line}");
    }
    out.push_str(" *)\n\n{");
    // One that no thread uses would be unknown to the condition.
    let is_used = |name: &str| threads.iter().any(|thread| thread.used.contains(name));
    let initial = variables.initial.iter();
    let initial: Vec<_> = initial
        .filter(|(name, value)| value != "0" || !is_used(name))
        .collect();
    for (name, value) in &initial {
        let _ = write!(out, "\n\t{name} = {value};");
    }
    out.push_str(if initial.is_empty() { "}\n" } else { "\n}\n" });
    for (number, thread) in threads.iter().enumerate() {
        let parameters = variables
            .all
            .iter()
            .filter(|(name, _)| thread.used.contains(name));
        let parameters: Vec<String> = parameters
            .map(|(name, element)| match element {
                Element::Int(kind) if atomic.contains(name) => format!("{} *{name}", kind.atomic),
                Element::Int(kind) => format!("{} *{name}", kind.c),
                Element::Pointer(kind) => format!("{} **{name}", kind.c),
            })
            .collect();
        let _ = writeln!(out, "\nP{number}({})\n{{", parameters.join(", "));
        out.push_str(&body(thread, source)?);
        out.push_str("}\n");
    }
    out.push('\n');
    let over = threads.iter().enumerate().filter_map(|(number, thread)| {
        let over = thread.over.as_ref()?;
        Some(format!("{number}:{over}=0"))
    });
    let over: Vec<String> = over.collect();
    if !over.is_empty() {
        let _ = writeln!(out, "filter ({})", over.join(" /\\ "));
    }
    let locals: Vec<_> = threads
        .iter()
        .map(|thread| thread.scope[world.names.len()..].to_vec())
        .collect();
    let names = world.names.clone().into_iter().collect::<Vec<_>>();
    let condition = Condition {
        locals: &locals,
        shared: &names,
    };
    let quantifier = match source.claim {
        Claim::Never | Claim::Sometimes => "exists",
        Claim::Always => "forall",
    };
    let text = condition.text(&source.condition)?;
    let _ = writeln!(out, "{quantifier} ({})", bare(&text));
    let own = variables.own(source, &threads, &locals);
    Ok(Translation { c: out, own })
}

/// The lines of the documentation, without what ends a comment.
fn documentation(source: &Source) -> Vec<String> {
    let lines = source.attributes.iter().filter_map(|attribute| {
        let syn::Meta::NameValue(meta) = &attribute.meta else {
            return None;
        };
        match &meta.value {
            Expr::Lit(lit) if meta.path.is_ident("doc") => match &lit.lit {
                syn::Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        }
    });
    // `Result:` in the documentation would be taken for the claim.
    let plain = |line: String| line.replace(['*', '\n'], " ").replace("Result:", "Result");
    lines.map(plain).collect()
}

impl Variables {
    fn add(&mut self, shared: &Shared, prefix: &str) -> syn::Result<()> {
        let rust = format!("{prefix}{}", shared.name);
        if self.names.contains_key(&rust) {
            return error(&shared.name, "there is a variable with this name");
        }
        let (ty, init) = match &shared.content {
            Content::Fields(_, fields) => {
                self.names.insert(rust.clone(), Value::Struct(rust.clone()));
                let prefix = format!("{rust}.");
                return fields.iter().try_for_each(|field| self.add(field, &prefix));
            }
            Content::Value(value) => (&value.0, &value.1),
        };
        let element = Element::of(ty)?;
        let mut name = identifier(&rust.replace('.', "_"));
        while self.all.iter().any(|(known, _)| *known == name) {
            name.push('_');
        }
        let place = Place {
            text: name.clone(),
            element,
            name: Some(name.clone()),
        };
        let value = self.initial(init, element)?;
        self.all.push((name.clone(), element));
        self.types.insert(name.clone(), own::ty(ty));
        self.initial.push((name, value));
        self.names.insert(rust, Value::Place(place));
        Ok(())
    }

    /// The user's own Rust of a test.
    fn own(&self, source: &Source, threads: &[Thread<'_>], locals: &[Vec<(String, Value)>]) -> Own {
        let wanted = named(&source.condition);
        let name = |rust: &str| match self.names.get(rust) {
            Some(Value::Place(place)) => place.text.clone(),
            _ => String::new(),
        };
        let threads = threads.iter().zip(locals).enumerate();
        let threads = threads.map(|(number, (thread, locals))| {
            let mut kept = Vec::new();
            for word in &wanted {
                let mut locals = locals.iter().rev();
                if let Some((_, value)) = locals.find(|(known, _)| known == word) {
                    own::keep(value, word, &mut kept);
                }
            }
            // Executions with more rounds than are looked at are not executions here.
            kept.extend(thread.over.as_ref().map(|over| Kept {
                local: over.clone(),
                rust: "0_i32".into(),
                given: Vec::new(),
            }));
            let is_used = |c: &str| thread.used.contains(c);
            let parameters = self.all.iter().filter(|(c, _)| is_used(c));
            OwnThread {
                body: own::body(source, number, &name, &is_used),
                parameters: parameters
                    .map(|(c, _)| (own::parameter(c), self.types[c].clone()))
                    .collect(),
                kept,
            }
        });
        let narrow = self.all.iter().filter_map(|(name, element)| match element {
            Element::Int(kind) if kind.bits < 32 => Some(Narrow {
                name: name.clone(),
                bits: kind.bits.max(8),
                signed: kind.rust.starts_with('i'),
            }),
            _ => None,
        });
        Own {
            items: own::items(source),
            threads: threads.collect(),
            narrow: narrow.collect(),
        }
    }

    /// An initial value.
    fn initial(&self, init: &Expr, element: Element) -> syn::Result<String> {
        let wrong = "an initial value is a number, `true`, `false`, `null()`, or the address of a \
                     variable above it: `&data`";
        match (init, element) {
            (Expr::Lit(lit), Element::Int(_)) => match &lit.lit {
                syn::Lit::Bool(truth) => Ok(u8::from(truth.value).to_string()),
                syn::Lit::Int(number) => match number.base10_parse::<i32>() {
                    Ok(number) => Ok(number.to_string()),
                    Err(_) => error(number, "the model's numbers have 32 bits"),
                },
                _ => error(init, wrong),
            },
            (Expr::Unary(unary), Element::Int(_)) if matches!(unary.op, syn::UnOp::Neg(_)) => {
                Ok(format!("-{}", self.initial(&unary.expr, element)?))
            }
            (Expr::Call(call), Element::Pointer(_)) if call.args.is_empty() => Ok("0".into()),
            (Expr::Reference(inner), Element::Pointer(_)) => {
                let name = match &*inner.expr {
                    Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
                    _ => None,
                };
                match name.and_then(|name| self.names.get(&name)) {
                    Some(Value::Place(place)) => Ok(place.text.clone()),
                    _ => error(init, wrong),
                }
            }
            _ => error(init, wrong),
        }
    }
}

/// Translates all threads. The errors of all come at once.
fn translated<'w>(
    world: &'w World<'w>,
    source: &Source,
    atomic: &BTreeSet<String>,
) -> syn::Result<Vec<Thread<'w>>> {
    let mut threads = Vec::new();
    let mut errors: Option<syn::Error> = None;
    for block in &source.threads {
        let mut thread = Thread::new(world);
        thread.atomic.clone_from(atomic);
        let root = thread.block();
        thread.root = root;
        thread.frames.push(Frame {
            label: None,
            end: root,
            round: None,
            ty: None,
            result: None,
        });
        match thread.statements(&block.stmts) {
            Ok(_) => threads.push(thread),
            Err(found) => match &mut errors {
                None => errors = Some(found),
                Some(errors) => errors.combine(found),
            },
        }
    }
    match errors {
        Some(errors) => Err(errors),
        None => Ok(threads),
    }
}

/// The body of a thread.
fn body(thread: &Thread<'_>, source: &Source) -> syn::Result<String> {
    let mut steps = Vec::new();
    if let Some(over) = &thread.over {
        steps.push(Step::Set(over.clone(), "0".into()));
    }
    steps.push(Step::Block(thread.root, thread.steps.clone()));
    let Some(steps) = jumps::without(&steps) else {
        let help = "a thread is too long for the model when its loops are unrolled";
        return Err(syn::Error::new(source.span(), help));
    };
    let mut printer = Printer {
        locals: &thread.locals,
        declared: BTreeSet::new(),
        out: String::new(),
    };
    printer.nested(&steps, false);
    printer.print(&steps, 1);
    Ok(printer.out)
}

/// The opposite of a condition.
fn negated(condition: &str) -> String {
    let is_word = |text: &str| !text.contains(['(', ' ']);
    match condition.split_once(" == ") {
        Some((a, b)) if is_word(a) && is_word(b) => format!("{a} != {b}"),
        _ => format!("({condition}) == 0"),
    }
}

struct Printer<'t> {
    locals: &'t BTreeMap<String, String>,
    declared: BTreeSet<String>,
    out: String,
}

impl Printer<'_> {
    /// `int r0`, or `int *r0`.
    fn declaration(&self, local: &str) -> String {
        let ty = self.locals.get(local).map_or("int", String::as_str);
        match ty.ends_with('*') {
            true => format!("{ty}{local}"),
            false => format!("{ty} {local}"),
        }
    }

    /// Declares what gets its first value in a branch, so that it is known after it.
    fn nested(&mut self, steps: &[Step], inside: bool) {
        let mut outside = BTreeSet::new();
        for step in steps {
            match step {
                Step::Set(local, _) => {
                    let is_new = self.declared.insert(local.clone());
                    if is_new && inside {
                        let _ = writeln!(self.out, "\t{};", self.declaration(local));
                    } else if is_new {
                        // Declared where it gets its value: hides it from the branches after it.
                        outside.insert(local.clone());
                    }
                }
                Step::If(_, yes, no) => {
                    self.nested(yes, true);
                    self.nested(no, true);
                }
                _ => {}
            }
        }
        for local in outside {
            self.declared.remove(&local);
        }
    }

    fn print(&mut self, steps: &[Step], depth: usize) {
        let indent = "\t".repeat(depth);
        for step in steps {
            match step {
                Step::Set(local, value) => {
                    let target = match self.declared.insert(local.clone()) {
                        true => self.declaration(local),
                        false => local.clone(),
                    };
                    let _ = writeln!(self.out, "{indent}{target} = {value};");
                }
                Step::Call(call) => {
                    let _ = writeln!(self.out, "{indent}{call};");
                }
                Step::If(condition, yes, no) => {
                    // herd7 has no empty branches.
                    let (condition, yes, no) = match yes.is_empty() {
                        true => (negated(condition), no, yes),
                        false => (condition.clone(), yes, no),
                    };
                    if yes.is_empty() {
                        continue;
                    }
                    let _ = writeln!(self.out, "{indent}if ({condition}) {{");
                    self.print(yes, depth + 1);
                    if !no.is_empty() {
                        let _ = writeln!(self.out, "{indent}}} else {{");
                        self.print(no, depth + 1);
                    }
                    let _ = writeln!(self.out, "{indent}}}");
                }
                Step::Block(..) | Step::Jump(_) => {}
            }
        }
    }
}
