//! `cargo xtask test`
use anyhow::Result;
use std::process::ExitCode;
pub fn run(_: bool, _: &[String]) -> Result<ExitCode> {
    todo!()
}
