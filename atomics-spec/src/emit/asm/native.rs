//! The body of a function that is implemented by a template.

mod context;
mod encoding;
mod lines;
mod operands;

pub(super) use context::Native;

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
        // A jump out of the block would lose the old value, which a `p` argument needs.
        let jumps = self.template.condition.is_some() && self.labels && pointer.is_none();
        let sets = self.template.condition.is_some() && !jumps;
        let flag = fresh("is", op);
        let found = pointer.map(|p| (fresh("found", op), self.encoding(&p.name)));
        let result = match &self.template.result {
            ResultLocation::Nowhere => None,
            ResultLocation::OwnRegister => Some((fresh("r", op), self.encoding("r"))),
            ResultLocation::Argument(arg) => Some((fresh("r", op), self.encoding(arg))),
        };
        emit_read_pointer(t, self.body.v);
        self.emit_word(t);
        for (name, encoding) in found.iter().chain(&result) {
            encoding.emit_declaration(t, name);
        }
        if sets {
            t.line(format!("let {flag}: u8;"));
        }
        t.comment(self.proof());
        t.block("unsafe", |t| {
            t.line("asm!(");
            t.indented(|t| {
                self.emit_lines(t, jumps, sets, &flag);
                self.emit_operands(t, jumps, sets, &flag);
            });
            t.line(");");
        });
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
        } else if jumps {
            t.line("false");
        } else if let (Some((name, encoding)), Form::Truth(_)) = (&result, self.body.v.of.form) {
            // The result is computed from the old value.
            t.line(format!("let {name} = {};", encoding.decode(name)));
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

    /// Why the block is sound.
    fn proof(&self) -> &'static str {
        match self.template.word {
            None if self.template.memory.is_empty() => {
                "SAFETY: The block accesses only `*v`, as the caller permits."
            }
            None => {
                "SAFETY: The block accesses only `*v`, as the caller permits, and reads arguments \
                 of this function."
            }
            Some(_) => {
                "SAFETY: The block accesses `*v`, as the caller permits. The rest of the aligned \
                 word that contains it is on the same page, so it can be accessed, too. It is only \
                 stored as it was read, in one atomic access together with `*v`."
            }
        }
    }

    /// Emits the address of the word that contains the variable and the place of the variable in it.
    fn emit_word(&self, t: &mut Text) {
        if self.template.word.is_none() {
            return;
        }
        let op = self.body.v.of.op;
        let (word, shift, mask) = (fresh("word", op), fresh("shift", op), fresh("mask", op));
        let variable = rust_ident(op.variable());
        t.line(format!(
            "let ({word}, {shift}) = super::word_around({variable});"
        ));
        let ones = self
            .template
            .filled
            .iter()
            .any(|(_, fill)| *fill == Fill::Ones);
        if ones || self.uses("mask") || self.uses("rest") {
            let unsigned = self.unsigned();
            t.line(format!(
                "let {mask} = u32::from({unsigned}::MAX) << {shift};"
            ));
        }
    }
}
