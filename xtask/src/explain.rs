//! `cargo xtask explain`.

use std::process::ExitCode;

use crate::output::{Style, print};
use crate::tables::TableArgs;
use anyhow::{Result, anyhow, bail};
use atomics_spec::Spec;
use atomics_spec::arch::Arch;
use atomics_spec::emit::explain::{Catalogue, Explanation, Part, explain};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Value, json};

use crate::list;

/// Explains what C names stand for.
pub struct Explain {
    tables: TableArgs,
    names: Vec<String>,
    json: bool,
    archs: Vec<String>,
}

impl Explain {
    /// The options.
    pub fn options(command: Command) -> Command {
        let command = command
            .about(
                "Explains what C names stand for, such as atomic64_fetch_add_acquire, READ_ONCE or \
                 smp_mb: the Rust call, what it computes, how it is ordered, its instructions",
            )
            .after_help(
                "For what this crate does not have, such as set_bit, it says what to write in its \
                 place. If it does not know one of the names, it prints nothing else.\n\nExit status: \
                 0; 1 if there is no such name or architecture, or a table has an error; 2 if the \
                 command line is wrong.",
            );
        TableArgs::augment_args(command)
            .arg(
                Arg::new("names")
                    .value_name("NAME")
                    .required(true)
                    .num_args(1..)
                    .help("The C names"),
            )
            .arg(
                Arg::new("json")
                    .long("json")
                    .action(ArgAction::SetTrue)
                    .help("Prints JSON"),
            )
            .arg(
                Arg::new("arch")
                    .long("arch")
                    .value_name("ARCH")
                    .action(ArgAction::Append)
                    .help(
                        "Shows the instructions of this architecture instead of this machine's. May \
                         be given more than once",
                    ),
            )
    }

    /// Reads the options.
    ///
    /// # Errors
    ///
    /// If `matches` has other options.
    pub fn new(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let all = |name| {
            let values = matches.get_many::<String>(name).unwrap_or_default();
            values.cloned().collect::<Vec<_>>()
        };
        Ok(Self {
            tables: TableArgs::from_arg_matches(matches)?,
            names: all("names"),
            json: matches.get_flag("json"),
            archs: all("arch"),
        })
    }

    /// Prints the explanations.
    ///
    /// # Errors
    ///
    /// If a table has an error, or there is no such name or architecture: all such names are told,
    /// and nothing is printed.
    pub fn run(&self) -> Result<ExitCode> {
        let spec = self.tables.load()?;
        let archs = list::archs(&spec, &self.archs)?;
        let explained = self.explain(&spec, &archs)?;
        print(&match self.json {
            true => {
                let values: Vec<Value> = explained.iter().map(value).collect();
                serde_json::to_string_pretty(&values)? + "\n"
            }
            false => {
                let style = Style::of_stdout();
                let paint = |part: Part, text: &str| match part {
                    Part::Name => style.bold(text),
                    Part::Title => style.title(text),
                    Part::Comment => style.dim(text),
                };
                let texts = explained.iter().map(|e| e.text(&spec, &paint));
                texts.collect::<Vec<_>>().join("\n\n")
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn explain(&self, spec: &Spec, archs: &[&Arch]) -> Result<Vec<Explanation>> {
        let catalogue = Catalogue::new(spec);
        let (mut explained, mut unknown) = (Vec::new(), Vec::new());
        for name in &self.names {
            // As it is called.
            let name = name.strip_suffix("()").unwrap_or(name);
            match catalogue.find(name) {
                Some(named) => {
                    let found = explain(spec, name, named, archs);
                    explained.push(found.map_err(|missing| anyhow!("{missing}"))?);
                }
                None => unknown.push(list::unknown(&catalogue, name)),
            }
        }
        if !unknown.is_empty() {
            bail!("{}", unknown.join("\nerror: "));
        }
        Ok(explained)
    }
}

/// An explanation as JSON.
fn value(explained: &Explanation) -> Value {
    let rust = explained.rust.iter();
    let rust = rust.map(|call| json!({ "call": call.text, "given": call.given }));
    let mut value = json!({
        "name": explained.name,
        "kind": explained.kind,
        "ordering": explained.strength,
        "rust": rust.collect::<Vec<_>>(),
        "raw": explained.raw,
    });
    for (title, text) in &explained.says {
        value["says"][title.to_lowercase()] = text.as_str().into();
    }
    for (arch, codes) in &explained.archs {
        let codes = codes.iter().map(|code| {
            let lines = code.lines.iter().map(
                |line| json!({ "depth": line.depth, "text": line.text, "meaning": line.meaning }),
            );
            json!({ "cpus": code.cpus, "lines": lines.collect::<Vec<_>>() })
        });
        value["archs"][arch] = codes.collect();
    }
    value
}
