//! The graph of imports between modules, and its cycles.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Key, Modules};

/// For each module with its own file, the modules that it imports, by name.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// How many re-exports are followed.
const DEPTH: usize = 16;

/// Builds the graph of a crate.
///
/// A parent that declares a child, or re-exports an item of a child, does not import the child. A
/// module that imports the re-exported name from the parent imports the child.
pub fn connect(modules: &Modules) -> Graph {
    let mut graph = Graph::new();
    for (key, module) in modules {
        let from = &module.file;
        let targets = graph.entry(show(from)).or_default();
        let imports = module.imports.iter().filter_map(|import| {
            let target = target(modules, key, &import.path)?;
            let file = &modules[&target].file;
            let is_export = import.exported && file.starts_with(from);
            (!is_export).then_some(target)
        });
        let paths = module.paths.iter();
        let paths = paths.filter_map(|path| target(modules, key, path));
        for target in imports.chain(paths) {
            let file = &modules[&target].file;
            if file != from {
                targets.insert(show(file));
            }
        }
    }
    graph
}

/// The name of a module.
fn show(key: &Key) -> String {
    match key.as_slice() {
        [] => "crate".into(),
        names => names.join("::"),
    }
}

/// The module to which `path` in the module `key` refers. None if it is in another crate. A name
/// that is not an item may come from a macro; then it is the last module on the path.
fn target(modules: &Modules, key: &Key, path: &[String]) -> Option<Key> {
    let mut lengths = (1..=path.len()).rev();
    lengths.find_map(|length| resolve(modules, key, &path[..length], DEPTH))
}

/// The module that `path` in the module `key` names, or that defines the item that it names.
fn resolve(modules: &Modules, key: &Key, path: &[String], depth: usize) -> Option<Key> {
    let (first, rest) = path.split_first()?;
    let mut at = key.clone();
    let mut rest = rest;
    match first.as_str() {
        "crate" => at.clear(),
        "self" => {}
        "super" => {
            at.pop()?;
            while let Some((_, more)) = rest.split_first().filter(|(word, _)| *word == "super") {
                at.pop()?;
                rest = more;
            }
        }
        _ => return find(modules, &at, path, depth),
    }
    find(modules, &at, rest, depth)
}

/// The same for a path that starts at the module `at`.
fn find(modules: &Modules, at: &Key, path: &[String], depth: usize) -> Option<Key> {
    let module = modules.get(at)?;
    let Some((first, rest)) = path.split_first() else {
        return Some(at.clone());
    };
    let depth = depth.checked_sub(1)?;
    let child = [at.as_slice(), std::slice::from_ref(first)].concat();
    if modules.contains_key(&child) {
        return find(modules, &child, rest, depth);
    }
    if module.items.contains(first) {
        return Some(at.clone());
    }
    let named = |name: &Option<String>| name.as_ref() == Some(first);
    if let Some(import) = module.imports.iter().find(|i| named(&i.name)) {
        return resolve(modules, at, &[&import.path, rest].concat(), depth);
    }
    let mut globs = module.imports.iter().filter(|i| i.name.is_none());
    globs.find_map(|glob| {
        let source = resolve(modules, at, &glob.path, depth)?;
        find(modules, &source, path, depth)
    })
}

/// Finds cycles in a graph. Each is a list of modules, where every module imports the next, and the
/// last is the first again.
pub fn circles(graph: &Graph) -> Vec<Vec<&str>> {
    let mut search = Search {
        graph,
        done: BTreeSet::new(),
        chain: Vec::new(),
        found: Vec::new(),
    };
    for module in graph.keys() {
        search.visit(module);
    }
    search.found
}

struct Search<'g> {
    graph: &'g Graph,
    /// The visited modules.
    done: BTreeSet<&'g str>,
    /// The modules on the path to the current one.
    chain: Vec<&'g str>,
    found: Vec<Vec<&'g str>>,
}

impl<'g> Search<'g> {
    fn visit(&mut self, module: &'g str) {
        if let Some(start) = self.chain.iter().position(|m| *m == module) {
            self.found.push([&self.chain[start..], &[module]].concat());
            return;
        }
        if !self.done.insert(module) {
            return;
        }
        self.chain.push(module);
        for next in self.graph.get(module).into_iter().flatten() {
            self.visit(next);
        }
        self.chain.pop();
    }
}
