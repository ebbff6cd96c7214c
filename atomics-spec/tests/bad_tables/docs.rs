//! `docs/*.md`: prose and an example.

use super::{check, small};
use atomics_spec::{Source, Spec, Tables};

#[track_caller]
fn doc(bytes: &[u8], report: &str) {
    let docs = vec![Source {
        name: "docs/add.md",
        bytes,
    }];
    let tables = Tables { docs, ..small() };
    if report.is_empty() {
        Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"));
    } else {
        check(&tables, report);
    }
}

#[test]
fn documentation() {
    doc(b"Adds.\n\n```rust\nadd();\n```\n", "");
    doc(b"\xef\xbb\xbfAdds.\r\n\r\n```rust\r\nadd();\r\n```\r\n", "");
    doc(
        b"",
        r"
        error: the file has no prose
         --> docs/add.md:1:1
          = help: write prose, a line ```rust, an example and a line ```

        error: the file has no example
         --> docs/add.md:1:1
          = help: write prose, a line ```rust, an example and a line ```
    ",
    );
    doc(
        b"Adds.\n",
        r"
        error: the file has no example
         --> docs/add.md:1:1
          |
        1 | Adds.
          | ^^^^^
          = help: write prose, a line ```rust, an example and a line ```
    ",
    );
    doc(
        b"\n```rust\nadd();\n```\n",
        r"
        error: the file has no prose
         --> docs/add.md:1:1
          = help: write prose, a line ```rust, an example and a line ```
    ",
    );
    doc(
        "Adds.\n\n```rust \u{e4}\nadd();\n".as_bytes(),
        r"
        error: the example has no closing line ```
         --> docs/add.md:3:1
          |
        3 | ```rust ä
          | ^^^^^^^^^
          = help: write prose, a line ```rust, an example and a line ```
    ",
    );
    doc(
        "Adds.\n```rust\nadd();\n```\n\n  M\u{e4}re.\n".as_bytes(),
        r"
        error: unexpected text after the example
         --> docs/add.md:6:1
          |
        6 |   Märe.
          | ^^^^^^^
          = help: write prose, a line ```rust, an example and a line ```
    ",
    );
    doc(
        b"Adds \xff.\n```rust\nadd();\n```\n\0",
        r"
        error: byte 0x00: this is not a text file
         --> docs/add.md:5:1
          |
        5 | �
          | ^
          = help: the file must be text in UTF-8
    ",
    );
    doc(
        b"Adds \xff.\n\n```rust\nf\xc3\xbcr \xfc\n```\n",
        r"
        error: byte 0xff is not valid UTF-8
         --> docs/add.md:1:6
          |
        1 | Adds �.
          |      ^
          = help: the file must be text in UTF-8

        error: byte 0xfc is not valid UTF-8
         --> docs/add.md:4:5
          |
        4 | für �
          |     ^
          = help: the file must be text in UTF-8
    ",
    );
}

#[test]
fn documentation_of_an_unknown_operation() {
    let docs = vec![Source::new("docs/frob.md", "")];
    Spec::load(&Tables { docs, ..small() }).unwrap_or_else(|e| panic!("{e}"));
}
