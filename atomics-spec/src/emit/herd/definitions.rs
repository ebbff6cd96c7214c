//! Replaces the definitions of the atomics in `tools/memory-model/linux-kernel.def`, a file of the
//! kernel, with a generated section.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::emit::layout;

/// The path of the file.
pub const DEF: &str = "tools/memory-model/linux-kernel.def";

/// The line above the kernel's own definitions of the atomics. It is kept.
const HEADING: &str = "// Atomic";

/// The text of a `linux-kernel.def` with the generated `section` in place of the kernel's own
/// atomics, or of an earlier generated section. All other text is kept.
///
/// # Errors
///
/// If there is no such place, if the file also defines a name of the section elsewhere, or if the
/// end of an earlier section cannot be found. The message says what is wrong and how to fix it.
pub fn replace(tree_text: &str, section: &str) -> Result<String, String> {
    let ours = meanings(section);
    let found = find(tree_text, &ours)?;
    let (above, below) = (&tree_text[..found.start], &tree_text[found.end..]);
    let mut others = defined(above).chain(defined(below));
    if let Some(twice) = others.find(|d| ours.contains_key(d.name)) {
        return Err(format!(
            "{DEF} defines `{}` apart from the other atomics:\n  {}\n \
             = help: move it below the line `{HEADING}`, to the definitions that are replaced, or \
             remove it; each definition is one line, with only blank lines between them",
            twice.name, twice.line
        ));
    }
    let is_apart = below.is_empty() || below.starts_with('\n');
    let gap = if is_apart { "" } else { "\n" };
    Ok(format!("{above}{section}{gap}{below}"))
}

/// The beginning of the first line of the generated section.
pub fn mark() -> String {
    format!("// {}", layout::MARKER)
}

/// The text to replace: the generated section, else the kernel's definitions of names in `ours`.
///
/// # Errors
///
/// If there is no such place.
pub fn find(text: &str, ours: &BTreeMap<&str, String>) -> Result<Range<usize>, String> {
    if let Some(generated) = generated(text)? {
        return Ok(generated);
    }
    let mut lines = lines(text).skip_while(|(_, line)| line.trim_end() != HEADING);
    let mut found: Option<Range<usize>> = None;
    if let Some((start, heading)) = lines.next() {
        let start = start + heading.len();
        for (at, line) in lines {
            if line.trim().is_empty() {
                continue;
            }
            if !Definition::of(line).is_some_and(|d| d.is_whole() && ours.contains_key(d.name)) {
                break;
            }
            found = Some(start..at + line.len());
        }
    }
    found.ok_or_else(|| {
        format!(
            "{DEF} has no atomics where they are expected: a line `{HEADING}`, and below it \
             definitions such as `atomic_read(X) READ_ONCE(*X)`, each on one line\n \
             = help: check that the file is that of a known version of Linux"
        )
    })
}

/// The range of the generated section, from its first line to its checksum, if there is one.
///
/// # Errors
///
/// If its end cannot be found.
pub fn generated(text: &str) -> Result<Option<Range<usize>>, String> {
    let mark = mark();
    let mut lines = lines(text).skip_while(|(_, line)| !line.starts_with(&mark));
    let Some((start, first)) = lines.next() else {
        return Ok(None);
    };
    let mut ends = lines.map(|(at, line)| at + line.len());
    match ends.find(|end| ends_with_checksum(&text[start..*end])) {
        Some(end) => Ok(Some(start..end)),
        None => Err(format!(
            "{DEF} has a broken generated part: no line with a checksum stands below the line\n  \
             {}\n = help: restore the file of Linux; the part is then generated again",
            first.trim_end()
        )),
    }
}

/// Whether the last line is a comment with a SHA-1 in hexadecimal, as in generated kernel files.
fn ends_with_checksum(text: &str) -> bool {
    let last = text
        .lines()
        .next_back()
        .and_then(|line| line.strip_prefix("// "));
    last.is_some_and(|hex| hex.len() == 40 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Lines, including their line ends, with their offsets.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        at += line.len();
        (at - line.len(), line)
    })
}

/// A definition of a macro, or the first line of it.
pub struct Definition<'a> {
    line: &'a str,
    /// The macro's name.
    pub name: &'a str,
}

impl<'a> Definition<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let (name, _) = line.split_once('(')?;
        let name = name.trim_end();
        let is_name = !name.is_empty() && name.chars().all(is_name_char);
        is_name.then(|| Self {
            line: line.trim_end(),
            name,
        })
    }

    /// Whether the whole definition is on this line.
    fn is_whole(&self) -> bool {
        let count = |c| self.line.matches(c).count();
        let has_body = self
            .line
            .split_once(')')
            .is_some_and(|(_, body)| !body.trim().is_empty());
        has_body && count('{') == count('}') && count('(') == count(')')
    }

    /// The definition in a normal form, independent of blanks and of the names of parameters.
    pub fn meaning(&self) -> String {
        let (head, body) = self.line.split_once(')').unwrap_or((self.line, ""));
        let parameters = head.split_once('(').map_or("", |(_, list)| list).split(',');
        let parameters: Vec<&str> = parameters.map(str::trim).collect();
        let mut meaning = format!("{}:", parameters.len());
        let mut rest = body;
        while let Some(first) = rest.chars().next() {
            let end = rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end.max(first.len_utf8()));
            rest = after;
            if word.trim().is_empty() {
                continue;
            }
            meaning += " ";
            match parameters.iter().position(|parameter| *parameter == word) {
                Some(index) => meaning += &format!("#{index}"),
                None => meaning += word,
            }
        }
        meaning
    }
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The definitions in a text.
pub fn defined(text: &str) -> impl Iterator<Item = Definition<'_>> {
    text.lines().filter_map(Definition::of)
}

/// The definitions of a text, by name, in normal form.
pub fn meanings(text: &str) -> BTreeMap<&str, String> {
    defined(text).map(|d| (d.name, d.meaning())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTION: &str = "\
// Generated by `cargo xtask gen --kernel TREE`. Not to be edited by hand.
//
// atomic_gone: it has no macro

atomic_read(X) READ_ONCE(*X)
atomic_add(V,X) { __atomic_op{NORETURN}(X,+,V); }
atomic64_read(X) READ_ONCE(*X)
";

    const ABOVE: &str = "// A licence.\n\nREAD_ONCE(X) __load{ONCE}(X)\n\n// Atomic\n";
    const THEIRS: &str = "\
atomic_read( Y )  READ_ONCE( *Y )

atomic_add(V,X)\t{ __atomic_op{NORETURN}(X, +, V); }
";
    const BELOW: &str = "\n// More\nrefcount_read(X) READ_ONCE(*X)\n";

    /// A section with the last line of a generated file.
    fn signed(section: &str) -> String {
        format!(
            "{section}// {}\n",
            "0123456789abcdef".repeat(3).split_at(40).0
        )
    }

    fn edited(text: &str) -> String {
        replace(text, &signed(SECTION)).unwrap_or_else(|e| panic!("{e}"))
    }

    fn refused(text: &str) -> String {
        replace(text, &signed(SECTION)).expect_err("a refusal")
    }

    #[test]
    fn all_else_stays() {
        let section = signed(SECTION);
        for below in ["", BELOW] {
            let new = edited(&format!("{ABOVE}{THEIRS}{below}"));
            assert_eq!(new, format!("{ABOVE}{section}{below}"));
            assert_eq!(edited(&new), new);
            // A section of another version.
            let old = signed(&SECTION.replace("atomic64_read", "atomic64_inc"));
            assert_eq!(edited(&format!("{ABOVE}{old}{below}")), new);
        }
        // Lines that the section does not define are kept.
        for kept in [
            "// A comment.\n",
            "atomic_gone(X) 1\n",
            "refcount_read(X) 1\n",
        ] {
            let new = edited(&format!("{ABOVE}{THEIRS}{kept}{BELOW}"));
            assert_eq!(new, format!("{ABOVE}{section}\n{kept}{BELOW}"));
            assert_eq!(edited(&new), new);
        }
    }

    #[test]
    fn another_shape_is_refused() {
        let nowhere = "has no atomics where they are expected: a line `// Atomic`,";
        let no_heading = format!("{ABOVE}{THEIRS}").replace(HEADING, "// Atomics");
        for text in [
            "",
            ABOVE,
            ABOVE.trim_end(),
            &no_heading,
            &format!("{ABOVE}{BELOW}"),
        ] {
            assert!(refused(text).contains(nowhere), "{text}");
        }
        let apart = "defines `atomic_read` apart from the other atomics:\n  atomic_read(X) 1\n";
        let again = "atomic_read(X) 1\n";
        for text in [
            format!("{again}{ABOVE}{THEIRS}"),
            format!("{ABOVE}{THEIRS}{BELOW}{again}"),
            format!("{ABOVE}{THEIRS}// A comment.\n{again}"),
            edited(&format!("{ABOVE}{THEIRS}")) + again,
        ] {
            assert!(refused(&text).contains(apart), "{}", refused(&text));
        }
        let lines = "atomic_add(V,X) {\n  __atomic_op{NORETURN}(X,+,V);\n}\n";
        let text = format!("{ABOVE}atomic_read(X) READ_ONCE(*X)\n{lines}");
        assert!(refused(&text).contains("defines `atomic_add` apart"));
        let broken = format!("{ABOVE}{SECTION}{BELOW}");
        assert!(refused(&broken).contains("broken generated part: no line with a checksum"));
    }
}
