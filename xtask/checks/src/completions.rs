//! `cargo xtask completions`.

use std::process::ExitCode;

use anyhow::Result;
use atomics_machine_code::targets::TARGETS;
use atomics_spec::Spec;
use atomics_spec::emit::explain::Catalogue;
use clap::builder::PossibleValuesParser;
use clap::{Args, Command, ValueEnum};
use clap_complete::{Shell, generate};
use xtask::output::print_bytes;

/// The name of the shell's function.
const NAME: &str = "xtask";

/// Prints a script for a shell. It defines the function `xtask`, which is `cargo xtask` in the current
/// checkout, and completes its commands, their options, the architectures and the C names:
///
///     source <(cargo xtask completions bash)    # bash or zsh, in ~/.bashrc or ~/.zshrc
///     cargo xtask completions fish | source     # fish
///
/// Exits with 2 if the command line is wrong.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: For,
}

/// The shells with such a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum For {
    Bash,
    Fish,
    Zsh,
}

impl Completions {
    /// Prints the script. `checks` has the options of the commands of this program.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn run(&self, checks: &Command) -> Result<ExitCode> {
        print_bytes(&script(self.shell, checks)?)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The script.
fn script(shell: For, checks: &Command) -> Result<Vec<u8>> {
    let mut command = whole(checks)?;
    let (of, function) = match shell {
        For::Bash => (Shell::Bash, "xtask() { cargo xtask \"$@\"; }\n"),
        For::Zsh => (Shell::Zsh, "xtask() { cargo xtask \"$@\"; }\n"),
        For::Fish => (Shell::Fish, "function xtask; cargo xtask $argv; end\n"),
    };
    let mut text = Vec::new();
    generate(of, &mut command, NAME, &mut text);
    // zsh wants its `#compdef` to be first.
    text.extend(function.as_bytes());
    Ok(text)
}

/// All commands with all their options, and the values that these may have.
fn whole(checks: &Command) -> Result<Command> {
    let spec = Spec::builtin()?;
    let catalogue = Catalogue::new(&spec);
    let names: Vec<String> = catalogue
        .all()
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    let own = xtask::cli::command();
    let mut command = Command::new(NAME).about(own.get_about().cloned().unwrap_or_default());
    for known in own.get_subcommands() {
        // What is forwarded has its options here.
        let known = checks.find_subcommand(known.get_name()).unwrap_or(known);
        command = command.subcommand(with_values(known.clone(), &names));
    }
    Ok(command)
}

/// A command with the values that its options may have.
fn with_values(mut command: Command, names: &[String]) -> Command {
    let archs: Vec<&'static str> = TARGETS.iter().map(|target| target.name).collect();
    let arguments: Vec<_> = command.get_arguments().cloned().collect();
    for argument in arguments {
        let id = argument.get_id().clone();
        if argument.get_long() == Some("arch") && argument.get_possible_values().is_empty() {
            command = command.mut_arg(&id, |a| {
                a.value_parser(PossibleValuesParser::new(archs.clone()))
            });
        } else if command.get_name() == "explain" && argument.is_positional() {
            let names = names.to_vec();
            command = command.mut_arg(&id, |a| a.value_parser(PossibleValuesParser::new(names)));
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command as Process, Stdio};

    use clap::CommandFactory as _;

    use super::*;

    /// What bash offers for a command line of which the last word is not complete.
    fn offered(line: &str) -> Vec<String> {
        let words: Vec<&str> = line.split(' ').collect();
        let [.., before, last] = words[..] else {
            panic!("{line}: a command and a word")
        };
        let mut script = script(For::Bash, &crate::Cli::command()).unwrap();
        // As bash does when the user presses the tabulator.
        let call = format!(
            "COMP_WORDS=({line}); COMP_CWORD={}\n_xtask xtask {last} {before}\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
            words.len() - 1
        );
        script.extend(call.as_bytes());
        let mut bash = Process::new("bash")
            .arg("--norc")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        bash.stdin.take().unwrap().write_all(&script).unwrap();
        let output = bash.wait_with_output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn bash_completes_commands_options_architectures_and_names() {
        assert_eq!(offered("xtask par"), ["parity"]);
        assert_eq!(offered("xtask parity --sh"), ["--show"]);
        assert_eq!(offered("xtask parity --arch risc"), ["riscv64"]);
        assert_eq!(offered("xtask gen --ker"), ["--kernel"]);
        assert_eq!(offered("xtask explain smp_rm"), ["smp_rmb"]);
        let found = offered("xtask explain atomic_fetch_add");
        assert!(
            found.iter().any(|name| name == "atomic_fetch_add_acquire"),
            "{found:?}"
        );
    }

    /// As `--help` shows it.
    #[test]
    fn each_command_tells_its_exit_status() {
        let mut command = whole(&crate::Cli::command()).unwrap();
        command.build();
        for known in command.get_subcommands_mut() {
            let name = known.get_name().to_owned();
            let help = known.render_long_help().to_string();
            assert!(
                name == "help" || help.to_lowercase().contains("exit"),
                "{name}: {help}"
            );
        }
    }

    #[test]
    fn each_shell_has_a_script_with_all_commands() {
        for shell in [For::Bash, For::Fish, For::Zsh] {
            let text = String::from_utf8(script(shell, &crate::Cli::command()).unwrap()).unwrap();
            for command in ["explain", "gen", "kernel", "litmus", "completions"] {
                assert!(text.contains(command), "{shell:?} {command}");
            }
            assert!(text.contains("cargo xtask"), "{shell:?}");
        }
    }
}
