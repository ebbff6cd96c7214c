//! The options of an `asm!` block.

use crate::emit::text::Text;

/// The comment instead of the option `nostack`.
const STACK: &str = "The block accesses the stack, so the compiler must keep nothing below the stack \
                     pointer: there is no `nostack`.";

/// Emits the options. None of them says anything about memory.
pub(super) fn emit_options(t: &mut Text, uses_stack: bool, preserves_flags: bool) {
    if uses_stack {
        t.comment(STACK);
    }
    match (uses_stack, preserves_flags) {
        (false, true) => t.line("options(nostack, preserves_flags),"),
        (false, false) => t.line("options(nostack),"),
        (true, true) => t.line("options(preserves_flags),"),
        (true, false) => {}
    }
}
