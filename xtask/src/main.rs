//! The project's own commands, as `cargo xtask COMMAND`.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::cli::run()
}
