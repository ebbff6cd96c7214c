//! The options of `cargo xtask gen`.

use std::path::PathBuf;

use crate::dropin::Backend;
use crate::tables::TableArgs;
use clap::builder::EnumValueParser;
use clap::{Arg, ArgAction, Args, Command, value_parser};

/// Adds the options to the command.
pub fn options(command: Command) -> Command {
    TableArgs::augment_args(command)
        .about("Regenerates every generated file of this repository, or writes the drop-in for a kernel")
        .after_help(
            "Exit status: 0; 1 if a table has an error, or a file cannot be written, or with --check \
             is not as it should be; 2 if the command line is wrong.",
        )
        .arg(
            flag("check").help(
                "Changes nothing; lists stale, missing and left-over files, and exits with 1 if \
                 there are any",
            ),
        )
        .arg(
            path("kernel", "TREE")
                .conflicts_with_all(["table", "extend"])
                .help(
                    "Reads TREE/scripts/atomic/atomics.tbl and writes the kernel's drop-in into TREE",
                ),
        )
        .arg(
            Arg::new("backend")
                .long("backend")
                .value_name("BACKEND")
                .value_parser(EnumValueParser::<Backend>::new())
                .default_value(Backend::default().name())
                .requires("kernel")
                .help("How the drop-in implements the operations"),
        )
        .arg(path("out", "DIR").help("Writes into DIR instead, in the same layout"))
        .arg(
            path("patch", "FILE")
                .requires("kernel")
                .conflicts_with_all(["check", "out"])
                .help(
                    "Writes the drop-in as a patch for `git am` to FILE instead, or to standard \
                     output if FILE is `-`. TREE is not changed. An existing FILE is replaced only \
                     if it is such a patch",
                ),
        )
        .arg(
            path("series", "DIR")
                .requires("kernel")
                .conflicts_with_all(["check", "out", "patch"])
                .help(
                    "Writes the drop-in as a series of patches for `git am` into DIR instead, with \
                     a cover letter. Each patch builds by itself. TREE is not changed. DIR must be \
                     empty, or hold an earlier series, which is replaced",
                ),
        )
        .arg(
            Arg::new("only")
                .long("only")
                .value_name("LIST")
                .requires("kernel")
                .action(ArgAction::Append)
                .value_delimiter(',')
                .help(
                    "Generates only these parts of the drop-in, separated by commas, and what they \
                     need: `core`, which is what Linux's own module has; the classes `arithmetic`, \
                     `bitwise`, `test`, `conditional` and `signed`; the types `i8`, `i16`, `u8` and \
                     `u16`, for which the core only has loads, stores and exchanges; `pointers`, \
                     `barriers`, `derive`, `tests`, `memory-model`; and, with `--backend asm`, \
                     architectures. TREE then has no other parts",
                ),
        )
        .arg(
            flag("raw")
                .requires("kernel")
                .conflicts_with("series")
                .help("Also generates the module `raw`: C's functions under their own names"),
        )
        .arg(
            flag("force").requires("kernel").help(
                "Overwrites local edits in the drop-in's files, accepts a TREE of an unknown Linux \
                 version, and overwrites any FILE",
            ),
        )
}

fn flag(name: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue)
}

fn path(name: &'static str, value: &'static str) -> Arg {
    let arg = Arg::new(name).long(name).value_name(value);
    arg.value_parser(value_parser!(PathBuf))
}
