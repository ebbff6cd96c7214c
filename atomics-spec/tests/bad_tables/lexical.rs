//! Files that are not tables, and the lexical format of tables.

use std::time::{Duration, Instant};

use super::{OPS, check, errors, small};
use atomics_spec::{Source, Spec, Tables};

fn with_ops(bytes: &[u8]) -> Tables<'_> {
    Tables {
        ops: Source {
            name: "ops.tbl",
            bytes,
        },
        ..small()
    }
}

#[track_caller]
fn bytes(bytes: &[u8], report: &str) {
    check(&with_ops(bytes), report);
}

/// Checks a line that is appended to the good rows.
#[track_caller]
fn line(line: &str, report: &str) {
    bytes(format!("{OPS}{line}").as_bytes(), report);
}

#[test]
fn an_empty_file() {
    bytes(
        b"",
        r"
        error: the table has no rows
         --> ops.tbl:1:1
          = help: a row is a line that is not blank and not a comment
    ",
    );
    bytes(
        b"\n \t\r\n# a comment\n",
        r"
        error: the table has no rows
         --> ops.tbl:1:1
          = help: a row is a line that is not blank and not a comment
    ",
    );
}

#[test]
fn any_table_may_be_empty() {
    let empty = Source::new("empty.tbl", "");
    let report = r"
        error: the table has no rows
         --> empty.tbl:1:1
          = help: a row is a line that is not blank and not a comment
    ";
    check(
        &Tables {
            semantics: empty,
            ..small()
        },
        report,
    );
    check(
        &Tables {
            types: empty,
            ..small()
        },
        report,
    );
    let archs = vec![small().archs[0], empty];
    check(&Tables { archs, ..small() }, report);
}

#[test]
fn all_tables_may_be_empty() {
    let tables = Tables {
        ops: Source::new("1", ""),
        semantics: Source::new("2", ""),
        types: Source::new("3", ""),
        archs: vec![Source::new("4", "")],
        docs: vec![],
        ..small()
    };
    let errors = errors(&tables).0;
    let files: Vec<_> = errors.iter().map(|e| e.place.file.as_str()).collect();
    assert_eq!(files, ["1", "2", "3", "4"]);
}

#[test]
fn a_binary_file() {
    bytes(
        b"\x7fELF\x02\x01\x01\0\0\0\nread l cv\n\0\0\xff",
        r"
        error: byte 0x00: this is not a text file
         --> ops.tbl:1:8
          |
        1 | �ELF������
          |        ^
          = help: the file must be text in UTF-8
    ",
    );
    // UTF-16, as an editor may save it.
    bytes(
        b"\xff\xfer\0e\0a\0d\0\n\0",
        r"
        error: byte 0x00: this is not a text file
         --> ops.tbl:1:4
          |
        1 | ��r�e�a�d�
          |    ^
          = help: the file must be text in UTF-8
    ",
    );
}

#[test]
fn text_that_is_not_utf_8() {
    bytes(
        b"read l cv\nset s v i # f\xfcr\nadd vX i v\nor v\xe9 i v\n",
        r"
        error: byte 0xfc is not valid UTF-8
         --> ops.tbl:2:14
          |
        2 | set s v i # f�r
          |              ^
          = help: the file must be text in UTF-8

        error: unknown meta letter `X`
         --> ops.tbl:3:6
          |
        3 | add vX i v
          |      ^
          = help: the letters are v, l, s, R, F, f, I, i, B, b

        error: byte 0xe9 is not valid UTF-8
         --> ops.tbl:4:5
          |
        4 | or v� i v
          |     ^
          = help: the file must be text in UTF-8
    ",
    );
}

#[test]
fn control_characters() {
    line(
        "sub  vRF\x0ci v",
        r"
        error: control character U+000C
         --> ops.tbl:8:9
          |
        8 | sub  vRF�i v
          |         ^
          = help: the file must be text with lines that end in LF or CR LF
    ",
    );
    // Lines that end in CR alone.
    bytes(
        b"read l cv\rset s v i\r",
        r"
        error: control character U+000D
         --> ops.tbl:1:10
          |
        1 | read l cv�set s v i
          |          ^
          = help: the file must be text with lines that end in LF or CR LF
    ",
    );
}

#[test]
fn characters_that_look_like_blanks() {
    line(
        "sub\u{a0} vRF i v",
        r"
        error: invisible character U+00A0
         --> ops.tbl:8:4
          |
        8 | sub� vRF i v
          |    ^
          = help: separate columns with spaces or tabs: replace or delete this character
    ",
    );
    line(
        "sub vRF i v\u{200b}",
        r"
        error: invisible character U+200B
         --> ops.tbl:8:12
          |
        8 | sub vRF i v�
          |            ^
          = help: separate columns with spaces or tabs: replace or delete this character
    ",
    );
}

#[test]
fn a_byte_order_mark_is_no_character() {
    let text = format!("\u{feff}{OPS}").replace("read        l", "read        X");
    bytes(
        text.as_bytes(),
        r"
        error: unknown meta letter `X`
         --> ops.tbl:1:13
          |
        1 | read        X    cv
          |             ^
          = help: the letters are v, l, s, R, F, f, I, i, B, b
    ",
    );
}

#[test]
fn columns_are_counted_in_characters() {
    line(
        "sub\tvRF\t\u{e4}\u{f6}:\u{4e2d} \u{1f980}:x  v",
        r"
        error: unknown argument type `äö`
         --> ops.tbl:8:9
          |
        8 | sub vRF äö:中 🦀:x  v
          |         ^^
          = help: an argument is `v`, `cv`, `i` or `p`, optionally followed by `:` and a name

        error: unknown argument type `🦀`
         --> ops.tbl:8:14
          |
        8 | sub vRF äö:中 🦀:x  v
          |              ^
          = help: an argument is `v`, `cv`, `i` or `p`, optionally followed by `:` and a name
    ",
    );
}

#[test]
fn a_comment_is_no_place_for_errors() {
    let text = OPS.replace('\n', " # X \u{fc}\u{a0}\u{200b} #\n");
    Spec::load(&with_ops(text.as_bytes())).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn line_endings_of_windows_are_accepted() {
    let texts = [
        OPS,
        super::SEMANTICS,
        super::TYPES,
        super::ARCH,
        super::ARCH_C,
    ];
    let [ops, semantics, types, arch, c] = texts.map(|text| text.replace('\n', "\r\n"));
    let mut tables = small();
    let plain = Spec::load(&tables);
    tables.ops.bytes = ops.as_bytes();
    tables.semantics.bytes = semantics.as_bytes();
    tables.types.bytes = types.as_bytes();
    tables.archs[0].bytes = arch.as_bytes();
    tables.archs[1].bytes = c.as_bytes();
    let same = Spec::load(&tables);
    assert!(same.is_ok());
    assert_eq!(plain, same);
    // Error messages do not show the line endings.
    let faulty = OPS.replace("vRF", "vX").replace('\n', "\r\n");
    bytes(
        faulty.as_bytes(),
        r"
        error: unknown meta letter `X`
         --> ops.tbl:3:14
          |
        3 | add         vX  i  v
          |              ^
          = help: the letters are v, l, s, R, F, f, I, i, B, b
    ",
    );
}

#[test]
fn a_table_as_the_kernel_writes_it() {
    let text = "# name\tmeta\targs...\n#\n# * B/b\t- bool: returns bool\n#\n\
        \t \nread\t\t\tl\tcv\nset\t\t\ts\tv\ti  \n  add vRF\ti\tv\t\n\
        or\tvF\ti\tv\t# a comment \nxchg I v i:new#\n"
        .replace("new#", "new");
    let mut tables = with_ops(text.as_bytes());
    tables.strict = false;
    tables.strict_archs = false;
    let spec = Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"));
    let names: Vec<_> = spec.ops.iter().map(|op| op.name.as_str()).collect();
    assert_eq!(names, ["read", "set", "add", "or", "xchg"]);
}

#[test]
fn a_line_of_ten_megabytes() {
    const LENGTH: usize = 10 << 20;
    let mut lines = vec![
        "x".repeat(LENGTH),
        " ".repeat(LENGTH),
        "\u{e4}".repeat(LENGTH / 2),
    ];
    for part in ["v v ", "add vRF ", "i,", "(", "\t#a", "# ", "v+", "{"] {
        lines.push(part.repeat(LENGTH / part.len()));
    }
    let start = Instant::now();
    for line in &lines {
        let source = Source::new("long.tbl", line);
        let sets = [
            Tables {
                ops: source,
                ..small()
            },
            Tables {
                semantics: source,
                ..small()
            },
            Tables {
                types: source,
                ..small()
            },
            Tables {
                archs: vec![source],
                ..small()
            },
        ];
        for tables in sets {
            let report = errors(&tables).to_string();
            let message = format!(
                "error: the line is too long: {} characters\n",
                line.chars().count()
            );
            assert!(report.starts_with(&message), "{report}");
            assert!(report.contains(" --> long.tbl:1:4097\n"), "{report}");
            assert!(report.len() < 1000, "{report}");
        }
    }
    let each = start.elapsed() / (4 * lines.len() as u32);
    assert!(each < Duration::from_millis(500), "{each:?} for a line");
    line(
        &format!("sub vRF i {}v", " ".repeat(LENGTH)),
        r"
        error: the line is too long: 10485771 characters
         --> ops.tbl:8:4097
          |
        8 | ...                                                                                                ...
          |                                   ^
          = help: a line has at most 4096 characters
    ",
    );
}

#[test]
fn a_megabyte_of_bytes_that_are_no_text() {
    let start = Instant::now();
    for line in [
        vec![0xff; 10 << 20],
        vec![0; 10 << 20],
        vec![b'\r'; 10 << 20],
    ] {
        assert_eq!(errors(&with_ops(&line)).0.len(), 1);
    }
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_long_line_is_quoted_around_the_fault() {
    line(
        &format!("sub vRF i v {}X:y z", "i:abc ".repeat(20)),
        r"
        error: two arguments are called `abc`
         --> ops.tbl:8:21
          |
        8 | sub vRF i v i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc ...
          |                     ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:27
          |
        8 | sub vRF i v i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc ...
          |                           ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:33
          |
        8 | sub vRF i v i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc ...
          |                                 ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:39
          |
        8 | sub vRF i v i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc ...
          |                                       ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:45
          |
        8 | sub vRF i v i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc ...
          |                                             ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:51
          |
        8 | ...:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i...
          |                                   ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:57
          |
        8 | ...:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i...
          |                                   ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:63
          |
        8 | ...:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i...
          |                                   ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:69
          |
        8 | ...:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc X...
          |                                   ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:75
          |
        8 | ...:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc X:y z
          |                                   ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:81
          |
        8 | ...:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc X:y z
          |                                   ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:87
          |
        8 | ...:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc X:y z
          |                                   ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:93
          |
        8 | ...:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc X:y z
          |                                   ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:99
          |
        8 | ...:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc X:y z
          |                                   ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:105
          |
        8 | ...:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc X:y z
          |                                   ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:111
          |
        8 | ...:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc X:y z
          |                                   ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:117
          |
        8 | ...:abc i:abc i:abc i:abc i:abc i:abc i:abc i:abc X:y z
          |                                   ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:123
          |
        8 | ...:abc i:abc i:abc i:abc i:abc i:abc i:abc X:y z
          |                                   ^^^
          = help: write another name for one of them after a `:`

        error: two arguments are called `abc`
         --> ops.tbl:8:129
          |
        8 | ...:abc i:abc i:abc i:abc i:abc i:abc X:y z
          |                                   ^^^
          = help: write another name for one of them after a `:`

        error: unknown argument type `X`
         --> ops.tbl:8:133
          |
        8 | ... i:abc i:abc i:abc i:abc i:abc X:y z
          |                                   ^
          = help: an argument is `v`, `cv`, `i` or `p`, optionally followed by `:` and a name

        error: unknown argument type `z`
         --> ops.tbl:8:137
          |
        8 | ...bc i:abc i:abc i:abc i:abc X:y z
          |                                   ^
          = help: an argument is `v`, `cv`, `i` or `p`, optionally followed by `:` and a name
    ",
    );
}
