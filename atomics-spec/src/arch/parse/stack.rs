//! Instructions that access the stack.
//!
//! To the compiler, a block with the option `nostack` does not push, and writes nothing below the
//! stack pointer. So an instruction that does either needs the word `stack` in its row `op`,
//! `barrier` or `fence`.

use crate::arch::template::CodeLine;
use crate::diag::Error;
use crate::lex::Cell;

/// The word in a table.
pub(super) const WORD: &str = "stack";

/// The names of the stack pointer that have no other meaning on any architecture. Not recognised are
/// `1` and `r1` (powerpc64), `r13` (arm), `x2` (riscv64), and `15` (s390x), which have one.
const POINTERS: [&str; 8] = ["sp", "spl", "esp", "rsp", "wsp", "$sp", "$r3", "%r15"];

/// Instructions that push, pop or call.
const MNEMONICS: [&str; 15] = [
    "push", "pop", "pushf", "popf", "pushfd", "popfd", "pushfq", "popfq", "pusha", "popa",
    "pushad", "popad", "call", "enter", "leave",
];

/// The first word of an instruction that shows an access to the stack.
fn find_stack(instruction: &str) -> Option<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '%' | '.');
    let mut words = instruction.split(|c| !is_word(c));
    words.find(|word| {
        // In AT&T syntax, all registers of x86 start with `%`.
        let bare = word.strip_prefix('%').unwrap_or(word);
        let is = |known: &&str| [word, bare].iter().any(|w| known.eq_ignore_ascii_case(w));
        POINTERS.iter().any(is) || MNEMONICS.iter().any(is)
    })
}

/// Refuses an instruction that accesses the stack in a template, barrier or fence without the word.
pub(super) fn check_stack<'l>(
    cell: Cell<'_>,
    uses_stack: bool,
    lines: impl IntoIterator<Item = &'l CodeLine>,
    way_out: &str,
) -> Result<(), Error> {
    let mut lines = lines.into_iter();
    match lines.find_map(|line| find_stack(&line.text)) {
        Some(word) if !uses_stack => Err(cell.error(
            format!("`{word}` accesses the stack, and nothing says so"),
            format!(
                "{way_out}: without it, the compiler keeps values below the stack pointer, where \
                 the instruction may write"
            ),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::find_stack;

    #[test]
    fn the_stack_is_found_by_whole_words() {
        for (instruction, word) in [
            ("lock add dword ptr [rsp - 4], 0", Some("rsp")),
            ("lock or dword ptr [esp], 0", Some("esp")),
            ("str x0, [SP, #-16]!", Some("SP")),
            ("lock addl $0, -4(%rsp)", Some("%rsp")),
            ("st.d $a0, $sp, 0", Some("$sp")),
            ("lg %r2, 160(%r15)", Some("%r15")),
            ("2: push {v}", Some("push")),
            ("pushad", Some("pushad")),
            ("popad", Some("popad")),
            ("enter 16, 0", Some("enter")),
            ("popcnt {r}, {i}", None),
            ("dmb ish", None),
            ("ld.w {r}, {v}, 0", None),
            ("mov r15, {v}", None),
            ("sw {r}, 0(x2)", None),
            ("lg %r2, 160(15)", None),
        ] {
            assert_eq!(find_stack(instruction), word, "{instruction}");
        }
    }
}
