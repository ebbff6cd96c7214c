//! The examples: each fault is found, and each claim of the code without it holds.
//!
//! This runs where `cargo xtask test litmus` names a herd7 in `LKMM_HERD7` and a tree in
//! `LKMM_KERNEL_TREE`; without one of them the test says so and passes. The examples themselves
//! are tests, too, which judge their machine code.

use std::path::Path;
use std::{env, fs};

use atomics_litmus::{Suite, Targets, Test, Tools, Verdict, read_rust};
use atomics_spec::Spec;

/// The examples, with how many tests their broken and their right forms have.
const EXAMPLES: [(&str, usize, usize); 4] = [
    ("mcs", 2, 2),
    ("publish", 2, 1),
    ("ring", 2, 2),
    ("sequence", 1, 1),
];

/// The tests of an example, all with the claim `never`: first those of the broken form.
fn tests(spec: &Spec, name: &str) -> Vec<Test> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let text = fs::read_to_string(folder.join(format!("{name}.rs"))).unwrap();
    let text = text.replace("sometimes (", "never (");
    read_rust(spec, name, &text).unwrap_or_else(|errors| panic!("{errors:?}"))
}

#[test]
fn each_fault_is_found() {
    if env::var_os("LKMM_HERD7").is_none() || env::var_os("LKMM_KERNEL_TREE").is_none() {
        println!("skipped: LKMM_HERD7 and LKMM_KERNEL_TREE are not set");
        return;
    }
    let spec = Spec::builtin().unwrap();
    let tools = Tools::find(None).unwrap();
    let suite = Suite::new(&tools, &spec).unwrap();
    let suite = suite.targets(&Targets::none()).unwrap();
    for (name, broken, right) in EXAMPLES {
        let tests = tests(&spec, name);
        assert_eq!(tests.len(), broken + right, "{name}");
        for (index, finding) in suite.ask(&tests).unwrap().iter().enumerate() {
            let (verdict, is_good) = match index < broken {
                true => (Verdict::Sometimes, false),
                false => (Verdict::Never, true),
            };
            let c = finding.test().text();
            assert_eq!(finding.verdict(), Some(verdict), "{c}");
            assert_eq!(finding.fault().is_none(), is_good, "{c}");
        }
    }
}
