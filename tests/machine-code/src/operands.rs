//! Checks the registers of instructions: some instructions are unpredictable, or do something else,
//! if two of their operands are the same register, or if one is a register with a special meaning.
//!
//! A compiler that picks the registers of an `asm!` block does not know these rules. The tables
//! `isa/*.tbl` have them.

use crate::isa::{Isa, Other, Row, is_memory};
use crate::object::{Insn, ObjectFile};

/// The faults of all instructions in a file, each once.
pub fn check(file: &ObjectFile, isa: &Isa) -> Vec<String> {
    let mut faults = Vec::new();
    for insn in file.insns.values() {
        let fault = match isa.find(&insn.mnemonic, &insn.operands) {
            Some(row) => check_row(insn, &row, isa),
            // Without a base register, for example, an operand does not look like memory.
            None if isa.is_access(&insn.mnemonic) => {
                Some(format!("`{}` has operands that no row has", insn.text()))
            }
            None => None,
        };
        faults.extend(fault);
    }
    faults.sort_unstable();
    faults.dedup();
    faults
}

/// The fault of an instruction whose row is `row`.
fn check_row(insn: &Insn, row: &Row, isa: &Isa) -> Option<String> {
    let register = |index: usize| {
        let text = insn.operands.get(index)?;
        Some(isa.register(base(text)))
    };
    row.apart.iter().find_map(|(index, other)| {
        let held = register(*index)?;
        let (other, what) = match other {
            Other::Operand(other) => (register(*other)?, format!("operand {}", other + 1)),
            Other::Register(name) => (isa.register(name), "a register with a meaning".to_owned()),
        };
        (held == other).then(|| {
            let text = insn.text();
            format!("`{text}`: operand {} must not be {held}, {what}", index + 1)
        })
    })
}

/// The register of an operand. For memory, this is the register with the address.
fn base(operand: &str) -> &str {
    if !is_memory(operand) {
        return operand;
    }
    let inner = match operand.split_once(['[', '(']) {
        Some((_, inner)) => inner,
        None => operand,
    };
    let end = inner.find([',', ']', ')', ' ', '+']);
    inner[..end.unwrap_or(inner.len())].trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets;

    /// The faults of one instruction of an architecture.
    fn faults(arch: &str, text: &str) -> Vec<String> {
        let isa = targets::find(arch).unwrap().isa().unwrap();
        check(&ObjectFile::of_function("f", text, &isa).unwrap(), &isa)
    }

    #[test]
    fn registers_that_must_differ_are_found() {
        for (arch, wrong, right) in [
            (
                "loongarch64",
                "amand.w $zero, $zero, $a0",
                "amand.w $a1, $zero, $a0",
            ),
            (
                "loongarch64",
                "amadd_db.d $a0, $a1, $a0",
                "amadd_db.d $a2, $a1, $a0",
            ),
            ("aarch64", "stxr w8, x8, [x0]", "stxr w9, x8, [x0]"),
            ("aarch64", "stlxrb w20, w1, [x20]", "stlxrb w20, w1, [x21]"),
            ("aarch64", "ldadda w0, wzr, [x1]", "ldadd w0, wzr, [x1]"),
            ("aarch64", "swpal x0, xzr, [x1]", "swpal xzr, x0, [x1]"),
            ("arm", "strex r1, r1, [r0]", "strex r1, r2, [r0]"),
            ("arm", "strexeq r1, r2, [r1]", "strexeq r1, r2, [r0]"),
            ("arm", "strexd r1, r6, r7, [r1]", "strexd r1, r6, r7, [r0]"),
            ("powerpc64", "lwz 3, 0(0)", "lwz 3, 0(4)"),
            ("powerpc64", "std 3, 8(0)", "std 0, 8(3)"),
            ("s390x", "lg %r2, 0", "lg %r2, 0(%r3)"),
            ("s390x", "laa %r2, %r3, 0", "laa %r2, %r3, 0(%r4)"),
        ] {
            assert_eq!(faults(arch, wrong).len(), 1, "{arch}: {wrong}");
            assert_eq!(faults(arch, right), [""; 0], "{arch}: {right}");
        }
    }

    #[test]
    fn a_fault_says_what_is_wrong() {
        assert_eq!(
            faults(
                "loongarch64",
                "amand.w $zero, $zero, $a0\nret\namand.w $zero, $zero, $a0"
            ),
            ["`amand.w $zero, $zero, $a0`: operand 1 must not be $zero, operand 2"]
        );
        assert_eq!(
            faults("powerpc64", "lwz 3, 0(0)"),
            ["`lwz 3, 0(0)`: operand 2 must not be 0, a register with a meaning"]
        );
        assert_eq!(
            faults("s390x", "lg %r2, 0"),
            ["`lg %r2, 0` has operands that no row has"]
        );
    }
}
