//! Tests the parser, and what works on its results, with mutated files: no panic, and no file takes
//! long.
//!
//! `LKMM_FUZZ` is the number of files, if the default is not enough.

use std::env;
use std::time::{Duration, Instant};

use atomics_spec::{Spec, Variant};
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};

use crate::case::Case;
use crate::forced;
use crate::lang::source::File;
use crate::lang::{ending, parse};
use crate::lkmm::{self, Definitions};
use crate::rust::Ending;
use crate::test::Test;

/// The default number of files.
const FILES: usize = 4_000;
/// How long one file may take. The machine may be busy.
const LIMIT: Duration = Duration::from_secs(10);
/// The largest number of bytes of a mutated file.
const MOST: usize = 4_000;

/// Files with all of the language, one thing in each line.
const SEEDS: [&str; 5] = [
    "C mp\n\"Rfe PodRR\"\nCycle={Rfe}\n(* Result: Never (* nested *) *)\n{ int x = 0; [y] = -1; p = &x; }\n\
     P0(int *x, atomic_t *y)\n{\n\tint r0 = READ_ONCE(*x);\n\tif (r0 == 1 || r0 & 0x6)\n\
     \t\tsmp_store_release(x, r0 + 2 * (r0 < 3));\n\telse {\n\t\tsmp_mb();\n\t\tatomic_inc(y);\n\t}\n}\n\
     P1(int *x, atomic_t *y)\n{\n\tint r1;\n\tint r2 = 0;\n\tr1 = atomic_add_return(2, y);\n\
     \tr2 = smp_load_acquire(x);\n}\nlocations [x; 1:r1 int;]\n\
     exists (0:r0=1 /\\ ~(1:r1=2 \\/ 1:r2<>0) => x=1)\n",
    "C swaps\n\n{\n\tatomic_t v = ATOMIC_INIT(3);\n\tint *p = x;\n\t0:r1=1;\n\tint a[2] = {0,0};\n}\n\n\
     P0(atomic_t *v, int **p) // one\n{\n\tint *r0;\n\tr0 = rcu_dereference(*p);\n\
     \tr1 = cmpxchg_release(p, r0, r0);\n\tr2 = atomic_cmpxchg(v, 1, -2147483648);\n\
     \tWRITE_ONCE(*(int *)(r0), (int32_t)1);\n\tr3 = *r0;\n}\n\
     P1(spinlock_t *s, atomic64_t *w)\n{\n\tspin_lock(s);\n\tatomic64_add(9223372036854775807, w);\n\
     \tspin_unlock(s);\n}\n\nfilter (0:r1=1)\nforall (0:r0=x \\/ P0:r1=0X10 /\\ [v]=1)\n",
    "C loops\n{}\nP0(u64 *x, long *y, uintptr_t *z)\n{\n\tdo {\n\t\tr0 = READ_ONCE(*x);\n\t} while (r0);\n\
     \tfor (;;) r1 = !r0 ^ ~1;\n\twhile (0) { r2 += r1++; }\n\treturn;\n}\n\
     ~exists (0:r0=0:r1 /\\ not (true))\nwith tso: ~exists;\n",
    "C empty\n{}\nP0() {}\nlocations []\n",
    "C ring\n{ y = 0; }\nP0(int *x, int *y) { int r0 = READ_ONCE(*x); synchronize_rcu(); WRITE_ONCE(*y, r0); }\n\
     P1(int *x, int *y) { int r0 = (int)smp_load_acquire(y); smp_store_release(x, 1); }\n\
     exists (0:r0=1 /\\ 1:r0!=0)\n",
];

/// What herd7's and C's grammars give a meaning.
const WORDS: [&str; 48] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    ":",
    "*",
    "&",
    "~",
    "!",
    "=",
    "==",
    "=>",
    "/\\",
    "\\/",
    "<>",
    "(*",
    "*)",
    "/*",
    "*/",
    "//",
    "\"",
    "\n",
    "-",
    "0x",
    "9223372036854775808",
    "4294967296",
    "-1",
    "P0",
    "P1",
    "int",
    "atomic_t",
    "struct",
    "if",
    "else",
    "while",
    "do",
    "for",
    "exists",
    "forall",
    "locations",
    "filter",
    "READ_ONCE(*x)",
    "\u{a7}",
    "\0",
];

/// All operations are defined.
struct All;

impl Definitions for All {
    fn has(&self, _: &Variant<'_>) -> bool {
        true
    }
}

/// A source of random numbers.
struct Random(TestRng);

impl Random {
    /// A number less than `end`.
    fn below(&mut self, end: usize) -> usize {
        (self.0.next_u64() % end.max(1) as u64) as usize
    }

    /// A place between two characters of a text.
    fn place(&mut self, text: &str) -> usize {
        let at = self.below(text.len() + 1);
        (0..=at).rfind(|at| text.is_char_boundary(*at)).unwrap_or(0)
    }

    /// A part of a text, often a short one.
    fn range(&mut self, text: &str) -> (usize, usize) {
        let (a, b) = match self.below(3) {
            0 => (self.place(text), self.place(text)),
            _ => {
                let start = self.place(text);
                let end = start + self.below(12);
                let end = (start..=end.min(text.len())).rfind(|at| text.is_char_boundary(*at));
                (start, end.unwrap_or(start))
            }
        };
        (a.min(b), a.max(b))
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// Changes a text in one place.
    fn mutate(&mut self, text: &mut String, all: &[&str]) {
        let (start, end) = self.range(text);
        let at = self.place(text);
        match self.below(7) {
            0 => text.replace_range(start..end, ""),
            1 => text.insert_str(at, self.pick(&WORDS)),
            2 => text.replace_range(start..end, self.pick(&WORDS)),
            3 => {
                let copy = text[start..end].to_owned();
                text.insert_str(at, &copy);
            }
            4 => {
                let other = self.pick(all);
                let (start, end) = self.range(other);
                text.insert_str(at, &other[start..end]);
            }
            5 => text.insert(at, char::from(self.below(128) as u8)),
            _ => {
                // One name or number takes the place of another.
                let words = |text: &str| {
                    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
                    let words = words.filter(|word| !word.is_empty()).map(str::to_owned);
                    words.collect::<Vec<_>>()
                };
                let (old, new) = (words(text), words(self.pick(all)));
                if !old.is_empty() && !new.is_empty() {
                    let (old, new) = (&old[self.below(old.len())], &new[self.below(new.len())]);
                    *text = text.replacen(old, new, 1 + self.below(3));
                }
            }
        }
        let most = (0..=MOST.min(text.len())).rfind(|at| text.is_char_boundary(*at));
        text.truncate(most.unwrap_or(0));
    }
}

/// Does all that is done with a file without other programs. Returns whether it is a test.
fn work(spec: &Spec, text: &str) -> bool {
    if let Some(ending) = ending::find(text) {
        let read = |before: &str| {
            let text = format!("{before}exists ({})\n", ending.condition);
            let (name, text) = ("fewer.litmus", text.as_str());
            parse::parse(File { name, text }).map_err(|error| error.to_string())
        };
        for holds in [true, false] {
            let fewer = forced::without_unread(text, ending.before, holds);
            if let (Some(fewer), Ok(_)) = (fewer, read(ending.before)) {
                read(&fewer).unwrap_or_else(|error| panic!("{error}"));
            }
        }
    }
    let test = match Test::parse(spec, "t.litmus", text) {
        Ok(test) => test,
        Err(error) => {
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&error.place.line), "{error}");
            return false;
        }
    };
    let case = Case::new(&test, "t".into(), 5);
    let printed = lkmm::print(spec, &All, &test.litmus, &case.observed.locations());
    for thread in 0..test.litmus.threads.len() {
        let rust = case.rust(spec, thread, "f", Ending::Memory);
        assert!(
            case.skipped.is_some() || rust.is_ok(),
            "a thread is not translated"
        );
    }
    if let (None, Ok(printed)) = (&case.skipped, printed) {
        // What herd7 is given can be read, too.
        let name = "printed.litmus";
        let text = printed.as_str();
        parse::parse(File { name, text }).unwrap_or_else(|error| panic!("{error}\n{printed}"));
    }
    true
}

#[test]
fn mutated_files_do_no_harm() {
    let count =
        env::var("LKMM_FUZZ").map_or(FILES, |count| count.parse().expect("LKMM_FUZZ is a number"));
    let spec = Spec::builtin().unwrap();
    let generated = crate::generated(&spec);
    let some = generated.iter().step_by(100).map(|test| test.text.as_str());
    let all: Vec<&str> = SEEDS.into_iter().chain(some).collect();
    for seed in &all {
        work(&spec, seed);
    }
    let mut random = Random(TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let mut tests = 0;
    for _ in 0..count {
        let mut text = random.pick(&all).to_owned();
        for _ in 0..=random.below(6) {
            random.mutate(&mut text, &all);
        }
        let start = Instant::now();
        let found = std::panic::catch_unwind(|| work(&spec, &text));
        tests += usize::from(found.unwrap_or_else(|_| panic!("this file panics:\n{text}")));
        assert!(start.elapsed() < LIMIT, "this file takes too long:\n{text}");
    }
    assert!(20 * tests > count, "only {tests} of {count} are tests");
}
