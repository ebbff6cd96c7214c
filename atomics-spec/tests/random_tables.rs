//! Random tables are either refused, with a place and a help, or their Rust and their C compile and
//! compute what the reference interpreter computes.
//!
//! `LKMM_RANDOM_TABLES` is the number of sets of tables that must be accepted, and
//! `LKMM_RANDOM_SEED` the seed of the first one. A failure prints the tables of its set.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::thread;

use atomics_spec::emit::layout::{Backend, c_files};
use atomics_spec::emit::{KernelBackend, kernel, module_tree};
use atomics_spec::{Spec, Tables};

#[path = "random_tables/calls.rs"]
mod calls;
#[path = "random_tables/compilers.rs"]
mod compilers;
#[path = "random_tables/duplicates.rs"]
mod duplicates;
#[path = "random_tables/kernel_headers.rs"]
mod kernel_headers;
#[path = "random_tables/words.rs"]
mod words;
#[path = "random_tables/write.rs"]
mod write;

use compilers::Compilers;
use write::Texts;

/// The number of sets without `LKMM_RANDOM_TABLES`.
const SETS: u64 = 200;
/// A set whose seed is a multiple of this is run; the others are only compiled.
const RUN_ONE_OF: u64 = 4;
/// The number of sets that are compiled at once.
const AT_ONCE: usize = 25;

fn from_environment(name: &str, otherwise: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(otherwise, |text| {
        let number = text.parse();
        number.unwrap_or_else(|_| panic!("{name} must be a number, not `{text}`"))
    })
}

/// A set of tables that is accepted, with what is generated from it.
struct Set {
    name: String,
    texts: Texts,
    spec: Spec,
    rust: String,
    runs: bool,
}

impl Set {
    /// Generates the Rust and the C of a set, and writes the C; `None` if an architecture lacks a
    /// template.
    fn emit(name: String, texts: Texts, spec: Spec, runs: bool, folder: &Path) -> Option<Self> {
        // Symbols without a prefix are those of other sets, too, so they are not linked.
        let prefix = match runs || !texts.seed.is_multiple_of(3) {
            true => format!("{name}_"),
            false => String::new(),
        };
        let backend = match texts.uses_c {
            true => Backend::C {
                prefix: prefix.clone(),
            },
            false => Backend::Asm,
        };
        let refused = |missing: atomics_spec::plan::Missing| {
            let text = missing.to_string();
            assert!(
                text.contains("help: ") && text.contains("the table of "),
                "{text}"
            );
        };
        let path = format!("crate::{name}");
        let tree = module_tree(&spec, &backend, Some(&path), None).map_err(refused);
        let c = c_files(&spec, &prefix).map_err(refused);
        let files = kernel(&spec, KernelBackend::Helpers).map_err(refused);
        let (tree, c, files) = (tree.ok()?, c.ok()?, files.ok()?);
        let own = folder.join(&name);
        let write = |path: &str, text: &str| {
            let path = own.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a writable folder");
            fs::write(path, text).expect("a writable folder");
        };
        write("atomic.h", &c.header);
        write("atomic.c", &c.source);
        kernel_headers::write(&spec, &own);
        for file in &files {
            match file.path.strip_prefix("rust/helpers/") {
                Some(name) => write(&format!("kernel_{name}"), &file.contents),
                // The macros generate the other modules, too; they are compiled.
                None if file.path.contains("/tests") => {
                    duplicates::check(&file.path, &file.contents)
                        .unwrap_or_else(|e| panic!("{}: {e}\n{texts}", file.path));
                }
                None => {}
            }
        }
        let rust = tree + &calls::module(&spec, runs);
        Some(Self {
            name,
            texts,
            spec,
            rust,
            runs,
        })
    }
}

/// Checks that a refusal says what is wrong, where, and what to do.
fn check_refusal(texts: &Texts, tables: &Tables<'_>, errors: &atomics_spec::Errors) {
    assert!(!errors.0.is_empty(), "{texts}");
    for error in &errors.0 {
        let known = tables.archs.iter();
        let mut known = known.chain([&tables.ops, &tables.semantics, &tables.types]);
        let source = known.find(|s| s.name == error.place.file);
        let lines = source.map_or(0, |s| s.bytes.split(|b| *b == b'\n').count());
        assert!((1..=lines).contains(&error.place.line), "{error}\n{texts}");
        assert!(
            !error.message.is_empty() && !error.help.is_empty(),
            "{error}\n{texts}"
        );
    }
}

/// The crate of some sets: a module for each of them, and a program that runs their calls.
fn crate_root(sets: &[Set]) -> String {
    let mut text = include_str!("random_tables/root.rs").to_owned();
    for set in sets {
        let _ = writeln!(text, "#[path = \"{0}.rs\"]\npub mod {0};", set.name);
    }
    text += "fn main() {\n";
    for set in sets.iter().filter(|set| set.runs) {
        let _ = writeln!(text, "    run({0:?}, {0}::calls::CALLS);", set.name);
    }
    text + "}\n"
}

/// The tables of the sets that a message names.
fn culprits(message: &str, sets: &[Set]) -> String {
    let is_in = |set: &&Set| {
        let borders = ["/", "::", ".rs", "_", ":"];
        borders
            .iter()
            .any(|b| message.contains(&format!("{}{b}", set.name)))
    };
    let named = sets.iter().filter(is_in).take(3);
    named
        .map(|set| format!("\n--- {}\n{}", set.name, set.texts))
        .collect()
}

/// The sets that were found, and how many others were refused.
struct Found {
    sets: Vec<Set>,
    refused: usize,
    missing: usize,
}

/// Looks for sets of tables that are accepted, from a seed on, and writes their C below a folder.
fn find(wanted: usize, first: u64, folder: &Path) -> Found {
    let mut found = Found {
        sets: Vec::new(),
        refused: 0,
        missing: 0,
    };
    for seed in first.. {
        let accepted = found.sets.len();
        if accepted == wanted {
            break;
        }
        let Found {
            refused, missing, ..
        } = found;
        let tried = accepted + refused + missing;
        assert!(
            tried < 20 + 4 * wanted,
            "of {tried} sets, {refused} are refused and {missing} have no template"
        );
        let texts = Texts::random(seed);
        let tables = texts.tables();
        let spec = match Spec::load(&tables) {
            Ok(spec) => spec,
            Err(errors) => {
                check_refusal(&texts, &tables, &errors);
                found.refused += 1;
                continue;
            }
        };
        let runs = seed.is_multiple_of(RUN_ONE_OF);
        match Set::emit(format!("s{seed}"), texts, spec, runs, folder) {
            Some(set) => found.sets.push(set),
            None => found.missing += 1,
        }
    }
    found
}

/// Compiles and runs some sets, as one program.
fn check(compilers: &Compilers, sets: &[Set], folder: &Path) -> Result<(), String> {
    let root = format!("main_{}", sets[0].name);
    for set in sets {
        let path = folder.join(format!("{}.rs", set.name));
        fs::write(path, &set.rust).expect("a writable folder");
    }
    let path = folder.join(format!("{root}.rs"));
    fs::write(path, crate_root(sets)).expect("a writable folder");
    let names: Vec<(&str, bool)> = sets.iter().map(|s| (s.name.as_str(), s.runs)).collect();
    let checked = compilers.check(folder, &root, &names);
    checked.map_err(|message| format!("{message}\n{}", culprits(&message, sets)))
}

#[test]
fn random_tables_are_refused_or_compile_and_agree() {
    let compilers = Compilers::find();
    let wanted = from_environment("LKMM_RANDOM_TABLES", SETS) as usize;
    let first = from_environment("LKMM_RANDOM_SEED", 1);
    println!("{wanted} sets from seed {first}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Found {
        sets,
        refused,
        missing,
    } = find(wanted, first, folder.path());
    let batches = Mutex::new(sets.chunks(AT_ONCE));
    let failure = OnceLock::new();
    let next = || match failure.get() {
        None => batches.lock().expect("no other panic").next(),
        Some(_) => None,
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(batch) = next() {
                    if let Err(message) = check(&compilers, batch, folder.path()) {
                        let _ = failure.set(message);
                    }
                }
            });
        }
    });
    if let Some(message) = failure.get() {
        panic!("{message}");
    }
    let variants: usize = sets.iter().map(|set| set.spec.variants().count()).sum();
    println!("{variants} variants; {refused} sets refused, {missing} without a template");
}
