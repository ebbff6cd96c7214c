//! Checks the reasons in `tests/parity/reasons.tbl`, which explain the differences between ours and
//! the kernel's.
//!
//! A row is `ARCH CONFIGURATION VARIANT VERDICT REASON`. In the first three columns, `*` matches
//! any text. VARIANT may be several patterns, separated by commas; each must match a difference.
//! VERDICT is `stronger`, `kernel-stronger`, or `longer` for a function with more than two
//! additional instructions. The reason is one sentence.

use atomics_spec::Source;
use atomics_spec::diag::{Error, Errors};
use atomics_spec::lex::{Row, rows};
use wildmatch::WildMatch;

use crate::report::{Line, SPARE, mean};
use crate::verdict::Verdict;

/// The columns of a row, for error messages.
const COLUMNS: &str = "ARCH CONFIGURATION VARIANT VERDICT REASON";

/// A difference that needs a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Matter {
    /// A verdict.
    Verdict(Verdict),
    /// The number of instructions.
    Longer,
}

impl Matter {
    fn name(self) -> &'static str {
        match self {
            Self::Verdict(verdict) => verdict.name(),
            Self::Longer => "longer",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let all = [
            Self::Verdict(Verdict::Stronger),
            Self::Verdict(Verdict::KernelStronger),
            Self::Longer,
        ];
        all.into_iter().find(|matter| matter.name() == text)
    }

    /// The differences in a line that need a reason.
    fn of(line: &Line) -> Vec<Self> {
        let sides = [
            Some(&line.comparison.success),
            line.comparison.failure.as_ref(),
        ];
        let mut matters: Vec<Self> = Vec::new();
        for side in sides.into_iter().flatten() {
            let matter = Self::Verdict(side.verdict);
            let explained = matches!(side.verdict, Verdict::Stronger | Verdict::KernelStronger);
            if explained && !matters.contains(&matter) {
                matters.push(matter);
            }
        }
        if line.longer() > SPARE {
            matters.push(Self::Longer);
        }
        matters
    }
}

/// A reason in the file, for one pattern of variants.
#[derive(Clone, Debug)]
struct Reason {
    line: usize,
    arch: String,
    configuration: String,
    variant: String,
    matter: Matter,
}

impl Reason {
    fn fits(&self, line: &Line, matter: Matter) -> bool {
        self.matter == matter
            && fits(&self.arch, line.arch)
            && fits(&self.configuration, line.configuration)
            && fits(&self.variant, &line.name)
    }
}

/// Whether a text matches a pattern, in which `*` matches any text.
fn fits(pattern: &str, text: &str) -> bool {
    // `WildMatch` also treats a question mark as a wildcard, but no name contains one.
    WildMatch::new(pattern).matches(text)
}

/// Parses the file. Reports all its errors at once.
fn parse(source: Source<'_>) -> Result<Vec<Reason>, Errors> {
    let mut errors = Errors::default();
    let mut reasons = Vec::new();
    // A file without rows is valid: there may be no differences.
    let text = String::from_utf8_lossy(source.bytes);
    let is_comment = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    if !text.lines().all(is_comment) {
        for row in rows(source, &mut errors).list {
            let parsed = parse_row(&row);
            reasons.extend(errors.take(parsed).into_iter().flatten());
        }
    }
    errors.into_result(reasons, &[source.name])
}

/// The reasons of a row, one for each pattern of variants.
fn parse_row(row: &Row<'_>) -> Result<Vec<Reason>, Error> {
    let column = |index, name| row.get(index, name, COLUMNS);
    let (arch, configuration) = (column(0, "ARCH")?, column(1, "CONFIGURATION")?);
    let (variant, matter) = (column(2, "VARIANT")?, column(3, "VERDICT")?);
    column(4, "REASON")?;
    let Some(parsed) = Matter::parse(matter.text) else {
        let message = format!("`{}` is not a verdict that needs a reason", matter.text);
        return Err(matter.error(message, "expected one of stronger, kernel-stronger, longer"));
    };
    let words = &row.cells[4..];
    let last = words[words.len() - 1];
    if words.len() < 3 || !last.text.ends_with('.') {
        let message = "the reason is not a sentence";
        return Err(last.error(
            message,
            "a sentence has at least three words and ends with a full stop",
        ));
    }
    let patterns = variant.text.split(',').map(|pattern| {
        let cell = variant.part(pattern);
        Reason {
            line: cell.place().line,
            arch: arch.text.into(),
            configuration: configuration.text.into(),
            variant: pattern.into(),
            matter: parsed,
        }
    });
    Ok(patterns.collect())
}

/// Finds the faults in a comparison: ours is weaker, is longer on average, or differs without a
/// reason in the file `reasons`. With `whole`, the lines are those of all architectures.
///
/// # Errors
///
/// All errors in the file of reasons.
pub fn find_faults(
    reasons: Source<'_>,
    lines: &[Line],
    whole: bool,
) -> Result<Vec<String>, Errors> {
    let mut faults = weaker(lines);
    let mean = mean(lines);
    if mean > 1.0 {
        faults.push(format!(
            "ours has {mean:.4} times as many instructions as the kernel's"
        ));
    }
    faults.extend(check(reasons, None, lines, whole)?);
    Ok(faults)
}

/// Finds the faults in a comparison of the drop-in: it is weaker, or differs without a reason in the
/// file `own`, or in the file `shared`, which is also for other comparisons. A kernel whose choices
/// the drop-in does not follow may be shorter on average.
///
/// # Errors
///
/// All errors in the first file with errors.
pub fn find_faults_of_drop_in(
    own: Source<'_>,
    shared: Source<'_>,
    lines: &[Line],
) -> Result<Vec<String>, Errors> {
    let mut faults = weaker(lines);
    faults.extend(check(own, Some(shared), lines, false)?);
    Ok(faults)
}

/// The lines in which ours is weaker.
fn weaker(lines: &[Line]) -> Vec<String> {
    let weaker = lines.iter().filter(|l| l.verdict() == Verdict::Weaker);
    let faults = weaker.map(|line| {
        let missing = line.comparison.success.missing.join(", ");
        format!(
            "{} {} {} is weaker than required: it does not order {missing}",
            line.arch, line.configuration, line.name
        )
    });
    faults.collect()
}

/// Finds the differences in these lines without a reason, and the reasons that match no difference,
/// except for those in `shared`. With `whole`, the lines are those of all architectures.
fn check(
    source: Source<'_>,
    shared: Option<Source<'_>>,
    lines: &[Line],
    whole: bool,
) -> Result<Vec<String>, Errors> {
    let file = source.name;
    let reasons = parse(source)?;
    let shared = shared.map(parse).transpose()?.unwrap_or_default();
    let mut used = vec![false; reasons.len()];
    let mut wrong = Vec::new();
    for line in lines {
        for matter in Matter::of(line) {
            let mut found = shared.iter().any(|reason| reason.fits(line, matter));
            for (reason, used) in reasons.iter().zip(&mut used) {
                if reason.fits(line, matter) {
                    (found, *used) = (true, true);
                }
            }
            if !found {
                let length = match matter {
                    Matter::Longer => format!(" by {} instructions", line.longer()),
                    Matter::Verdict(_) => String::new(),
                };
                wrong.push(format!(
                    "{} {} {} is {}{length}, without a reason in {file}",
                    line.arch,
                    line.configuration,
                    line.name,
                    matter.name()
                ));
            }
        }
    }
    for (reason, used) in reasons.iter().zip(&used) {
        // A reason for an architecture that was not compared cannot be checked.
        let judged = whole || lines.iter().any(|line| line.arch == reason.arch);
        if judged && !used {
            wrong.push(format!(
                "{file}:{}: the reason for {} matches no difference: remove it",
                reason.line, reason.variant
            ));
        }
    }
    Ok(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Guarantees;
    use crate::verdict::{Comparison, compare};

    fn source(text: &str) -> Source<'_> {
        Source::new("reasons.tbl", text)
    }

    fn line(ours: &Guarantees, kernel: &Guarantees, counts: (usize, usize)) -> Line {
        let contract = Guarantees::acquire();
        Line {
            arch: "arm",
            configuration: "-",
            name: "atomic_xchg_acquire".into(),
            comparison: Comparison {
                success: compare(ours, kernel, &contract),
                failure: None,
            },
            ours: counts.0,
            kernel: Some(counts.1),
        }
    }

    #[test]
    fn patterns_have_stars_anywhere() {
        assert!(fits("*", "anything"));
        assert!(fits("atomic*_xchg", "atomic64_xchg"));
        assert!(fits("*_xchg*", "atomic_xchg_acquire"));
        assert!(!fits("atomic_xchg", "atomic_xchg_acquire"));
        assert!(!fits("*_xchg", "atomic_cmpxchg"));
        assert!(!fits("b*", "ab"));
    }

    #[test]
    fn each_difference_needs_a_reason_of_its_own() {
        let (full, acquire) = (Guarantees::full(), Guarantees::acquire());
        let check =
            |reasons: &str, line: Line| check(source(reasons), None, &[line], true).unwrap();
        assert_eq!(check("", line(&acquire, &acquire, (5, 3))), [""; 0]);
        assert_eq!(
            check("# None.\n\n", line(&acquire, &acquire, (5, 3))),
            [""; 0]
        );

        let longer = line(&acquire, &acquire, (6, 3));
        let wrong = check("", longer.clone());
        assert!(wrong[0].contains("longer by 3 instructions"), "{wrong:?}");
        assert_eq!(
            check("arm - *_xchg* longer It has its reasons.", longer.clone()),
            [""; 0]
        );
        let wrong = check("arm - *_xchg*,xchg* longer It has its reasons.", longer);
        assert!(
            wrong[0].contains("the reason for xchg* matches no difference"),
            "{wrong:?}"
        );

        let stronger = line(&full, &acquire, (3, 3));
        assert!(check("", stronger.clone())[0].contains("is stronger"));
        let other = check(
            "arm - * kernel-stronger Its fence is full.",
            stronger.clone(),
        );
        assert_eq!(other.len(), 2, "{other:?}");
        assert_eq!(
            check("* * * stronger Its fence is full.", stronger),
            [""; 0]
        );

        let kernels = line(&acquire, &full, (3, 3));
        assert!(check("", kernels.clone())[0].contains("is kernel-stronger"));
        assert_eq!(
            check("arm * * kernel-stronger Its fence is full.", kernels),
            [""; 0]
        );
    }

    #[test]
    fn an_unused_reason_is_reported() {
        let same = line(&Guarantees::full(), &Guarantees::full(), (3, 3));
        let reasons = "# Comment.\narm - * stronger Its fence is full.";
        let wrong = check(source(reasons), None, std::slice::from_ref(&same), true).unwrap();
        assert_eq!(wrong.len(), 1);
        assert!(wrong[0].contains("reasons.tbl:2:"), "{wrong:?}");
        // The reason may be for an architecture that was not compared.
        let reasons = "riscv64 - * stronger Its fence is full.";
        assert_eq!(
            check(source(reasons), None, &[same], false).unwrap(),
            [""; 0]
        );
    }

    #[test]
    fn a_malformed_reason_is_an_error() {
        for text in [
            "arm - *",
            "arm - * equal It is so.",
            "arm - * longer because",
        ] {
            assert!(parse(source(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_shared_reason_need_not_match() {
        let (full, acquire) = (Guarantees::full(), Guarantees::acquire());
        let row = "arm - atomic_xchg_acquire stronger It is only an example.\n";
        let check = |own: &str, shared: &str, line: Line| {
            check(source(own), Some(source(shared)), &[line], false).unwrap()
        };
        assert_eq!(check("", row, line(&full, &acquire, (3, 3))), [""; 0]);
        assert_eq!(check("", row, line(&full, &full, (3, 3))), [""; 0]);
        assert_eq!(check(row, "", line(&full, &full, (3, 3))).len(), 1);
        assert_eq!(check("", "", line(&full, &acquire, (3, 3))).len(), 1);
    }
}
