//! Selects tests and targets.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use atomics_machine_code::target::{Configuration, Target};
use atomics_machine_code::targets::{self, TARGETS};
use atomics_spec::{Error, Spec, Tables, input};

use crate::files::{self, shown};
use crate::folder::litmus_files;
use crate::generate;
use crate::printable;
use crate::test::Test;

/// A part of the tests: number `index` of `count` parts, from 1. Parsed from text such as `2/5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// Keeps the tests or files of this part: every `count`th one.
    pub fn retain<T>(self, tests: &mut Vec<T>) {
        let mut number = 0;
        tests.retain(|_| {
            number += 1;
            (number - 1) % self.count == self.index - 1
        });
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err("a part is I/N, with I from 1 to N, such as 2/5".into()),
        }
    }
}

/// An architecture with a set of features.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selected {
    /// Its name for litmus tests.
    pub name: &'static str,
    /// The architecture.
    pub target: &'static Target,
    /// Its features.
    pub configuration: &'static Configuration,
}

/// The targets that tests are judged on: architectures with sets of features.
#[derive(Clone, Debug)]
pub struct Targets(Vec<Selected>);

impl Targets {
    /// All targets that herd7 has a model of.
    pub fn all() -> Self {
        let configurations = TARGETS.iter().flat_map(|target| {
            let configurations = target.configurations.iter();
            configurations.map(move |configuration| (target, configuration))
        });
        let named = configurations.filter_map(|(target, configuration)| {
            Some(Selected {
                name: configuration.litmus?,
                target,
                configuration,
            })
        });
        let mut all: Vec<_> = named.collect();
        all.sort_by_key(|selected| selected.name);
        Self(all)
    }

    /// No targets, to ask the kernel's memory model only.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// The targets with the given names: names of targets, or of architectures for all their
    /// targets, also by the names of their kernels. All targets if `names` is empty.
    ///
    /// # Errors
    ///
    /// If a name is unknown.
    pub fn select(names: &[String]) -> Result<Self> {
        let Self(mut all) = Self::all();
        let fits = |wanted: &str, selected: &Selected| {
            let is_of = |found: &Target| found.name == selected.target.name;
            wanted == selected.name || targets::find(wanted).is_ok_and(is_of)
        };
        if let Some(unknown) = names.iter().find(|n| !all.iter().any(|s| fits(n, s))) {
            let there: Vec<&str> = all.iter().map(|selected| selected.name).collect();
            bail!(
                "herd7 has no model of `{unknown}`\n = help: the targets are {}",
                there.join(", ")
            );
        }
        all.retain(|s| names.is_empty() || names.iter().any(|wanted| fits(wanted, s)));
        Ok(Self(all))
    }

    /// The names of the targets.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|selected| selected.name).collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Selected> {
        self.0.iter().copied()
    }
}

/// The built-in tables, with some tables of architectures replaced: each file replaces the built-in
/// table with the same file name.
///
/// # Errors
///
/// If a file cannot be read, no built-in table has its name, or it is wrong.
pub fn load_spec(tables: &[PathBuf]) -> Result<Spec> {
    let mut own = Vec::new();
    for path in tables {
        let name = shown(path);
        let bytes = input::read(path).with_context(|| format!("cannot read {name}"))?;
        own.push((path, name, bytes));
    }
    let mut builtin = Tables::builtin();
    for (path, name, bytes) in &own {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let mut archs = builtin.archs.iter_mut();
        let replaced = archs.find(|a| a.name.rsplit('/').next() == Some(&*file));
        let replaced = replaced.with_context(|| {
            let file = printable::line(&file);
            format!("{name}: no built-in table of an architecture is called {file}")
        })?;
        replaced.name = name;
        replaced.bytes = bytes;
    }
    Ok(Spec::load(&builtin)?)
}

/// Reads litmus files, and the litmus files in folders, in the order of their names.
///
/// # Errors
///
/// If a file cannot be read, or files are malformed. The error then lists the faults of all of
/// them.
pub fn read_files(spec: &Spec, paths: &[PathBuf]) -> Result<Vec<Test>> {
    let mut sources = Vec::new();
    for path in paths {
        collect(path, &mut sources)?;
    }
    let tests = sources.into_iter();
    together(tests.map(|(file, text)| Test::parse(spec, file, text)))
}

/// The tests that are generated from the tables: all of them, or the core set that covers each
/// operation and each ordering in each role.
///
/// # Errors
///
/// If a generated test is malformed.
pub fn read_generated(spec: &Spec, all: bool) -> Result<Vec<Test>> {
    let tests = generate::tests(spec);
    let wanted = tests.iter().filter(|test| all || test.core);
    together(wanted.map(|test| Test::generated(spec, test)))
}

/// All tests, or all errors.
fn together(results: impl Iterator<Item = Result<Test, Box<Error>>>) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    let mut errors = Vec::new();
    for result in results {
        match result {
            Ok(test) => tests.push(test),
            Err(error) => errors.push(error.to_string()),
        }
    }
    if !errors.is_empty() {
        bail!("{}", errors.join("\n\n"));
    }
    Ok(tests)
}

/// Reads a litmus file, or all litmus files in a folder.
fn collect(path: &Path, all: &mut Vec<(String, String)>) -> Result<()> {
    let failed = |path: &Path| format!("cannot read {}", shown(path));
    for found in litmus_files(path) {
        let file =
            found.map_err(|(folder, error)| anyhow::Error::new(error).context(failed(&folder)))?;
        let bytes = input::read(&file).with_context(|| failed(&file))?;
        all.push((shown(&file), files::text(bytes)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::dialect::Dialect;

    #[test]
    fn targets_go_by_their_names_and_those_of_architectures() {
        let select = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            Targets::select(&names).map(|targets| targets.names().join(" "))
        };
        let all = "aarch64 aarch64+lse arm powerpc64 riscv64 riscv64+zacas x86 x86_64";
        assert_eq!(select(&[]).unwrap(), all);
        assert_eq!(
            select(&["x86", "riscv64"]).unwrap(),
            "riscv64 riscv64+zacas x86"
        );
        assert_eq!(select(&["aarch64+lse"]).unwrap(), "aarch64+lse");
        assert_eq!(select(&["arm64"]).unwrap(), "aarch64 aarch64+lse");
        let error = select(&["x86", "s390x"]).unwrap_err().to_string();
        assert!(error.contains("no model of `s390x`") && error.contains("riscv64+zacas"));
        assert!(Targets::none().names().is_empty());
    }

    #[test]
    fn each_target_has_a_dialect() {
        for selected in Targets::all().iter() {
            let dialect = Dialect::find(selected.target);
            let dialect = dialect.unwrap_or_else(|| panic!("{} has no dialect", selected.name));
            dialect.unwrap_or_else(|e| panic!("{e:#}"));
        }
    }

    #[test]
    fn a_name_that_a_terminal_obeys_is_not_printed() {
        let spec = Spec::builtin().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a\u{1b}[2J.litmus");
        fs::write(&path, b"\xff").unwrap();
        let paths = [folder.path().to_owned(), path.clone(), path.join("none")];
        for path in &paths {
            let told = read_files(&spec, std::slice::from_ref(path)).unwrap_err();
            assert!(!format!("{told:#}").contains('\u{1b}'), "{told:#}");
        }
        let told = load_spec(&[path]).unwrap_err().to_string();
        assert!(!told.contains('\u{1b}') && told.contains("[2J"), "{told}");
    }

    #[test]
    fn shards_are_all_of_the_tests() {
        let spec = Spec::builtin().unwrap();
        let names = ["a", "b", "c", "d", "e"];
        let tests = names.map(|name| {
            let text = format!("C {name}\n{{}}\nP0(int *x) {{}}\nexists (x=1)\n");
            Test::parse(&spec, name, text).unwrap()
        });
        let part = |text: &str| {
            let mut tests = tests.to_vec();
            text.parse::<Shard>().unwrap().retain(&mut tests);
            let names = tests.iter().map(Test::name);
            names.collect::<Vec<_>>().concat()
        };
        assert_eq!(
            [part("1/2"), part("2/2"), part("1/1")],
            ["ace", "bd", "abcde"]
        );
        for wrong in ["", "2", "0/2", "3/2", "1/0", "a/b"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
