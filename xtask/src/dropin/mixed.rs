//! The module `atomic.rs` of Linux while the files below it are replaced one after the other: it
//! declares the new modules, and no longer has what they have.
//!
//! To replace all at once would be a patch that is too long to review. The new files fit into
//! Linux's module since their names and signatures are those of Linux, which its users call, too.

use std::path::Path;

use atomics_spec::input;

/// The path of the module.
pub const PATH: &str = "rust/kernel/sync/atomic.rs";
/// The folder of its files.
pub const FOLDER: &str = "rust/kernel/sync/atomic/";

/// How much of Linux's module is replaced. Each stage has all of those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing.
    #[default]
    None,
    /// The orderings and the traits with the operations.
    Traits,
    /// The methods of `Atomic`.
    Methods,
    /// The functions on raw pointers.
    Pointers,
    /// All of it: the types, and `AtomicFlag`.
    Whole,
}

/// A file of the new module, without the folder and `.rs`.
struct File {
    name: &'static str,
    stage: Stage,
    /// Its declaration.
    declared: &'static str,
    /// The import of its items.
    imported: Option<&'static str>,
    /// What the items of Linux's module contain that it replaces: one each.
    replaces: &'static [&'static str],
}

const FILES: [File; 7] = [
    File {
        name: "backend",
        stage: Stage::Traits,
        declared: "mod backend;\n",
        imported: None,
        replaces: &[],
    },
    File {
        name: "internal",
        stage: Stage::Traits,
        declared: "mod internal;\n",
        imported: Some("pub use internal::{\n    AtomicImpl,\n    AtomicRepr, //\n};\n"),
        replaces: &[],
    },
    File {
        name: "ordering",
        stage: Stage::Traits,
        declared: "pub mod ordering;\n",
        imported: Some("pub use ordering::{Acquire, Full, Relaxed, Release};\n"),
        replaces: &[],
    },
    File {
        name: "pointer",
        stage: Stage::Pointers,
        declared: "mod pointer;\n",
        imported: Some("pub use pointer::*;\n"),
        replaces: &[
            "\npub unsafe fn atomic_load<",
            "\npub unsafe fn atomic_store<",
            "\npub unsafe fn xchg<",
            "\npub unsafe fn cmpxchg<",
        ],
    },
    File {
        name: "raw",
        stage: Stage::Traits,
        declared: "pub mod raw;\n",
        imported: None,
        replaces: &[],
    },
    File {
        name: "typed",
        stage: Stage::Methods,
        declared: "mod typed;\n",
        imported: None,
        replaces: &[
            "\n    pub fn load<Ordering: ordering::AcquireOrRelaxed>(&self, _",
            "\n    pub fn xchg<Ordering: ordering::Ordering>(&self, v: T",
            "\nuse crate::build_error;",
            "\nuse ordering::OrderingType;",
        ],
    },
    File {
        name: "typed_delta",
        stage: Stage::Methods,
        declared: "mod typed_delta;\n",
        imported: None,
        replaces: &["\n    pub fn fetch_add<"],
    },
];

/// The head of Linux's module, without what is declared and imported for the files.
const HEAD: [&str; 2] = [
    "mod internal;\npub mod ordering;\nmod predefine;\n",
    "pub use internal::AtomicImpl;\npub use ordering::{Acquire, Full, Relaxed, Release};\n",
];

/// What else of Linux's module changes for the new files, and to what.
const EDITS: [(&str, &str); 3] = [
    // Examples of the traits use the type.
    ("\nuse internal::AtomicRepr;\n", "\n"),
    // The traits have all operations, and Linux's module does not call each of them.
    (
        "\npub(crate) use internal::{AtomicArithmeticOps, AtomicBasicOps, AtomicExchangeOps};\n",
        "\npub use internal::{\n    AtomicArithmeticOps,\n    AtomicBasicOps,\n    AtomicExchangeOps, \
         //\n};\n",
    ),
    // The methods need not repeat this.
    (
        "\npub unsafe trait AtomicAdd<Rhs = Self>: AtomicType {\n",
        "\npub unsafe trait AtomicAdd<Rhs = Self>: AtomicType<Repr: AtomicArithmeticOps> {\n",
    ),
];

/// Whether a tree's module is the one that new files fit into.
pub fn fits(tree: &Path) -> bool {
    let names = FILES.map(|file| file.name);
    module(tree, Stage::Pointers, &names).is_some()
}

/// Whether the new module's file of this path is there in a stage before the last.
pub fn has(stage: Stage, path: &str) -> bool {
    let name = path.strip_prefix(FOLDER).unwrap_or_default();
    let name = name.split(['/', '.']).next().unwrap_or_default();
    let mut files = FILES.iter();
    files.any(|file| file.name == name && file.stage <= stage)
}

/// The text of a tree's module in a stage before the last, with these new files. None if it is not
/// the module that they fit into.
pub fn module(tree: &Path, stage: Stage, names: &[&str]) -> Option<String> {
    let mut text = input::read_text(&tree.join(PATH)).ok()?;
    let there = |file: &&File| file.stage <= stage && names.contains(&file.name);
    let files: Vec<&File> = FILES.iter().filter(there).collect();
    let mut declared: Vec<&str> = files.iter().map(|file| file.declared).collect();
    declared.push("mod predefine;\n");
    // rustfmt sorts them by name.
    declared.sort_by_key(|line| line.trim_start_matches("pub ").to_owned());
    let imported: String = files.iter().filter_map(|file| file.imported).collect();
    let [modules, imports] = HEAD;
    let edits = [(modules, &*declared.concat()), (imports, &imported)];
    for (old, new) in edits.into_iter().chain(EDITS) {
        if text.matches(old).count() != 1 {
            return None;
        }
        text = text.replacen(old, new, 1);
    }
    for part in files.iter().flat_map(|file| file.replaces) {
        text = without(&text, part)?;
    }
    Some(text)
}

/// The text without the one item that contains `part`, and without the blank line before it.
fn without(text: &str, part: &str) -> Option<String> {
    let found = text
        .find(part)
        .filter(|_| text.matches(part).count() == 1)?;
    if part.ends_with(';') {
        return Some(text.replacen(part, "", 1));
    }
    // An item ends with a line that is a brace, or that has no indent and ends with a semicolon.
    let ends = |line: &str| {
        let line = line.trim_end_matches('\n');
        line == "}" || (line.ends_with(';') && line.starts_with(|c: char| c.is_alphabetic()))
    };
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        if ends(line) && at > found + 1 {
            return Some(format!("{}{}", &text[..start], &text[at..]));
        }
        if ends(line) {
            start = at;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_cut_out_with_its_documentation() {
        let text = "struct A {\n    x: u8,\n}\n\n/// B.\npub struct B(u8);\n\n/// C.\n///\n/// ```\n\
                    /// }\n/// ```\n#[inline]\npub fn c() {\n    loop {\n    }\n}\n\n/// D.\nfn d() {\n}\n";
        let without_c = without(text, "\npub fn c(").unwrap();
        assert_eq!(
            without_c,
            "struct A {\n    x: u8,\n}\n\n/// B.\npub struct B(u8);\n\n/// D.\nfn d() {\n}\n"
        );
        let without_b = without(&without_c, "\npub struct B(").unwrap();
        assert_eq!(
            without_b,
            "struct A {\n    x: u8,\n}\n\n/// D.\nfn d() {\n}\n"
        );
        assert_eq!(without(text, "\nfn e("), None);
    }
}
