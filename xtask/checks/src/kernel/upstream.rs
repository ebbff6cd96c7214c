//! Puts the KUnit tests and the examples of the tree's own module back beside the drop-in, so that a
//! kernel with the drop-in also runs them. They are read from the tree.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use atomics_spec::emit::layout::MARKER;

use xtask::write::Generated;

/// The tree's module, which the drop-in replaces.
const MODULE: &str = "rust/kernel/sync/atomic.rs";
/// The folder of its other files.
const FOLDER: &str = "rust/kernel/sync/atomic";
/// The file of the drop-in to which they are added. Its modules see the module as the tree's own
/// tests do.
const TESTS: &str = "rust/kernel/sync/atomic/tests.rs";

/// What was added.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PutBack {
    /// The number of suites.
    pub suites: usize,
    /// The number of examples.
    pub examples: usize,
}

/// Adds the tests and examples of the tree's own module to the files of the drop-in. A tree that
/// already has the drop-in has none of its own.
///
/// # Errors
///
/// If a file of the tree cannot be read.
pub fn put_back(tree: &Path, files: &mut [Generated]) -> Result<PutBack> {
    let mut found = PutBack::default();
    let has = |files: &[Generated], path: &str| files.iter().any(|f| f.path == Path::new(path));
    // A part of the drop-in may leave the module, and its tests, in place.
    if !has(files, MODULE) || !has(files, TESTS) {
        return Ok(found);
    }
    let mut added = String::new();
    for path in sources(tree)? {
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("cannot read {}", path.display()))?;
        if text.lines().take(5).any(|line| line.contains(MARKER)) {
            continue;
        }
        for suite in suites(&text) {
            let name = format!("upstream_{}", found.suites);
            added += &format!(
                "\n{}",
                suite.replacen("mod tests {", &format!("mod {name} {{"), 1)
            );
            found.suites += 1;
        }
        for example in examples(&text) {
            let name = format!("UPSTREAM_{}", found.examples);
            added += &format!("\n{example}const _{name}: () = ();\n");
            found.examples += 1;
        }
    }
    if let Some(tests) = files.iter_mut().find(|f| f.path == Path::new(TESTS)) {
        tests.contents += &added;
    }
    Ok(found)
}

/// The files of the module in the tree.
fn sources(tree: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = vec![tree.join(MODULE)];
    let folder = tree.join(FOLDER);
    if folder.is_dir() {
        let entries = fs::read_dir(&folder);
        for entry in entries.with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "rs") {
                paths.push(path);
            }
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

/// The suites in a file: modules with their attributes, up to the brace in the first column.
fn suites(text: &str) -> Vec<String> {
    let mut suites = Vec::new();
    let mut current: Option<String> = None;
    for line in text.lines() {
        let starts = line.starts_with("#[") && line.contains("kunit_tests(");
        if starts {
            current = Some(String::new());
        }
        if let Some(suite) = &mut current {
            *suite += &format!("{line}\n");
            if line == "}" {
                suites.extend(current.take());
            }
        }
    }
    suites
}

/// The examples in the documentation in a file, as documentation of an item.
fn examples(text: &str) -> Vec<String> {
    let mut examples = Vec::new();
    let mut current: Option<String> = None;
    for line in text.lines().map(str::trim_start) {
        let doc = line
            .strip_prefix("///")
            .or_else(|| line.strip_prefix("//!"));
        let Some(doc) = doc else {
            current = None;
            continue;
        };
        let fence = doc.trim_start().strip_prefix("```");
        match (&mut current, fence) {
            (None, Some(_)) => current = Some(format!("///{doc}\n")),
            (Some(example), _) => {
                *example += &format!("///{doc}\n");
                if fence.is_some() {
                    examples.extend(current.take());
                }
            }
            (None, None) => {}
        }
    }
    examples
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "//! ```\n//! one();\n//! ```\n\n/// Text.\n///\n/// ```ignore\n/// # two();\n\
                       /// ```\nfn f() {}\n\n#[cfg(A)]\n#[macros::kunit_tests(own)]\nmod tests {\n    \
                       #[test]\n    fn t() {\n    }\n}\n";

    fn files() -> Vec<Generated> {
        let file = |path: &str| Generated {
            path: path.into(),
            contents: "//! Ours.\n".into(),
        };
        vec![file(TESTS), file(MODULE)]
    }

    #[test]
    fn tests_and_examples_are_added() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join(FOLDER);
        fs::create_dir_all(&folder).unwrap();
        fs::write(dir.path().join(MODULE), OWN).unwrap();
        let ours = format!("// {MARKER}\n{OWN}");
        fs::write(folder.join("typed.rs"), ours).unwrap();
        let mut files = files();
        let found = put_back(dir.path(), &mut files).unwrap();
        assert_eq!(
            found,
            PutBack {
                suites: 1,
                examples: 2
            }
        );
        assert_eq!(
            files[0].contents,
            "//! Ours.\n\n#[macros::kunit_tests(own)]\nmod upstream_0 {\n    #[test]\n    fn t() {\n    \
             }\n}\n\n/// ```\n/// one();\n/// ```\nconst _UPSTREAM_0: () = ();\n\n/// ```ignore\n\
             /// # two();\n/// ```\nconst _UPSTREAM_1: () = ();\n"
        );
    }

    #[test]
    fn a_module_that_stays_keeps_its_tests() {
        let dir = tempfile::tempdir().unwrap();
        let mut files = files();
        files.pop();
        let found = put_back(dir.path(), &mut files).unwrap();
        assert_eq!(found, PutBack::default());
        assert_eq!(files[0].contents, "//! Ours.\n");
    }

    #[test]
    fn a_tree_without_the_module_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(put_back(dir.path(), &mut files()).is_err());
    }
}
