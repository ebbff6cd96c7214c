//! Whether flags are translated right: each condition of x86, behind instructions that set flags,
//! in a jump, in a `set` and in a `cmov`. What compiles from the kernel's operations has but a few.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::check::{Bench, Run, run_all};
use super::{Program, Thread, Value};

/// The flags that an instruction sets.
#[derive(Clone, Copy)]
struct Flags {
    zero: bool,
    sign: bool,
    overflow: bool,
    carry: bool,
}

/// A condition, and when it holds.
type Condition = (&'static str, fn(Flags) -> bool);

const CONDITIONS: [Condition; 14] = [
    ("e", |f| f.zero),
    ("ne", |f| !f.zero),
    ("s", |f| f.sign),
    ("ns", |f| !f.sign),
    ("l", |f| f.sign != f.overflow),
    ("ge", |f| f.sign == f.overflow),
    ("le", |f| f.zero || f.sign != f.overflow),
    ("g", |f| !f.zero && f.sign == f.overflow),
    ("b", |f| f.carry),
    ("ae", |f| !f.carry),
    ("be", |f| f.carry || f.zero),
    ("a", |f| !f.carry && !f.zero),
    ("o", |f| f.overflow),
    ("no", |f| !f.overflow),
];

/// An instruction that sets flags, what it computes, and the conditions that the tables know behind
/// it.
type Setter = (&'static str, fn(i128, i128) -> i128, &'static str);

/// On 32-bit x86, the stack holds `a`, `b` and 3.
const SETTERS: [Setter; 17] = [
    ("cmp {a}, {b}", |a, b| a - b, "all"),
    ("sub {a}, {b}", |a, b| a - b, "all"),
    ("test {a}, {b}", |a, b| a & b, "all"),
    ("and {a}, {b}", |a, b| a & b, "all"),
    ("xor {a}, {b}", |a, b| a ^ b, "all"),
    ("neg {a}", |a, _| -a, "all"),
    ("add {a}, {b}", |a, b| a + b, "e ne s ns"),
    ("inc {a}", |a, _| a + 1, "e ne s ns l ge le g o no"),
    ("dec {a}", |a, _| a - 1, "e ne s ns l ge le g o no"),
    ("cmp {a}, dword ptr [esp + 4]", |a, b| a - b, "all"),
    ("cmp {a}, dword ptr [esp + 8]", |a, _| a - 3, "all"),
    ("cmp dword ptr [esp], {b}", |a, b| a - b, "all"),
    ("cmp dword ptr [esp], 5", |a, _| a - 5, "all"),
    ("sub {a}, dword ptr [esp + 4]", |a, b| a - b, "all"),
    ("and {a}, dword ptr [esp + 4]", |a, b| a & b, "all"),
    ("xor {a}, dword ptr [esp + 4]", |a, b| a ^ b, "all"),
    ("add {a}, dword ptr [esp + 4]", |a, b| a + b, "e ne s ns"),
];

/// The code before an instruction that uses the stack, and after the instruction that reads its
/// flags.
const FRAME: [&str; 2] = [
    "\"sub esp, 12\", \"mov dword ptr [esp], {a:e}\", \"mov dword ptr [esp + 4], {b:e}\", \
     \"mov dword ptr [esp + 8], 3\", \"mov {a:e}, 7\", \"mov {a:e}, dword ptr [esp]\", ",
    ", \"add esp, 12\"",
];

/// The instructions that read flags.
const READERS: [&str; 3] = ["j", "set", "cmov"];

const fn smallest(bits: u32) -> i64 {
    i64::MIN >> (64 - bits)
}

fn flags(bits: u32, a: i64, b: i64, compute: fn(i128, i128) -> i128) -> Flags {
    let result = compute(a.into(), b.into());
    let cut = (result << (128 - bits)) >> (128 - bits);
    let unsigned = |x: i64| i128::from(x) & ((1 << bits) - 1);
    Flags {
        zero: cut == 0,
        sign: cut < 0,
        overflow: cut != result,
        carry: !(0..1 << bits).contains(&compute(unsigned(a), unsigned(b))),
    }
}

fn rust(
    name: &str,
    bits: u32,
    setter: &str,
    (condition, reader): (&str, &str),
    end: &str,
) -> String {
    let width = if bits == 64 { "r" } else { "e" };
    let set = setter.replace('}', &format!(":{width}}}"));
    let (lines, (class, ty)) = match reader {
        "j" => (
            format!(
                "\"{set}\", \"mov {{r:e}}, 1\", \"j{condition} 2f\", \"mov {{r:e}}, 0\", \"2:\""
            ),
            ("reg", "u32"),
        ),
        "set" => (
            format!("\"{set}\", \"set{condition} {{r}}\""),
            ("reg_byte", "u8"),
        ),
        _ => (
            format!(
                "\"{set}\", \"mov {{r:e}}, 0\", \"mov {{a:e}}, 1\", \"cmov{condition} {{r:e}}, {{a:e}}\""
            ),
            ("reg", "u32"),
        ),
    };
    let [before, after] = if setter.contains("esp") {
        FRAME
    } else {
        [""; 2]
    };
    format!(
        "#[unsafe(no_mangle)]\npub unsafe extern \"C\" fn {name}(a: i{bits}, b: i{bits}) {{ unsafe {{\n    \
         let r: {ty};\n    core::arch::asm!({before}{lines}{after}, \"/* {{b}} */\", \
         r = out({class}) r, a = inout(reg) a => _, b = in(reg) b);\n    \
         core::arch::asm!(\"\", in(\"{end}\") u32::from(r), options(nomem, nostack));\n}} }}\n"
    )
}

/// Checks the conditions on a target; returns the problems.
fn check(bench: &Bench<'_>) -> Result<Vec<String>> {
    let dialect = &bench.dialect;
    let word = bench.selected.target.bits;
    let end = &dialect.observed()[0].rust;
    let mut source = String::new();
    let mut cases = Vec::new();
    for bits in [32, 64].into_iter().filter(|bits| *bits <= word) {
        let all = SETTERS.iter().enumerate();
        let has = |text: &str| word == 32 || !text.contains("esp");
        for (number, (setter, compute, known)) in all.filter(|(_, s)| has(s.0)) {
            for (condition, holds) in CONDITIONS {
                let is_known = *known == "all" || known.split(' ').any(|k| k == condition);
                // One setter is enough to test all readers.
                let readers = if number == 0 {
                    &READERS[..]
                } else {
                    &READERS[..1]
                };
                for reader in readers.iter().filter(|_| is_known) {
                    // Compilers do not emit these.
                    if *reader == "cmov" && condition.ends_with('o') {
                        continue;
                    }
                    let name = format!("t{bits}_{number}_{reader}{condition}");
                    let _ = writeln!(
                        source,
                        "{}",
                        rust(&name, bits, setter, (condition, reader), end)
                    );
                    cases.push((name, bits, *compute, holds));
                }
            }
        }
    }
    let compiled = bench.compile(&source)?;
    let mut runs = Vec::new();
    for (name, bits, compute, holds) in cases {
        let graph = compiled.graph(&name)?;
        let lines = dialect.thread(&graph).with_context(|| graph.listing())?;
        let (min, max) = (smallest(bits), !smallest(bits));
        for (a, b) in [
            (0, 0),
            (0, 1),
            (1, 0),
            (5, 5),
            (3, 5),
            (-1, 1),
            (1, -1),
            (5, -1),
            (-1, max),
            (max, -1),
            (min, 1),
            (min, min),
            (min, max),
            (max, min),
        ] {
            let name = format!("{name}_{}", runs.len());
            let program = Program {
                name: name.clone(),
                threads: vec![Thread {
                    lines: lines.clone(),
                    arguments: vec![Value::Number(a), Value::Number(b)],
                    observed: 1,
                }],
                ..Program::default()
            };
            let expected = i64::from(holds(flags(bits, a, b, compute)));
            runs.push(Run {
                text: dialect.program(&program)?,
                name,
                expected: vec![(dialect.observed_name(0, 0), expected, 32)],
            });
        }
    }
    let mut wrong = Vec::new();
    for runs in runs.chunks(500) {
        wrong.extend(run_all(dialect, runs, bench.folder)?);
    }
    Ok(wrong)
}

#[test]
#[ignore = "needs herd7 and what builds a kernel"]
fn conditions_are_translated_right() {
    Bench::each(&["x86", "x86_64"], check);
}
