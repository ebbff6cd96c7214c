//! herd7 takes C's functions for what `semantics.tbl` says: with the definitions that we make of
//! it, each of them leaves the variable as the reference interpreter does, and returns the same.
//!
//! This runs where `cargo xtask test litmus` names a herd7 in `LKMM_HERD7` and a tree in
//! `LKMM_KERNEL_TREE`; without one of them the tests say so and pass.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use atomics_spec::emit::herd::{self, definitions};
use atomics_spec::interp;
use atomics_spec::model::op::ArgKind;
use atomics_spec::{Source, Spec, Tables, Variant};
use atomics_tests::project::{self, repository};
use atomics_tests::tree::{copy_of, tree};

/// herd7 computes in 32 bits, whatever the type.
const BITS: u32 = 32;
/// The values of variables and arguments.
const VALUES: [i64; 6] = [i32::MIN as i64, -1, 0, 1, 6, i32::MAX as i64];
/// The number of tests per run of herd7.
const TESTS: usize = 500;

fn herd7() -> Option<PathBuf> {
    let program = env::var_os("LKMM_HERD7").map(PathBuf::from);
    if program.is_none() {
        println!("skipped: LKMM_HERD7 is not set; `cargo xtask test litmus` sets it");
    }
    program
}

/// One call of a function.
struct Call<'s> {
    variant: Variant<'s>,
    memory: i64,
    operands: Vec<i64>,
}

impl Call<'_> {
    /// The call in C.
    fn text(&self) -> String {
        let mut operands = self.operands.iter();
        let args = self.variant.of.op.args.iter().map(|arg| match arg.kind {
            ArgKind::Variable { .. } => "x".to_owned(),
            _ => operands.next().expect("a value").to_string(),
        });
        let args: Vec<String> = args.collect();
        format!("{}({})", self.variant.function(), args.join(", "))
    }

    /// A litmus test with one thread that does nothing else.
    fn litmus(&self, name: &str) -> String {
        let (memory, call) = (self.memory, self.text());
        let returns = self.variant.of.result().is_some();
        let (declared, taken, shown) = if returns {
            ("\tint r0;\n", "r0 = ", "0:r0; ")
        } else {
            ("", "", "")
        };
        format!(
            "C {name}\n\n{{\n\tx={memory};\n}}\n\nP0(atomic_t *x)\n{{\n{declared}\t{taken}{call};\n}}\n\n\
             locations [{shown}x]\nexists (x=0)\n"
        )
    }

    /// The one state that the interpreter ends in, as herd7 prints it.
    fn expected(&self) -> String {
        let outcome = interp::run(&self.variant.of, BITS, self.memory, &self.operands);
        let mut state = String::new();
        if let Some(result) = outcome.result {
            let _ = write!(state, "0:r0={result}; ");
        }
        let _ = write!(state, "[x]={};", outcome.memory);
        state
    }
}

/// The calls of a function with all values.
fn calls(variant: Variant<'_>) -> Vec<Call<'_>> {
    let mut operands = vec![vec![]];
    for _ in variant.of.op.operands() {
        let longer = |list: &Vec<i64>| VALUES.map(|value| [list.as_slice(), &[value]].concat());
        operands = operands.iter().flat_map(longer).collect();
    }
    let call = |memory| {
        let call = move |operands: &Vec<i64>| Call {
            variant,
            memory,
            operands: operands.clone(),
        };
        operands.iter().map(call).collect::<Vec<_>>()
    };
    VALUES.into_iter().flat_map(call).collect()
}

/// Runs the calls in herd7 with the memory model of a tree; returns those whose final state differs
/// from the interpreter's.
fn differences(herd7: &Path, tree: &Path, calls: &[Call<'_>]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut found = Vec::new();
    for (batch, calls) in calls.chunks(TESTS).enumerate() {
        let mut herd = Command::new(herd7);
        herd.current_dir(tree.join("tools/memory-model"));
        herd.args(["-conf", "linux-kernel.cfg"]);
        for (index, call) in calls.iter().enumerate() {
            let path = folder.path().join(format!("{batch}-{index}.litmus"));
            fs::write(&path, call.litmus(&format!("T{index}"))).expect("writable");
            herd.arg(path);
        }
        let output = herd.output().expect("herd7 runs");
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && complaints.is_empty(),
            "{complaints}"
        );
        let ends = ends(&String::from_utf8_lossy(&output.stdout));
        for (index, call) in calls.iter().enumerate() {
            let expected = vec![call.expected()];
            let end = ends.get(&format!("T{index}"));
            if end != Some(&expected) {
                let (memory, call) = (call.memory, call.text());
                found.push(format!("x={memory}; {call}: {end:?} and not {expected:?}"));
            }
        }
    }
    found
}

/// The states in which each test ends.
fn ends(report: &str) -> BTreeMap<String, Vec<String>> {
    let mut ends: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut name = "";
    for line in report.lines() {
        if let Some(test) = line.strip_prefix("Test ") {
            name = test.split(' ').next().unwrap_or_default();
        } else if line.starts_with("0:r0=") || line.starts_with("[x]=") {
            ends.entry(name.into())
                .or_default()
                .push(line.trim_end().into());
        }
    }
    ends
}

/// Puts the definitions of a model into a tree.
fn generate(tree: &Path, spec: &Spec) {
    let path = tree.join(definitions::DEF);
    let text = fs::read_to_string(&path).expect("a file");
    let text = definitions::replace(&text, &herd::section(spec));
    let text = text.unwrap_or_else(|e| panic!("{e}"));
    fs::write(&path, text).expect("writable");
}

/// The functions of a model that have definitions.
fn defined(spec: &Spec) -> Vec<Variant<'_>> {
    let functions = herd::functions(spec);
    functions.filter(|v| herd::definition(v).is_ok()).collect()
}

#[test]
fn every_definition_computes_what_the_interpreter_does() {
    let (Some(tree), Some(herd7)) = (tree(), herd7()) else {
        return;
    };
    let copy = copy_of(&tree);
    let spec = Spec::builtin().expect("the built-in tables");
    // The file that users have, with its checksum.
    let folder = copy.path().to_str().expect("a path in UTF-8");
    project::success(&project::xtask(&["gen", "--kernel", folder]));
    let def = copy.path().join(definitions::DEF);
    let functions = defined(&spec);
    assert_eq!(functions.len(), 231);
    let calls: Vec<_> = functions.into_iter().flat_map(calls).collect();
    let found = differences(&herd7, copy.path(), &calls);
    assert!(found.is_empty(), "{}", found.join("\n"));

    // Check that the test detects a wrong definition.
    let text = fs::read_to_string(&def).expect("a file");
    let right = "atomic_add_negative(V,X) __atomic_op_return{MB}(X,+,V) < 0";
    let wrong = right.replace("<", "<=");
    assert!(text.contains(right));
    fs::write(&def, text.replace(right, &wrong)).expect("writable");
    let named = |call: &Call<'_>| call.variant.function() == "atomic_add_negative";
    let calls: Vec<_> = calls.into_iter().filter(named).collect();
    let found = differences(&herd7, copy.path(), &calls);
    // Where the sum is zero.
    assert_eq!(found.len(), 4, "{}", found.join("\n"));
}

/// Rows that a user might add, and their semantics.
const ROWS: [(&str, &str); 14] = [
    ("nand\tvRF\ti\tv", "bitwise\t~(v&i)\t-\t-"),
    ("rsub\tvRF\ti\tv", "signed\ti-v\t-\t-"),
    ("orn\tvRF\ti\tv", "bitwise\tv|~i\t-\t-"),
    ("not\tvRF\tv", "bitwise\t~v\t-\t-"),
    ("less\tvRF\ti\tv", "signed\tv-i-1\t-\t-"),
    ("twice\tvF\ti\tv", "signed\tv+i+i\t-\t-"),
    ("clear\tvF\tv", "signed\t0\t-\t-"),
    ("set_if_zero\tFB\tv\ti", "signed\ti\tv!=0\tv==0"),
    ("dec_unless_one\tB\tv", "conditional\tv-1\tnew==0\tnew!=0"),
    (
        "sub_unless\tB\tv\ti:a\ti:u",
        "conditional\tv-a\tv+1==u\tv+1==u",
    ),
    ("set_if_six\tv\tv\ti", "signed\ti\tv!=6\t-"),
    ("inc_unless\tv\tv\ti:u", "conditional\tv+1\tv==u\t-"),
    ("add_beyond\tB\ti\tv\ti:w", "signed\tv+i\t-\tnew>w"),
    ("minus\tI\ti\tv", "signed\tv+i\t-\t-new"),
];

#[test]
fn a_users_rows_are_right_or_listed() {
    let (Some(tree), Some(herd7)) = (tree(), herd7()) else {
        return;
    };
    let copy = copy_of(&tree);
    let mut ops = String::new();
    let semantics = repository().join("atomics-spec/tables/semantics.tbl");
    let mut semantics = fs::read_to_string(semantics).expect("the built-in table");
    for (op, meaning) in ROWS {
        let name = op.split('\t').next().unwrap_or_default();
        let _ = writeln!(ops, "{op}");
        let _ = writeln!(semantics, "{name}\t{meaning}");
    }
    let spec = |ops: &str| {
        let spec = Spec::load(&Tables {
            ops: Source::new("atomics.tbl", ops),
            semantics: Source::new("semantics.tbl", &semantics),
            strict: false,
            strict_archs: false,
            docs: Vec::new(),
            ..Tables::builtin()
        });
        spec.unwrap_or_else(|e| panic!("{e}"))
    };
    // The tree's own rows are needed to replace the definitions in the tree's file.
    let table = copy.path().join("scripts/atomic/atomics.tbl");
    let theirs = fs::read_to_string(&table).expect("a table");
    generate(copy.path(), &spec(&(theirs + &ops)));
    let spec = spec(&ops);
    // The definitions of the families differ only in the name.
    let mut functions = defined(&spec);
    functions.retain(|v| v.family.name == "atomic");
    let mut missing: Vec<String> = spec
        .variants_of("atomic")
        .filter(|v| !functions.contains(v))
        .map(|v| v.of.base())
        .collect();
    missing.dedup();
    assert_eq!(
        missing,
        [
            "nand",
            "nand_return",
            "fetch_nand",
            "rsub",
            "rsub_return",
            "fetch_rsub",
            "fetch_twice",
        ]
    );
    let calls: Vec<_> = functions.into_iter().flat_map(calls).collect();
    let found = differences(&herd7, copy.path(), &calls);
    assert!(found.is_empty(), "{}", found.join("\n"));
}
