//! The bindings of a row `op`: where the operands of a template are.

use super::{Parser, or_none};
use crate::arch::{Fill, Lang, Place, Scratch, Template};
use crate::diag::Error;
use crate::lex::{Cell, is_name, shorten};
use crate::model::op::Op;

const BINDINGS: &str = "`-`, `>r`, >r@REG, ARG>r, ARG@REG, ARG@REG>r, ARG:FILL, ARG:memory, +NAME, \
     +NAME@REG, +NAME/BITS, ?CC, `keep`, `cc`, `apart`, `word`, word:sign or word:zero";

impl<'a> Parser<'a, '_> {
    pub(super) fn binding(
        &self,
        cell: Cell<'a>,
        op: &Op,
        template: &mut Template,
    ) -> Result<(), Error> {
        if cell.text == "-" {
            return Ok(());
        }
        if self.lang == Some(Lang::C) {
            return Err(cell.error(
                format!("`{}` is a binding of registers", shorten(cell.text)),
                "C has no registers: write `-`",
            ));
        }
        if let Some(result) = self.bind(cell, op, template)? {
            if template.result != Place::Nowhere {
                return Err(cell.error("a second result", "a variant returns one value"));
            }
            template.result = result;
        }
        Ok(())
    }

    /// Adds one binding of an instruction, but for the place of the result, which it returns.
    fn bind(
        &self,
        cell: Cell<'a>,
        op: &Op,
        template: &mut Template,
    ) -> Result<Option<Place>, Error> {
        let text = cell.text;
        match text {
            "keep" | "cc" => {
                if (text == "cc") == self.arch.flags {
                    return Err(cell.error(
                        format!("`{text}` says what the row `flags` says already"),
                        "remove it: `keep` is for tables with flags, `cc` for those without",
                    ));
                }
                template.keeps_flags = text == "keep";
                return Ok(None);
            }
            "apart" => {
                if template.apart {
                    return Err(cell.error("a second `apart`", "remove one of them"));
                }
                template.apart = true;
                return Ok(None);
            }
            "word" | "word:sign" | "word:zero" => {
                if template.word.is_some() {
                    return Err(cell.error("a second `word`", "remove one of them"));
                }
                if template.bits.iter().any(|bits| *bits >= 32) || self.arch.size(32).is_none() {
                    return Err(cell.error(
                        "a variable that is not a part of a word",
                        "the binding is for 8 and 16 bits, in tables with a row `size` for 32",
                    ));
                }
                template.word = Some(match text {
                    "word" => None,
                    "word:sign" => Some(Fill::Sign),
                    _ => Some(Fill::Zero),
                });
                return Ok(None);
            }
            _ => {}
        }
        if let Some(rest) = text.strip_prefix(">r") {
            let Some(register) = rest.strip_prefix('@') else {
                return if rest.is_empty() {
                    Ok(Some(Place::Fresh))
                } else {
                    Err(self.not_a_binding(cell, op))
                };
            };
            self.bind_register(cell, "r", None, register, template)?;
            return Ok(Some(Place::Fresh));
        }
        if let Some(scratch) = text.strip_prefix('+') {
            self.scratch(cell, scratch, op, template)?;
            return Ok(None);
        }
        if let Some(condition) = text.strip_prefix('?').filter(|cc| !cc.is_empty()) {
            for (line, needed) in [(&self.arch.branch, "branch"), (&self.arch.setcc, "setcc")] {
                if line.is_none() && !self.faulty.has(|head| head == needed) {
                    return Err(cell.error(
                        format!("a condition in a table without a row `{needed}`"),
                        "say how to branch on a condition, and how to set a register, above the \
                         rows that use one",
                    ));
                }
            }
            if template.condition.is_some() {
                return Err(cell.error("a second condition", "a variant returns one value"));
            }
            template.condition = Some(condition.into());
            return Ok(None);
        }
        self.argument(cell, op, template)
    }

    fn not_a_binding(&self, cell: Cell<'_>, op: &Op) -> Error {
        let args: Vec<_> = op.operands().map(|a| a.name.as_str()).collect();
        cell.error(
            format!("`{}` is not a binding", shorten(cell.text)),
            format!(
                "a binding is {BINDINGS}; the arguments of `{}` are {}",
                op.name,
                or_none(&args),
            ),
        )
    }

    /// `ARG:FILL@REG>r`, of which all but the argument can be missing, but not everything; or
    /// `ARG:memory`.
    fn argument(
        &self,
        cell: Cell<'a>,
        op: &Op,
        template: &mut Template,
    ) -> Result<Option<Place>, Error> {
        let text = cell.text;
        let (arg, returned) = match text.strip_suffix(">r") {
            Some(arg) => (arg, true),
            None => (text, false),
        };
        let (arg, register) = match arg.split_once('@') {
            Some((arg, register)) => (arg, Some(register)),
            None => (arg, None),
        };
        let (arg, fill) = match arg.split_once(':') {
            Some((arg, fill)) => (arg, Some(fill)),
            None => (arg, None),
        };
        let known = op.operands().find(|a| a.name == arg);
        let named = returned || register.is_some() || fill.is_some();
        let Some(operand) = known.filter(|_| named) else {
            return Err(self.not_a_binding(cell, op));
        };
        if returned && op.pointer() == Some(operand) {
            return Err(cell.error(
                format!("`{arg}` is a pointer, whose register holds what was found"),
                "the result follows from that: leave out the `>r`",
            ));
        }
        if fill == Some("memory") {
            // An argument in memory is neither changed nor a part of a word, and a `p` argument
            // changes.
            let changes = returned || op.pointer() == Some(operand);
            if changes || register.is_some() || template.word.is_some() {
                return Err(cell.error(
                    format!("`{arg}` cannot be in memory here"),
                    "an argument in memory is only read: it is neither a pointer, nor holds it the \
                     result, nor is it in a word; its address is in any register",
                ));
            }
            if template.memory.iter().any(|name| name == arg) {
                return Err(cell.error(format!("`{arg}` is bound twice"), "remove one of them"));
            }
            template.memory.push(arg.into());
            return Ok(None);
        }
        if let Some(fill) = fill {
            let fill = match (fill, template.word.is_some()) {
                ("zero", false) => Fill::Zero,
                ("sign", false) => Fill::Sign,
                ("zeros", true) => Fill::Zeros,
                ("ones", true) => Fill::Ones,
                _ => {
                    return Err(cell.error(
                        format!("`{}` fills no register", shorten(fill)),
                        "behind `:` stand `zero` or `sign`, for the bits of the register above \
                         the argument; or, behind a binding `word`, `zeros` or `ones`, for those \
                         of the word around it; or `memory`, for an address in the register",
                    ));
                }
            };
            if template.filled.iter().any(|(name, _)| name == arg) {
                return Err(cell.error(format!("`{arg}` is bound twice"), "join the bindings"));
            }
            template.filled.push((arg.into(), fill));
        }
        if let Some(register) = register {
            self.bind_register(cell, arg, None, register, template)?;
        }
        Ok(returned.then(|| Place::Arg(arg.into())))
    }

    /// `NAME`, `NAME@REG`, `NAME/BITS` or `NAME/BITS@REG` of a scratch register.
    fn scratch(
        &self,
        cell: Cell<'a>,
        text: &'a str,
        op: &Op,
        template: &mut Template,
    ) -> Result<(), Error> {
        let (text, register) = match text.split_once('@') {
            Some((text, register)) => (text, Some(register)),
            None => (text, None),
        };
        let (name, width) = match text.split_once('/') {
            Some((name, bits)) => (name, Some(super::bits(cell.part(bits))?)),
            None => (text, None),
        };
        if !is_name(name) {
            return Err(self.not_a_binding(cell, op));
        }
        if template.scratch.iter().any(|s| s.name == name) {
            return Err(cell.error(
                format!("a second register `{name}`"),
                "each register has a name of its own",
            ));
        }
        if let Some(width) = width
            && (self.arch.size(width).is_none() || self.arch.is_pair(width))
        {
            return Err(cell.error(
                format!("no single register holds {width} bits"),
                "the width of a scratch register has a row `size` above this row",
            ));
        }
        template.scratch.push(Scratch {
            name: name.into(),
            bits: width,
        });
        match register {
            Some(register) => self.bind_register(cell, name, width, register, template),
            None => Ok(()),
        }
    }

    /// Puts an operand into a fixed register; `width` is its width where that is not that of the
    /// variable.
    fn bind_register(
        &self,
        cell: Cell<'a>,
        arg: &str,
        width: Option<u32>,
        register: &str,
        template: &mut Template,
    ) -> Result<(), Error> {
        let has = |bits: &u32| self.arch.register(register, *bits).is_some();
        let bits = width
            .as_ref()
            .map_or(template.bits.as_slice(), std::slice::from_ref);
        let lacking = bits.iter().find(|bits| !has(bits));
        let known: Vec<_> = self.arch.registers().collect();
        let is_known = known.contains(&register);
        if (!is_known || lacking.is_some()) && !self.faulty.has(|head| head == "register") {
            let message = match lacking {
                Some(bits) if is_known => {
                    format!("the register `{register}` has no name at {bits} bits")
                }
                _ => format!("unknown register `{}`", shorten(register)),
            };
            return Err(cell.error(
                message,
                format!("the registers above this row are {}", or_none(&known)),
            ));
        }
        for (other, taken) in &template.fixed {
            if other == arg || taken == register {
                return Err(cell.error(
                    format!("`{other}` is in the register `{taken}` already"),
                    "each argument has a register of its own",
                ));
            }
        }
        template.fixed.push((arg.into(), register.into()));
        Ok(())
    }
}
