//! The function of one variant, as text with parameters.

use std::cell::RefCell;

use super::body::{BLOCK, Block, Body, Function, INT, symbols_of};
use super::call::{format_call, format_callee, own_args};
use super::composed::{emit_derived, emit_loop};
use super::features::format_condition;
use super::native::Native;
use super::surroundings::Labels;
use crate::arch::{Arch, Template};
use crate::emit::signature;
use crate::emit::text::Text;
use crate::model::Variant;
use crate::model::ty::{Family, Repr};
use crate::names::rust_ident;
use crate::plan::{Choice, Plan};

/// The function of a variant.
pub(super) fn function(
    arch: &Arch,
    v: &Variant<'_>,
    choice: &Choice<'_>,
    labels: Labels,
) -> Function {
    let rust = v.family.repr.rust();
    let symbols = symbols_of(rust);
    let blocks = RefCell::default();
    let family = Family {
        repr: Repr::Int(INT),
        ..v.family.clone()
    };
    let generic = Variant {
        family: &family,
        ..*v
    };
    let body = Body {
        v: &generic,
        arch,
        rust,
        is_pointer: v.family.repr == Repr::Pointer,
        symbols: &symbols,
        blocks: &blocks,
    };
    let mut text = Text::unwrapped();
    body.emit_function(&mut text, choice, labels);
    Function {
        text: text.finish(),
        blocks: blocks.into_inner(),
        values: symbols.into_values(),
    }
}

impl Body<'_> {
    fn emit_function(&self, text: &mut Text, choice: &Choice<'_>, labels: Labels) {
        if signature::ignores_operands(&self.v.of) {
            text.line(
                "#[allow(unused_variables, reason = \"this form needs fewer than the others\")]",
            );
        }
        let name = self.symbols.code("name", &rust_ident(&self.v.name()));
        let head = format!("fn {name}");
        let ret = signature::ret(self.v);
        text.signature(&head, &signature::params(self.v), ret.as_deref(), &[]);
        text.indented(|t| self.emit_choice(t, choice, labels));
        text.line("}");
    }

    fn emit_choice(&self, t: &mut Text, choice: &Choice<'_>, labels: Labels) {
        let mut rest = choice;
        let mut start = "if";
        loop {
            match rest {
                Choice::Same(plan) if start == "if" => return self.emit_plan(t, plan, labels),
                Choice::Same(plan) => {
                    t.line("} else {");
                    t.indented(|t| self.emit_plan(t, plan, labels));
                    return t.line("}");
                }
                Choice::If {
                    features,
                    then,
                    otherwise,
                } => {
                    let has = format_condition(self.arch, "super::", features.iter().copied());
                    t.line(format!("{start} {has} {{"));
                    t.indented(|t| self.emit_choice(t, then, labels));
                    rest = otherwise;
                    start = "} else if";
                }
            }
        }
    }

    /// Emits the body of a function, or of a branch in it, that follows one plan.
    fn emit_plan(&self, t: &mut Text, plan: &Plan<'_>, labels: Labels) {
        match plan {
            Plan::Native(template) => self.emit_block(t, template, labels),
            Plan::Fenced { relaxed, .. } => self.emit_fenced(t, relaxed),
            Plan::Stronger(full) => {
                t.comment(&format!("Nothing weaker is cheaper on {}.", self.arch.name));
                let end = if signature::ret(self.v).is_some() {
                    ""
                } else {
                    ";"
                };
                let call = format_call(self, full, &own_args(self.v));
                t.line(format!("{call}{end}"));
            }
            Plan::Derived(derived) => emit_derived(t, self, derived),
            Plan::Loop { read, exchange } => emit_loop(t, self, read, exchange),
        }
    }

    /// Emits the line of a block.
    fn emit_block(&self, t: &mut Text, template: &Template, labels: Labels) {
        let symbols = symbols_of(self.rust);
        let native = Native {
            body: &Body {
                symbols: &symbols,
                ..*self
            },
            template,
            labels,
        };
        let mut text = Text::unwrapped();
        native.emit_body(&mut text);
        let args = self.v.of.op.args.iter().map(|arg| rust_ident(&arg.name));
        let block = Block {
            text: text.finish(),
            args: args.collect(),
        };
        let mut blocks = self.blocks.borrow_mut();
        t.line(format!("{BLOCK}{}", blocks.len()));
        blocks.push((block, symbols.into_values()));
    }

    fn emit_fenced(&self, t: &mut Text, relaxed: &Variant<'_>) {
        let end = if signature::ret(self.v).is_some() {
            ""
        } else {
            ";"
        };
        let ordering = self.v.ordering.name().to_ascii_lowercase();
        let call = format_callee(self, relaxed, &own_args(self.v));
        t.line(format!("fenced!({ordering}: {call}){end}"));
    }
}
