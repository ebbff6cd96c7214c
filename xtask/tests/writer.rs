//! Tests `cargo xtask gen --kernel` from outside: killed at random moments, and two at once.
//!
//! The tree has only the files that the drop-in reads, and a short table, so that a run takes a few
//! milliseconds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const KILLS: usize = 200;
/// How many trees are killed in at the same time.
const TREES: usize = 4;
const PAIRS: usize = 50;
const BACKENDS: [&str; 2] = ["helpers", "asm"];

/// The files of a tree with their contents, without `.git`.
type Files = BTreeMap<PathBuf, Vec<u8>>;

fn pristine() -> Files {
    let table = "\
read\tl\tcv
set\ts\tv\ti
add\tvRF\ti\tv
or\tvF\ti\tv
xchg\tI\tv\ti:new
cmpxchg\tI\tv\ti:old\ti:new
try_cmpxchg\tB\tv\tp:old\ti:new
";
    let definitions = "\
READ_ONCE(A) __load{ONCE}(A)

// Atomic
atomic_read(A) READ_ONCE(*A)

// Others
refcount_read(A) atomic_read(A)
";
    let files = [
        ("Makefile", "VERSION = 7\nPATCHLEVEL = 3\n"),
        ("scripts/atomic/atomics.tbl", table),
        ("rust/helpers/other.c", "/* other helpers */\n"),
        ("rust/kernel/sync/lock.rs", "//! Locks.\n"),
        ("rust/macros/lib.rs", "//! Macros.\n\nmod helpers;\n"),
        (
            "rust/Makefile",
            "always-y += kernel/generated_arch_static_branch_asm.rs\n\
             $(obj)/kernel.o: $(obj)/kernel/generated_arch_static_branch_asm.rs\nendif\n",
        ),
        (
            "rust/kernel/.gitignore",
            "/generated_arch_static_branch_asm.rs\n",
        ),
        ("tools/memory-model/linux-kernel.def", definitions),
    ];
    let files = files.map(|(path, text)| (path.into(), text.into()));
    files.into_iter().collect()
}

fn read(tree: &Path) -> Files {
    fn walk(root: &Path, dir: &Path, files: &mut Files) {
        for entry in fs::read_dir(dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != ".git") {
                    walk(root, &path, files);
                }
            } else {
                let relative = path.strip_prefix(root).expect("a path below the tree");
                files.insert(relative.to_owned(), fs::read(&path).expect("a file"));
            }
        }
    }
    let mut files = Files::new();
    walk(tree, tree, &mut files);
    files
}

/// Makes the files of a tree exactly these.
fn restore(tree: &Path, files: &Files) {
    let there = read(tree);
    for path in there.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(tree.join(path)).expect("a file");
    }
    for (path, contents) in files {
        if there.get(path) != Some(contents) {
            let path = tree.join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, contents).expect("a file");
        }
    }
}

fn start(tree: &Path, backend: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .args(["gen", "--backend", backend, "--kernel"])
        .arg(tree);
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the generator starts")
}

/// Waits for a run, which must succeed.
fn finish(run: Child, what: &str) -> Output {
    let output = run.wait_with_output().expect("the generator ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {said}");
    output
}

/// A tree in a git repository, and its files with the drop-in of each backend.
fn tree() -> (TempDir, [Files; 2]) {
    let tree = tempfile::tempdir().expect("a temporary folder");
    restore(tree.path(), &pristine());
    git(tree.path(), &["init", "--quiet"]);
    git(tree.path(), &["add", "--all"]);
    let whole = BACKENDS.map(|backend| {
        finish(start(tree.path(), backend), backend);
        read(tree.path())
    });
    assert_ne!(whole[0], whole[1]);
    (tree, whole)
}

fn git(tree: &Path, args: &[&str]) -> String {
    let mut git = Command::new("git");
    let output = git.arg("-C").arg(tree).args(args).output();
    let output = output.expect("git starts");
    assert!(output.status.success(), "git {args:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The paths that git calls new or changed.
fn status(tree: &Path) -> Vec<PathBuf> {
    let status = git(tree, &["status", "--porcelain", "--untracked-files=all"]);
    let changed = status.lines().filter(|line| !line.starts_with("A  "));
    let mut paths: Vec<PathBuf> = changed.map(|line| line[3..].into()).collect();
    paths.sort();
    paths
}

/// A generator of random numbers, whose seed is shown when a test fails.
struct Random(u64);

impl Random {
    fn new() -> Self {
        let seed = Instant::now();
        let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), seed) | 1;
        println!("the seed is {seed:#x}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn up_to(&mut self, time: Duration) -> Duration {
        let limit = u64::try_from(time.as_micros()).expect("a short time");
        Duration::from_micros(self.below(limit.max(1)))
    }
}

/// What the kills of one tree hit.
#[derive(Default)]
struct Hit {
    /// How many came before the first change.
    early: usize,
    /// How many came when some files were written and others were not.
    amid: usize,
    /// How many temporary files they left.
    debris: usize,
}

/// A run that edits fewer files than a killed one cleans up beside all of them.
#[test]
fn what_a_killed_run_left_beside_any_file_is_removed() {
    let (tree, whole) = tree();
    let tree = tree.path();
    let pristine = pristine();
    let written = whole.iter().flatten();
    let written = written.filter(|(path, text)| pristine.get(*path) != Some(*text));
    let folders: BTreeSet<_> = written
        .map(|(path, _)| path.parent().expect("a folder"))
        .collect();
    for (backend, whole) in BACKENDS.iter().zip(&whole) {
        restore(tree, &pristine);
        for folder in &folders {
            let folder = tree.join(folder);
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join(".gen-aB3dEf.old"), "").expect("a file");
        }
        finish(start(tree, backend), backend);
        let found = read(tree);
        assert!(found == *whole, "{backend} leaves {:?}", found.keys());
    }
}

#[test]
fn two_hundred_kills() {
    let hits = thread::scope(|scope| {
        let threads = [(); TREES].map(|()| scope.spawn(|| kills(KILLS / TREES)));
        threads.map(|thread| thread.join().expect("the test of a tree"))
    });
    let sum = |count: fn(&Hit) -> usize| -> usize { hits.iter().map(count).sum() };
    let [early, amid] = [sum(|hit| hit.early), sum(|hit| hit.amid)];
    let debris = sum(|hit| hit.debris);
    println!("{early} kills before the first change, {amid} amid, {debris} temporary files left");
    assert!(amid >= 10, "only {amid} kills hit the writing");
    assert!(debris >= 10, "only {debris} temporary files were left");
}

/// Kills a generator again and again. After each kill, every file is old or new, and the next run
/// completes what was begun.
fn kills(count: usize) -> Hit {
    let (tree, whole) = tree();
    let tree = tree.path();
    let states = [&pristine(), &whole[0], &whole[1]];
    let mut random = Random::new();
    // How long a run takes that writes everything.
    restore(tree, states[0]);
    let begin = Instant::now();
    finish(start(tree, BACKENDS[1]), "a whole run");
    let time = begin.elapsed();
    let mut hit = Hit::default();
    for kill in 0..count {
        let backend = usize::try_from(random.below(2)).expect("an index");
        let (new, name) = (&whole[backend], BACKENDS[backend]);
        // A run that has nothing to write cannot be hit while it writes.
        let others = [states[0], states[2 - backend]];
        let old = others[usize::try_from(random.below(2)).expect("an index")];
        restore(tree, old);
        let mut run = start(tree, name);
        // Half of the kills wait for the first change, to hit the short time of writing.
        if kill % 2 == 0 {
            thread::sleep(random.up_to(time));
        } else {
            while run.try_wait().expect("a process").is_none() && read_names(tree) == old.len() {
                thread::sleep(Duration::from_micros(200));
            }
            thread::sleep(random.up_to(time / 20));
        }
        run.kill().expect("a process");
        run.wait().expect("a process");

        let what = format!("kill {kill}, {name}");
        let left = read(tree);
        for (path, contents) in &left {
            let [before, after] = [old.get(path), new.get(path)];
            let is_temporary = path.to_string_lossy().contains("/.gen-");
            hit.debris += usize::from(is_temporary);
            assert!(
                is_temporary || [before, after].contains(&Some(contents)),
                "{what}: {} is neither old nor new",
                path.display()
            );
        }
        for path in old.keys().filter(|path| new.contains_key(*path)) {
            assert!(
                left.contains_key(path),
                "{what}: {} is gone",
                path.display()
            );
        }
        hit.early += usize::from(left == *old);
        hit.amid += usize::from(left != *old && left != *new);

        // No `--force`, whatever is left.
        finish(start(tree, name), &what);
        let found = read(tree);
        let differ = found
            .iter()
            .filter(|(path, text)| new.get(*path) != Some(text));
        let differ: Vec<_> = differ.map(|(path, _)| path).collect();
        assert!(found == *new, "{what}: the next run leaves {differ:?}");
        let changed = new
            .iter()
            .filter(|(path, text)| states[0].get(*path) != Some(text));
        let changed: Vec<_> = changed.map(|(path, _)| path.clone()).collect();
        if kill % 10 == 0 {
            assert_eq!(status(tree), changed, "{what}");
        }
    }
    hit
}

/// The number of files in a tree.
fn read_names(tree: &Path) -> usize {
    fn count(dir: &Path) -> usize {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        let counts = entries.map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() && entry.file_name() != ".git" => count(&entry.path()),
            Ok(kind) if kind.is_dir() => 0,
            _ => 1,
        });
        counts.sum()
    }
    count(tree)
}

#[test]
fn fifty_pairs_of_generators() {
    let (tree, whole) = tree();
    let tree = tree.path();
    let states = [&pristine(), &whole[0], &whole[1]];
    let mut random = Random::new();
    for pair in 0..PAIRS {
        restore(
            tree,
            states[usize::try_from(random.below(3)).expect("an index")],
        );
        let order = if pair % 2 == 0 { [0, 1] } else { [1, 0] };
        let first = start(tree, BACKENDS[order[0]]);
        thread::sleep(random.up_to(Duration::from_millis(8)));
        let second = start(tree, BACKENDS[order[1]]);
        let what = format!("pair {pair}");
        finish(first, &what);
        finish(second, &what);
        let found = read(tree);
        let ends_in = whole.iter().position(|files| *files == found);
        assert!(
            ends_in.is_some(),
            "{what}: the tree is of neither backend: {:?}",
            found.keys()
        );
    }
}
