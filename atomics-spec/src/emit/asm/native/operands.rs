//! The operands and options of an `asm!` block.

use super::context::{End, Native, asm_name};
use super::encoding::{HALVES, widen};
use crate::arch::{NO, ResultLocation, Template};
use crate::emit::asm::options::{emit_options, format_options};
use crate::emit::asm::pointer::pointee;
use crate::emit::asm::symbols::{self, Kind};
use crate::emit::text::{Text, fresh};
use crate::model::op::{Arg, ArgKind};
use crate::names::rust_ident;

/// Emits an operand, which shares a line with others of its kind.
fn operand(t: &mut Text, text: String) {
    t.line(symbols::operand(&text));
}

impl Native<'_> {
    /// Emits the operands and the options.
    pub fn emit_operands(&self, t: &mut Text) {
        let op = self.body.v.of.op;
        let address = match self.template.word {
            None => rust_ident(op.variable()),
            Some(_) => fresh("word", op),
        };
        let name = if self.template.word.is_some() {
            address.as_str()
        } else {
            "v"
        };
        operand(
            t,
            format!("{name} = in({}) {address},", self.body.arch.address),
        );
        for arg in op.operands() {
            self.emit_argument(t, arg);
        }
        if self.template.word.is_some() {
            let fill = self.template.word.flatten();
            let mask = fresh("mask", op);
            for (name, value) in [("mask", mask.clone()), ("rest", format!("!{mask}"))] {
                if self.uses(name) {
                    let class = self.plain_class(32);
                    operand(t, format!("{name} = in({class}) {},", widen(&value, fill)));
                }
            }
            if self.uses("shift") {
                let class = self.plain_class(32);
                operand(t, format!("shift = in({class}) {},", fresh("shift", op)));
            }
        }
        self.emit_outputs(t);
        match self.end() {
            End::Set => {
                let (flag, class) = (self.flag(), self.plain_class(8));
                operand(t, format!("{flag} = lateout({class}) {flag},"));
            }
            End::Exit => t.line(format!("{NO} = label {{ return false }},")),
            End::None | End::Either => {}
        }
        let clobbered = self.body.arch.flags_register.as_ref();
        if let Some(register) = clobbered.filter(|_| !self.template.preserves_flags) {
            t.comment("The condition codes change.");
            t.line(format!("out({register:?}) _,"));
        }
        let Template {
            uses_stack,
            preserves_flags,
            ..
        } = *self.template;
        let arch = self.body.arch;
        match format_options(arch, uses_stack, preserves_flags) {
            Some(options) if !uses_stack => operand(t, options),
            _ => emit_options(t, arch, uses_stack, preserves_flags),
        }
    }

    /// The registers of an operand, as pairs of a name and a register. A fixed register has no
    /// name, any other has the name from the template. `bits` is the width of a scratch register
    /// that has a width of its own.
    fn registers(&self, name: &str, bits: Option<u32>) -> Vec<(String, String)> {
        let op = self.body.v.of.op;
        let is_own = bits.is_none() && self.template.word.is_none();
        let bits = bits.unwrap_or_else(|| self.register_bits());
        let is_pair = self.body.arch.is_pair(bits);
        let parts: Vec<String> = if is_pair {
            HALVES.iter().map(|half| format!("{name}_{half}")).collect()
        } else {
            vec![name.into()]
        };
        let fixed = self.template.fixed.iter().find(|(n, _)| n == name);
        match fixed.and_then(|(_, register)| self.body.arch.register(register, bits)) {
            Some(register) if is_own && !is_pair => {
                let wanted = format!("{name}_register");
                let register = self.body.symbols.mark(Kind::Text, &wanted, register);
                vec![(String::new(), register)]
            }
            Some(registers) => {
                let registers = registers.split('+');
                registers
                    .map(|r| (String::new(), format!("{r:?}")))
                    .collect()
            }
            None => {
                let class = match is_own {
                    true => self.class(),
                    false => self.plain_class(if is_pair { 32 } else { bits }),
                };
                let named = |part: &String| format!("{} = ", asm_name(part, op));
                let parts = parts.iter().map(|part| (named(part), class.clone()));
                parts.collect()
            }
        }
    }

    /// Emits the operand of an argument.
    fn emit_argument(&self, t: &mut Text, arg: &Arg) {
        let op = self.body.v.of.op;
        if self.is_in_memory(&arg.name) {
            let (name, value) = (asm_name(&arg.name, op), rust_ident(&arg.name));
            let address = &self.body.arch.address;
            return operand(t, format!("{name} = in({address}) &raw const {value},"));
        }
        let encoding = self.encoding(&arg.name);
        let is_pointer = arg.kind == ArgKind::Pointer;
        let value = if is_pointer {
            pointee(self.body.v)
        } else {
            rust_ident(&arg.name)
        };
        let out = if is_pointer {
            Some(fresh("found", op))
        } else {
            let holds = self.template.result == ResultLocation::Argument(arg.name.clone());
            holds.then(|| fresh("r", op))
        };
        let registers = self.registers(&arg.name, None);
        let outs = out.map(|out| encoding.parts(&out));
        for (index, ((name, register), input)) in
            registers.iter().zip(encoding.encode(&value)).enumerate()
        {
            let text = match outs.as_ref().and_then(|outs| outs.get(index)) {
                Some(out) => format!("{name}inout({register}) {input} => {out},"),
                None => format!("{name}in({register}) {input},"),
            };
            operand(t, text);
        }
    }

    /// Emits the operands of a result in a register of its own and of scratch registers.
    fn emit_outputs(&self, t: &mut Text) {
        // A single instruction reads its inputs before it writes its outputs, so they can share
        // registers unless the template forbids it.
        let late = if self.template.lines.len() == 1 && !self.template.early {
            "lateout"
        } else {
            "out"
        };
        if self.template.result == ResultLocation::OwnRegister {
            let parts = self.encoding("r").parts(&fresh("r", self.body.v.of.op));
            let registers = self.registers("r", None);
            for ((name, register), part) in registers.iter().zip(parts) {
                operand(t, format!("{name}{late}({register}) {part},"));
            }
        }
        for scratch in &self.template.scratch {
            for (name, register) in self.registers(&scratch.name, scratch.bits) {
                operand(t, format!("{name}{late}({register}) _,"));
            }
        }
    }
}
