//! The project's own commands, as `cargo xtask COMMAND`.

mod bindings;
mod cargo;
mod cross;
mod dropin;
mod generate;
mod kernel;
mod list;
mod litmus;
mod lock;
mod parity;
mod setup;
mod tables;
mod test;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

use crate::dropin::Backend;
use crate::tables::TableArgs;

/// Atomics under the Linux Kernel Memory Model: the generator and its tools.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Regenerates every generated file of this repository, or writes the drop-in of a kernel.
    Gen {
        #[command(flatten)]
        tables: TableArgs,
        /// Changes nothing; says what is stale, missing or left over, and exits with 1 if
        /// something is.
        #[arg(long)]
        check: bool,
        /// Reads TREE/scripts/atomic/atomics.tbl and writes the kernel's drop-in into TREE.
        #[arg(long, value_name = "TREE", conflicts_with = "table")]
        kernel: Option<PathBuf>,
        /// How the drop-in carries out the operations.
        #[arg(long, value_enum, default_value_t, requires = "kernel")]
        backend: Backend,
        /// Writes below DIR instead, in the same layout.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Writes the drop-in as a patch for `git am` into FILE instead, or to standard output if
        /// that is `-`. TREE stays as it is. A FILE that is there is replaced if it is such a
        /// patch.
        #[arg(long, value_name = "FILE", requires = "kernel", conflicts_with_all = ["check", "out"])]
        patch: Option<PathBuf>,
        /// Replaces local edits in the files of the drop-in, takes a TREE of a version of Linux
        /// that is not known, and replaces any FILE.
        #[arg(long, requires = "kernel")]
        force: bool,
    },
    /// Prints every variant.
    List {
        #[command(flatten)]
        tables: TableArgs,
        /// The names of C's functions only, one a line, sorted.
        #[arg(long, conflicts_with = "json")]
        names: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// And how this architecture carries it out: by an instruction (native), by a loop of its
        /// own, by the relaxed variant between fences (fenced), by one that is stronger than it
        /// need be, by another variant (derived), or by a loop around a compare-and-exchange. May
        /// be given more than once with --json.
        #[arg(long, value_name = "ARCH", conflicts_with = "names")]
        arch: Vec<String>,
    },
    /// Explains one variant by its C name, such as atomic64_fetch_add_acquire.
    Explain {
        #[command(flatten)]
        tables: TableArgs,
        /// The C name.
        name: String,
        /// The instructions of this architecture, and not of the one that this program runs on.
        /// May be given more than once.
        #[arg(long, value_name = "ARCH")]
        arch: Vec<String>,
    },
    /// Builds a kernel with the drop-in in a copy of TREE, runs its KUnit tests, and has the kernel's
    /// own checks judge the drop-in. TREE itself is only read.
    Kernel {
        #[command(flatten)]
        tables: TableArgs,
        /// The kernel's sources; without it, those that `cargo xtask setup` unpacked.
        #[arg(long, value_name = "TREE")]
        tree: Option<PathBuf>,
        /// The architecture to build for and to run.
        #[arg(long, value_enum, default_value_t)]
        arch: kernel::Machine,
        /// How the drop-in carries out the operations.
        #[arg(long, value_enum, default_value_t)]
        backend: Backend,
        /// What compiles C.
        #[arg(long, value_enum, default_value_t)]
        cc: kernel::Compiler,
        /// What to configure besides, such as CONFIG_KASAN=y. May be given more than once.
        #[arg(long, value_name = "CONFIG_NAME=VALUE", value_parser = kernel::config::line)]
        kconfig: Vec<String>,
        /// How many jobs `make` runs at once; as many as there are CPUs if not given.
        #[arg(long, value_name = "N")]
        jobs: Option<usize>,
        /// Goes on with a version of Linux that is not known.
        #[arg(long)]
        force: bool,
        /// Builds, runs and disassembles only: the text is not judged again.
        #[arg(long)]
        quick: bool,
        /// Lets QEMU use KVM; without it, QEMU emulates.
        #[arg(long)]
        kvm: bool,
    },
    /// Compares the machine code of the kernel's C atomics with that of ours, variant by variant:
    /// accesses, fences, and how many instructions there are. Exits with 1 if ours is weaker.
    Parity {
        /// The kernel's sources; without it, those that `cargo xtask setup` unpacked.
        #[arg(long = "kernel", value_name = "TREE")]
        tree: Option<PathBuf>,
        /// The architecture; all that have a table if not given. May be given more than once.
        #[arg(long = "arch", value_name = "ARCH")]
        archs: Vec<String>,
        /// As JSON.
        #[arg(long, conflicts_with = "show")]
        json: bool,
        /// Shows both disassemblies of a variant, and what is made of them.
        #[arg(long, value_name = "NAME")]
        show: Option<String>,
        /// Renews the report in tests/parity.
        #[arg(long, conflicts_with_all = ["json", "show"])]
        write: bool,
    },
    /// Checks litmus tests: whether every outcome of the machine code that ours compiles to, by
    /// herd7's model of the architecture, is allowed by the Linux kernel's memory model. Exits with
    /// 1 if one is not.
    Litmus {
        /// C litmus files in the kernel's format, or folders with some; the tests that are generated
        /// from the table if there are none.
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The architecture; all that herd7 has a model of if not given. May be given more than
        /// once.
        #[arg(long = "arch", value_name = "ARCH")]
        archs: Vec<String>,
        /// The kernel's sources, for its memory model; without it, those that `cargo xtask setup`
        /// unpacked.
        #[arg(long = "kernel", value_name = "TREE")]
        tree: Option<PathBuf>,
        /// How many tests are judged at once; as many as there are CPUs if not given.
        #[arg(long, value_name = "N")]
        jobs: Option<usize>,
        /// Only tests with TEXT in their names.
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        filter: Option<String>,
        /// Only the Ith of N parts of the tests, such as 2/5.
        #[arg(long, value_name = "I/N")]
        shard: Option<litmus::Shard>,
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// Keeps the intermediate files in DIR: what herd7 is given for the LKMM and for each
        /// architecture.
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,
        /// All generated tests, and not a chosen set.
        #[arg(long, conflicts_with = "files")]
        all: bool,
        /// How long herd7 may take for a test, in seconds.
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        limit: u64,
        /// Runs the tests on this machine, N times each, and prints how often each outcome was seen;
        /// one that the LKMM forbids is a failure.
        #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "100000",
              require_equals = true)]
        run: Option<u64>,
        /// A table that replaces the built-in one of the architecture with the same file name. May
        /// be given more than once.
        #[arg(long, value_name = "FILE")]
        arch_table: Vec<PathBuf>,
    },
    /// Runs the differential tests on other architectures, emulated where this machine's CPU cannot
    /// run them.
    Cross {
        /// The architecture; all of them if not given. May be given more than once.
        #[arg(long, value_name = "ARCH", value_parser = cross::targets::names())]
        arch: Vec<String>,
        /// The only CPU to run on, by QEMU's name and with its options.
        #[arg(long, value_name = "MODEL")]
        cpu: Option<String>,
        /// Tests the C backend instead of inline assembly, where there is one.
        #[arg(long)]
        c_helpers: bool,
    },
    /// Runs the tests by tier: those whose tools are present, and says what the others lack.
    Test {
        /// Fails if a tier cannot run.
        #[arg(long)]
        all: bool,
        /// Only these tiers.
        #[arg(value_name = "TIER")]
        tiers: Vec<String>,
    },
    /// Installs on Debian what the tests need.
    Setup,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            // The errors of tables are whole reports, which begin with `error:` themselves.
            let text = format!("{error:#}");
            let prefix = if text.starts_with("error:") {
                ""
            } else {
                "error: "
            };
            eprintln!("{prefix}{text}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Gen {
            tables,
            check,
            kernel,
            backend,
            out,
            patch,
            force,
        } => generate::run(&generate::Options {
            tables,
            check,
            kernel,
            backend,
            out,
            patch,
            force,
        }),
        Command::List {
            tables,
            names,
            json,
            arch,
        } => {
            let spec = tables.load()?;
            let archs = arch.iter().map(|name| list::arch(&spec, name));
            let archs: Vec<_> = archs.collect::<Result<_>>()?;
            print(&match (names, json, archs.as_slice()) {
                (true, ..) => list::names(&spec),
                (_, true, archs) => list::json(&spec, archs)?,
                (.., []) => list::table(&spec),
                (.., [arch]) => list::arch_table(&spec, arch)?,
                _ => bail!("several architectures are for --json: give one --arch"),
            })
        }
        Command::Explain { tables, name, arch } => {
            let spec = tables.load()?;
            let Some(variant) = spec.find(&name) else {
                bail!(list::unknown(&spec, &name))
            };
            let archs = list::archs(&spec, &arch)?;
            print(&atomics_spec::emit::explain::explain(
                &spec, &variant, &archs,
            )?)
        }
        Command::Kernel {
            tables,
            tree,
            arch,
            backend,
            cc,
            kconfig,
            jobs,
            force,
            quick,
            kvm,
        } => kernel::run(&kernel::Options {
            tree,
            tables,
            machine: arch,
            backend,
            compiler: cc,
            config: kconfig,
            jobs,
            force,
            quick,
            kvm,
        }),
        Command::Parity {
            tree,
            archs,
            json,
            show,
            write,
        } => parity::run(&parity::Options {
            tree,
            archs,
            json,
            show,
            write,
        }),
        Command::Cross {
            arch,
            cpu,
            c_helpers,
        } => cross::run(&cross::Options {
            arches: arch,
            cpu,
            c_helpers,
        }),
        Command::Litmus {
            files,
            archs,
            tree,
            jobs,
            filter,
            shard,
            json,
            keep,
            all,
            limit,
            run,
            arch_table,
        } => litmus::run(&litmus::Options {
            files,
            archs,
            tree,
            jobs,
            filter,
            shard,
            json,
            keep,
            all,
            limit,
            run,
            tables: arch_table,
        }),
        Command::Test { all, tiers } => test::run(all, &tiers),
        Command::Setup => setup::run().map(|()| ExitCode::SUCCESS),
    }
}

/// Prints to standard output, where a reader that has seen enough is no error.
fn print(text: &str) -> Result<ExitCode> {
    use std::io::{ErrorKind, Write};
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(e.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
