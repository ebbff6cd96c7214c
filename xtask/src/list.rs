//! `cargo xtask list`, and the error for an unknown name.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use atomics_spec::arch::Arch;
use atomics_spec::emit::docs::{rust_call, strength};
use atomics_spec::plan::{Plan, Planners};
use atomics_spec::{FormOf, Spec, Variant};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Value, json};
use xtask::output::print;
use xtask::tables::TableArgs;

/// Prints every variant.
pub struct List {
    tables: TableArgs,
    names: bool,
    json: bool,
    archs: Vec<String>,
}

impl List {
    /// The options.
    pub fn options(command: Command) -> Command {
        let flag = |name| Arg::new(name).long(name).action(ArgAction::SetTrue);
        TableArgs::augment_args(command.about("Prints every variant"))
            .arg(
                flag("names")
                    .conflicts_with("json")
                    .help("Prints only the names of the C functions, sorted, one per line"),
            )
            .arg(flag("json").help("Prints JSON"))
            .arg(
                Arg::new("arch")
                    .long("arch")
                    .value_name("ARCH")
                    .action(ArgAction::Append)
                    .conflicts_with("names")
                    .help(
                        "Also prints how this architecture implements each variant: with its own \
                         instruction or loop (native), with the relaxed variant between fences \
                         (fenced), with a variant whose ordering is stronger than required \
                         (stronger), with another variant (derived), or with a loop around a \
                         compare-and-exchange (loop). May be given more than once with --json",
                    ),
            )
    }

    /// Reads the options.
    ///
    /// # Errors
    ///
    /// If `matches` has other options.
    pub fn new(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let archs = matches.get_many::<String>("arch").unwrap_or_default();
        Ok(Self {
            tables: TableArgs::from_arg_matches(matches)?,
            names: matches.get_flag("names"),
            json: matches.get_flag("json"),
            archs: archs.cloned().collect(),
        })
    }

    /// Prints the list.
    ///
    /// # Errors
    ///
    /// If a table has an error, or there is no such architecture.
    pub fn run(&self) -> Result<ExitCode> {
        let spec = self.tables.load()?;
        let archs = self.archs.iter().map(|name| arch(&spec, name));
        let archs: Vec<_> = archs.collect::<Result<_>>()?;
        print(&match (self.names, self.json, archs.as_slice()) {
            (true, ..) => names(&spec),
            (_, true, archs) => json(&spec, archs)?,
            (.., []) => table(&spec),
            (.., [arch]) => arch_table(&spec, arch)?,
            _ => bail!("more than one --arch requires --json"),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Finds the architecture called `name`.
pub fn arch<'s>(spec: &'s Spec, name: &str) -> Result<&'s Arch> {
    let names: Vec<&str> = spec.asm_archs().map(|a| a.name.as_str()).collect();
    let found = spec.asm_archs().find(|a| a.name == name);
    found.ok_or_else(|| {
        anyhow!(
            "there is no table for the architecture `{name}`\n = help: there are tables for {}",
            names.join(", ")
        )
    })
}

/// Finds the architectures called `names`. Without names, returns the one that this program runs
/// on, or all if it has no table.
pub fn archs<'s>(spec: &'s Spec, names: &[String]) -> Result<Vec<&'s Arch>> {
    if !names.is_empty() {
        return names.iter().map(|name| arch(spec, name)).collect();
    }
    let own = spec.asm_archs().find(|a| a.name == std::env::consts::ARCH);
    Ok(own.map_or_else(|| spec.asm_archs().collect(), |own| vec![own]))
}

/// One way to implement a variant on an architecture.
struct Way<'s> {
    /// The sets of CPU features for which this plan is used.
    cpus: Vec<Vec<&'s str>>,
    plan: Plan<'s>,
}

/// An architecture with a planner for each set of CPU features.
struct Planned<'s> {
    arch: &'s Arch,
    planners: Planners<'s>,
}

impl<'s> Planned<'s> {
    fn new(spec: &'s Spec, arch: &'s Arch) -> Self {
        Self {
            arch,
            planners: Planners::new(spec, arch),
        }
    }

    /// All ways to implement a variant.
    fn ways(&self, v: &Variant<'s>) -> Result<Vec<Way<'s>>> {
        let mut ways: Vec<Way<'_>> = Vec::new();
        for planner in self.planners.all() {
            let plan = planner.plan(v);
            let plan = plan.map_err(|missing| anyhow!("{missing}"))?;
            let names = self.arch.feature_names(planner.features);
            match ways.iter_mut().find(|way| way.plan == plan) {
                Some(way) => way.cpus.push(names),
                None => ways.push(Way {
                    cpus: vec![names],
                    plan,
                }),
            }
        }
        Ok(ways)
    }
}

impl Way<'_> {
    fn json(&self) -> Value {
        let mut value = json!({ "cpus": self.cpus, "how": self.plan.how() });
        match &self.plan {
            Plan::Native(template) => {
                let lines = template.lines.iter();
                value["instructions"] = lines.map(|l| l.text.as_str()).collect();
            }
            plan => {
                let by = plan.callees().into_iter();
                value["by"] = by.map(|callee| callee.function()).collect();
            }
        }
        if let Plan::Fenced { before, after, .. } = self.plan {
            value["before"] = before.map(|fence| fence.name()).into();
            value["after"] = after.map(|fence| fence.name()).into();
        }
        value
    }

    /// A short description.
    fn words(&self) -> String {
        let least = self.cpus.iter().min_by_key(|set| set.len());
        match least.filter(|set| !set.is_empty()) {
            Some(set) => format!("{} with {}", self.plan.how(), set.join(" and ")),
            None => self.plan.how().to_owned(),
        }
    }
}

/// A table of all variants, with how an architecture implements each.
pub fn arch_table(spec: &Spec, arch: &Arch) -> Result<String> {
    let mut out = String::new();
    let _ = writeln!(out, "{:<36} {:<14} {}", "variant", "ordering", arch.name);
    let planned = Planned::new(spec, arch);
    for v in spec.variants() {
        // The way that needs the most features comes first.
        let ways: Vec<String> = planned.ways(&v)?.iter().rev().map(Way::words).collect();
        let _ = writeln!(
            out,
            "{:<36} {:<14} {}",
            v.function(),
            strength(&v),
            ways.join(", else ")
        );
    }
    Ok(out)
}

/// The names of the C functions, sorted, one per line. Families without an atomic type in C use
/// macros on plain variables and are left out.
pub fn names(spec: &Spec) -> String {
    let functions = spec.variants().filter(|v| v.family.c_object.is_some());
    let mut names: Vec<String> = functions.map(|v| v.function()).collect();
    names.sort_unstable();
    names
        .iter()
        .fold(String::new(), |out, name| out + name + "\n")
}

/// The typed forms, by the names of their methods.
struct Typed<'s>(HashMap<String, FormOf<'s>>);

impl<'s> Typed<'s> {
    fn new(spec: &'s Spec) -> Self {
        Self(spec.typed_forms().map(|f| (f.method(), f)).collect())
    }

    /// The Rust call of a variant, typed if there is one.
    fn call(&self, v: &Variant<'_>) -> String {
        let twin = self.0.get(&v.of.base());
        rust_call(twin.unwrap_or(&v.of), v.ordering)
    }
}

/// A table of all variants.
pub fn table(spec: &Spec) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{:<36} {:<16} {:<14} Rust",
        "variant", "on", "ordering"
    );
    let typed = Typed::new(spec);
    for v in spec.variants() {
        let _ = writeln!(
            out,
            "{:<36} {:<16} {:<14} {}",
            v.function(),
            v.family.repr.rust(),
            strength(&v),
            typed.call(&v)
        );
    }
    out
}

/// All variants as JSON, with how each of `archs` implements them.
pub fn json(spec: &Spec, archs: &[&Arch]) -> Result<String> {
    let typed = Typed::new(spec);
    let archs = archs.iter().map(|arch| Planned::new(spec, arch));
    let archs: Vec<Planned<'_>> = archs.collect();
    let variants: Vec<Value> = spec
        .variants()
        .map(|v| {
            let meaning = v.of.meaning;
            let text = |e: &atomics_spec::expr::Expr| e.to_string();
            let mut value = json!({
                "function": v.function(),
                "is_c_function": v.family.c_object.is_some(),
                "op": v.of.op.name,
                "family": v.family.name,
                "repr": v.family.repr.rust(),
                "ordering": v.ordering.name(),
                "class": v.of.class.name,
                "args": v.of.op.args.iter().map(|a| &a.name).collect::<Vec<_>>(),
                "new": meaning.new.as_ref().map(text),
                "fails": meaning.fails.as_ref().map(|e| text(&meaning.expand(e))),
                "result": v.of.result().map(|e| text(&meaning.expand(&e))),
                "method": v.of.is_typed().then(|| v.of.method()),
                "rust": typed.call(&v),
            });
            for planned in &archs {
                let ways = planned.ways(&v)?;
                value["archs"][&planned.arch.name] = ways.iter().map(Way::json).collect();
            }
            Ok(value)
        })
        .collect::<Result<_>>()?;
    Ok(serde_json::to_string_pretty(&variants)? + "\n")
}

/// The error message for a name that no variant has.
pub fn unknown(spec: &Spec, name: &str) -> String {
    let best = spec
        .variants()
        .map(|v| v.function())
        .min_by_key(|known| distance(known, name))
        .unwrap_or_default();
    format!(
        "there is no variant `{}`\n = help: did you mean `{best}`? `cargo xtask list --names` \
         lists all names",
        name.chars().take(80).collect::<String>()
    )
}

/// The edit distance of `a` and `b`: how many characters to change, add or remove.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(80).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
