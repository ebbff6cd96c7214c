//! Inline assembly through the kernel's wrapper around `asm!`.

/// The import in a module of inline assembly.
const IMPORT: &str = "use core::arch::asm;\n";

/// What stands in its place. The kernel's wrapper takes one string.
fn wrapper(directive: Option<&str>) -> String {
    let (of, first) = match directive {
        Some(directive) => (
            format!(",\n/// below the directive `{directive}`"),
            format!("{:?}, ", format!("{directive}\n")),
        ),
        None => Default::default(),
    };
    format!(
        "/// The kernel's `asm!`, with the instructions on lines of their own{of}.\n\
         macro_rules! asm {{\n    \
             ($($line:expr),+ $(,)?; $($operand:tt)*) => {{\n        \
                 crate::asm!(concat!({first}$($line, \"\\n\"),+); $($operand)*)\n    \
             }};\n\
         }}\n\n"
    )
}

/// The macro for instructions whose result is a condition, in two versions: with a jump to the code
/// that follows the function's result, and with a value.
const CONDITION: &str = include_str!("../../templates/condition.rs");

/// The macros whose arguments are instructions, perhaps after other arguments on the same line.
const ASM: [&str; 4] = ["asm!(", "access!(", "access_word!(", "condition!("];

/// Makes a module of inline assembly use the kernel's wrapper, which sets the syntax on x86 itself.
/// Each block starts with the directive. `has_labels` is the `cfg` of compilers with jumps out of
/// `asm!`.
pub fn through_wrapper(text: &str, directive: Option<&str>, has_labels: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Whether the lines are the instructions of a block, and whether they are those of a `concat!`.
    let mut in_template = false;
    let mut in_concat = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        if code == "use super::asm;" {
            // A macro of the file needs no import, nor the blank line below it.
            lines.next_if(|line| line.is_empty());
            continue;
        }
        let line = if starts_template(code) {
            in_template = true;
            line.to_owned()
        } else if in_template && (in_concat || code == "concat!(") {
            in_concat = !code.starts_with("),");
            line.to_owned()
        } else if in_template && !is_template(code) {
            in_template = false;
            end_template(&mut out);
            line.to_owned()
        } else {
            line.replace("asm!(\"\", ", "asm!(\"\"; ")
                .replace("{asm, c_void}", "c_void")
        };
        let line = line
            .replace("options(att_syntax, ", "options(")
            .replace("options(att_syntax),", "");
        if !line.trim().is_empty() || code.is_empty() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    let (imports, rest) = split_imports(&out);
    let mut macros = wrapper(directive);
    if rest.contains("condition!(") {
        macros += &CONDITION.replace("HAS_LABELS", has_labels);
        macros.push('\n');
    }
    format!("{imports}{macros}{rest}")
}

/// Whether instructions follow a line.
fn starts_template(code: &str) -> bool {
    let mut rest = ASM.iter().filter_map(|start| code.strip_prefix(start));
    rest.any(|rest| rest.is_empty() || rest.ends_with(';') && !rest.contains(')'))
}

/// Whether a line is an instruction, some that a macro passes, or a comment.
fn is_template(code: &str) -> bool {
    let (code, _) = split_comment(code);
    let is_passed = code.starts_with('$')
        && (!code.contains('(') || code.ends_with(",)?") || code.ends_with(",)*"));
    let mut starts = ["\"", "concat!("].iter();
    is_passed || code.is_empty() || starts.any(|start| code.starts_with(start))
}

/// A line without its comment, and the comment with the blanks before it.
fn split_comment(line: &str) -> (&str, &str) {
    let mut in_string = false;
    let mut is_escaped = false;
    for (at, c) in line.char_indices() {
        if !in_string && line[at..].starts_with("//") {
            let code = line[..at].trim_end();
            return (code, &line[code.len()..]);
        }
        in_string ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
    }
    (line, "")
}

/// Ends the instructions by a semicolon: after the last line that is not a comment.
fn end_template(out: &mut String) {
    let mut end = out.len();
    for line in out.split_inclusive('\n').rev() {
        if !line.trim_start().starts_with("//") {
            end -= line.len();
            break;
        }
        end -= line.len();
    }
    let below = out.split_off(end);
    let (last, below) = below.split_once('\n').unwrap_or((&below, ""));
    let (code, comment) = split_comment(last);
    // Of several lines that a macro passes, each ends with a comma.
    let bare = code.strip_suffix(',').unwrap_or(code);
    let comment = match bare == code {
        true => comment.strip_prefix("  ").map(|rest| format!(" {rest}")),
        false => None,
    }
    .unwrap_or_else(|| comment.to_owned());
    *out += &format!("{bare};{comment}\n{below}");
}

/// Splits a module behind its imports, of which that of `asm!` is removed.
fn split_imports(text: &str) -> (String, String) {
    let Some((above, below)) = text.split_once(IMPORT) else {
        return (text.to_owned(), String::new());
    };
    let below = below.trim_start_matches('\n');
    let others: String = below
        .split_inclusive('\n')
        .take_while(|line| line.starts_with("use "))
        .collect();
    let rest = below[others.len()..].trim_start_matches('\n');
    let others = match others.is_empty() {
        true => others,
        false => others + "\n",
    };
    (format!("{above}{others}"), rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::through_wrapper;

    #[test]
    fn blocks_take_one_string() {
        let text = "//! A module.\n\nuse core::arch::asm;\nuse core::ffi::c_void;\n\n\
            fn f() {\n    asm!(\n        // Loads, or not.\n        \"mov ({v}), {r}\",\n        \
            // Adds.\n        \"add {i}, {r}\",\n        $($also,)?\n        v = in(reg) v,\n        \
            options(att_syntax, nostack),\n    );\n}\n\n\
            fn g() {\n    unsafe { asm!(\"\", options(att_syntax, nostack)) };\n}\n\n\
            mod m {\n    use super::asm;\n\n    rows! {}\n}\n\n\
            mod p {\n    use super::{asm, c_void};\n\n    rows! {}\n}\n\n\
            fn h() {\n    asm!(\n        \"mfence\",\n        // No `nostack`,\n        \
            // here.\n        options(att_syntax),\n    );\n}\n";
        let expected = "//! A module.\n\nuse core::ffi::c_void;\n\n\
            /// The kernel's `asm!`, with the instructions on lines of their own.\n\
            macro_rules! asm {\n    ($($line:expr),+ $(,)?; $($operand:tt)*) => {\n        \
            crate::asm!(concat!($($line, \"\\n\"),+); $($operand)*)\n    };\n}\n\n\
            fn f() {\n    asm!(\n        // Loads, or not.\n        \"mov ({v}), {r}\",\n        \
            // Adds.\n        \"add {i}, {r}\",\n        $($also,)?;\n        v = in(reg) v,\n        \
            options(nostack),\n    );\n}\n\n\
            fn g() {\n    unsafe { asm!(\"\"; options(nostack)) };\n}\n\n\
            mod m {\n    rows! {}\n}\n\n\
            mod p {\n    use super::c_void;\n\n    rows! {}\n}\n\n\
            fn h() {\n    asm!(\n        \"mfence\";\n        // No `nostack`,\n        \
            // here.\n    );\n}\n";
        assert_eq!(through_wrapper(text, None, "NEW"), expected);
        let directed = through_wrapper(text, Some(".arch new"), "NEW");
        assert!(
            directed.contains("(concat!(\".arch new\\n\", $($line, \"\\n\"),+);"),
            "{directed}"
        );
    }
}
