//! Reports of the findings, as text and as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::files::{Answer, Foreign, Unread};
use crate::finding::{Finding, Seen};
use crate::judgement::Judgement;
use crate::printable;

mod counts;
mod json;
mod status;

pub(crate) use counts::Counts;
pub use json::{json, json_with};
pub use status::{is_good, status};

/// The files that could not be read, and those of other languages, as text: one line each for what
/// is malformed or wrong, and the others together.
pub fn files(unread: &[Unread], foreign: &[Foreign]) -> String {
    let mut out = String::new();
    for unread in unread {
        let fault = unread.fault();
        let _ = match (&unread.answer, unread.differs()) {
            (Answer::Rejected, _) => writeln!(out, "malformed: {fault}"),
            (Answer::TimedOut, _) => writeln!(out, "error: {fault}; and herd7 timed out"),
            (Answer::Verdict(_), Some(differs)) => {
                writeln!(out, "error: {}: {differs}", unread.file())
            }
            (Answer::Verdict(said), None) => {
                writeln!(out, "skipped: {fault}; the LKMM says {}", said.verdict)
            }
        };
    }
    let mut languages: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for foreign in foreign {
        let files = languages.entry(foreign.language()).or_default();
        files.push(foreign.file().to_owned());
    }
    for (language, files) in languages {
        let _ = writeln!(out, "passed over, in {language}: {}", listed(&files));
    }
    let malformed = unread.iter().filter(|unread| unread.is_malformed()).count();
    if malformed > 0 {
        let _ = writeln!(out, "malformed files: {malformed}");
    }
    out
}

/// The report as text. `targets` names the targets that the tests were judged on.
pub fn text(findings: &[Finding<'_>], targets: &[&str]) -> String {
    let mut out = String::new();
    for finding in findings {
        write_histogram(&mut out, finding);
    }
    for finding in findings {
        write_unsound(&mut out, finding);
    }
    for finding in findings {
        write_faults(&mut out, finding);
    }
    write_flags(&mut out, findings);
    write_skips(&mut out, findings);
    write_summary(&mut out, findings, targets);
    out
}

/// The outcomes seen on this machine, and which of them the kernel's memory model forbids.
fn write_histogram(out: &mut String, finding: &Finding<'_>) {
    let Some(all) = finding.seen() else { return };
    let total: u64 = all.iter().map(|seen| seen.count).sum();
    let _ = writeln!(out, "{}: {total} times", finding.test().name());
    for seen in all {
        let mark = match seen.allowed {
            Some(true) => "",
            Some(false) => "  FORBIDDEN by the LKMM",
            None => "  unknown: herd7 computes C in 32 bits",
        };
        let _ = writeln!(out, "{:>12}  {}{mark}", seen.count, seen.state);
    }
    let unseen = finding.unseen();
    if unseen > 0 {
        let _ = writeln!(
            out,
            "{:>12}  allowed but not seen",
            format!("{unseen} more")
        );
    }
}

fn write_unsound(out: &mut String, finding: &Finding<'_>) {
    let test = finding.test();
    for (target, judgement) in finding.judgements() {
        let Judgement::Unsound { offending, program } = judgement else {
            continue;
        };
        let _ = writeln!(
            out,
            "UNSOUND: {} on {target}: the machine code allows outcomes that the LKMM forbids:",
            test.name()
        );
        for state in offending {
            let _ = writeln!(out, "    {state}");
        }
        let _ = writeln!(out, "the test:\n{}", indented(test.text()));
        let _ = writeln!(out, "the machine code:\n{}", indented(program));
    }
}

/// The other errors, and the verdicts of tests whose comments state none.
fn write_faults(out: &mut String, finding: &Finding<'_>) {
    let test = finding.test();
    let name = test.name();
    if let Some(fault) = finding.fault() {
        let _ = writeln!(out, "error: {name} ({}): {fault}", test.file());
    }
    if let (Some(found), Some(stated)) = (finding.forgiven(), test.stated()) {
        let stated = stated.verdict;
        let _ = writeln!(
            out,
            "{name}: the LKMM says {found}, and its comment {stated}: no error, since it states a race"
        );
    }
    // Any other verdict is the stated one, or a fault.
    if let (Some(verdict), None) = (finding.verdict(), test.stated()) {
        let _ = writeln!(out, "{name}: the LKMM says {verdict}");
    }
    if finding.timed_out() {
        let _ = writeln!(out, "error: {name}: herd7 timed out on the LKMM");
    }
    for (target, judgement) in finding.judgements() {
        match judgement {
            Judgement::Failed(error) => {
                let _ = writeln!(out, "error: {name} on {target}: {error}");
            }
            Judgement::TimedOut => {
                let _ = writeln!(out, "error: {name} on {target}: herd7 timed out");
            }
            _ => {}
        }
    }
}

/// The tests with a data race, what of their machine code the kernel's memory model does not list,
/// and the other flags.
fn write_flags(out: &mut String, findings: &[Finding<'_>]) {
    let named = |holds: &dyn Fn(&Finding<'_>) -> bool| -> Vec<String> {
        let found = findings.iter().filter(|finding| holds(finding));
        found
            .map(|finding| finding.test().name().to_owned())
            .collect()
    };
    let racy = named(&|finding| finding.race() == Some(true));
    if !racy.is_empty() {
        let _ = writeln!(
            out,
            "data race: {}: the LKMM promises nothing, and they are not run",
            listed(&racy)
        );
    }
    for finding in findings {
        for (target, judgement) in finding.judgements() {
            if let Judgement::Racy(offending) = judgement {
                let (name, states) = (finding.test().name(), offending.join(" | "));
                let _ = writeln!(out, "data race: {name} on {target} may end with {states}");
            }
        }
    }
    let unknown = named(&|finding| finding.verdict().is_some() && finding.race().is_none());
    if !unknown.is_empty() {
        let _ = writeln!(
            out,
            "herd7 takes too long to find all data races of {}",
            listed(&unknown)
        );
    }
    let flags: BTreeSet<&String> = findings.iter().flat_map(Finding::flags).collect();
    for flag in flags {
        let names = named(&|finding| finding.flags().contains(flag));
        let _ = writeln!(out, "warning: herd7 flags {}: {flag}", listed(&names));
    }
}

/// The skipped tests, by reason.
fn write_skips(out: &mut String, findings: &[Finding<'_>]) {
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for finding in findings {
        let name = finding.test().name();
        if let Some(why) = finding.skipped() {
            let shown = match (finding.verdict(), finding.test().stated()) {
                (Some(found), Some(stated)) if stated.verdict == found => {
                    format!("{name} ({found}, as its comment says)")
                }
                _ => name.to_owned(),
            };
            reasons.entry(why).or_default().push(shown);
        }
        for (target, judgement) in finding.judgements() {
            if let Judgement::Skipped(why) = judgement {
                let shown = format!("{name} on {target}");
                reasons.entry(why).or_default().push(shown);
            }
        }
    }
    for (why, names) in reasons {
        let _ = writeln!(out, "skipped: {}: {why}", listed(&names));
    }
}

fn write_summary(out: &mut String, findings: &[Finding<'_>], targets: &[&str]) {
    let stated = findings.iter().filter(|f| f.test().stated().is_some());
    let agree = stated
        .clone()
        .filter(|f| f.verdict().is_some() && f.fault().is_none() && f.forgiven().is_none());
    let _ = writeln!(
        out,
        "\nLKMM: {} tests; {} of {} give the result that their comment states",
        findings.len(),
        agree.count(),
        stated.count()
    );
    let timed_out = findings.iter().filter(|f| f.timed_out()).count();
    if timed_out > 0 {
        let _ = writeln!(out, "LKMM: {timed_out} of them timed out");
    }
    let runs: Vec<_> = findings.iter().filter_map(Finding::seen).collect();
    if !runs.is_empty() {
        let is_forbidden = |seen: &Seen| seen.allowed == Some(false);
        let forbidden = runs.iter().filter(|run| run.iter().any(is_forbidden));
        let _ = writeln!(
            out,
            "run on this machine: {} tests, {} with outcomes that the LKMM forbids",
            runs.len(),
            forbidden.count()
        );
    }
    let mut counts = Counts::default();
    for (target, judgement) in findings.iter().flat_map(Finding::judgements) {
        counts.add(target, judgement.kind(), judgement.is_stronger());
    }
    counts.write(out, targets);
}

/// Joins the names; a long list is cut and ends with the number of names left out.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 6;
    match names.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{} and {more} more", names[..SHOWN].join(", ")),
        _ => names.join(", "),
    }
}

fn indented(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| format!("    {}\n", printable::line(line)));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use atomics_spec::Spec;

    use super::*;
    use crate::case::Case;
    use crate::lang::ast::Value;
    use crate::outcome::{Allowed, Known};
    use crate::said::Said;
    use crate::test::Test;
    use crate::verdict::Verdict;

    /// A test without faults (whose findings hold a forbidden outcome), and one with a wrong
    /// result.
    fn tests() -> [Test; 2] {
        let spec = Spec::builtin().unwrap();
        let texts = [
            "C one\n{}\nP0(int *x) { WRITE_ONCE(*x, 1); }\nexists (x=1)\n",
            "C two\n(* Result: Never *)\n{}\nP0(int *x) { WRITE_ONCE(*x, 1); }\nexists (x=1)\n",
        ];
        texts.map(|text| Test::parse(&spec, "t.litmus", text).unwrap())
    }

    fn findings(tests: &[Test; 2]) -> [Finding<'_>; 2] {
        let state = |number| vec![Value::Number(number)];
        let allowed = Allowed::Known(Known {
            said: Said::quickly(Verdict::Always, false),
            states: Ok(BTreeSet::from([state(1), state(3)])),
        });
        let finding = |test, judgements, histogram| Finding {
            case: Case::new(test, "t".into(), 5),
            allowed: Ok(allowed.clone()),
            own: None,
            judgements,
            histogram,
        };
        let [one, two] = tests;
        let seen = BTreeMap::from([(state(1), 40), (state(2), 2)]);
        let sound = vec![
            ("a", Judgement::Sound { stronger: true }),
            ("b", Judgement::Skipped("no registers".into())),
        ];
        let unsound = Judgement::Unsound {
            offending: vec!["x=2".into()],
            program: "A two\n".into(),
        };
        let faulty = vec![
            ("a", unsound),
            ("b", Judgement::Failed("no such file".into())),
            ("c", Judgement::TimedOut),
        ];
        [finding(one, sound, Some(seen)), finding(two, faulty, None)]
    }

    #[test]
    fn people_read_what_is_wrong_first() {
        let tests = tests();
        let found = text(&findings(&tests), &["a", "b"]);
        let expected = "\
one: 42 times
          40  x=1
           2  x=2  FORBIDDEN by the LKMM
      1 more  allowed but not seen
UNSOUND: two on a: the machine code allows outcomes that the LKMM forbids:
    x=2
the test:
    C two
    (* Result: Never *)
    {}
    P0(int *x) { WRITE_ONCE(*x, 1); }
    exists (x=1)

the machine code:
    A two

one: the LKMM says Always
error: two (t.litmus): its comment states the result Never, but the LKMM says Always
error: two on b: no such file
error: two on c: herd7 timed out
skipped: one on b: no registers

LKMM: 2 tests; 0 of 1 give the result that their comment states
run on this machine: 1 tests, 1 with outcomes that the LKMM forbids

target          stronger     sound   UNSOUND      racy   skipped timed out    failed
a                      1         1         1         0         0         0         0
b                      0         0         0         0         1         0         1

stronger: sound, and the machine code rules out some outcome that the LKMM allows
";
        assert_eq!(found, expected);
    }

    #[test]
    fn nothing_is_promised_about_a_race() {
        let spec = Spec::builtin().unwrap();
        let text =
            "C race\n(* Result: Never DATARACE *)\n{}\nP0(int *x) { *x = 1; }\nexists (x=1)\n";
        let test = Test::parse(&spec, "t.litmus", text).unwrap();
        let said = Said {
            verdict: Verdict::Always,
            race: Some(true),
            flags: vec!["mixed-accesses".into()],
        };
        let finding = |said, states, judgements| Finding {
            case: Case::new(&test, "t".into(), 5),
            allowed: Ok(Allowed::Known(Known { said, states })),
            own: None,
            judgements,
            histogram: None,
        };
        let racy = Judgement::Racy(vec!["x=2".into(), "x=4".into()]);
        let judgements = vec![("a", racy), ("b", Judgement::Sound { stronger: false })];
        let states = Ok(BTreeSet::from([vec![Value::Number(1)]]));
        let findings = [
            finding(said, states, judgements),
            finding(
                Said::quickly(Verdict::Never, true),
                Err("a lock".into()),
                Vec::new(),
            ),
            finding(
                Said::quickly(Verdict::Always, true),
                Err("a lock".into()),
                Vec::new(),
            ),
        ];
        assert!(findings.iter().all(Finding::is_good));
        let found = super::text(&findings, &["a", "b"]);
        let expected = "\
race: the LKMM says Always, and its comment Never: no error, since it states a race
race: the LKMM says Always, and its comment Never: no error, since it states a race
data race: race: the LKMM promises nothing, and they are not run
data race: race on a may end with x=2 | x=4
herd7 takes too long to find all data races of race, race
warning: herd7 flags race: mixed-accesses
skipped: race (Never, as its comment says), race: a lock

LKMM: 3 tests; 1 of 3 give the result that their comment states

target          stronger     sound   UNSOUND      racy   skipped timed out    failed
a                      0         0         0         1         0         0         0
b                      0         1         0         0         0         0         0

stronger: sound, and the machine code rules out some outcome that the LKMM allows
";
        assert_eq!(found, expected);
        let report: serde_json::Value = serde_json::from_str(&json(&findings).unwrap()).unwrap();
        assert_eq!(report["good"], true);
        let test = &report["tests"][0];
        assert_eq!(test["race"], true);
        assert_eq!(test["stated"], "Never DATARACE");
        assert_eq!(test["flags"][0], "mixed-accesses");
        assert!(report["tests"][1]["race"].is_null());
        let targets = test["targets"].as_array().unwrap();
        assert_eq!(targets[0]["verdict"], "racy");
        assert_eq!(targets[0]["offending"][1], "x=4");
    }

    #[test]
    fn programs_read_the_same() {
        let tests = tests();
        let found = json(&findings(&tests)[..1]).unwrap();
        let expected = r#"{
  "good": false,
  "runs": [
    {
      "name": "one",
      "outcomes": [
        {
          "allowed": true,
          "count": 40,
          "state": "x=1"
        },
        {
          "allowed": false,
          "count": 2,
          "state": "x=2"
        }
      ]
    }
  ],
  "tests": [
    {
      "fault": null,
      "file": "t.litmus",
      "lkmm": "Always",
      "name": "one",
      "race": false,
      "skipped": null,
      "stated": null,
      "targets": [
        {
          "stronger": true,
          "target": "a",
          "verdict": "sound"
        },
        {
          "reason": "no registers",
          "target": "b",
          "verdict": "skipped"
        }
      ]
    }
  ]
}"#;
        assert_eq!(found, expected);
        let report: serde_json::Value =
            serde_json::from_str(&json(&findings(&tests)).unwrap()).unwrap();
        let targets = report["tests"][1]["targets"].as_array().unwrap();
        let verdicts: Vec<_> = targets.iter().map(|target| &target["verdict"]).collect();
        assert_eq!(verdicts, ["UNSOUND", "failed", "timed out"]);
        assert_eq!(targets[0]["program"], "A two\n");
    }
}
