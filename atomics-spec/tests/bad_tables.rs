//! Bad tables give errors that say what is wrong, where, and how to fix it. All errors are reported
//! at once, in the order of their places, without a panic.
//!
//! Most cases are one edit of the small tables below, and the complete report that it must give.

use atomics_spec::{Added, Errors, Source, Spec, Tables};

#[path = "bad_tables/added.rs"]
mod added;
#[path = "bad_tables/arch.rs"]
mod arch;
#[path = "bad_tables/arch_features.rs"]
mod arch_features;
#[path = "bad_tables/arch_lines.rs"]
mod arch_lines;
#[path = "bad_tables/arch_ops.rs"]
mod arch_ops;
#[path = "bad_tables/arch_registers.rs"]
mod arch_registers;
#[path = "bad_tables/arch_stack.rs"]
mod arch_stack;
#[path = "bad_tables/clashes.rs"]
mod clashes;
#[path = "bad_tables/docs.rs"]
mod docs;
#[path = "bad_tables/expressions.rs"]
mod expressions;
#[path = "bad_tables/lexical.rs"]
mod lexical;
#[path = "bad_tables/names.rs"]
mod names;
#[path = "bad_tables/ops.rs"]
mod ops;
#[path = "bad_tables/plans.rs"]
mod plans;
#[path = "bad_tables/random.rs"]
mod random;
#[path = "bad_tables/semantics.rs"]
mod semantics;
#[path = "bad_tables/several.rs"]
mod several;
#[path = "bad_tables/types.rs"]
mod types;

const OPS: &str = "\
read        l    cv
set         s    v  i
add         vRF  i  v
or          vF   i  v
xchg        I    v  i:new
try_cmpxchg B    v  p:old i:new
add_test    b    i  v
";

const SEMANTICS: &str = "\
read        basic -   -      -
set         basic i   -      -
add         sums  v+i -      -
or          bits  v|i -      -
xchg        basic new -      v
try_cmpxchg basic new v!=old v==old
add_test    bits  v+i -      new==0
";

const TYPES: &str = "\
class  basic  stored  basic
class  sums   delta   arithmetic
class  bits   value   bitwise
family atomic     i32 32      atomic_t int
family atomic_ptr ptr pointer -        const void *
type   i32    atomic     basic,sums,bits
type   u32    atomic     basic,sums
type   *const atomic_ptr basic
";

const ARCH: &str = "\
arch     demo
lang     asm
width    64
flags    yes
size     32 reg e dword ptr [{v}]
size     64 reg r qword ptr [{v}]
register ax 32:eax 64:rax
# A comment.
setcc    set{cc} {r}
op       read 32,64 >r,preserves_flags
asm      mov {r}, {mem} -- loads *v
op       xchg 32,64 new>r
asm      xchg {mem}, {new} -- swaps *v and new
op       try_cmpxchg 32,64 old@ax
asm      lock cmpxchg {mem}, {new} -- compares *v with {ax}
op       add_test 32,64 ?e
asm      lock add {mem}, {i} -- adds i to *v
barrier  mb
asm      mfence -- orders all
fence    acquire
barrier  rmb
barrier  wmb
barrier  dma_mb
barrier  dma_rmb
barrier  dma_wmb
barrier  smp_mb
barrier  smp_rmb
barrier  smp_wmb
barrier  smp_mb__before_atomic
barrier  smp_mb__after_atomic
store_mb xchg
";

const ARCH_C: &str = "\
arch     c
lang     c
width    64
include  <stdint.h>
op       read 32,64 -
c        *({type} volatile *){v}
op       set  32,64 -
c        *({type} volatile *){v} = {i}
barrier  mb
c        do { full(); } while (0)
barrier  rmb
barrier  wmb
barrier  dma_mb
barrier  dma_rmb
barrier  dma_wmb
barrier  smp_mb
barrier  smp_rmb
barrier  smp_wmb
barrier  smp_mb__before_atomic
barrier  smp_mb__after_atomic
";

/// The small tables: together they are a valid model.
fn small() -> Tables<'static> {
    Tables {
        ops: Source::new("ops.tbl", OPS),
        semantics: Source::new("semantics.tbl", SEMANTICS),
        strict: true,
        types: Source::new("types.tbl", TYPES),
        archs: vec![Source::new("demo.tbl", ARCH), Source::new("c.tbl", ARCH_C)],
        strict_archs: true,
        docs: vec![],
        added: Added::default(),
        options: None,
    }
}

/// The errors in tables; panics if there are none.
#[track_caller]
fn errors(tables: &Tables<'_>) -> Errors {
    match Spec::load(tables) {
        Ok(_) => panic!("the tables load without an error"),
        Err(errors) => errors,
    }
}

/// Checks that `tables` give exactly the report, which may be indented.
#[track_caller]
fn check(tables: &Tables<'_>, report: &str) {
    let found = errors(tables).to_string();
    let wanted = unindented(report);
    assert!(
        found == wanted,
        "\n--- the report is\n{found}\n--- but should be\n{wanted}\n---"
    );
}

/// Runs `case` for each case of a text. A case is a line "`A` -> `B`" and the report that is
/// expected; `\n` in A and B stands for a line break.
#[track_caller]
fn each(case: impl Fn(&str, &str, &str), cases: &str) {
    let cases = unindented(cases);
    for text in cases.trim_start_matches('`').split("\n\n`") {
        println!("`{text}");
        let (head, report) = text.split_once('\n').expect("a report below the head");
        let texts = head.strip_suffix('`').and_then(|h| h.split_once("` -> `"));
        let (a, b) = texts.unwrap_or_else(|| panic!("`{head} is not the head of a case"));
        case(&a.replace("\\n", "\n"), &b.replace("\\n", "\n"), report);
    }
}

/// A text without its first and last line break and without the indentation of its first line.
fn unindented(text: &str) -> String {
    let text = text.strip_prefix('\n').unwrap_or(text).trim_end();
    let indent = text.len() - text.trim_start_matches(' ').len();
    let lines = text.lines().map(|line| line.get(indent..).unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n")
}

/// `base` with the only `from` replaced by `to`.
#[track_caller]
fn edited(base: &str, from: &str, to: &str) -> String {
    assert_eq!(base.matches(from).count(), 1, "`{from}` must occur once");
    base.replace(from, to)
}

#[test]
fn the_small_tables_load() {
    Spec::load(&small()).unwrap_or_else(|e| panic!("{e}"));
}
