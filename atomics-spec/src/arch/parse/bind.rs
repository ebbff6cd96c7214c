//! The bindings of a row `op`: how `asm!` passes the operands of a template.

use super::cells::{join_or_none, parse_bits};
use super::stack::WORD;
use super::state::Parser;
use crate::arch::model::Lang;
use crate::arch::template::{Fill, ResultLocation, Scratch, Template, Truth};
use crate::diag::Error;
use crate::lex::{Cell, is_name, shorten};
use crate::model::op::Op;

const BINDINGS: &str = "`-`, `>r`, `>r:FILL`, >r:FILL@REG, >r@REG, ARG:FILL@REG>r with at least one of \
     the three suffixes, ARG:memory, +NAME, +NAME/BITS, +NAME@REG, +NAME/BITS@REG, `?`, ?CC, \
     `preserves_flags`, `clobbers_flags`, `stack`, `early`, `word`, word:sign or word:zeros";

impl<'a> Parser<'a, '_> {
    /// The list of bindings of a row `op`.
    pub(super) fn parse_bindings(&mut self, list: Cell<'a>, op: &Op, template: &mut Template) {
        let cells = list.commas(self.errors);
        let is_alone = cells.len() == 1;
        for cell in cells {
            let result = if cell.text == "-" && !is_alone {
                Err(cell.error(
                    "`-` in a list of bindings",
                    "`-` stands alone, for a template without bindings",
                ))
            } else {
                self.parse_binding(cell, op, template)
            };
            self.errors.take(result);
        }
    }

    fn parse_binding(&self, cell: Cell<'a>, op: &Op, template: &mut Template) -> Result<(), Error> {
        if cell.text == "-" {
            return Ok(());
        }
        if self.lang == Some(Lang::C) {
            return Err(cell.error(
                format!("`{}` is a binding of registers", shorten(cell.text)),
                "C has no registers: write `-`",
            ));
        }
        if let Some(result) = self.add_binding(cell, op, template)? {
            if template.result != ResultLocation::Nowhere {
                return Err(cell.error("a second result", "a variant returns one value"));
            }
            template.result = result;
        }
        Ok(())
    }

    /// Adds one binding to a template, except for the location of the result, which it returns.
    fn add_binding(
        &self,
        cell: Cell<'a>,
        op: &Op,
        template: &mut Template,
    ) -> Result<Option<ResultLocation>, Error> {
        let text = cell.text;
        match text {
            "preserves_flags" | "clobbers_flags" => {
                self.set_flags(cell, template)?;
                return Ok(None);
            }
            WORD => {
                if template.uses_stack {
                    return Err(cell.error("a second `stack`", "remove one of them"));
                }
                template.uses_stack = true;
                return Ok(None);
            }
            "early" => {
                if template.early {
                    return Err(cell.error("a second `early`", "remove one of them"));
                }
                template.early = true;
                return Ok(None);
            }
            "word" | "word:sign" | "word:zeros" => {
                if template.word.is_some() {
                    return Err(cell.error("a second `word`", "remove one of them"));
                }
                if template.bits.iter().any(|bits| *bits >= 32) || self.arch.size(32).is_none() {
                    return Err(cell.error(
                        "a variable that is not a part of a 32-bit word",
                        "the binding is for 8 and 16 bits, in tables with a row `size` for 32 bits",
                    ));
                }
                // The meaning of these bindings depends on `word`.
                if !template.filled.is_empty() || !template.memory.is_empty() {
                    return Err(cell.error(
                        format!("`{text}` must come before the bindings of arguments"),
                        "move it to the start of the list",
                    ));
                }
                template.word = Some(match text {
                    "word" => None,
                    "word:sign" => Some(Fill::Sign),
                    _ => Some(Fill::Zeros),
                });
                return Ok(None);
            }
            _ => {}
        }
        if let Some(rest) = text.strip_prefix(">r") {
            self.add_result(cell, rest, op, template)?;
            return Ok(Some(ResultLocation::OwnRegister));
        }
        if let Some(scratch) = text.strip_prefix('+') {
            self.add_scratch(cell, scratch, op, template)?;
            return Ok(None);
        }
        if let Some(code) = text.strip_prefix('?') {
            self.add_truth(cell, code, op, template)?;
            return Ok(None);
        }
        self.add_argument(cell, op, template)
    }

    /// A result in a register of its own: what follows `>r` in `>r`, `>r:FILL`, `>r@REG` or
    /// `>r:FILL@REG`.
    fn add_result(
        &self,
        cell: Cell<'a>,
        rest: &'a str,
        op: &Op,
        template: &mut Template,
    ) -> Result<(), Error> {
        let (rest, register) = match rest.split_once('@') {
            Some((rest, register)) => (rest, Some(register)),
            None => (rest, None),
        };
        let fill = match rest {
            "" => None,
            ":sign" => Some(Fill::Sign),
            ":zeros" => Some(Fill::Zeros),
            _ => {
                let Some(fill) = rest.strip_prefix(':') else {
                    return Err(refuse_binding(cell, op));
                };
                return Err(cell.error(
                    format!("`{}` cannot fill a register here", shorten(fill)),
                    "after `>r:`, write `zeros` or `sign` for what the instructions leave in the \
                     register above the result",
                ));
            }
        };
        if let Some(fill) = fill {
            if template.word.is_some() {
                return Err(cell.error(
                    format!("`{}` after `word`", shorten(cell.text)),
                    "the result is the whole word there: write `>r`",
                ));
            }
            template.filled.push(("r".into(), fill));
        }
        match register {
            Some(register) => self.fix_register(cell, "r", None, register, template),
            None => Ok(()),
        }
    }

    /// The bindings `preserves_flags` and `clobbers_flags`.
    fn set_flags(&self, cell: Cell<'a>, template: &mut Template) -> Result<(), Error> {
        let text = cell.text;
        let preserves = text == "preserves_flags";
        // A faulty row `flags` would say which of them is right.
        if !self.faulty.has(|head| head == "flags") {
            if preserves != self.arch.clobbers_flags {
                return Err(if self.seen.contains(&"flags") {
                    cell.error(
                        format!("`{text}` repeats the row `flags`"),
                        "remove it: `preserves_flags` is for tables with `flags  yes`, \
                         `clobbers_flags` for tables with `flags  no`",
                    )
                } else {
                    cell.error(
                        format!("`{text}` in a table without a row `flags`"),
                        "remove it: without the row, templates clobber the condition codes unless \
                         they say otherwise",
                    )
                });
            }
            if template.preserves_flags == preserves {
                return Err(cell.error(format!("a second `{text}`"), "remove one of them"));
            }
        }
        template.preserves_flags = preserves;
        Ok(())
    }

    /// The bindings `?` and `?CC`.
    fn add_truth(
        &self,
        cell: Cell<'a>,
        code: &str,
        op: &Op,
        template: &mut Template,
    ) -> Result<(), Error> {
        let is_end = code.is_empty();
        if !is_end && self.arch.setcc.is_none() && !self.faulty.has(|head| head == "setcc") {
            return Err(cell.error(
                "a condition in a table without a row `setcc`",
                "add the row above the rows that use conditions",
            ));
        }
        if is_end && op.pointer().is_some() {
            return Err(cell.error(
                "a jump out of a template that returns a value through its `p` argument",
                "write the condition code that is the result after the `?`",
            ));
        }
        if template.truth.is_some() {
            return Err(cell.error("a second condition", "a variant returns one value"));
        }
        template.truth = Some(match is_end {
            true => Truth::End,
            false => Truth::Code(code.into()),
        });
        Ok(())
    }

    /// The bindings of an argument: `ARG:FILL@REG>r` with at least one of the three suffixes, or
    /// `ARG:memory`.
    fn add_argument(
        &self,
        cell: Cell<'a>,
        op: &Op,
        template: &mut Template,
    ) -> Result<Option<ResultLocation>, Error> {
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
        let has_suffix = returned || register.is_some() || fill.is_some();
        let Some(operand) = known.filter(|_| has_suffix) else {
            return Err(refuse_binding(cell, op));
        };
        let is_pointer = op.pointer() == Some(operand);
        if returned && is_pointer {
            return Err(cell.error(
                format!("`{arg}` is a `p` argument, which cannot be the result"),
                "remove `>r`: its register receives the old value, from which the result is \
                 computed",
            ));
        }
        let in_memory = template.memory.iter().any(|name| name == arg);
        if fill == Some("memory") {
            if returned || is_pointer || register.is_some() || template.word.is_some() {
                return Err(cell.error(
                    format!("`{arg}` cannot be in memory here"),
                    "an argument in memory is only read, through an address in any register: it is \
                     not a `p` argument, and goes with no `>r`, fixed register or `word`",
                ));
            }
            let in_register = template.result == ResultLocation::Argument(arg.into())
                || template.fixed.iter().any(|(name, _)| name == arg)
                || template.filled.iter().any(|(name, _)| name == arg);
            if in_memory || in_register {
                return Err(cell.error(format!("`{arg}` is bound twice"), "remove one of them"));
            }
            template.memory.push(arg.into());
            return Ok(None);
        }
        if in_memory {
            return Err(cell.error(
                format!("`{arg}` is bound twice"),
                "an argument in memory has no other binding",
            ));
        }
        if let Some(fill) = fill {
            let fill = match (fill, template.word.is_some()) {
                ("zeros", _) => Fill::Zeros,
                ("sign", false) => Fill::Sign,
                ("ones", true) => Fill::Ones,
                _ => {
                    return Err(cell.error(
                        format!("`{}` cannot fill a register here", shorten(fill)),
                        "after `:`, write `zeros` or `sign` for the bits of the register above the \
                         argument; after a binding `word`, `zeros` or `ones` for the bits of the \
                         word around it; or `memory` for an argument in memory",
                    ));
                }
            };
            if template.filled.iter().any(|(name, _)| name == arg) {
                return Err(cell.error(format!("`{arg}` is bound twice"), "join the bindings"));
            }
            template.filled.push((arg.into(), fill));
        }
        if let Some(register) = register {
            self.fix_register(cell, arg, None, register, template)?;
        }
        Ok(returned.then(|| ResultLocation::Argument(arg.into())))
    }

    /// A scratch register: `NAME`, `NAME@REG`, `NAME/BITS` or `NAME/BITS@REG`.
    fn add_scratch(
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
            Some((name, bits)) => (name, Some(parse_bits(cell.part(bits))?)),
            None => (text, None),
        };
        if !is_name(name) {
            return Err(refuse_binding(cell, op));
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
                "a scratch register has the width of a row `size` above this row",
            ));
        }
        template.scratch.push(Scratch {
            name: name.into(),
            bits: width,
        });
        match register {
            Some(register) => self.fix_register(cell, name, width, register, template),
            None => Ok(()),
        }
    }

    /// Puts an operand into a fixed register. `width` is its width if that differs from the width
    /// of the variable.
    fn fix_register(
        &self,
        cell: Cell<'a>,
        operand: &str,
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
                format!("the registers above this row are {}", join_or_none(&known)),
            ));
        }
        for (other, taken) in &template.fixed {
            if other == operand || taken == register {
                return Err(cell.error(
                    format!("`{other}` is in the register `{taken}` already"),
                    "each operand has a register of its own",
                ));
            }
        }
        template.fixed.push((operand.into(), register.into()));
        Ok(())
    }
}

fn refuse_binding(cell: Cell<'_>, op: &Op) -> Error {
    let args: Vec<_> = op.operands().map(|a| a.name.as_str()).collect();
    cell.error(
        format!("`{}` is not a binding", shorten(cell.text)),
        format!(
            "a binding is {BINDINGS}; the arguments of `{}` are {}",
            op.name,
            join_or_none(&args),
        ),
    )
}
