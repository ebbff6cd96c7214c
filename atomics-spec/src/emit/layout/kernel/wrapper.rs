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

/// Makes a module of inline assembly use the kernel's wrapper, which sets the syntax on x86 itself.
/// Each block starts with the directive.
pub fn through_wrapper(text: &str, directive: Option<&str>) -> String {
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
        let line = if code == "asm!(" {
            in_template = true;
            line.to_owned()
        } else if in_template && (in_concat || code == "concat!(") {
            in_concat = code != "),";
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
            out.push_str(&line);
            out.push('\n');
        }
    }
    let (imports, rest) = split_imports(&out);
    format!("{imports}{}{rest}", wrapper(directive))
}

/// Whether a line is an instruction, some that a macro passes, or a comment.
fn is_template(code: &str) -> bool {
    let is_passed = code.starts_with('$')
        && (!code.contains('(') || code.ends_with(",)?") || code.ends_with(",)*"));
    is_passed
        || ["\"", "concat!(", "//"]
            .iter()
            .any(|start| code.starts_with(start))
}

/// Ends the instructions by a semicolon: after the last line that is not a comment.
fn end_template(out: &mut String) {
    let mut end = out.len();
    for line in out.split_inclusive('\n').rev() {
        if !line.trim_start().starts_with("//") {
            break;
        }
        end -= line.len();
    }
    // Of several lines that a macro passes, each ends with a comma.
    let comma = out[..end].ends_with(",\n");
    let start = end - if comma { 2 } else { 1 };
    out.replace_range(start..end, ";\n");
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
        assert_eq!(through_wrapper(text, None), expected);
        let directed = through_wrapper(text, Some(".arch new"));
        assert!(
            directed.contains("(concat!(\".arch new\\n\", $($line, \"\\n\"),+);"),
            "{directed}"
        );
    }
}
