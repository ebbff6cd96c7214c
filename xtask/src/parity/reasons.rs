//! The reasons, in `tests/parity/reasons.tbl`: why ours differs from the kernel's where it does.
//!
//! A line is `ARCH BRANCH VARIANT VERDICT REASON`. In the first three, `*` stands for any text, and
//! VARIANT may be several, separated by commas, each of which must be needed; VERDICT is `stronger`, `kernel-stronger`, or `longer` for what has more than two instructions
//! more. The reason is one sentence.

use anyhow::{Context, Result, bail, ensure};

use super::report::Line;
use super::verdict::Verdict;

/// How many instructions more need no reason.
const SPARE: i64 = 2;

/// What needs a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Matter {
    /// A verdict.
    Verdict(Verdict),
    /// The length.
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

    /// What of a line needs a reason.
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

/// A line of the file.
#[derive(Clone, Debug)]
struct Reason {
    number: usize,
    arch: String,
    branch: String,
    variant: String,
    matter: Matter,
}

impl Reason {
    fn fits(&self, line: &Line, matter: Matter) -> bool {
        self.matter == matter
            && matches(&self.arch, line.arch)
            && matches(&self.branch, line.branch)
            && matches(&self.variant, &line.name)
    }
}

/// Whether a text fits a pattern, in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => {
            let Some(text) = text.strip_prefix(start) else {
                return false;
            };
            (0..=text.len())
                .filter(|at| text.is_char_boundary(*at))
                .any(|at| matches(rest, &text[at..]))
        }
    }
}

fn parse(text: &str) -> Result<Vec<Reason>> {
    let mut reasons = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = || format!("tests/parity/reasons.tbl:{}: `{line}`", index + 1);
        let [arch, branch, variant, matter, reason @ ..] = words.as_slice() else {
            bail!("{}: ARCH BRANCH VARIANT VERDICT REASON is meant", place());
        };
        let matter = Matter::parse(matter).with_context(|| {
            format!(
                "{}: a verdict is stronger, kernel-stronger or longer",
                place()
            )
        })?;
        let is_sentence = reason.len() > 2 && reason.last().is_some_and(|w| w.ends_with('.'));
        ensure!(is_sentence, "{}: the reason must be a sentence", place());
        reasons.extend(variant.split(',').map(|variant| Reason {
            number: index + 1,
            arch: (*arch).into(),
            branch: (*branch).into(),
            variant: variant.into(),
            matter,
        }));
    }
    Ok(reasons)
}

/// What is wrong with the reasons for these lines: those that are missing, and those that are for
/// nothing. With `whole`, the lines are those of all architectures.
///
/// # Errors
///
/// If the file of reasons is wrong itself.
pub fn check(text: &str, lines: &[Line], whole: bool) -> Result<Vec<String>> {
    let reasons = parse(text)?;
    let mut used = vec![false; reasons.len()];
    let mut wrong = Vec::new();
    for line in lines {
        for matter in Matter::of(line) {
            let mut found = false;
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
                    "{} {} {} is {}{length}, and tests/parity/reasons.tbl does not say why",
                    line.arch,
                    line.branch,
                    line.name,
                    matter.name()
                ));
            }
        }
    }
    for (reason, used) in reasons.iter().zip(&used) {
        // What is about other architectures than those that were compared cannot be judged.
        let judged = whole || lines.iter().any(|line| line.arch == reason.arch);
        if judged && !used {
            wrong.push(format!(
                "tests/parity/reasons.tbl:{}: nothing needs this reason for {} any more",
                reason.number, reason.variant
            ));
        }
    }
    Ok(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::order::Guarantees;
    use crate::parity::verdict::{Comparison, compare};

    fn line(ours: &Guarantees, kernel: &Guarantees, counts: (usize, usize)) -> Line {
        let contract = Guarantees::acquire();
        Line {
            arch: "arm",
            branch: "-",
            name: "atomic_xchg_acquire".into(),
            comparison: Comparison {
                success: compare(ours, kernel, &contract),
                failure: None,
            },
            ours: counts.0,
            kernel: counts.1,
        }
    }

    #[test]
    fn patterns_have_stars_anywhere() {
        assert!(matches("*", "anything"));
        assert!(matches("atomic*_xchg", "atomic64_xchg"));
        assert!(matches("*_xchg*", "atomic_xchg_acquire"));
        assert!(!matches("atomic_xchg", "atomic_xchg_acquire"));
        assert!(!matches("*_xchg", "atomic_cmpxchg"));
        assert!(!matches("b*", "ab"));
    }

    #[test]
    fn each_difference_needs_a_reason_of_its_own() {
        let (full, acquire) = (Guarantees::full(), Guarantees::acquire());
        let check = |reasons: &str, line: Line| check(reasons, &[line], true).unwrap();
        assert_eq!(check("", line(&acquire, &acquire, (5, 3))), [""; 0]);

        let longer = line(&acquire, &acquire, (6, 3));
        let wrong = check("", longer.clone());
        assert!(wrong[0].contains("longer by 3 instructions"), "{wrong:?}");
        assert_eq!(
            check("arm - *_xchg* longer It has its reasons.", longer.clone()),
            [""; 0]
        );
        let wrong = check("arm - *_xchg*,xchg* longer It has its reasons.", longer);
        assert!(
            wrong[0].contains("nothing needs this reason for xchg*"),
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
    fn a_reason_for_nothing_is_told() {
        let same = line(&Guarantees::full(), &Guarantees::full(), (3, 3));
        let reasons = "# Comment.\narm - * stronger Its fence is full.";
        let wrong = check(reasons, std::slice::from_ref(&same), true).unwrap();
        assert_eq!(wrong.len(), 1);
        assert!(wrong[0].contains("reasons.tbl:2:"), "{wrong:?}");
        // It may be for an architecture that was not asked for.
        let reasons = "riscv64 - * stronger Its fence is full.";
        assert_eq!(check(reasons, &[same], false).unwrap(), [""; 0]);
    }

    #[test]
    fn a_line_that_is_no_reason_is_an_error() {
        for text in [
            "arm - *",
            "arm - * equal It is so.",
            "arm - * longer because",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
