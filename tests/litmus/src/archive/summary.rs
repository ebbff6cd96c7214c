//! The report on an archive: counts, and what is wrong or missing by its reason.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::reason::kind;
use super::row::{Kind, Row};
use crate::judgement::JudgementKind;
use crate::report::Counts;

/// The exit status of a run: 1 if something is wrong with the verdict or the machine code of a
/// file; else 2 if a file is malformed; else 0.
pub fn status(rows: &[Row]) -> u8 {
    if !rows.iter().all(Row::is_good) {
        return 1;
    }
    match rows.iter().any(|row| row.kind == Kind::Malformed) {
        true => 2,
        false => 0,
    }
}

/// Counts of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The files.
    pub files: usize,
    /// The tests in C.
    pub tests: usize,
    /// The files that nobody can read.
    pub malformed: usize,
    /// The tests whose verdict is not the stated one, if that is a fault, or not that of herd7 on
    /// the unmodified file, or for which herd7 failed.
    pub faults: usize,
    /// The tests that are unsound on a target.
    pub unsound: usize,
    /// The tests for which a model took too long.
    pub timed_out: usize,
    /// The tests that failed on a target.
    pub failed: usize,
}

impl Summary {
    /// Counts rows.
    pub fn of(rows: &[Row]) -> Self {
        let count = |holds: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| holds(row)).count();
        Self {
            files: rows.len(),
            tests: count(&|row| row.kind == Kind::Test),
            malformed: count(&|row| row.kind == Kind::Malformed),
            faults: count(&|row| row.fault.is_some()),
            unsound: count(&|row| row.has(JudgementKind::Unsound)),
            timed_out: count(&|row| row.timed_out() || row.has(JudgementKind::TimedOut)),
            failed: count(&|row| row.has(JudgementKind::Failed)),
        }
    }

    /// The report as text. `targets` names the targets that the tests were judged on.
    pub fn text(rows: &[Row], targets: &[&str]) -> String {
        let mut out = String::new();
        write_unsound(&mut out, rows);
        write_groups(&mut out, rows);
        write_counts(&mut out, rows);
        let mut counts = Counts::default();
        for on in rows.iter().flat_map(|row| &row.targets) {
            counts.add(&on.target, on.verdict, on.stronger);
        }
        counts.write(&mut out, targets);
        out
    }
}

/// Each unsound test, with the outcomes that are forbidden.
fn write_unsound(out: &mut String, rows: &[Row]) {
    for row in rows {
        for on in &row.targets {
            if on.verdict == JudgementKind::Unsound {
                let states = on.offending.join(" | ");
                let _ = writeln!(out, "UNSOUND: {} on {}: {states}", row.file, on.target);
            }
        }
    }
}

/// What is wrong or missing, by its reason: how often, where, and one example.
fn write_groups(out: &mut String, rows: &[Row]) {
    let mut groups: BTreeMap<(&str, String), Group<'_>> = BTreeMap::new();
    let mut add = |what, why: &str, row, on: Option<&str>| {
        let group = groups.entry((what, kind(why))).or_default();
        group.add(row, on.unwrap_or("LKMM"));
    };
    for row in rows {
        let why = row.skipped.as_deref();
        match (row.kind, why) {
            (Kind::Malformed, Some(why)) => add("malformed", why, row, None),
            (Kind::Foreign, Some(language)) => add("passed over", language, row, None),
            // One that timed out has no verdict.
            (Kind::Test, Some(why)) if !row.timed_out() => {
                add(JudgementKind::Skipped.name(), why, row, None)
            }
            _ => {}
        }
        if let Some(fault) = &row.fault {
            add("error", fault, row, None);
        }
        if row.timed_out() {
            add(JudgementKind::TimedOut.name(), "on the LKMM", row, None);
        }
        for on in &row.targets {
            let why = match on.verdict {
                JudgementKind::Sound | JudgementKind::Unsound => continue,
                JudgementKind::Racy => "outcomes that the LKMM does not list",
                JudgementKind::TimedOut => "on machine code",
                JudgementKind::Skipped | JudgementKind::Failed => {
                    on.reason.as_deref().unwrap_or_default()
                }
            };
            add(on.verdict.name(), why, row, Some(&on.target));
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by(|((a, _), x), ((b, _), y)| (a, y.files).cmp(&(b, x.files)));
    for ((what, why), group) in groups {
        let targets: Vec<String> = group.on.iter().map(|(on, n)| format!("{on} {n}")).collect();
        let on = match group.on.contains_key("LKMM") {
            true => String::new(),
            false => format!(" ({})", targets.join(", ")),
        };
        let (files, example) = (group.files, group.example);
        let _ = writeln!(out, "{what}: {files}{on}: {why}, such as {example}");
    }
}

/// Files with one reason.
#[derive(Default)]
struct Group<'a> {
    files: usize,
    example: &'a str,
    last: &'a str,
    /// How often on each target.
    on: BTreeMap<String, usize>,
}

impl<'a> Group<'a> {
    fn add(&mut self, row: &'a Row, on: &str) {
        if self.files == 0 {
            self.example = &row.file;
        }
        if self.last != row.file {
            self.files += 1;
        }
        self.last = &row.file;
        *self.on.entry(on.to_owned()).or_default() += 1;
    }
}

fn write_counts(out: &mut String, rows: &[Row]) {
    let Summary {
        files,
        tests,
        malformed,
        ..
    } = Summary::of(rows);
    let others = files - tests - malformed;
    let _ = writeln!(
        out,
        "\nfiles: {files}; {tests} tests in C, {others} in other languages, {malformed} malformed"
    );
    let has_verdict = rows.iter().filter(|row| row.verdict().is_some());
    let verdicts = has_verdict.clone().count();
    let of_stated = has_verdict.clone().filter(|row| row.stated.is_some());
    let is_stated = |row: &&Row| row.fault.is_none() && !row.is_forgiven();
    let stated = of_stated.clone().filter(is_stated).count();
    let of_stated = of_stated.count();
    let of_own = has_verdict.filter(|row| row.herd.is_some());
    let own = of_own.clone().filter(|row| row.herd == row.lkmm).count();
    let of_own = of_own.count();
    let _ = writeln!(
        out,
        "LKMM: {verdicts} verdicts; {stated} of {of_stated} are the stated result, \
         {own} of {of_own} are herd7's on the unmodified file"
    );
    let racy = rows.iter().filter(|row| row.race == Some(true));
    let forgiven = racy.clone().filter(|row| row.is_forgiven()).count();
    let races = racy.count();
    if races > 0 {
        let _ = writeln!(
            out,
            "LKMM: {races} with a data race, {forgiven} of them with another verdict than the \
             stated one"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &[&str]) -> Vec<Row> {
        let row = |line: &&str| serde_json::from_str(&format!("{{\"key\":\"\",{line}}}")).unwrap();
        lines.iter().map(row).collect()
    }

    const GOOD: &str = r#""file":"a","kind":"test","lkmm":"Never","stated":"Never","herd":"Never",
        "targets":[{"target":"x","verdict":"sound","stronger":true}]"#;
    const MALFORMED: &str = r#""file":"b","kind":"malformed","skipped":"b:1:1: no""#;
    const FOREIGN: &str = r#""file":"c","kind":"foreign","skipped":"PPC""#;

    #[test]
    fn the_status_is_that_of_the_worst_file() {
        assert_eq!(status(&rows(&[GOOD, FOREIGN])), 0);
        assert_eq!(status(&rows(&[GOOD, MALFORMED])), 2);
        for bad in [
            r#""file":"d","kind":"test","lkmm":"timed out""#,
            r#""file":"d","kind":"test","lkmm":"Never","fault":"it differs""#,
            r#""file":"d","kind":"test","targets":[{"target":"x","verdict":"UNSOUND"}]"#,
            r#""file":"d","kind":"test","targets":[{"target":"x","verdict":"failed"}]"#,
            r#""file":"d","kind":"test","targets":[{"target":"x","verdict":"timed out"}]"#,
        ] {
            assert_eq!(status(&rows(&[GOOD, MALFORMED, bad])), 1, "{bad}");
        }
    }

    #[test]
    fn reasons_are_counted_with_an_example() {
        let rows = rows(&[
            GOOD,
            MALFORMED,
            FOREIGN,
            r#""file":"d","kind":"test","lkmm":"Never","stated":"Always","fault":"it differs""#,
            r#""file":"e","kind":"test","lkmm":"Never","skipped":"`l` at e:1:2","herd":"Never""#,
            r#""file":"f","kind":"test","lkmm":"Never","skipped":"`l` at f:3:4""#,
            r#""file":"g","kind":"test","lkmm":"timed out""#,
            r#""file":"h","kind":"test","lkmm":"Always","targets":[
                {"target":"x","verdict":"skipped","reason":"h, P0: no `i 1`"},
                {"target":"y","verdict":"skipped","reason":"h, P1: no `i 2`"}]"#,
            r#""file":"i","kind":"test","lkmm":"Always","targets":[
                {"target":"x","verdict":"UNSOUND","offending":["x=1","x=2"]},
                {"target":"y","verdict":"skipped","reason":"i, P0: no `i 3`"}]"#,
            r#""file":"j","kind":"test","lkmm":"Sometimes","race":true,"stated":"Never DATARACE",
                "targets":[{"target":"x","verdict":"racy","offending":["x=1"]},
                {"target":"y","verdict":"sound"}]"#,
        ]);
        assert!(rows.last().expect("a row").is_good());
        let text = Summary::text(&rows, &["x", "y"]);
        let expected = "\
UNSOUND: i on x: x=1 | x=2
error: 1: it differs, such as d
malformed: 1: no, such as b
passed over: 1: PPC, such as c
racy: 1 (x 1): outcomes that the LKMM does not list, such as j
skipped: 2: `l`, such as e
skipped: 2 (x 1, y 2): no `i`, such as h
timed out: 1: on the LKMM, such as g

files: 10; 8 tests in C, 1 in other languages, 1 malformed
LKMM: 7 verdicts; 1 of 3 are the stated result, 2 of 2 are herd7's on the unmodified file
LKMM: 1 with a data race, 1 of them with another verdict than the stated one

target          stronger     sound   UNSOUND      racy   skipped timed out    failed
x                      1         1         1         1         1         0         0
y                      0         1         0         0         2         0         0

stronger: sound, and the machine code rules out some outcome that the LKMM allows
";
        assert_eq!(text, expected);
        let counts = Summary::of(&rows);
        assert_eq!((counts.faults, counts.unsound, counts.timed_out), (1, 1, 1));
    }
}
