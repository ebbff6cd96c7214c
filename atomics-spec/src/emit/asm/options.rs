//! The options of an `asm!` block.

use crate::arch::Arch;
use crate::emit::text::Text;

/// The comment instead of the option `nostack`.
const STACK: &str = "The block accesses the stack, so the compiler must keep nothing below the stack \
                     pointer: there is no `nostack`.";

/// Emits the options. None of them says anything about memory.
pub(super) fn emit_options(t: &mut Text, arch: &Arch, uses_stack: bool, preserves_flags: bool) {
    if uses_stack {
        t.comment(STACK);
    }
    if let Some(options) = format_options(arch, uses_stack, preserves_flags) {
        t.line(options);
    }
}

/// The options, if there are any.
pub(super) fn format_options(
    arch: &Arch,
    uses_stack: bool,
    preserves_flags: bool,
) -> Option<String> {
    let options = [
        (arch.att_syntax, "att_syntax"),
        (!uses_stack, "nostack"),
        (preserves_flags, "preserves_flags"),
    ];
    let options = options.iter().filter(|(is_set, _)| *is_set);
    let options: Vec<&str> = options.map(|(_, option)| *option).collect();
    (!options.is_empty()).then(|| format!("options({}),", options.join(", ")))
}
