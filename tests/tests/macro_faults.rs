//! One fault in what `atomics!` is given is one error, at the option that is wrong, and the rest of
//! the user's crate gives none.

use std::fs;

use atomics_spec::Tables;
use atomics_tests::project::{build_folder, cargo, printed, repository, success, write};

/// A crate that uses much of the module. The macro's options are in line 6.
const PROGRAM: &str = r#"//! A user's crate.
#![deny(warnings)]
atomics_macros::atomics! {
    /// Our own atomics.
    pub mod atomics;
    OPTIONS
}

use atomics::barrier::{Write, smp_mb, smp_store_mb};
use atomics::{Acquire, Atomic, AtomicAdd, AtomicType, Full, Relaxed, Release, ordering, raw};

/// A state.
#[derive(atomics_macros::AtomicType, Clone, Copy, Debug, PartialEq)]
#[atomic(crate = crate::atomics)]
#[repr(u16)]
pub enum State {
    /// Nothing happens.
    Idle,
    /// Something does.
    Busy,
}

/// A size.
#[derive(atomics_macros::AtomicType, Clone, Copy)]
#[atomic(crate = crate::atomics)]
#[repr(transparent)]
pub struct Bytes(i32);

// SAFETY: Every `i32` is a value of `Bytes`.
unsafe impl AtomicAdd<i32> for Bytes {
    fn rhs_into_delta(rhs: i32) -> i32 {
        rhs
    }
}

static STATE: Atomic<State> = Atomic::new(State::Idle);

/// A structure of C.
pub struct Shared {
    count: raw::atomic_t,
    data: Atomic<*mut u8>,
}

/// Uses it.
pub fn run(x: &Atomic<i32>, shared: &Shared, p: *mut u32) -> i32 {
    x.nand(1, Relaxed);
    let old = x.fetch_nand(0b1010, Full);
    let _ = STATE.cmpxchg(State::Idle, State::Busy, Full);
    STATE.store(State::Busy, Release);
    Atomic::new(Bytes(1)).add(2, Relaxed);
    shared.count.atomic_inc();
    smp_mb(Full);
    smp_mb(Write);
    smp_store_mb(x, 1);
    shared.data.store(core::ptr::null_mut(), Release);
    // SAFETY: The caller gives a pointer to a variable.
    let raw = unsafe { atomics::atomic_fetch_nand(p, 1, Full) };
    assert_eq!(raw, 1);
    old + x.load(Acquire)
}

/// Uses it with any ordering.
pub fn store<T: AtomicType, O: ordering::ReleaseOrRelaxed>(x: &Atomic<T>, value: T, ordering: O)
where
    T::Repr: atomics::AtomicBasicOps,
{
    x.store(value, ordering);
}
"#;

/// What a user adds to the operations, and their semantics.
const NAND: [&str; 2] = ["nand vF i v\n", "nand bitwise ~(v&i) - -\n"];

/// An error: the beginning of its message, words that follow, and to what of the options it points.
type Expected<'a> = (&'a str, &'a str, &'a str);

/// The built-in table called `name`.
fn builtin(name: &str) -> String {
    let tables = Tables::builtin();
    let mut all = vec![tables.ops, tables.semantics, tables.types];
    all.extend(&tables.archs);
    let found = all.into_iter().find(|s| s.name.ends_with(name));
    let found = found.unwrap_or_else(|| panic!("no table {name}"));
    String::from_utf8(found.bytes.to_vec()).expect("UTF-8")
}

/// Without the rows that begin with these words.
fn without(text: &str, words: &[&str]) -> String {
    let kept = text.lines().filter(|line| {
        let mut own = line.split_whitespace();
        !words.iter().all(|word| own.next() == Some(*word))
    });
    kept.fold(String::new(), |all, line| all + line + "\n")
}

/// The errors of the compiler: the text of each.
fn errors(printed: &str) -> Vec<&str> {
    let all = printed.split("\nerror").skip(1);
    all.filter(|text| !text.starts_with(": could not compile"))
        .collect()
}

struct Crate(std::path::PathBuf);

impl Crate {
    fn new() -> Self {
        let folder = build_folder("user").join("faults");
        let _ = fs::remove_dir_all(&folder);
        let lock = fs::read_to_string(repository().join("Cargo.lock")).expect("a lock file");
        let manifest = format!(
            "[package]\nname = \"faults\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\natomics-macros = {{ path = {:?} }}\n",
            repository().join("atomics-macros")
        );
        write(&folder, &[("Cargo.lock", &lock), ("Cargo.toml", &manifest)]);
        Self(folder)
    }

    fn check(&self, files: &[(&str, &str)], options: &str) -> std::process::Output {
        write(&self.0, files);
        let program = PROGRAM.replace("OPTIONS", options);
        write(&self.0, &[("src/lib.rs", &program)]);
        cargo(&self.0, "user/target", &["check"])
    }

    /// Checks the errors of the crate with `files` and `options`.
    #[track_caller]
    fn expect(&self, files: &[(&str, &str)], options: &str, expected: &[Expected<'_>]) {
        let text = printed(&self.check(files, options));
        let text = format!("\n{text}");
        let found = errors(&text);
        assert_eq!(found.len(), expected.len(), "{options}: {text}");
        for (error, (message, words, place)) in found.iter().zip(expected) {
            let column = options.find(place).expect("a part of the options") + 5;
            let start = format!(": {message}");
            assert!(error.starts_with(&start), "no `{message}`: {error}");
            assert!(error.contains(words), "no `{words}`: {error}");
            let at = format!("--> src/lib.rs:6:{column}\n");
            assert!(error.contains(&at), "not {at}: {error}");
        }
    }
}

#[test]
fn one_fault_is_one_error() {
    let project = Crate::new();
    let (ops, semantics) = (builtin("/atomics.tbl"), builtin("/semantics.tbl"));
    let own = [ops.clone() + NAND[0], semantics.clone() + NAND[1]];
    let files = [("ops.tbl", &*own[0]), ("semantics.tbl", &*own[1])];
    let both = "table = \"ops.tbl\", semantics = \"semantics.tbl\"";
    success(&project.check(&files, both));

    // A faulty row, and two.
    let faulty = own[0].replace("nand vF", "nand vZ");
    let unknown = ("unknown meta letter `Z`", "--> ops.tbl:47:7", "\"ops.tbl");
    project.expect(&[("ops.tbl", &faulty)], both, &[unknown]);
    let worse = faulty.clone() + "worse v q v\n";
    let second = ("unknown argument type `q`", "--> ops.tbl:48:9", "\"ops.tbl");
    project.expect(&[("ops.tbl", &worse)], both, &[unknown, second]);
    project.expect(
        &[
            ("ops.tbl", &own[0]),
            ("semantics.tbl", &own[1].replace("~(v&i)", "~(v&j)")),
        ],
        both,
        &[(
            "unknown variable `j`",
            "--> semantics.tbl:",
            "\"semantics.tbl",
        )],
    );

    // Without the operation of which all others can be made.
    let fewer = files.map(|(name, text)| (name, without(text, &["try_cmpxchg"])));
    let fewer = fewer.each_ref().map(|(name, text)| (*name, &**text));
    let lacking = "add `try_cmpxchg` to the table of operations";
    let message = "the table of x86_64 cannot implement `nand` at 32 bits";
    if cfg!(target_arch = "x86_64") {
        project.expect(&fewer, both, &[(message, lacking, "\"ops.tbl")]);
    }

    // The help names the option by which a built-in table is replaced.
    write(&project.0, &files);
    let message = "`nand` has no row in the built-in semantics.tbl";
    let option = "your own table, which the option `semantics = \"FILE\"` names";
    project.expect(
        &[],
        "table = \"ops.tbl\"",
        &[(message, option, "\"ops.tbl")],
    );
    let message = "`nand` is not an operation of the built-in atomics.tbl";
    let option = "your own table, which the option `table = \"FILE\"` names";
    let alone = "semantics = \"semantics.tbl\"";
    project.expect(&[], alone, &[(message, option, "\"semantics.tbl")]);

    // A fault in the types or in the instructions is at their option.
    let types = without(&builtin("/types.tbl"), &["class", "test"]);
    let with_types = format!("{both}, types = \"types.tbl\"");
    let unknown = ("unknown class `test`", "--> types.tbl:", "\"types.tbl");
    project.expect(&[("types.tbl", &types)], &with_types, &[unknown]);
    let arch = builtin("/x86_64.tbl") + "op nand 32\n";
    let with_arch = format!("{both}, arch = [\"x86_64.tbl\"]");
    let message = ("", "--> x86_64.tbl:", "\"x86_64.tbl");
    project.expect(&[("x86_64.tbl", &arch)], &with_arch, &[message]);
    let with_docs = format!("{both}, docs = \"docs\"");
    let docs = [("docs/nand.md", "No example.\n")];
    let message = ("the file has no example", "--> docs/nand.md:1:1", "\"docs");
    project.expect(&docs, &with_docs, &[message]);

    // Rows that are added to the built-in tables.
    let extend = "table = \"more.tbl\", semantics = \"mean.tbl\", extend = true";
    let more = [("more.tbl", NAND[0]), ("mean.tbl", NAND[1])];
    success(&project.check(&more, extend));
    let again = "the operation `add` has two rows";
    let first = "of atomics-spec/tables/atomics.tbl: choose another name";
    let twice = [("more.tbl", "nand vF i v\nadd vF i v\n")];
    project.expect(&twice, extend, &[(again, first, "\"more.tbl")]);
    let without_meaning = [("more.tbl", "nand vF i v\nnor vF i v\n")];
    let message = "`nor` has no row in mean.tbl";
    project.expect(
        &without_meaning,
        extend,
        &[(message, "add a row to mean.tbl", "\"more.tbl")],
    );

    // Files that are not there, and wrong options: all of them are told.
    let missing = format!("{both}, types = \"none.tbl\", docs = \"none\"");
    project.expect(
        &[],
        &missing,
        &[
            ("cannot read `none.tbl`", "os error 2", "\"none.tbl"),
            ("cannot read the folder `none`", "os error 2", "\"none\""),
        ],
    );
    let wrong = format!("typos = \"none.tbl\", backend = rust, {both}");
    project.expect(
        &[],
        &wrong,
        &[
            ("unknown option `typos`", "the options are table", "typos"),
            ("unknown backend `rust`", "write `asm` or", "rust"),
        ],
    );
}
