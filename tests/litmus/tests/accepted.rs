//! Files that herd7 reads, of every kind that public archives have: the verdict is herd7's own, and
//! what is translated to machine code is sound.
//!
//! This needs herd7 and a kernel tree, so that it runs only where `cargo xtask test litmus` names
//! them, in `LKMM_HERD7` and `LKMM_KERNEL_TREE`; without them, it says so and passes.

use std::process::{Command, Stdio};
use std::{env, fs};

use atomics_litmus::{Files, Judgement, Suite, Targets, Tools, Unread};
use atomics_spec::Spec;
use atomics_tests::tree::tree;

/// What the machine code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    /// It is judged, and sound.
    Sound,
    /// It has a data race. The model promises nothing, but the machine code is sound all the same.
    Race,
    /// It is sound where herd7 can judge it, and skipped elsewhere for this reason.
    Partly(&'static str),
    /// The test is skipped, for a reason that begins with this.
    Skipped(&'static str),
    /// Only herd7 reads the file; the fault has this in it.
    Unread(&'static str),
}

use Code::{Partly, Race, Skipped, Sound, Unread as Only};

/// Threads of message passing, with something in place of the reader's loads.
fn passing(init: &str, reads: &str, end: &str) -> String {
    format!(
        "C t\n{{ {init} }}\nP0(int *x, int *y)\n{{\n\tWRITE_ONCE(*x, 1);\n\
         \tsmp_store_release(y, 1);\n}}\nP1(int *x, int *y)\n{{\n{reads}\n}}\n{end}\n"
    )
}

const READS: &str = "int r0 = smp_load_acquire(y);\nint r1 = READ_ONCE(*x);";

/// A thread of this body, and a condition.
fn alone(init: &str, body: &str, end: &str) -> String {
    format!("C t\n{{ {init} }}\nP0(int *x, int *y, intptr_t *i)\n{{\n{body}\n}}\n{end}\n")
}

/// Accesses of variables without an operation, with and without races.
fn plain() -> Vec<(String, Code)> {
    let published = |read: &str, end: &str| {
        let text = passing("", read, end);
        text.replace("WRITE_ONCE(*x, 1)", "*x = 1")
    };
    let end = "exists (1:r0=1 /\\ 1:r1=0)";
    let words = |body: &str, end: &str| {
        let text = format!(
            "C t\n{{ i = x; }}\nP0(intptr_t *x, intptr_t *i, intptr_t *y)\n{{\n\tWRITE_ONCE(*x, 1);\n\
             \tsmp_store_release(y, 1);\n}}\nP1(intptr_t *i, intptr_t *y)\n{{\n{body}\n}}\n{end}\n"
        );
        text.replace("WRITE_ONCE(*x, 1)", "*x = 1")
    };
    vec![
        (
            published("r0 = smp_load_acquire(y);\nif (r0) r1 = *x;", end),
            Sound,
        ),
        (
            published(
                "r0 = READ_ONCE(*y);\nsmp_rmb();\nif (r0) {\n*x = 2;\n}",
                "exists (x=1)",
            ),
            // No load of the variable is ordered, but the store is not, either.
            Race,
        ),
        (
            published(
                "r0 = READ_ONCE(*y);\nsmp_mb();\nif (r0) {\n*x = 2;\n}",
                "exists (x=1)",
            ),
            Sound,
        ),
        // The acquire or the condition is missing.
        (
            published("r0 = READ_ONCE(*y);\nif (r0) r1 = *x;", end),
            Race,
        ),
        (published("r0 = smp_load_acquire(y);\nr1 = *x;", end), Race),
        // herd7 finds no race in what the filter drops.
        (
            published(
                "r0 = smp_load_acquire(y);\nr1 = *x;",
                "filter (1:r0=1)\nexists (1:r1=0)",
            ),
            Skipped("a plain access in a test with a `filter`"),
        ),
        // The address is in an integer.
        (
            words(
                "r0 = smp_load_acquire(y);\nif (r0) {\nr1 = READ_ONCE(*i);\nr2 = *r1;\n}",
                "exists (1:r0=1 /\\ 1:r2=0)",
            ),
            Sound,
        ),
        // The compiler loads no more than what is used.
        (
            words(
                "int r0 = smp_load_acquire(y);\nint r2;\nif (r0) {\nr1 = READ_ONCE(*i);\nr2 = *r1;\n}",
                "exists (1:r0=1 /\\ 1:r2=0)",
            ),
            Partly("the compiler accesses a part of a variable only, and herd7 whole ones"),
        ),
        (
            words(
                "r0 = READ_ONCE(*y);\nif (r0) {\nr1 = READ_ONCE(*i);\nr2 = *r1;\n}",
                "exists (1:r0=1 /\\ 1:r2=0)",
            ),
            Race,
        ),
    ]
}

/// Files, with what their machine code is.
fn files() -> Vec<(String, Code)> {
    let end = "exists (1:r0=1 /\\ 1:r1=0)";
    let reads = |reads: &str| passing("", reads, end);
    let ends = |end: &str| passing("", READS, end);
    let states = "(1:r0=1 /\\ 1:r1=1) \\/ (1:r0=0)";
    let states = vec![states; 40].join(" \\/ ");
    let states = states.as_str();
    vec![
        (
            reads("r0 = smp_load_acquire(y);\nr1 = READ_ONCE(*x);"),
            Sound,
        ),
        (
            reads("int r0 = (int32_t)smp_load_acquire(y);\nint32_t r1 = (int)READ_ONCE(*x);"),
            Sound,
        ),
        (
            reads("int r0 = READ_ONCE(*(y));\nint r1 = READ_ONCE(*(int *)x);"),
            Sound,
        ),
        (
            reads("uintptr_t r0 = READ_ONCE(*y);\nuint32_t r1 = READ_ONCE(*x);"),
            Sound,
        ),
        (
            reads("intptr_t r0 = READ_ONCE(*y);\nint64_t r1 = READ_ONCE(*x);"),
            Sound,
        ),
        (
            passing("0:r5=1; int 1:r0; P1:r1=3;", READS, end)
                .replace("WRITE_ONCE(*x, 1)", "WRITE_ONCE(*x, r5)"),
            Sound,
        ),
        (
            passing(
                "1:r2=x;",
                "r0 = smp_load_acquire(y);\nr1 = READ_ONCE(*r2);",
                end,
            ),
            Sound,
        ),
        (ends("exists (P1:r0=0X1 /\\ 1:r1<>1)"), Sound),
        (
            ends("locations [x int; 1:r0 int;]\nforall (1:r0=1 => 1:r1=1)"),
            Sound,
        ),
        (ends("exists (1:r0=2 /\\ 1:r1=0 => x=1)"), Sound),
        (ends("exists (1:r0=1 => 1:r1=0 \\/ x=2)"), Sound),
        (ends(&format!("forall ({states})")), Sound),
        (ends("exists (* a (* nested *) one *) (1:r0=1)"), Sound),
        (
            ends("exists (1:r0=1)").replace("{ ", "Cycle={Rfe} PodRW\n{ "),
            Sound,
        ),
        (
            ends("exists (1:r0=1)").replace("C t\n", "C t\n\"two {\nlines\"\n"),
            Sound,
        ),
        (
            alone(
                "i = x;",
                "intptr_t r0 = READ_ONCE(*i);\nintptr_t r1 = (intptr_t)i;\n\
                 r2 = READ_ONCE(*(intptr_t *)r1);",
                "exists (0:r0=x /\\ 0:r2=x)",
            )
            .replace("int *x, int *y", "intptr_t *x, intptr_t *y"),
            Sound,
        ),
        (
            alone(
                "x = -5;",
                "WRITE_ONCE(*i, -7);\nr0 = READ_ONCE(*x);",
                "exists (i=-7)",
            ),
            Sound,
        ),
        (
            alone(
                "int a[2] = {0, 1};",
                "WRITE_ONCE(*x, 1);",
                "exists (a[1]=1 /\\ x=1)",
            ),
            Skipped("an array"),
        ),
        (
            alone("", "int r0 = (int)x;\nr1 = (r0 == x);", "exists (0:r1=1)"),
            Sound,
        ),
        (
            alone(
                "",
                "int r0 = x;\nint r1 = READ_ONCE(*y);\nif (r0 != r1) WRITE_ONCE(*x, 1);",
                "exists (x=1)",
            ),
            Partly("herd7 cannot compute with addresses as the machine code does"),
        ),
        // herd7 ignores types: each of these variables is a word.
        (
            passing(
                "y = x;",
                "int r0 = READ_ONCE(*y);\nint r1 = READ_ONCE(*r0);",
                "exists (1:r0=1)",
            )
            .replace("smp_store_release(y, 1)", "smp_store_release(y, x)"),
            Sound,
        ),
        (
            reads(
                "int r0 = (char *)rcu_dereference(*(char **)y);\nint r9 = (r0 & 8);\nint *r2 = x + r9;\n\
                 r1 = READ_ONCE(*r2);",
            )
            .replace("smp_store_release(y, 1)", "rcu_assign_pointer(*(void **)y, (void *)1)"),
            Sound,
        ),
        (
            alone(
                "",
                "if (1) { int r0 = 1; } else { int *r0 = x; }",
                "exists (0:r0=1)",
            ),
            Skipped("a variable with two types"),
        ),
        (
            alone("", "WRITE_ONCE(*x, r7);", "exists (x=0)"),
            Only("there is no variable `r7`"),
        ),
        (
            alone("", "WRITE_ONCE(*x, 1);", "exists (0:r7=0)"),
            Only("no local variable `r7`"),
        ),
    ]
}

/// The word after `Observation` in what herd7 prints for a file.
fn herd7(tools: &Tools, file: &std::path::Path) -> String {
    let mut command: Command = tools.herd.command();
    command.current_dir(tools.kernel_tree.join("tools/memory-model"));
    command.args(["-conf", "linux-kernel.cfg"]).arg(file);
    let output = command.stdin(Stdio::null()).output().expect("herd7 runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    let line = printed.lines().find_map(|l| l.strip_prefix("Observation "));
    let text = fs::read_to_string(file).expect("the file");
    let line = line.unwrap_or_else(|| {
        let told = String::from_utf8_lossy(&output.stderr);
        panic!("herd7 does not read\n{text}\n{told}")
    });
    line.split(' ').nth(1).expect("a verdict").to_owned()
}

#[test]
fn every_kind_of_file_gets_herd7s_verdict() {
    let Some(tree) = tree().filter(|_| env::var_os("LKMM_HERD7").is_some()) else {
        println!("skipped: LKMM_HERD7 is not set; `cargo xtask test litmus` sets it");
        return;
    };
    let tools = Tools::find(Some(&tree)).unwrap_or_else(|e| panic!("{e:#}"));
    let folder = tempfile::tempdir().expect("a folder");
    let all = [files(), plain()].concat();
    let path = |number: usize| folder.path().join(format!("{number:02}.litmus"));
    for (number, (text, _)) in all.iter().enumerate() {
        fs::write(path(number), text).expect("writable");
    }
    let spec = Spec::builtin().expect("the built-in tables");
    let mut files = Files::read(&spec, &[folder.path().to_owned()]);
    let targets = Targets::select(&["aarch64".into(), "x86_64".into()]).expect("targets");
    let suite = Suite::new(&tools, &spec).and_then(|suite| suite.targets(&targets));
    let suite = suite.unwrap_or_else(|e| panic!("{e:#}"));
    suite.ask_unread(&mut files.unread).expect("it is asked");
    let findings = suite.check(&files.tests).expect("they are checked");
    for (number, (text, code)) in all.iter().enumerate() {
        let path = path(number);
        let name = path.to_str().expect("a path in UTF-8");
        let expected = herd7(&tools, &path);
        let unread = files.unread.iter().find(|unread| unread.file() == name);
        if let Only(what) = code {
            let unread = unread.unwrap_or_else(|| panic!("it was read:\n{text}"));
            assert!(unread.fault().contains(what), "{}", unread.fault());
            let found = unread.verdict().map(|v| v.name());
            assert_eq!(found, Some(&*expected), "{text}");
            continue;
        }
        let finding = findings.iter().find(|f| f.test().file() == name);
        let finding = finding.unwrap_or_else(|| panic!("{:?}\n{text}", unread.map(Unread::fault)));
        assert_eq!(finding.fault(), None, "{text}");
        let found = finding.verdict().map(|v| v.name());
        assert_eq!(found, Some(&*expected), "{text}");
        match (code, finding.skipped()) {
            (Skipped(what), Some(why)) => assert!(why.starts_with(what), "{why}\n{text}"),
            (Sound | Race, None) => {
                assert_eq!(finding.race(), Some(*code == Race), "{text}");
                for (target, judgement) in finding.judgements() {
                    let is_sound = matches!(judgement, Judgement::Sound { .. });
                    assert!(is_sound, "{target}: {judgement:?}\n{text}");
                }
                assert!(finding.judgements().len() >= 2, "{text}");
            }
            (Partly(what), None) => {
                let is_sound = |j: &Judgement| matches!(j, Judgement::Sound { .. });
                let is_skipped = |j: &Judgement| matches!(j, Judgement::Skipped(w) if w == what);
                let judged = finding.judgements();
                assert!(
                    judged.iter().all(|(_, j)| is_sound(j) || is_skipped(j)),
                    "{judged:?}"
                );
                assert!(judged.iter().any(|(_, j)| is_sound(j)), "{judged:?}");
                assert!(judged.iter().any(|(_, j)| is_skipped(j)), "{judged:?}");
            }
            (code, why) => panic!("{code:?}, but {why:?}\n{text}"),
        }
    }
}
