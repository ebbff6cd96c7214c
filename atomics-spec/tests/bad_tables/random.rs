//! No table causes a panic, and every error is complete.

use atomics_spec::emit::{KernelBackend, core_crate, kernel};
use atomics_spec::{Spec, Tables};
use proptest::prelude::*;
use proptest::sample::Index;

/// The number of built-in tables that a case can replace, in addition to those of architectures.
/// The documentation counts as one.
const TABLES: usize = 4;

/// Replaces one of the built-in tables, which include those of architectures; returns its name.
fn with<'a>(which: Index, replacement: &'a [u8], tables: &mut Tables<'a>) -> &'a str {
    let archs = tables.archs.len();
    let source = match which.index(TABLES + archs) {
        0 => &mut tables.ops,
        1 => &mut tables.semantics,
        2 => &mut tables.types,
        3 => &mut tables.docs[0],
        n => &mut tables.archs[n - TABLES],
    };
    source.bytes = replacement;
    source.name
}

/// The text of the table that [`with`] replaces.
fn original(which: Index) -> String {
    let mut tables = Tables::builtin();
    let name = with(which, b"", &mut tables);
    let all = Tables::builtin();
    let mut sources = vec![all.ops, all.semantics, all.types];
    sources.extend(all.archs);
    sources.extend(all.docs);
    let source = sources.into_iter().find(|s| s.name == name);
    String::from_utf8_lossy(source.map_or(b"", |s| s.bytes)).into_owned()
}

/// Loads the tables. If they have no errors, generating code must succeed or report a variant
/// without a plan. Otherwise every error must be complete and have a valid place.
fn load(which: Index, bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut tables = Tables::builtin();
    let name = with(which, bytes, &mut tables);
    let errors = match Spec::load(&tables) {
        Ok(spec) => {
            for files in [core_crate(&spec), kernel(&spec, KernelBackend::Asm)] {
                if let Err(missing) = files {
                    prop_assert!(missing.to_string().contains("help: "));
                }
            }
            return Ok(());
        }
        Err(errors) => errors,
    };
    prop_assert!(!errors.0.is_empty());
    let mut last = None;
    for error in &errors.0 {
        prop_assert!(!error.message.is_empty());
        prop_assert!(!error.help.is_empty());
        let place = &error.place;
        let known = tables.archs.iter().chain(&tables.docs);
        let mut known = known.chain([&tables.ops, &tables.semantics, &tables.types]);
        let source = known.find(|s| s.name == place.file);
        let text = String::from_utf8_lossy(source.map_or(b"", |s| s.bytes)).into_owned();
        let line = text.split('\n').nth(place.line - 1);
        let length = line.map(|line| line.chars().count());
        // The place may be one past the end of the line, where something is missing.
        let is_inside = length.is_some_and(|n| (1..=n + 1).contains(&place.column));
        prop_assert!(is_inside, "{error} is not in {name}:\n{text}");
        let shown = error.to_string();
        prop_assert!(shown.lines().count() <= 6, "{shown}");
        prop_assert!(shown.len() < 2000, "{shown}");
        if last.is_some_and(|last: &atomics_spec::diag::Place| last.file == place.file) {
            prop_assert!(last <= Some(place), "{errors}");
        }
        last = Some(place);
    }
    Ok(())
}

/// The unit of an edit.
#[derive(Clone, Copy, Debug)]
enum Unit {
    Character,
    Token,
    Line,
}

/// One edit of a text.
#[derive(Clone, Debug)]
enum Edit {
    Delete(Unit, Index),
    Duplicate(Unit, Index),
    Swap(Unit, Index, Index),
    Replace(Unit, Index, String),
    Insert(Unit, Index, String),
}

/// Splits a text into units; concatenated, they are the text.
fn units(text: &str, unit: Unit) -> Vec<String> {
    match unit {
        Unit::Character => text.chars().map(String::from).collect(),
        Unit::Line => text.split_inclusive('\n').map(String::from).collect(),
        Unit::Token => {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let mut tokens: Vec<String> = Vec::new();
            for c in text.chars() {
                match tokens.last_mut() {
                    Some(last) if is_word(c) && last.ends_with(is_word) => last.push(c),
                    _ => tokens.push(c.into()),
                }
            }
            tokens
        }
    }
}

impl Edit {
    fn apply(&self, text: &str) -> String {
        let (Self::Delete(unit, at)
        | Self::Duplicate(unit, at)
        | Self::Swap(unit, at, _)
        | Self::Replace(unit, at, _)
        | Self::Insert(unit, at, _)) = self;
        let mut units = units(text, *unit);
        if units.is_empty() {
            return String::new();
        }
        let at = at.index(units.len());
        match self {
            Self::Delete(..) => drop(units.remove(at)),
            Self::Duplicate(..) => units.insert(at, units[at].clone()),
            Self::Swap(_, _, other) => {
                let other = other.index(units.len());
                units.swap(at, other);
            }
            Self::Replace(_, _, new) => units[at].clone_from(new),
            Self::Insert(_, _, new) => units.insert(at, new.clone()),
        }
        units.concat()
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let unit = || prop_oneof![Just(Unit::Character), Just(Unit::Token), Just(Unit::Line)];
    let at = any::<Index>;
    // Words and symbols of the tables, and arbitrary text.
    let words = prop::sample::select(vec![
        "v",
        "cv",
        "i",
        "p:old",
        "new",
        "-",
        ",",
        ":",
        "==",
        "(",
        "~",
        "{",
        "}",
        "{v}",
        "{r}",
        "{mem}",
        "128",
        "0",
        "8",
        "op",
        "asm",
        "c",
        "barrier",
        "class",
        "type",
        "family",
        "stored",
        "delta",
        "value",
        ">r",
        "@ax",
        "?e",
        "preserves_flags",
        " -- ",
        "#",
        " # ",
        "\n",
        "\r",
        "\t",
        "\0",
        "read",
        "add",
        "xchg",
        "fetch_add",
        "self",
        "int",
        "\u{a0}",
        "\u{feff}",
        "\u{e9}",
        "```",
    ]);
    let text = prop_oneof![4 => words.prop_map(String::from), 1 => any::<String>()];
    let text = text.boxed();
    prop_oneof![
        (unit(), at()).prop_map(|(u, a)| Edit::Delete(u, a)),
        (unit(), at()).prop_map(|(u, a)| Edit::Duplicate(u, a)),
        (unit(), at(), at()).prop_map(|(u, a, b)| Edit::Swap(u, a, b)),
        (unit(), at(), text.clone()).prop_map(|(u, a, t)| Edit::Replace(u, a, t)),
        (unit(), at(), text).prop_map(|(u, a, t)| Edit::Insert(u, a, t)),
    ]
}

fn config(cases: u32) -> ProptestConfig {
    // A failure prints the case, so failures are not saved in files.
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn any_bytes(which: Index, bytes: Vec<u8>) {
        load(which, &bytes)?;
    }

    #[test]
    fn any_text(which: Index, text in "[a-zA-Z#:,(){}<>=@?~&|+ \t\r\n-]{0,400}") {
        load(which, text.as_bytes())?;
    }

    #[test]
    fn any_rows(which: Index, rows in prop::collection::vec(edit(), 1..40)) {
        let text = rows.iter().fold(String::new(), |text, edit| match edit {
            Edit::Insert(_, _, word) | Edit::Replace(_, _, word) => text + word + " ",
            Edit::Delete(..) => text + "\n",
            _ => text,
        });
        load(which, text.as_bytes())?;
    }

    #[test]
    fn any_edits(which: Index, edits in prop::collection::vec(edit(), 1..6)) {
        let text = edits.iter().fold(original(which), |text, edit| edit.apply(&text));
        load(which, text.as_bytes())?;
    }
}
