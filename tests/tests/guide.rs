//! Checks the README and the guide: they are as short and as complete as they should be, their
//! links and paths lead somewhere, and what they quote is there. Runs the example of the guide.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use atomics_tests::project::{build_folder, cargo, contents, printed, repository, success, write};

/// The most lines that the README has.
const README_LINES: usize = 200;
/// The folder of the pages.
const PAGES: &str = "atomics-core/docs";
/// The module of the guide.
const GUIDE: &str = "atomics-core/src/guide.rs";
/// The driver in C, and its port.
const EXAMPLE: &str = "atomics-core/examples/from-c";
/// The folders of the repository, with which a path begins.
const FOLDERS: [&str; 5] = [
    "atomics-core/",
    "atomics-macros/",
    "atomics-spec/",
    "tests/",
    "xtask/",
];

fn read(path: &str) -> String {
    let text = fs::read_to_string(repository().join(path));
    text.unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The pages of the guide, by their paths in the repository.
fn pages() -> Vec<String> {
    let entries = fs::read_dir(repository().join(PAGES)).expect("the pages");
    let names = entries.map(|e| e.expect("readable").file_name());
    let mut pages: Vec<String> = names
        .map(|name| format!("{PAGES}/{}", name.to_str().expect("UTF-8")))
        .collect();
    pages.sort();
    pages
}

/// The lines of a Markdown text that are not in a code block.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.fold(String::new(), |all, line| all + line + "\n")
}

/// What stands between each `open` and the `close` after it.
fn between<'a>(text: &'a str, open: &str, close: char) -> Vec<&'a str> {
    let parts = text.split(open).skip(1);
    parts.filter_map(|part| part.split(close).next()).collect()
}

/// The anchors of the headings of a Markdown text.
fn anchors(text: &str) -> BTreeSet<String> {
    let text = prose(text);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    headings
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .map(|title| title.chars().filter(kept).collect::<String>())
        .map(|title| title.replace(' ', "-"))
        .collect()
}

#[test]
fn the_readme_is_short_and_leads_to_every_page() {
    let readme = read("README.md");
    let lines = readme.lines().count();
    assert!(lines <= README_LINES, "the README has {lines} lines");
    let links = between(&readme, "](", ')');
    for page in pages() {
        assert!(links.contains(&&*page), "the README has no link to {page}");
    }
}

#[test]
fn links_of_the_repository_lead_somewhere() {
    let mut found = 0;
    for file in ["README.md", "CONTRIBUTING.md"] {
        let text = prose(&read(file));
        for link in between(&text, "](", ')') {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            assert!(repository().join(path).exists(), "{file}: {link}");
            let is_there = anchor.is_empty() || anchors(&read(path)).contains(anchor);
            assert!(is_there, "{file}: {path} has no heading `{anchor}`");
            found += 1;
        }
    }
    assert!(found > 15, "only {found} links");
}

#[test]
fn paths_in_the_text_exist() {
    let mut files = pages();
    files.extend(["README.md".into(), "CONTRIBUTING.md".into(), GUIDE.into()]);
    let mut found = 0;
    for file in files {
        for word in prose(&read(&file)).split('`').skip(1).step_by(2) {
            let is_path = FOLDERS.iter().any(|folder| word.starts_with(folder));
            // Words in capital letters stand for names.
            let is_pattern = word.contains(['*', ' ', ':', '<']) || word.contains("ARCH");
            if is_path && !is_pattern {
                assert!(repository().join(word).exists(), "{file}: {word}");
                found += 1;
            }
        }
    }
    assert!(found > 20, "only {found} paths");
}

#[test]
fn every_page_is_in_the_guide_and_on_its_first_page() {
    let guide = read(GUIDE);
    let included = between(&guide, "include_str!(\"../docs/", '"');
    let included: Vec<String> = included.iter().map(|p| format!("{PAGES}/{p}")).collect();
    assert_eq!(included, pages(), "{GUIDE} and {PAGES}");
    let head: String = guide
        .lines()
        .filter(|l| l.starts_with("//!"))
        .fold(String::new(), |all, line| all + line + "\n");
    let listed: BTreeSet<&str> = between(&head, "- [`", '`').into_iter().collect();
    let modules: BTreeSet<&str> = between(&guide, "\npub mod ", ' ').into_iter().collect();
    assert_eq!(listed, modules, "the list at the head of {GUIDE}");
    assert_eq!(modules.len(), included.len());
    // The names of a module and of its page are the same.
    for module in modules {
        let page = format!("{PAGES}/{}.md", module.replace('_', "-"));
        assert!(included.contains(&page), "no {page}");
    }
}

/// The file that a page quotes from: in the repository, or in one of the example crates.
fn quoted_file(path: &str) -> Vec<PathBuf> {
    let folders = ["", "atomics-macros/example", EXAMPLE];
    let paths = folders.map(|folder| repository().join(folder).join(path));
    paths.into_iter().filter(|path| path.is_file()).collect()
}

/// A code block that follows the words "From `FILE`:" is in that file, line for line.
#[test]
fn what_pages_quote_is_there() {
    let mut found = 0;
    for page in pages() {
        let text = read(&page)
            .replace("From\n   `", "From `")
            .replace("From\n`", "From `");
        for part in text.split("From `").skip(1) {
            let Some((path, rest)) = part.split_once("`:\n") else {
                continue;
            };
            let block = rest.split("```").nth(1).expect("a code block");
            let lines = block.lines().skip(1);
            let lines: Vec<&str> = lines.map(str::trim).filter(|l| !l.is_empty()).collect();
            let is_quoted = quoted_file(path).iter().any(|file| {
                let file = fs::read_to_string(file).expect("UTF-8");
                let all: Vec<&str> = file
                    .lines()
                    .map(str::trim)
                    .filter(|l| !l.is_empty())
                    .collect();
                all.windows(lines.len()).any(|window| window == lines)
            });
            assert!(
                !lines.is_empty() && is_quoted,
                "{page}: {path} has no\n{block}"
            );
            found += 1;
        }
    }
    assert!(found > 5, "only {found} quotes");
}

/// The links of a page of rustdoc that do not lead outside of the documentation.
fn links(html: &str) -> Vec<&str> {
    let (_, html) = html.split_once("<body").expect("a body");
    let mut links = between(html, "href=\"", '"');
    links.retain(|link| !link.contains("://") && !link.starts_with("javascript:"));
    links
}

#[test]
fn the_links_of_the_documentation_lead_somewhere() {
    let build = "guide/doc";
    let config = "build.rustdocflags=[\"--deny=warnings\"]";
    let packages = ["--package", "atomics-core", "--package", "atomics-macros"];
    let args = [&["doc", "--no-deps", "--config", config], &packages[..]].concat();
    success(&cargo(&repository(), build, &args));
    let folder = build_folder(build).join("doc/atomics_core");
    let guide = folder.join("guide");
    let mut sources = vec![folder.join("index.html"), guide.join("index.html")];
    for page in pages() {
        let name = Path::new(&page).file_stem().expect("a name");
        let name = name.to_str().expect("UTF-8").replace('-', "_");
        sources.push(guide.join(name).join("index.html"));
    }
    let mut anchors = 0;
    for source in sources {
        let html = fs::read_to_string(&source).expect("a page of rustdoc");
        for link in links(&html) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => source.clone(),
                _ => source.with_file_name("").join(path),
            };
            assert!(target.is_file(), "{}: {link}", source.display());
            if !anchor.is_empty() && !path.contains("src/") {
                let id = format!("id=\"{anchor}\"");
                let text = fs::read_to_string(&target).expect("a page of rustdoc");
                assert!(text.contains(&id), "{}: {link}", source.display());
                anchors += 1;
            }
        }
    }
    assert!(anchors > 50, "only {anchors} anchors");
}

/// The tests of the example, in which C and Rust work on one structure at the same time.
#[test]
fn the_example_runs_in_c_and_in_rust() {
    let folder = build_folder("guide/from-c");
    let _ = fs::remove_dir_all(&folder);
    let example = repository().join(EXAMPLE);
    let root = repository().display().to_string();
    // The versions of this repository, because cargo runs offline.
    write(&folder, &[("Cargo.lock", &read("Cargo.lock"))]);
    for (path, bytes) in contents(&example) {
        let name = path.strip_prefix(&example).expect("a file of the example");
        // Cargo has put these there if somebody has built the example in its place.
        if name != Path::new("Cargo.lock") && !name.starts_with("target") {
            let text = String::from_utf8(bytes).expect("UTF-8");
            let text = text.replace(
                "path = \"../..\"",
                &format!("path = \"{root}/atomics-core\""),
            );
            write(&folder, &[(name.to_str().expect("UTF-8"), &text)]);
        }
    }
    let test = |names: &[&str]| cargo(&folder, "guide/target", &[&["test"], names].concat());
    let told = success(&test(&[]));
    let names = [
        "the_structure_is_the_same_in_c",
        "one_half_receives_what_the_other_sends",
        "both_halves_work_at_the_same_time",
        "one_of_all_users_is_the_last",
    ];
    for name in names {
        let line = format!("test tests::{name} ... ok");
        assert!(told.contains(&line), "no `{line}` in {told}");
    }

    // A structure that differs is found.
    let header = fs::read_to_string(folder.join("c/mailbox.h")).expect("readable");
    let swapped = header.replace("u32 head;", "u32 other;");
    let swapped = swapped.replace("u32 tail;", "u32 head;");
    let swapped = swapped.replace("u32 other;", "u32 tail;");
    write(&folder, &[("c/mailbox.h", &swapped)]);
    let told = printed(&test(&["the_structure"]));
    let line = "the_structure_is_the_same_in_c ... FAILED";
    assert!(told.contains(line), "{told}");
}
