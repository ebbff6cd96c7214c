//! herd7's definitions of the atomics in `tools/memory-model/linux-kernel.def`: a section of ours in
//! a file that is Linux' own.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, bail};
use atomics_spec::emit::layout;

use super::checksum;

/// The folder of the memory model. A tree may do without.
pub const FOLDER: &str = "tools/memory-model";
/// The file.
pub const DEF: &str = "tools/memory-model/linux-kernel.def";

/// The line above Linux' own definitions of the atomics, which stays.
const HEADING: &str = "// Atomic";

/// The text of a tree's `linux-kernel.def` with `section`.
///
/// # Errors
///
/// If the file cannot be read, or as [`definitions`].
pub fn of_tree(tree: &Path, section: &str) -> Result<String> {
    let path = tree.join(DEF);
    let text = fs::read_to_string(&path).with_context(|| {
        format!(
            "cannot read {}, of which the atomics are replaced: a tree has it, or no {FOLDER}",
            path.display()
        )
    })?;
    definitions(&text, section)
}

/// The text of a `linux-kernel.def` with `section`, as the generator makes it, in the place of
/// Linux' own atomics, or of a section that it has already. All else stays.
///
/// # Errors
///
/// If there is no such place, if what the section defines is defined elsewhere in the file as
/// well, or if the end of a section that it has already cannot be found.
pub fn definitions(tree_text: &str, section: &str) -> Result<String> {
    let ours = meanings(section);
    let found = find(tree_text, &ours)?;
    let (above, below) = (&tree_text[..found.start], &tree_text[found.end..]);
    let mut others = defined(above).chain(defined(below));
    if let Some(twice) = others.find(|d| ours.contains_key(d.name)) {
        bail!(
            "{DEF} defines `{}` apart from the other atomics:\n  {}\n \
             = help: move it to those below the line `{HEADING}`, which are replaced, or remove it; \
             a definition is one line, and only blank lines are between them",
            twice.name,
            twice.line
        );
    }
    let section = checksum::signed(section.to_owned());
    let is_apart = below.is_empty() || below.starts_with('\n');
    let gap = if is_apart { "" } else { "\n" };
    Ok(format!("{above}{section}{gap}{below}"))
}

/// What is lost if `new` takes the place of `old`, both of them that file.
pub fn lost(old: &[u8], new: Option<&str>) -> Option<&'static str> {
    let Ok(old) = str::from_utf8(old) else {
        return Some("is not in UTF-8");
    };
    let other = Some("is not the one of the tree that is read");
    let Some((new, Ok(Some(section)))) = new.map(|new| (new, generated(new))) else {
        return other;
    };
    let section = &new[section];
    let ours = meanings(section);
    let Ok(found) = find(old, &ours) else {
        return other;
    };
    let theirs = &old[found];
    if theirs.starts_with(&mark()) {
        if !checksum::is_intact(theirs.as_bytes()) {
            return Some("has a generated part that was edited");
        }
    } else if defined(theirs).any(|d| ours.get(d.name) != Some(&d.meaning())) {
        return Some("defines atomics otherwise than they are generated");
    }
    let unsigned = section.trim_end().rfind('\n').map_or(0, |end| end + 1);
    match definitions(old, &section[..unsigned]) {
        Ok(edited) if edited == new => None,
        _ => other,
    }
}

/// How the first line of our section begins.
fn mark() -> String {
    format!("// {}", layout::MARKER)
}

/// What is to be replaced: our section, else Linux' own definitions of what is in `ours`.
fn find(text: &str, ours: &BTreeMap<&str, String>) -> Result<Range<usize>> {
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
    found.with_context(|| {
        format!(
            "{DEF} has no atomics where they are expected: a line `{HEADING}`, and below it \
             definitions such as `atomic_read(X) READ_ONCE(*X)`, each on one line\n \
             = help: see that it is the file of a known version of Linux"
        )
    })
}

/// Where our section is, if there is one: from its first line to its checksum.
fn generated(text: &str) -> Result<Option<Range<usize>>> {
    let mark = mark();
    let mut lines = lines(text).skip_while(|(_, line)| !line.starts_with(&mark));
    let Some((start, first)) = lines.next() else {
        return Ok(None);
    };
    let mut ends = lines.map(|(at, line)| at + line.len());
    match ends.find(|end| checksum::has_line(&text.as_bytes()[start..*end])) {
        Some(end) => Ok(Some(start..end)),
        None => bail!(
            "{DEF} has a broken generated part: no line with a checksum stands below the line\n  \
             {}\n = help: put the file of Linux in its place; what is generated comes anew",
            first.trim_end()
        ),
    }
}

/// Lines with their ends, and where they begin.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        at += line.len();
        (at - line.len(), line)
    })
}

/// A definition of a macro, or the first line of it.
struct Definition<'a> {
    line: &'a str,
    name: &'a str,
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

    /// Whether nothing of it is on another line.
    fn is_whole(&self) -> bool {
        let count = |c| self.line.matches(c).count();
        let has_body = self
            .line
            .split_once(')')
            .is_some_and(|(_, body)| !body.trim().is_empty());
        has_body && count('{') == count('}') && count('(') == count(')')
    }

    /// What it says, whatever its blanks and whatever it calls its parameters.
    fn meaning(&self) -> String {
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
fn defined(text: &str) -> impl Iterator<Item = Definition<'_>> {
    text.lines().filter_map(Definition::of)
}

/// What a text defines, by name.
fn meanings(text: &str) -> BTreeMap<&str, String> {
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

    fn edited(text: &str) -> String {
        definitions(text, SECTION).unwrap_or_else(|e| panic!("{e}"))
    }

    fn refused(text: &str) -> String {
        definitions(text, SECTION)
            .expect_err("a refusal")
            .to_string()
    }

    #[test]
    fn all_else_stays() {
        let signed = checksum::signed(SECTION.into());
        for below in ["", BELOW] {
            let new = edited(&format!("{ABOVE}{THEIRS}{below}"));
            assert_eq!(new, format!("{ABOVE}{signed}{below}"));
            assert_eq!(edited(&new), new);
            // A section of another version.
            let old = checksum::signed(SECTION.replace("atomic64_read", "atomic64_inc"));
            assert_eq!(edited(&format!("{ABOVE}{old}{below}")), new);
        }
        // What ours does not define is not ours to remove.
        for kept in [
            "// A comment.\n",
            "atomic_gone(X) 1\n",
            "refcount_read(X) 1\n",
        ] {
            let new = edited(&format!("{ABOVE}{THEIRS}{kept}{BELOW}"));
            assert_eq!(new, format!("{ABOVE}{signed}\n{kept}{BELOW}"));
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

    #[test]
    fn local_edits_are_noticed() {
        let old = format!("{ABOVE}{THEIRS}{BELOW}");
        let new = edited(&old);
        let lost = |old: &str| lost(old.as_bytes(), Some(&new));
        assert_eq!(lost(&old), None);
        assert_eq!(lost(&new), None);
        let otherwise = Some("defines atomics otherwise than they are generated");
        for (from, to) in [("+", "-"), ("( Y )", "( X )"), ("*Y )", "*Y ) // mine")] {
            assert_eq!(lost(&old.replacen(from, to, 1)), otherwise, "{from}");
        }
        let fault = Some("has a generated part that was edited");
        assert_eq!(lost(&new.replace("+,V", "-,V")), fault);
        let other = Some("is not the one of the tree that is read");
        assert_eq!(lost(&old.replace("licence", "license")), other);
        assert_eq!(lost("nothing"), other);
        assert_eq!(super::lost(b"\xff", Some(&new)), Some("is not in UTF-8"));
        assert_eq!(super::lost(old.as_bytes(), None), other);
    }
}
