//! Checks that the rows of the kernel's C helpers define the functions that are generated one by
//! one from the same table.

use std::collections::BTreeMap;
use std::process::Command;

use atomics_spec::emit::c::{self, Style};
use atomics_spec::emit::c_rows;
use atomics_spec::model::ty::Family;
use atomics_spec::{Spec, names};

const STYLE: Style<'static> = Style {
    prefix: names::HELPER_PREFIX,
    attribute: "__rust_helper",
};

/// The functions in a text, by name, as their tokens after the preprocessor.
fn functions(text: &str) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("helpers.c");
    std::fs::write(&file, format!("#define __rust_helper\n{text}")).expect("a writable folder");
    let mut cc = Command::new("cc");
    let output = cc.args(["-E", "-P"]).arg(&file).output().expect("cc");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    // The same tokens have the same blanks between them.
    let mut spaced = String::new();
    for c in text.chars() {
        match c {
            _ if c.is_whitespace() => spaced.push(' '),
            _ if c.is_ascii_alphanumeric() || c == '_' => spaced.push(c),
            _ => spaced.extend([' ', c, ' ']),
        }
    }
    let mut found = BTreeMap::new();
    let (mut depth, mut current) = (0, Vec::new());
    for word in spaced.split_whitespace() {
        current.push(word);
        depth += match word {
            "{" => 1,
            "}" => -1,
            _ => continue,
        };
        if depth == 0 {
            let text = current.join(" ");
            let name = text
                .split(" (")
                .next()
                .and_then(|head| head.rsplit(' ').next());
            found.insert(name.expect("a name").to_owned(), text);
            current.clear();
        }
    }
    found
}

/// A function with the spellings of the rows: the place of `const`, the local variable for a new
/// value, and a `return` at the end.
fn spelled(text: &str) -> String {
    let mut text = text
        .replace(" now ", " found ")
        .replace(" return ; }", " }");
    for ty in ["s8", "s16"] {
        text = text.replace(&format!("const {ty} *"), &format!("{ty} const *"));
    }
    text
}

#[test]
fn rows_define_the_same_helpers() {
    let spec = Spec::builtin().unwrap_or_else(|e| panic!("{e}"));
    let arch = spec.arch("kernel").expect("the table `kernel`");
    let (own, plain): (Vec<&Family>, Vec<&Family>) = spec
        .types
        .families
        .iter()
        .partition(|f| f.c_object.is_some());
    let mut expected = String::new();
    let mut rows = c_rows::shapes().to_owned();
    for family in own {
        expected += &c::wrappers(spec.variants_of(&family.name), STYLE);
        rows += &c_rows::wrappers(&spec, family);
    }
    for family in &plain {
        let helpers = c::helpers(&spec, arch, spec.variants_of(&family.name), STYLE);
        expected += &helpers.unwrap_or_else(|e| panic!("{e}"));
    }
    let helpers = c_rows::helpers(&spec, arch, &plain).unwrap_or_else(|e| panic!("{e}"));
    rows += &helpers.expect("every helper has a shape");
    let (found, expected) = (functions(&rows), functions(&expected));
    assert_eq!(expected.len(), spec.variants().count());
    for (name, text) in &expected {
        let found = found.get(name).map(|text| spelled(text));
        assert_eq!(found, Some(spelled(text)), "{name}");
    }
    assert_eq!(found.len(), expected.len());
}
