//! Which tests are checked, and on which targets.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use atomics_spec::Spec;
use atomics_spec::emit::litmus;

use super::Options;
use super::case::Case;
use super::dialect::Dialect;
use crate::parity::machine::{Branch, MACHINES, Machine};
use crate::setup;

/// A part of the tests: the `index`th of `count`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
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

/// What is compiled: its name, and the machine and branch of `parity` that it is. Branches whose
/// machine code does not differ where herd7 sees it are left out.
const TARGETS: [(&str, &str, &str); 8] = [
    ("aarch64", "aarch64", "ll/sc"),
    ("aarch64+lse", "aarch64", "lse"),
    ("arm", "arm", "-"),
    ("powerpc64", "powerpc64", "lwsync"),
    ("riscv64", "riscv64", "a"),
    ("riscv64+zacas", "riscv64", "zabha,zacas"),
    ("x86", "x86", "sse2"),
    ("x86_64", "x86_64", "-"),
];

/// An architecture with its features, by its name.
#[derive(Clone, Copy)]
pub struct Chosen {
    /// Its name.
    pub name: &'static str,
    /// The architecture.
    pub machine: &'static Machine,
    /// Its features.
    pub branch: &'static Branch,
}

/// The built-in tables, with those of some architectures replaced.
pub fn spec(tables: &[PathBuf]) -> Result<Spec> {
    let mut own = Vec::new();
    for path in tables {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        own.push((path, path.display().to_string(), bytes));
    }
    let mut builtin = atomics_spec::Tables::builtin();
    for (path, name, bytes) in &own {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let mut archs = builtin.archs.iter_mut();
        let replaced = archs.find(|a| a.name.rsplit('/').next() == Some(&*file));
        let replaced = replaced.with_context(|| {
            format!("{name}: there is no built-in table of an architecture that is called {file}")
        })?;
        replaced.name = name;
        replaced.bytes = bytes;
    }
    Ok(Spec::load(&builtin)?)
}

/// The kernel's sources.
pub fn tree(named: Option<&Path>) -> Result<PathBuf> {
    let tree = named.map(Path::to_owned).or_else(setup::kernel_tree);
    let tree = tree.with_context(|| {
        format!(
            "there is no kernel tree: name one with --kernel or in {}, or let `cargo xtask setup` \
             fetch one",
            setup::KERNEL_TREE_VAR
        )
    })?;
    let found = tree.canonicalize();
    found.with_context(|| format!("cannot find the kernel tree {}", tree.display()))
}

/// The targets that are named, by their own names or those of their architectures, or all.
pub fn chosen(names: &[String]) -> Result<Vec<Chosen>> {
    let fits = |wanted: &str, (name, machine, _): &(&str, &str, &str)| {
        wanted == *name || wanted == *machine
    };
    if let Some(unknown) = names.iter().find(|n| !TARGETS.iter().any(|t| fits(n, t))) {
        bail!(
            "herd7 has no model of `{unknown}`\n = help: there are {}",
            TARGETS.map(|(name, ..)| name).join(", ")
        );
    }
    let wanted = TARGETS
        .iter()
        .filter(|target| names.is_empty() || names.iter().any(|wanted| fits(wanted, target)));
    wanted
        .map(|(name, machine, branch)| {
            let found = MACHINES.iter().find(|m| m.name == *machine);
            let machine = found.with_context(|| format!("there is no machine {machine}"))?;
            let found = machine.branches.iter().find(|b| b.name == *branch);
            Ok(Chosen {
                name,
                machine,
                branch: found.with_context(|| format!("{name} has no branch {branch}"))?,
            })
        })
        .collect()
}

/// How herd7 is told of the machine code of an architecture.
pub fn dialect_of(machine: &Machine) -> Result<Dialect> {
    let found = Dialect::find(machine);
    found.with_context(|| format!("herd7 has no model of {}", machine.name))?
}

/// The tests.
pub fn cases(options: &Options, spec: &Spec, limit: usize) -> Result<Vec<Case>> {
    let mut sources = Vec::new();
    for path in &options.files {
        collect(path, &mut sources)?;
    }
    let generated = options.files.is_empty();
    if generated {
        let tests = litmus::tests(spec).into_iter();
        let wanted = tests.filter(|test| options.all || test.core);
        sources.extend(wanted.map(|test| (format!("{}.litmus", test.name), test.text)));
    }
    let mut cases = Vec::new();
    let mut errors = Vec::new();
    for (file, text) in sources {
        match Case::new(spec, file, text, limit, generated) {
            Ok(case) => cases.push(case),
            Err(error) => errors.push(error.to_string()),
        }
    }
    if !errors.is_empty() {
        bail!("{}", errors.join("\n\n"));
    }
    let matches = |case: &Case| {
        let filter = options.filter.as_deref();
        filter.is_none_or(|text| case.test.name.contains(text))
    };
    cases.retain(matches);
    if let Some(Shard { index, count }) = options.shard {
        let mut number = 0;
        cases.retain(|_| {
            number += 1;
            (number - 1) % count == index - 1
        });
    }
    Ok(cases)
}

/// Reads a litmus file, or all those in a folder, by name.
fn collect(path: &Path, all: &mut Vec<(String, String)>) -> Result<()> {
    let shown = path.display();
    if !path.is_dir() {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        all.push((shown.to_string(), text));
        return Ok(());
    }
    let entries = fs::read_dir(path).with_context(|| format!("cannot read {shown}"))?;
    let mut entries: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()
        .with_context(|| format!("cannot read {shown}"))?;
    entries.sort();
    for entry in entries {
        let is_litmus = entry.extension().is_some_and(|end| end == "litmus");
        if entry.is_dir() || is_litmus {
            collect(&entry, all)?;
        }
    }
    Ok(())
}

/// What the intermediate files of each test are called: its name, with a number if another one has
/// it, too.
pub fn file_names(cases: &[Case]) -> Vec<String> {
    let mut count = BTreeMap::new();
    let names = cases.iter().map(|case| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "+-_.".contains(c);
        let name: String = case
            .test
            .name
            .chars()
            .map(|c| if plain(c) { c } else { '_' })
            .collect();
        let seen = count.entry(name.clone()).or_insert(0_usize);
        *seen += 1;
        match *seen {
            1 => name,
            number => format!("{name}~{number}"),
        }
    });
    names.collect()
}
