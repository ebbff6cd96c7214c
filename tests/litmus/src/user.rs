//! What `litmus!` expands to calls these functions.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use atomics_tools::path::cache_folder;

use crate::from_rust;
use crate::judgement::Judgement;
use crate::select::{Targets, load_spec};
use crate::suite::Suite;
use crate::tools::Tools;
use crate::verdict::Verdict;

/// How long a test runs on the machine at hand.
const TIME: Duration = Duration::from_millis(300);
/// The number of rounds of a batch.
const ROUNDS: usize = 256;
/// The most different outcomes that are told apart.
const MOST: usize = 64;
/// The environment variable that makes a failure of a missing tool.
const VAR: &str = "LKMM_LITMUS";
/// The environment variable with the targets that machine code is judged on.
const TARGETS: &str = "LKMM_LITMUS_ARCH";

/// A shared variable, in cache lines of its own.
#[repr(align(128))]
pub struct Line<T>(pub T);

/// What a thread ends with.
pub struct Sent<T>(pub T);

// SAFETY: These are the copies of values that threads have loaded from shared variables, which are
// numbers, truths, and addresses of shared variables, whose operations any thread may call.
unsafe impl<T> Send for Sent<T> {}

/// How often each outcome was seen, and whether the condition holds of it.
pub type Outcomes = BTreeMap<String, (bool, u64)>;

/// A batch of rounds, each with variables of its own.
pub struct Batch<'s, S> {
    number: usize,
    rounds: &'s [S],
    started: AtomicUsize,
    threads: AtomicUsize,
}

impl<S> Batch<'_, S> {
    /// Runs one of the threads in all rounds.
    pub fn thread<R>(&self, index: usize, body: impl Fn(&S) -> R) -> Vec<R> {
        self.threads.fetch_max(index + 1, Ordering::SeqCst);
        self.started.fetch_add(1, Ordering::SeqCst);
        // The threads begin together, unless there is no CPU for one of them.
        let start = Instant::now();
        while self.started.load(Ordering::SeqCst) < self.threads.load(Ordering::SeqCst)
            && start.elapsed() < Duration::from_millis(1)
        {
            thread::yield_now();
        }
        let rounds = self.rounds.iter().enumerate().map(|(round, shared)| {
            // So that it is not always the same thread that comes first.
            let delay = (self.number * 7 + round * (index + 1) * 13) % 32;
            for _ in 0..delay {
                std::hint::spin_loop();
            }
            body(shared)
        });
        rounds.collect()
    }
}

/// What a thread returned.
///
/// # Panics
///
/// If the thread did.
pub fn joined<R>(thread: ScopedJoinHandle<'_, R>) -> R {
    match thread.join() {
        Ok(returned) => returned,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Runs a test for a while. `fresh` makes the variables of a round, `prepare` fills in addresses,
/// `batch` runs the threads, and `outcome` tells what a round ended with.
pub fn run<S, R>(
    fresh: impl Fn() -> S,
    prepare: impl Fn(&mut S),
    batch: impl Fn(&Batch<'_, S>) -> Vec<R>,
    outcome: impl Fn(&mut S, R) -> (String, bool),
) -> Outcomes {
    let mut outcomes = Outcomes::new();
    let start = Instant::now();
    let mut number = 0;
    while number == 0 || start.elapsed() < TIME {
        let mut rounds: Vec<S> = (0..ROUNDS).map(|_| fresh()).collect();
        rounds.iter_mut().for_each(&prepare);
        let returned = batch(&Batch {
            number,
            rounds: &rounds,
            started: AtomicUsize::new(0),
            threads: AtomicUsize::new(0),
        });
        for (shared, returned) in rounds.iter_mut().zip(returned) {
            let (mut text, holds) = outcome(shared, returned);
            if outcomes.len() >= MOST && !outcomes.contains_key(&text) {
                text = format!(
                    "others of which it {}",
                    if holds { "holds" } else { "does not" }
                );
            }
            outcomes.entry(text).or_insert((holds, 0)).1 += 1;
        }
        number += 1;
    }
    outcomes
}

/// Compares a claim about the condition of a test with what was seen on this machine, with the
/// answer of the kernel's memory model, and with what each architecture's model says of the machine
/// code. `text` is the test, as `litmus!` takes it.
///
/// Without herd7 and a kernel tree, it says in one line that they are missing; if `LKMM_LITMUS` is
/// `require`, that is a failure.
///
/// # Panics
///
/// If the claim does not hold, or something fails.
pub fn conclude(place: &str, text: &str, claim: Verdict, seen: &Outcomes) {
    let mut c = String::new();
    match judge(place, text, claim, seen, &mut c) {
        Ok(notes) => {
            // Past the capture of the test harness: nobody would read it there.
            let _ = io::stderr().write_all(notes.as_bytes());
        }
        Err(error) if c.is_empty() => panic!("{place}: {error:#}"),
        Err(error) => panic!("{place}: {error:#}\n\nthe test in C:\n\n{c}"),
    }
}

/// The notes about a test whose claim holds. `c` becomes the test in C, once it is known.
fn judge(
    place: &str,
    text: &str,
    claim: Verdict,
    seen: &Outcomes,
    c: &mut String,
) -> Result<String> {
    let against = seen.values().any(|(holds, _)| match claim {
        Verdict::Never => *holds,
        Verdict::Always => !*holds,
        _ => false,
    });
    let shown = histogram(seen);
    ensure!(
        !against,
        "the claim is {claim}, but on this machine the outcomes were\n{shown}"
    );
    let requires = match env::var(VAR).as_deref() {
        Ok("require") => true,
        Ok("") | Err(_) => false,
        Ok(other) => bail!("{VAR} is `{other}`: the one value that it can have is `require`"),
    };
    let tools = match Tools::find(None) {
        Ok(tools) => tools,
        Err(error) if requires => {
            return Err(error.context(format!("{VAR} is `require`, but a tool is missing")));
        }
        Err(error) => {
            return Ok(format!(
                "{place}: ran on this machine only, no model was asked: {error:#}\n"
            ));
        }
    };
    let spec = load_spec(&[])?;
    let test = from_rust::parse(&spec, place, text).map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        anyhow!("{}", errors.join("\n"))
    })?;
    test.text().clone_into(c);
    let targets = match env::var(TARGETS) {
        Ok(names) if names == "none" => Targets::none(),
        Ok(names) => {
            let names: Vec<String> = names.split(',').map(str::to_owned).collect();
            Targets::select(&names).with_context(|| format!("{TARGETS} is wrong"))?
        }
        Err(_) => Targets::all(),
    };
    let tests = [test];
    let suite = Suite::new(&tools, &spec)?.targets(&targets)?;
    // The next run compiles and asks only about what has changed.
    let suite = suite.kept_in(&cache_folder()?.join("litmus"))?;
    let mut findings = suite.ask(&tests)?;
    let finding = &findings[0];
    ensure!(!finding.timed_out(), "herd7 took too long for the LKMM");
    if let Some(verdict) = finding.verdict() {
        ensure!(
            verdict == claim,
            "the claim is {claim}, but the LKMM says {verdict}\non this machine the outcomes \
             were\n{shown}"
        );
    }
    if let Some(fault) = finding.fault() {
        bail!("{fault}");
    }
    suite.judge(&mut findings)?;
    let finding = &findings[0];
    let mut notes = String::new();
    if let Some(why) = finding.skipped() {
        let _ = writeln!(notes, "{place}: no machine code was judged: {why}");
    }
    for (target, judgement) in finding.judgements() {
        match judgement {
            Judgement::Sound { .. } => {}
            Judgement::Unsound { offending, .. } => bail!(
                "on {target}, the machine code may end with {}, which the LKMM forbids",
                offending.join(" or ")
            ),
            Judgement::Racy(offending) => {
                let _ = writeln!(
                    notes,
                    "{place}: on {target}, it may end with {}: it has a data race, about which the \
                     LKMM promises nothing",
                    offending.join(" or ")
                );
            }
            Judgement::Skipped(why) => {
                let _ = writeln!(notes, "{place}: not judged on {target}: {why}");
            }
            Judgement::TimedOut => {
                let _ = writeln!(
                    notes,
                    "{place}: not judged on {target}: herd7 took too long"
                );
            }
            Judgement::Failed(why) => bail!("on {target}: {why}"),
        }
    }
    Ok(notes)
}

/// The outcomes, one a line.
fn histogram(seen: &Outcomes) -> String {
    let lines = seen.iter().map(|(text, (holds, count))| {
        let mark = if *holds { "the condition holds" } else { "" };
        format!("{count:>10}  {text}  {mark}").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "fn t(); shared { x: Atomic<i32> = 0 } thread { x.store(1, Relaxed); } \
                        sometimes (x == 1)";

    #[test]
    fn what_was_seen_decides_without_any_tool() {
        let seen = Outcomes::from([("x=1".into(), (true, 3)), ("x=0".into(), (false, 2))]);
        for claim in [Verdict::Never, Verdict::Always] {
            let error = judge("t.rs:1", TEXT, claim, &seen, &mut String::new());
            let error = error.unwrap_err().to_string();
            assert!(error.contains("3  x=1  the condition holds"), "{error}");
            assert!(error.contains("2  x=0\n") || error.ends_with("x=1  the condition holds"));
        }
    }

    #[test]
    fn rounds_have_fresh_variables() {
        let outcomes = run(
            || Line(AtomicUsize::new(0)),
            |line| *line.0.get_mut() += 1,
            |batch| batch.thread(0, |line| line.0.fetch_add(1, Ordering::SeqCst)),
            |line, returned| (format!("{returned} {}", line.0.get_mut()), returned == 1),
        );
        assert_eq!(outcomes.keys().collect::<Vec<_>>(), ["1 2"]);
        assert!(outcomes["1 2"].1 >= ROUNDS as u64 && outcomes["1 2"].0);
    }
}
