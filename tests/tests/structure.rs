//! Checks the structure of the workspace: modules do not import each other in a cycle, and certain
//! modules and packages do not depend on certain others.

#[path = "structure/graph.rs"]
mod graph;
#[path = "structure/source.rs"]
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use atomics_spec::emit::layout::MARKER;
use atomics_tests::project::{self, repository};

use graph::{Graph, circles, connect};

/// Modules that may import only the listed modules of their crate.
const ONLY: [(&str, &str, &[&str]); 8] = [
    ("atomics-spec", "diag", &[]),
    ("atomics-spec", "lex", &["diag"]),
    ("atomics-spec", "expr", &["diag", "lex"]),
    ("atomics-spec", "model::op", &[]),
    ("atomics-spec", "model::ty", &[]),
    ("atomics-spec", "names", &["model::op", "model::ty"]),
    ("atomics-spec", "emit::text", &["model::op"]),
    ("atomics-spec", "interp", &["model", "semantics"]),
];

/// Modules that must not import the listed modules of their crate.
const NEVER: [(&str, &str, &[&str]); 6] = [
    ("atomics-spec", "model", &["plan", "interp", "emit"]),
    ("atomics-spec", "arch", &["plan", "interp", "emit"]),
    ("atomics-spec", "plan", &["interp", "emit"]),
    (
        "atomics-spec",
        "emit::c",
        &["emit::asm", "emit::kunit", "emit::layout"],
    ),
    ("atomics-spec", "emit::herd", &["emit::kunit", "emit::asm"]),
    (
        "atomics-spec",
        "emit::extern_c",
        &["emit::asm", "emit::c", "emit::layout"],
    ),
];

/// The members that a member may depend on, except in tests. Crates that users compile have few
/// dependencies, engines do not depend on commands, and `xtask` does not wait for the build of
/// engines.
const DEPENDENCIES: [(&str, &[&str]); 13] = [
    ("atomics-spec", &[]),
    ("atomics-macros", &["atomics-spec"]),
    ("atomics-core", &["atomics-macros"]),
    ("atomics-differential", &["atomics-core", "atomics-spec"]),
    ("atomics-tools", &[]),
    ("atomics-machine-code", &["atomics-spec", "atomics-tools"]),
    (
        "atomics-litmus",
        &[
            "atomics-litmus-macros",
            "atomics-litmus-syntax",
            "atomics-machine-code",
            "atomics-spec",
            "atomics-tools",
        ],
    ),
    (
        "atomics-litmus-macros",
        &["atomics-litmus-syntax", "atomics-spec"],
    ),
    ("atomics-litmus-syntax", &["atomics-spec"]),
    (
        "atomics-parity",
        &["atomics-machine-code", "atomics-spec", "atomics-tools"],
    ),
    (
        "atomics-bench",
        &[
            "atomics-machine-code",
            "atomics-parity",
            "atomics-spec",
            "atomics-tools",
        ],
    ),
    ("atomics-bench-functions", &["atomics-core"]),
    ("xtask", &["atomics-spec"]),
];

/// All that the members may depend on that users wait for.
const LIGHT: [(&str, &[&str]); 4] = [
    ("atomics-spec", &[]),
    (
        "atomics-macros",
        &["atomics-spec", "proc-macro2", "quote", "syn"],
    ),
    (
        "atomics-litmus-syntax",
        &["atomics-spec", "proc-macro2", "quote", "syn"],
    ),
    (
        "atomics-litmus-macros",
        &[
            "atomics-litmus-syntax",
            "atomics-spec",
            "proc-macro2",
            "quote",
            "syn",
        ],
    ),
];

/// The packages that users of `atomics-core` build with it, by its features.
const BUILT: [(&[&str], &[&str]); 2] = [
    (
        &[],
        &[
            "atomics-macros",
            "proc-macro2",
            "quote",
            "syn",
            "unicode-ident",
        ],
    ),
    (&["--no-default-features"], &[]),
];

/// The text of a file. None if the file does not exist or is generated.
fn open(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let is_generated = text.lines().take(3).any(|line| line.contains(MARKER));
    (!is_generated).then_some(text)
}

/// The folders of the members of the workspace.
fn members() -> Vec<PathBuf> {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let (_, list) = manifest.split_once("\nmembers = [").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    let members: Vec<PathBuf> = list
        .split('"')
        .skip(1)
        .step_by(2)
        .map(|folder| repository().join(folder))
        .collect();
    assert!(
        members
            .iter()
            .all(|folder| folder.join("Cargo.toml").is_file())
    );
    members
}

/// The name of the package in a folder.
fn package(folder: &Path) -> String {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let mut names = manifest.lines().filter_map(|l| l.strip_prefix("name = "));
    names.next().unwrap().trim_matches('"').to_owned()
}

/// The roots of the crates of a package.
fn roots(folder: &Path) -> Vec<PathBuf> {
    let mut roots: Vec<PathBuf> = ["src/lib.rs", "src/main.rs", "build.rs"]
        .iter()
        .map(|name| folder.join(name))
        .filter(|path| path.is_file())
        .collect();
    for name in ["src/bin", "tests", "examples", "benches"] {
        let Ok(entries) = fs::read_dir(folder.join(name)) else {
            continue;
        };
        let files = entries.map(|entry| entry.unwrap().path());
        roots.extend(files.filter(|path| path.extension().is_some_and(|end| end == "rs")));
    }
    roots.sort();
    roots
}

/// The modules of each crate of the workspace, with its package and its root.
fn graphs() -> Vec<(String, PathBuf, Graph)> {
    let mut graphs = Vec::new();
    for folder in members() {
        let package = package(&folder);
        for root in roots(&folder) {
            let graph = connect(&source::read(&root, &open));
            graphs.push((package.clone(), root, graph));
        }
    }
    graphs
}

/// Whether `module` is `of` or is below it.
fn is_in(module: &str, of: &str) -> bool {
    let rest = module.strip_prefix(of);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let mut found = String::new();
    let graphs = graphs();
    for (_, root, graph) in &graphs {
        for circle in circles(graph) {
            found += &format!("{}: {}\n", root.display(), circle.join(" -> "));
        }
    }
    assert!(found.is_empty(), "modules that import each other:\n{found}");
    // Check that the imports were read at all.
    let spec = graphs
        .iter()
        .find(|(_, root, _)| root.ends_with("atomics-spec/src/lib.rs"));
    let (_, _, graph) = spec.unwrap();
    for (from, to) in [
        ("model", "arch"),
        ("names", "model::op"),
        ("emit::c", "plan"),
    ] {
        assert!(graph[from].contains(to), "{from} does not import {to}");
    }
}

#[test]
fn nothing_imports_what_comes_later() {
    let mut found = String::new();
    let graphs = graphs();
    let imports = |package: &str, module: &str| {
        let mut of_package = graphs
            .iter()
            .filter(|(p, root, _)| p == package && root.ends_with("src/lib.rs"));
        let graph = &of_package.next_back().unwrap().2;
        let own = graph.iter().filter(|(from, _)| is_in(from, module));
        let own: Vec<_> = own
            .flat_map(|(from, to)| to.iter().map(move |to| (from, to)))
            .collect();
        let known = graph.keys().any(|from| from == module);
        assert!(known, "{package} has no module {module}");
        own
    };
    for (package, module, allowed) in ONLY {
        for (from, to) in imports(package, module) {
            let mut allowed = allowed.iter().chain([&module]);
            if !allowed.any(|name| is_in(to, name)) {
                found += &format!("{package}: {from} imports {to}\n");
            }
        }
    }
    for (package, module, refused) in NEVER {
        for (from, to) in imports(package, module) {
            if refused.iter().any(|name| is_in(to, name)) {
                found += &format!("{package}: {from} imports {to}\n");
            }
        }
    }
    assert!(found.is_empty(), "{found}");
}

/// What a manifest depends on, tests apart.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut section = Vec::new();
    for line in manifest.lines() {
        let header = line.strip_prefix('[');
        if let Some(header) = header {
            section = header.split(']').next().unwrap().split('.').collect();
        }
        let is_dependency = |part: &&str| ["dependencies", "build-dependencies"].contains(part);
        let Some(at) = section.iter().position(is_dependency) else {
            continue;
        };
        // `NAME = ..` or `NAME.workspace = true`; `[dependencies.NAME]`; under another name.
        let package = line.split_once("package = \"");
        let names = [
            line.split(['.', ' ', '='])
                .next()
                .filter(|_| header.is_none()),
            section.get(at + 1).copied(),
            package.and_then(|(_, rest)| rest.split('"').next()),
        ];
        found.extend(names.into_iter().flatten().filter(|name| !name.is_empty()));
    }
    found
}

#[test]
fn no_member_depends_on_what_comes_later() {
    let folders = members();
    let names: Vec<String> = folders.iter().map(|folder| package(folder)).collect();
    let manifest = |member: &str| {
        let folder = folders.iter().find(|folder| package(folder) == member);
        fs::read_to_string(folder.unwrap().join("Cargo.toml")).unwrap()
    };
    for (member, allowed) in DEPENDENCIES {
        for name in dependencies(&manifest(member)) {
            let is_member = names.iter().any(|member| member == name);
            let is_allowed = allowed.contains(&name);
            assert!(!is_member || is_allowed, "{member} depends on {name}");
        }
    }
    for (member, allowed) in LIGHT {
        for name in dependencies(&manifest(member)) {
            assert!(allowed.contains(&name), "{member} depends on {name}");
        }
    }
    for name in &names {
        let is_listed = DEPENDENCIES.iter().any(|(member, _)| member == name);
        let brings_together = ["atomics-tests", "xtask-bindings", "xtask-checks"];
        assert!(
            is_listed || brings_together.contains(&name.as_str()),
            "{name} is not in DEPENDENCIES"
        );
    }
}

#[test]
fn a_user_builds_few_packages() {
    for (options, packages) in BUILT {
        let folder = repository().join("atomics-core");
        let tree = [
            "tree",
            "--locked",
            "--edges=normal,build",
            "--prefix=none",
            "--no-dedupe",
            "--format={lib}",
        ];
        let output = project::cargo(&folder, "tree", &[&tree, options].concat());
        let text = project::success(&output);
        let names = text.split_whitespace().map(|name| name.replace('_', "-"));
        let mut found: BTreeSet<String> = names.collect();
        assert!(found.remove("atomics-core"), "{text}");
        assert!(found.iter().eq(packages), "{options:?}: {found:?}");
    }
}

#[test]
fn dependencies_are_found() {
    let manifest = "[dependencies]\na = \"1\"\nb.workspace = true\nx = { package = \"c\" }\n\
                    [dependencies.d]\npath = \"d\"\n[dev-dependencies]\ne = \"1\"\n\
                    [target.'cfg(unix)'.dependencies] # Here.\nf = \"1\"\n[lints]\nworkspace = true\n";
    let found = dependencies(manifest);
    for name in ["a", "b", "c", "d", "f"] {
        assert!(found.contains(&name), "{name} is not in {found:?}");
    }
    assert!(!found.contains(&"e") && !found.contains(&"workspace"));
}

/// The cycles of a crate with the given files, whose root is `lib.rs`.
fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
    let open = |path: &Path| {
        let file = files.iter().find(|(name, _)| Path::new(name) == path);
        file.map(|(_, text)| (*text).to_owned())
    };
    let graph = connect(&source::read(Path::new("lib.rs"), &open));
    circles(&graph).iter().map(|c| c.join(" -> ")).collect()
}

/// Checks the cycles of three sibling modules.
fn among(a: &str, b: &str, c: &str, circles: &[&str]) {
    let root = ("lib.rs", "mod a; mod b; mod c;");
    let found = circles_of(&[root, ("a.rs", a), ("b.rs", b), ("c.rs", c)]);
    assert_eq!(found, circles, "{a}\n{b}\n{c}");
}

#[test]
fn circles_are_found() {
    among("use crate::b::B;", "use crate::c::C;", "struct C;", &[]);
    let circle: &[&str] = &["a -> b -> a"];
    among("use crate::b::B;", "use super::a;", "", circle);
    // In a macro call.
    let a = "fn f() { print!(\"{}\", [crate::b::B]) }";
    among(a, "struct B(super::a::A);", "", circle);
    // Through a name that another module re-exports, and through a glob re-export.
    let b = "use crate::a::A; struct B;";
    among(
        "use crate::c::B; struct A;",
        b,
        "pub use crate::b::B;",
        circle,
    );
    let a = "use crate::c::*; struct A(B);";
    among(a, b, "pub use crate::b::*;", circle);
    let (b, c) = ("fn f() { super::c::g() }", "fn g() -> crate::a::A {}");
    among("use crate::{b::B, std};", b, c, &["a -> b -> c -> a"]);
}

/// Checks whether a module and its child form a cycle.
fn between(parent: &str, child: &str, is_circle: bool) {
    let found = circles_of(&[("lib.rs", "mod a;"), ("a.rs", parent), ("a/b.rs", child)]);
    let circle = ["a -> a::b -> a"];
    assert_eq!(
        found,
        &circle[usize::from(!is_circle)..],
        "{parent}\n{child}"
    );
}

#[test]
fn parents_and_children_can_be_a_circle() {
    let child = "use super::A; pub struct B; pub fn g() {}";
    between("mod b; use b::B;", "pub struct B;", false);
    between("mod b; use b::B; struct A;", child, true);
    between("mod b; fn f() { b::g() } struct A;", child, true);
    // A re-export is not a use.
    between("mod b; pub use b::B; struct A;", child, false);
    between("mod b; pub use b::B; struct A(B);", child, true);
    // An inline module belongs to its file. Unit tests are ignored.
    let parent = "mod b; mod i { use super::b::B; } struct A;";
    between(parent, child, true);
    between(&parent.replace("mod i", "#[cfg(test)] mod i"), child, false);
}
