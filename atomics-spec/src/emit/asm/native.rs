//! The body of a function that is implemented by a template.

mod context;
mod encoding;
mod lines;
mod operands;

use context::End;
pub(super) use context::Native;
use encoding::Encoding;

use super::pointer::{emit_read_pointer, emit_write_pointer, format_expr};
use crate::arch::{Fill, ResultLocation};
use crate::emit::text::{Text, fresh};
use crate::model::op::Form;
use crate::names::rust_ident;
use crate::plan::is_try_cmpxchg;

impl Native<'_> {
    /// Emits the body of the function.
    pub fn emit_body(&self, t: &mut Text) {
        let op = self.body.v.of.op;
        let pointer = op.pointer();
        let flag = self.flag();
        let (end, sets) = (self.end(), self.end() == End::Set);
        let found = pointer.map(|p| (fresh("found", op), self.encoding(&p.name)));
        let result = match &self.template.result {
            ResultLocation::Nowhere => None,
            ResultLocation::OwnRegister => Some((fresh("r", op), self.encoding("r"))),
            ResultLocation::Argument(arg) => Some((fresh("r", op), self.encoding(arg))),
        };
        emit_read_pointer(t, self.body.v);
        self.emit_word(t);
        let is_truth = matches!(self.body.v.of.form, Form::Truth(_));
        let is_plain =
            end == End::None && self.template.word.is_none() && found.is_none() && !is_truth;
        if let (Some((name, encoding)), true) = (&result, is_plain)
            && !encoding.pair
        {
            // The macro declares and returns the variable.
            let filled = self.filled(encoding);
            let ty = filled.clone().unwrap_or_else(|| encoding.register_type());
            t.line(format!("access!({name}: {ty};"));
            t.indented(|t| {
                self.emit_lines(t);
                self.emit_operands(t);
            });
            if filled.is_some() {
                return t.line(")");
            }
            let decoded = encoding.decode(name);
            let cast = decoded.strip_prefix(name.as_str()).unwrap_or_default();
            return t.line(format!("){cast}"));
        }
        for (name, encoding) in found.iter().chain(&result) {
            encoding.emit_declaration(t, name);
        }
        if sets {
            t.line(format!("let {flag}: u8;"));
        }
        // The macros prove that the block is sound.
        let access = match self.template.word {
            None => "access",
            Some(_) => "access_word",
        };
        if end == End::Either {
            t.line(format!("condition!({access};"));
            t.indented(|t| {
                self.emit_set(t);
                self.emit_lines(t);
                self.emit_operands(t);
            });
            return t.line(")");
        }
        t.line(format!("{access}!("));
        t.indented(|t| {
            self.emit_lines(t);
            self.emit_operands(t);
        });
        t.line(");");
        for (name, encoding) in found.iter().chain(&result) {
            encoding.emit_join(t, name);
        }
        if let Some((found, _)) = found {
            // The comparison of the old value is outside the block, so that the compiler can drop
            // it if it is unused, or fuse it with a branch.
            let meaning = self.body.v.of.meaning;
            if let Some(fails) = &meaning.fails {
                let failed = match sets && is_try_cmpxchg(&self.body.v.of) {
                    true => format!("{flag} == 0"),
                    false => format_expr(self.body.v, &meaning.expand(fails), &found),
                };
                emit_write_pointer(t, self.body.v, &failed, &found);
            }
            if sets {
                t.line(format!("{flag} != 0"));
            } else if let Some(returned) = self.body.v.of.result() {
                t.line(format_expr(self.body.v, &meaning.expand(&returned), &found));
            }
        } else if sets {
            t.line(format!("{flag} != 0"));
        } else if end == End::Exit {
            t.line("true");
        } else if let (Some((name, encoding)), Form::Truth(_)) = (&result, self.body.v.of.form) {
            // The result is computed from the old value.
            let decoded = match self.filled(encoding) {
                Some(types) => format!("access!(@filled {name}: {types})"),
                None => encoding.decode(name),
            };
            if decoded != *name {
                t.line(format!("let {name} = {decoded};"));
            }
            let returned = self
                .body
                .v
                .of
                .result()
                .map(|e| self.body.v.of.meaning.expand(&e));
            t.line(returned.map_or_else(String::new, |e| format_expr(self.body.v, &e, name)));
        } else if let Some((name, encoding)) = result {
            t.line(encoding.decode(&name));
        }
    }

    /// How the result is in a register of its own that the instructions fill, if it is.
    fn filled(&self, result: &Encoding) -> Option<String> {
        let is_own = self.template.result == ResultLocation::OwnRegister;
        result.filled().filter(|_| is_own)
    }

    /// Emits the address of the word that contains the variable and the place of the variable in it.
    fn emit_word(&self, t: &mut Text) {
        if self.template.word.is_none() {
            return;
        }
        let op = self.body.v.of.op;
        let (word, shift, mask) = (fresh("word", op), fresh("shift", op), fresh("mask", op));
        let variable = rust_ident(op.variable());
        let ones = self
            .template
            .filled
            .iter()
            .any(|(_, fill)| *fill == Fill::Ones);
        let has_mask = ones || self.uses("mask") || self.uses("rest");
        let mask = if has_mask { &mask } else { "_" };
        t.line(format!(
            "let ({word}, {shift}, {mask}) = super::word_around({variable});"
        ));
    }
}
