//! `derive(AtomicType)` in the kernel's crate of procedural macros: a generated module with the
//! text of the user-space derive, and an entry point in the existing `lib.rs`.

use std::ops::Range;

use anyhow::{Result, bail};
use atomics_spec::emit::layout;

use super::checksum;

/// The path of the module.
pub const MODULE: &str = "rust/macros/atomic_type.rs";
/// The path of the crate root.
pub const LIB: &str = "rust/macros/lib.rs";

/// The source of the user-space derive.
const SOURCE: &str = include_str!("../../../atomics-macros/src/derive.rs");
/// The start of its tests, which are left out in a kernel.
const TESTS: &str = "\n#[cfg(test)]\n";
/// The path of the trait's module in user space and in a kernel.
const TRAIT: [&str; 2] = ["::atomics_core", "::kernel::sync::atomic"];

/// The line that declares the module.
const DECLARATION: &str = "mod atomic_type;";
/// The entry point, without the banner above it and the checksum below it.
const ENTRY: &str = include_str!("derive_atomic_type.txt");
/// The start of the attribute of any derive of this name.
const ATTRIBUTE: &str = "#[proc_macro_derive(AtomicType";

/// The first line of the entry, and a line of the module's banner.
fn banner() -> String {
    format!(
        "// {} --kernel TREE`. Not to be edited by hand.",
        layout::MARKER
    )
}

/// Generates the text of the module.
pub fn module() -> String {
    let (source, _tests) = SOURCE.split_once(TESTS).unwrap_or((SOURCE, ""));
    let [user_space, kernel] = TRAIT;
    let source = source.replace(user_space, kernel);
    let source = layout::in_kernel_style(&source);
    format!(
        "// SPDX-License-Identifier: GPL-2.0\n\n{}\n\n{source}",
        banner()
    )
}

/// Returns the text of `lib.rs` with the module declaration and the entry point added, or replaced
/// if they exist. Nothing else changes.
///
/// # Errors
///
/// If the file has no list of modules, has another derive of the same name, or has a generated
/// entry whose end cannot be found.
pub fn with_entry(lib: &str) -> Result<String> {
    let entry = checksum::sign(format!("{}\n{ENTRY}", banner()));
    let found = find_entry(lib)?;
    let others = match &found {
        Some(range) => [&lib[..range.start], &lib[range.end..]],
        None => [lib, ""],
    };
    if others.iter().any(|text| text.contains(ATTRIBUTE)) {
        bail!(
            "{LIB} already has a `{ATTRIBUTE})]` that is not generated\n \
             = help: remove it: the drop-in adds its own"
        );
    }
    let lib = match found {
        Some(range) => format!("{}{entry}{}", &lib[..range.start], &lib[range.end..]),
        None => format!("{}\n\n{entry}", lib.trim_end()),
    };
    with_declaration(&lib)
}

/// Says why replacing `old` by `new` would lose an edit, if it would. Both are texts of `lib.rs`.
pub fn lost(old: &[u8], new: Option<&str>) -> Option<&'static str> {
    let Ok(old) = str::from_utf8(old) else {
        return Some("is not UTF-8");
    };
    match find_entry(old) {
        Ok(Some(range)) if !checksum::is_intact(&old.as_bytes()[range.clone()]) => {
            return Some("has a generated part that was edited");
        }
        _ => {}
    }
    match (with_entry(old), new) {
        (Ok(edited), Some(new)) if edited == new => None,
        _ => Some("differs from the file in the tree being read"),
    }
}

/// Finds the entry: from the banner to the end of the function, or to the checksum line below it.
fn find_entry(lib: &str) -> Result<Option<Range<usize>>> {
    let mark = format!("// {}", layout::MARKER);
    let mut lines = Lines { text: lib, at: 0 };
    let Some(start) = lines.find(|line| line.1.starts_with(&mark)).map(|l| l.0) else {
        return Ok(None);
    };
    let end = lines
        .find(|line| line.1.trim_end() == "}")
        .map(|(at, line)| at + line.len());
    let functions = |text: &str| text.lines().filter(|l| l.starts_with("pub fn ")).count();
    let Some(end) = end.filter(|end| {
        let text = &lib[start..*end];
        text.contains(ATTRIBUTE) && functions(text) == 1
    }) else {
        bail!(
            "{LIB} has a broken generated part: `{ATTRIBUTE}` and one function, which ends with \
             the line `}}`, must stand below the line\n  {}\n \
             = help: remove the rest of it and this line; it will be generated again",
            lib[start..].lines().next().unwrap_or_default()
        );
    };
    let below = lines.next().map(|(at, line)| at + line.len());
    let signed = below.filter(|end| checksum::has_line(&lib.as_bytes()[start..*end]));
    Ok(Some(start..signed.unwrap_or(end)))
}

/// Adds the declaration of the module to the sorted list of modules.
fn with_declaration(lib: &str) -> Result<String> {
    if lib.lines().any(|line| line == DECLARATION) {
        return Ok(lib.to_owned());
    }
    let is_declaration = |line: &str| line.starts_with("mod ") && line.trim_end().ends_with(';');
    let lines: Vec<(usize, &str)> = Lines { text: lib, at: 0 }.collect();
    let Some(mut first) = lines.iter().position(|(_, line)| is_declaration(line)) else {
        bail!(
            "{LIB} has no list of modules, to which `{DECLARATION}` could be added: it has no line \
             such as `mod helpers;`\n = help: check that it is the {LIB} of a known version"
        );
    };
    let is_attribute = |line: &str| line.starts_with("#[");
    while first > 0 && is_attribute(lines[first - 1].1) {
        first -= 1;
    }
    // Insert after the last declaration that sorts before it, above the attributes of the next.
    let list = lines[first..].iter();
    let mut place = lines[first].0;
    for (at, line) in list.take_while(|(_, l)| is_declaration(l) || is_attribute(l)) {
        if is_declaration(line) {
            if *line > DECLARATION {
                break;
            }
            place = at + line.len();
        }
    }
    Ok(format!("{}{DECLARATION}\n{}", &lib[..place], &lib[place..]))
}

/// Iterates over lines, with their line ends and their offsets.
struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.text[self.at..].split_inclusive('\n').next()?;
        let at = self.at;
        self.at += line.len();
        Some((at, line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIB_RS: &str = "\
//! Macros.

#![feature(extract_if)]

mod concat_idents;
#[cfg(CONFIG_NET)]
mod net;

use proc_macro::TokenStream;

/// Our own.
#[proc_macro]
pub fn own(input: TokenStream) -> TokenStream {
    input
}
";

    fn refused(lib: &str) -> String {
        with_entry(lib).expect_err("a refusal").to_string()
    }

    #[test]
    fn the_module_is_the_derive_of_user_space() {
        let module = module();
        let body = module.split_once("\n\n//! ").expect("a module comment").1;
        let [user_space, kernel] = TRAIT;
        assert!(!body.contains(user_space) && !body.contains("cfg(test)"));
        let original = format!("//! {}", body.replace(kernel, user_space));
        // Ignore the layout of imports, which differs in the kernel.
        let squeezed = |text: &str| -> String {
            let text = text.replace(", //\n", "\n");
            text.split_whitespace().collect()
        };
        assert_eq!(
            squeezed(SOURCE)
                .strip_prefix(&squeezed(&original))
                .map(|rest| rest.starts_with(&squeezed(TESTS))),
            Some(true)
        );
        assert!(module.lines().all(|line| line.chars().count() <= 100));
    }

    #[test]
    fn nothing_else_changes() {
        let edited = with_entry(LIB_RS).expect("a file of the right shape");
        let (above, entry) = edited
            .split_once(&format!("\n{}", banner()))
            .expect("an entry");
        assert_eq!(
            above.replacen("mod atomic_type;\nmod concat", "mod concat", 1),
            LIB_RS
        );
        assert!(entry.contains(ENTRY));
        assert_eq!(with_entry(&edited).expect("the same"), edited);
        // An entry of another generator version, with other lines around it.
        let other = checksum::sign(format!("{}\n{}", banner(), ENTRY.replace("provably", "")));
        let old = format!("{above}\n{other}\n// Mine.\nmod more;\n");
        let new = with_entry(&old).expect("a file of the right shape");
        assert_eq!(new, format!("{edited}\n// Mine.\nmod more;\n"));
        assert_eq!(lost(old.as_bytes(), Some(&new)), None);
    }

    #[test]
    fn an_edited_entry_is_noticed() {
        let edited = with_entry(LIB_RS).expect("a file of the right shape");
        let new = Some(edited.as_str());
        let fault = Some("has a generated part that was edited");
        assert_eq!(lost(edited.replace("provably", "").as_bytes(), new), fault);
        let (unsigned, _) = edited.trim_end().rsplit_once('\n').expect("lines");
        assert_eq!(lost(unsigned.as_bytes(), new), fault);
        let elsewhere = lost(LIB_RS.replace("Our own", "Another").as_bytes(), new);
        assert_eq!(
            elsewhere,
            Some("differs from the file in the tree being read")
        );
        assert_eq!(lost(LIB_RS.as_bytes(), new), None);
        assert_eq!(lost(b"\xff", new), Some("is not UTF-8"));
    }

    #[test]
    fn the_declaration_finds_its_place() {
        for (list, expected) in [
            ("mod a;\nmod b;\n", "mod a;\nmod atomic_type;\nmod b;\n"),
            ("mod a;\n", "mod a;\nmod atomic_type;\n"),
            (
                "mod b;\n\nmod aa;\n",
                "mod atomic_type;\nmod b;\n\nmod aa;\n",
            ),
            ("#[x]\nmod b;\n", "mod atomic_type;\n#[x]\nmod b;\n"),
            (
                "mod a;\n#[x]\n#[y]\nmod b;",
                "mod a;\nmod atomic_type;\n#[x]\n#[y]\nmod b;",
            ),
            ("mod b;\nmod atomic_type;\n", "mod b;\nmod atomic_type;\n"),
        ] {
            assert_eq!(with_declaration(list).expect("a list"), expected);
        }
    }

    #[test]
    fn another_shape_is_refused() {
        let without = LIB_RS.replace("\nmod ", "\npub mod ");
        assert!(
            refused(&without).starts_with("rust/macros/lib.rs has no list of modules, to which")
        );
        assert!(refused("").contains("no list of modules"));
        let twice = format!("{LIB_RS}{ENTRY}");
        assert!(refused(&twice).contains("that is not generated"));
        let mark = banner();
        let edited = with_entry(LIB_RS).expect("a file of the right shape");
        for broken in [
            format!("{mark}\n{LIB_RS}"),
            edited.replace("        .into()\n}\n", "        .into()\n"),
            edited.replace("        .into()\n}\n", "        .into()\n") + LIB_RS,
        ] {
            assert!(
                refused(&broken).contains("a broken generated part"),
                "{broken}"
            );
        }
    }
}
