//! `cargo xtask list`, and the error for an unknown name.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::process::ExitCode;

use crate::output::print;
use crate::tables::TableArgs;
use anyhow::{Result, anyhow, bail};
use atomics_spec::arch::Arch;
use atomics_spec::emit::docs::strength;
use atomics_spec::emit::explain::{Catalogue, Named, Typed, explain};
use atomics_spec::plan::{Plan, Planners};
use atomics_spec::{Spec, Variant};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Value, json};

/// Prints every name, and the types.
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
        TableArgs::augment_args(command
            .about("Prints every name that `explain` knows, and the types")
            .after_help(
                "Exit status: 0; 1 if there is no such architecture, or a table has an error; 2 if \
                 the command line is wrong.",
            ))
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
                         instructions (native), with such that repeat until they store (loop), \
                         with the relaxed variant between fences (fenced), with a variant whose \
                         ordering is stronger than required (stronger), with another variant \
                         (derived), or with a loop around a compare-and-exchange (cmpxchg-loop). May \
                         be given more than once with --json",
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
            (.., []) => table(&spec)?,
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

/// Tables of all functions, macros and barriers, of the names for which it says what to write in
/// their place, and of the types.
pub fn table(spec: &Spec) -> Result<String> {
    let mut out = String::new();
    let typed = Typed::new(spec);
    let catalogue = Catalogue::new(spec);
    let mut section = "";
    for (name, named) in catalogue.all() {
        let kind = named.kind();
        if section != kind {
            let (title, on, ordering) = match kind {
                "function" => (kind, "on", "ordering"),
                "macro" => ("macro on a plain variable", "", "ordering"),
                "barrier" => (kind, "", "ordering"),
                _ => ("not in this crate", "", ""),
            };
            if !section.is_empty() {
                out.push('\n');
            }
            let _ = writeln!(out, "{title:<36} {on:<16} {ordering:<14} Rust");
            section = kind;
        }
        let (on, ordering, call) = match named {
            Named::Function(v) => (v.family.repr.rust(), strength(v), typed.call(v)),
            Named::Macro(_) | Named::Barrier(_) | Named::StoreMb | Named::Elsewhere(_) => {
                let explained = explain(spec, name, named, &[]);
                let explained = explained.map_err(|missing| anyhow!("{missing}"))?;
                let call = explained.rust.into_iter().next();
                let call = call.map_or(String::new(), |call| call.text);
                // `explain` has the whole of a longer one.
                let call = call.split_once('\n').map_or(call.clone(), |(first, _)| {
                    format!("{} ...", first.trim_end())
                });
                ("", explained.strength.unwrap_or_default(), call)
            }
        };
        let _ = writeln!(out, "{name:<36} {on:<16} {ordering:<14} {call}");
    }
    let _ = writeln!(
        out,
        "\n{:<36} {:<16} {:<14} classes of operations",
        "family", "C", "Rust"
    );
    for (index, family) in spec.types.families.iter().enumerate() {
        for ty in spec.types.types.iter().filter(|ty| ty.family == index) {
            let classes = ty
                .classes
                .iter()
                .map(|&c| spec.types.classes[c].name.as_str());
            let _ = writeln!(
                out,
                "{:<36} {:<16} {:<14} {}",
                family.name,
                family.c_object.as_ref().unwrap_or(&family.c_value),
                match ty.is_pointer() {
                    true => format!("{} T", ty.name),
                    false => ty.name.clone(),
                },
                classes.collect::<Vec<_>>().join(" ")
            );
        }
    }
    Ok(out)
}

/// All functions, macros and barriers as JSON, with how each of `archs` implements the functions.
pub fn json(spec: &Spec, archs: &[&Arch]) -> Result<String> {
    let typed = Typed::new(spec);
    let archs = archs.iter().map(|arch| Planned::new(spec, arch));
    let archs: Vec<Planned<'_>> = archs.collect();
    let mut variants: Vec<Value> = spec
        .variants()
        .map(|v| {
            let meaning = v.of.meaning;
            let text = |e: &atomics_spec::expr::Expr| e.to_string();
            let mut value = json!({
                "kind": "function",
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
    let catalogue = Catalogue::new(spec);
    let others = catalogue.all().iter();
    for (name, named) in others.filter(|(_, named)| !matches!(named, Named::Function(_))) {
        let explained = explain(spec, name, named, &[]);
        let explained = explained.map_err(|missing| anyhow!("{missing}"))?;
        variants.push(json!({
            "kind": explained.kind,
            "name": name,
            "ordering": explained.strength,
            "rust": explained.rust.first().map(|call| &call.text),
        }));
    }
    Ok(serde_json::to_string_pretty(&variants)? + "\n")
}

/// The error message for a name that nothing has.
pub fn unknown(catalogue: &Catalogue<'_>, name: &str) -> String {
    let name: String = name.chars().take(80).collect();
    format!(
        "there is no function, macro or barrier `{name}`\n = help: {} `cargo xtask list` lists all \
         names",
        instead_of(catalogue, &name)
    )
}

/// What to look for in place of a name that nothing has: the C names of a method, or the name that
/// is most like it.
fn instead_of(catalogue: &Catalogue<'_>, name: &str) -> String {
    let method = name.strip_prefix("Atomic::").unwrap_or(name);
    let functions = catalogue.of_method(method);
    if !functions.is_empty() {
        return format!(
            "it is a method of `Atomic`; C's names for it are {};",
            functions.join(", ")
        );
    }
    let all = catalogue.all().iter().map(|(known, _)| known.as_str());
    let distance = |known: &str| strsim::osa_distance(known, name);
    // Beyond that, the nearest name is another thing.
    let near = all.filter(|known| distance(known) <= (name.len() / 3).max(1));
    let best = near.min_by_key(|known| {
        // Of names that are as like, the one with the same start is of the same kind.
        let same = known.bytes().zip(name.bytes()).take_while(|(a, b)| a == b);
        (distance(known), Reverse(same.count()))
    });
    match best {
        Some(best) => format!("did you mean `{best}`?"),
        None => "no name is like it;".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_is_of_the_same_kind() {
        let spec = Spec::builtin().unwrap();
        let catalogue = Catalogue::new(&spec);
        for (name, like) in [
            ("smp_mbb", "smp_mb"),
            ("smp_rbm", "smp_rmb"),
            ("smp_mb_after_atomic", "smp_mb__after_atomic"),
            ("READONCE", "READ_ONCE"),
            ("smp_load_aquire", "smp_load_acquire"),
            ("atomic_ad", "atomic_add"),
            ("refcount_inc_non_zero", "refcount_inc_not_zero"),
            ("raw_atomic_fetch_add", "atomic_fetch_add"),
            ("cmpxchg_acqire", "cmpxchg_acquire"),
            ("arch_atomic_inc", "atomic_inc"),
        ] {
            let told = instead_of(&catalogue, name);
            assert_eq!(told, format!("did you mean `{like}`?"), "{name}");
        }
        // What is nearest to these is another thing.
        for name in [
            "spin_lock",
            "readl",
            "foo",
            "",
            "synchronize_rcu",
            "wake_up",
        ] {
            assert_eq!(
                instead_of(&catalogue, name),
                "no name is like it;",
                "{name}"
            );
        }
        for method in ["fetch_add", "Atomic::fetch_add"] {
            let told = instead_of(&catalogue, method);
            assert!(told.contains(" atomic_fetch_add_acquire,"), "{told}");
            assert!(told.contains(" atomic_long_fetch_add_relaxed"), "{told}");
        }
    }
}
