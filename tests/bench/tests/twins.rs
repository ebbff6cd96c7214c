//! Checks that C has the functions that Rust has. Whether they compute the same is checked by
//! `cargo xtask bench` before it times them.

use std::collections::BTreeSet;

/// The names at the beginnings of lines, between `before` and `after`.
fn names<'t>(text: &'t str, before: &str, after: char) -> BTreeSet<&'t str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(before));
    let names = lines.filter_map(|line| Some(line.split_once(after)?.0));
    names.filter(|name| !name.contains(' ')).collect()
}

#[test]
fn every_operation_is_in_c() {
    let rust = names(include_str!("../functions/src/operations.rs"), "    ", '(');
    let text = include_str!("../functions/c/operations.h");
    let mut c = names(text, "OPERATION(", ',');
    c.extend(names(text, "VOID_OPERATION(", ','));
    assert!(rust.len() > 80 && rust.contains("fetch_add_acquire"));
    assert_eq!(rust, c);
}

#[test]
fn every_realistic_function_is_in_c() {
    let rust = names(include_str!("../functions/src/realistic.rs"), "    ", '(');
    let c = names(
        include_str!("../functions/c/realistic.h"),
        "REALISTIC(",
        ')',
    );
    assert!(rust.len() > 40 && rust.contains("ring_push"));
    assert_eq!(rust, c);
}
