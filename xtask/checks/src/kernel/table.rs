//! The table at the end of `cargo xtask kernel --arch all`.

use super::machine::Machine;
use super::progress::{Done, Outcome};

/// The checks that have a column of their own, or prepare the others.
const BUILD: &str = "build";
const RUN: &str = "kunit";

/// Makes the rows: for each architecture the time of its build, what its tests found on each CPU,
/// and which other checks did not pass.
pub fn rows(reports: &[(Machine, Vec<Done>)]) -> Vec<String> {
    let mut rows = vec![
        String::new(),
        format!("{:<12} {:<9} {:>8}  found", "architecture", "check", "time"),
    ];
    for (machine, done) in reports {
        let shown = |done: &&Done| {
            let is_result = [BUILD, RUN].contains(&done.name) || done.name == "parity";
            is_result || done.outcome == Outcome::Failed
        };
        for done in done.iter().filter(shown) {
            rows.push(row(machine.name(), done));
        }
    }
    rows
}

fn row(machine: &str, done: &Done) -> String {
    let found = done.found.lines().next().unwrap_or_default();
    let name = done.name;
    let time = format!("{:.0} s", done.seconds);
    match done.outcome {
        Outcome::Passed => format!("{machine:<12} {name:<9} {time:>8}  {found}"),
        Outcome::Failed => format!("{machine:<12} {name:<9} {time:>8}  FAILED: {found}"),
        Outcome::Skipped => format!("{machine:<12} {name:<9} {:>8}  skipped: {found}", "-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_result_has_a_row() {
        let done = |name, outcome, found: &str| Done {
            name,
            outcome,
            found: found.into(),
            seconds: 61.4,
        };
        let um = vec![
            done("copy", Outcome::Passed, "1 file"),
            done("build", Outcome::Passed, "no warnings"),
            done("kunit", Outcome::Passed, "9 tests"),
            done("clippy", Outcome::Failed, "`make` failed:\nmuch"),
        ];
        let skipped = vec![
            done("build", Outcome::Skipped, "old rustc"),
            done("rustdoc", Outcome::Skipped, "the kernel was not built"),
            done("parity", Outcome::Passed, "nothing weaker"),
        ];
        let s390x = Machine::all().find(|m| m.name() == "s390x").unwrap();
        let rows = rows(&[(Machine::Um, um), (s390x, skipped)]);
        assert_eq!(
            rows[1..].join("\n"),
            "\
architecture check         time  found
um           build         61 s  no warnings
um           kunit         61 s  9 tests
um           clippy        61 s  FAILED: `make` failed:
s390x        build            -  skipped: old rustc
s390x        parity        61 s  nothing weaker"
        );
    }
}
