//! Writes random tables, most of which are valid.

use std::fmt;
use std::fmt::Write as _;

use atomics_spec::{Added, Source, Tables};
use fastrand::Rng;

use super::words;

/// The texts of a set of tables.
pub struct Texts {
    /// The seed.
    pub seed: u64,
    ops: String,
    semantics: String,
    types: String,
    archs: Vec<(&'static str, String)>,
    /// Whether the Rust calls C helpers.
    pub uses_c: bool,
}

impl Texts {
    /// The set of a seed.
    pub fn random(seed: u64) -> Self {
        let mut writer = Writer::new(seed);
        writer.types();
        writer.operations();
        let archs = writer.archs();
        let uses_c = writer.rng.bool() || !cfg!(target_arch = "x86_64");
        let Writer {
            ops,
            semantics,
            types,
            ..
        } = writer;
        Self {
            seed,
            ops,
            semantics,
            types,
            archs,
            uses_c,
        }
    }

    /// The tables, to load.
    pub fn tables(&self) -> Tables<'_> {
        let archs = self.archs.iter();
        Tables {
            ops: Source::new("ops.tbl", &self.ops),
            semantics: Source::new("semantics.tbl", &self.semantics),
            strict: true,
            types: Source::new("types.tbl", &self.types),
            archs: archs.map(|(name, text)| Source::new(name, text)).collect(),
            strict_archs: false,
            docs: vec![],
            added: Added::default(),
            options: None,
        }
    }
}

impl fmt::Display for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let backend = if self.uses_c { "C" } else { "asm" };
        writeln!(f, "seed {}, backend {backend}", self.seed)?;
        writeln!(f, "--- ops.tbl\n{}", self.ops)?;
        writeln!(f, "--- semantics.tbl\n{}", self.semantics)?;
        writeln!(f, "--- types.tbl\n{}", self.types)?;
        let builtin = Tables::builtin();
        for (name, text) in &self.archs {
            let whole = builtin.archs.iter().find(|s| s.name == *name);
            let whole = String::from_utf8_lossy(whole.map_or(b"", |s| s.bytes)).into_owned();
            let gone = whole.lines().filter(|l| l.starts_with("op "));
            let gone = gone.filter(|row| !text.lines().any(|line| line == *row));
            let gone: Vec<&str> = gone
                .filter_map(|row| row.split_whitespace().nth(1))
                .collect();
            writeln!(f, "--- {name} without the operations: {}", gone.join(" "))?;
        }
        Ok(())
    }
}

/// A class: its name, its operand, and whether only signed types have it.
#[derive(Clone)]
struct Class {
    name: String,
    operand: &'static str,
    signed: bool,
}

/// An argument of an operation.
struct Arg {
    kind: &'static str,
    name: String,
}

struct Writer {
    rng: Rng,
    /// The chance of a difficult word, in percent.
    nasty: u8,
    /// Whether there is all that `AtomicFlag` needs.
    whole: bool,
    classes: Vec<Class>,
    families: Vec<String>,
    /// The operations so far.
    names: Vec<String>,
    /// Built-in operations whose templates must go, because their arguments have other names.
    renamed: Vec<String>,
    ops: String,
    semantics: String,
    types: String,
}

/// The built-in families: name, repr, bits, C object, C value.
const FAMILIES: [[&str; 5]; 6] = [
    ["atomic", "i32", "32", "atomic_t", "int"],
    ["atomic64", "i64", "64", "atomic64_t", "s64"],
    ["atomic_long", "isize", "pointer", "atomic_long_t", "long"],
    ["atomic_i8", "i8", "8", "-", "s8"],
    ["atomic_i16", "i16", "16", "-", "s16"],
    ["atomic_ptr", "ptr", "pointer", "-", "const void *"],
];

/// The built-in operations: row, class operand, semantics.
const BUILTIN: [(&str, &str, &str); 12] = [
    ("set s v i", "stored", "i - -"),
    ("add vRF i v", "delta", "v+i - -"),
    ("sub vRF i v", "delta", "v-i - -"),
    ("inc vRF v", "delta", "v+1 - -"),
    ("and vF i v", "value", "v&i - -"),
    ("andnot vF i v", "value", "v&~i - -"),
    ("or vF i v", "value", "v|i - -"),
    ("xchg I v i:new", "stored", "new - v"),
    ("cmpxchg I v i:old i:new", "stored", "new v!=old v"),
    ("dec_and_test b v", "value", "v-1 - new==0"),
    ("add_unless fb v i:a i:u", "value", "v+a v==u v!=u"),
    ("dec_if_positive i v", "signed", "v-1 new<0 new"),
];

impl Writer {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let nasty = [0, 3, 12][rng.usize(..3)];
        let whole = rng.u8(..100) < 15;
        Self {
            rng,
            nasty,
            whole,
            classes: Vec::new(),
            families: Vec::new(),
            names: Vec::new(),
            renamed: Vec::new(),
            ops: String::new(),
            semantics: String::new(),
            types: String::new(),
        }
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.rng.u8(..100) < percent
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.rng.usize(..from.len())]
    }

    /// `plain`, or sometimes one of `words`.
    fn word(&mut self, plain: &str, words: &[&str]) -> String {
        let nasty = self.nasty;
        match self.chance(nasty) {
            true => self.pick(words).into(),
            false => plain.into(),
        }
    }

    fn types(&mut self) {
        let mut known = vec![("basic", "stored", false), ("sums", "delta", false)];
        known.push(("bits", "value", false));
        known.push(("signs", "value", true));
        if self.chance(10) {
            known.push((
                "more",
                self.rng
                    .choice(["stored", "delta", "value"])
                    .unwrap_or("value"),
                false,
            ));
        }
        for (name, operand, signed) in known {
            if name != "basic" && self.chance(25) {
                continue;
            }
            // `AtomicFlag` exists if there is all that it needs.
            let name = match self.whole && name == "bits" && self.chance(25) {
                true => "flag".into(),
                false => self.word(name, words::CLASSES),
            };
            let title = self.word("plain", words::TITLES);
            let _ = writeln!(self.types, "class {name} {operand} {title}");
            self.classes.push(Class {
                name,
                operand,
                signed,
            });
        }
        let mut families = FAMILIES.to_vec();
        self.rng.shuffle(&mut families);
        if self.whole {
            families = vec![FAMILIES[0], FAMILIES[3]];
        }
        let least = if self.whole { 2 } else { 1 };
        families.truncate(self.rng.usize(least..=3));
        let mut rows = String::new();
        for [name, repr, bits, object, value] in families {
            let name = self.word(name, words::FAMILIES);
            let object = self.word(object, words::OBJECTS);
            let value = self.word(value, words::VALUES);
            self.families.push(name.clone());
            let _ = writeln!(self.types, "family {name} {repr} {bits} {object} {value}");
            let mut fitting: Vec<String> = match repr {
                "ptr" => vec!["*const".into(), "*mut".into()],
                int => vec![int.into(), int.replace('i', "u").replace("usuze", "usize")],
            };
            if repr == "isize" {
                fitting = vec!["isize".into(), "usize".into()];
            }
            if repr == "i8" {
                fitting.push("bool".into());
            }
            for ty in fitting {
                if !self.whole && self.chance(25) {
                    continue;
                }
                let is_plain = ty == "bool" || repr == "ptr";
                let mut own: Vec<String> = Vec::new();
                for class in self.classes.clone() {
                    let fits = match class.operand {
                        "stored" => true,
                        _ => !is_plain && (!class.signed || ty.starts_with('i')),
                    };
                    if fits && (self.whole || self.chance(85)) {
                        own.push(class.name);
                    }
                }
                if !own.is_empty() {
                    let _ = writeln!(rows, "type {ty} {name} {}", own.join(","));
                }
            }
        }
        if rows.is_empty() {
            let family = self.types.lines().last().unwrap_or_default().to_owned();
            let mut cells = family.split(' ').skip(1);
            let (name, repr) = (cells.next().unwrap_or_default(), cells.next());
            let ty = match repr {
                Some("ptr") | None => "*mut",
                Some(int) => int,
            };
            rows = format!("type {ty} {name} {}\n", self.classes[0].name);
        }
        self.types += &rows;
    }

    /// A class with the operand, which may be `signed`; or, sometimes, any class.
    fn class(&mut self, operand: &str) -> Class {
        let fits = |c: &&Class| match operand {
            "signed" => c.signed,
            "value" => c.operand == "value" && !c.signed,
            other => c.operand == other,
        };
        let fitting: Vec<Class> = self.classes.iter().filter(fits).cloned().collect();
        let from = match fitting.is_empty() || self.chance(2) {
            true => self.classes.clone(),
            false => fitting,
        };
        from[self.rng.usize(..from.len())].clone()
    }

    fn row(&mut self, row: &str, class: &str, meaning: &str) {
        let name = row.split(' ').next().unwrap_or_default();
        self.names.push(name.into());
        let _ = writeln!(self.ops, "{row}");
        let _ = writeln!(self.semantics, "{name} {class} {meaning}");
    }

    fn operations(&mut self) {
        // Most operations need these two.
        for (row, meaning) in [
            ("read l cv", "- - -"),
            ("try_cmpxchg B v p:old i:new", "new v!=old v==old"),
        ] {
            if self.whole || self.chance(95) {
                let class = self.class("stored");
                self.row(row, &class.name, meaning);
            }
        }
        if self.whole {
            for (row, meaning) in [("set s v i", "i - -"), ("xchg I v i:new", "new - v")] {
                let class = self.class("stored");
                self.row(row, &class.name, meaning);
            }
        }
        for _ in 0..self.rng.usize(1..=4) {
            match self.chance(40) {
                true => self.builtin(),
                false => self.own(),
            }
        }
    }

    fn builtin(&mut self) {
        let (row, operand, meaning) = self.pick(&BUILTIN);
        let has = |class: &Class| match operand {
            "signed" => class.signed,
            "value" => class.operand == "value" && !class.signed,
            other => class.operand == other,
        };
        if !self.classes.iter().any(has) {
            return;
        }
        let name = row.split(' ').next().unwrap_or_default();
        if self.names.iter().any(|n| n == name) {
            return;
        }
        let class = self.class(operand);
        if self.chance(25) {
            // The same operation with another name for its variable.
            self.renamed.push(name.into());
            let own = self.argument(&["value"]);
            let rename = |cell: &str| match cell {
                "v" => format!("v:{own}"),
                other => other.into(),
            };
            let row: Vec<String> = row.split(' ').map(rename).collect();
            let meaning = meaning.replace('v', &own);
            self.row(&row.join(" "), &class.name, &meaning);
        } else {
            self.row(row, &class.name, meaning);
        }
    }

    /// The name of an argument; different from `others` in most cases.
    fn argument(&mut self, others: &[&str]) -> String {
        let plain: Vec<&str> = ["i", "a", "u", "w", "n", "delta"]
            .into_iter()
            .filter(|n| !others.contains(n))
            .collect();
        let plain = self.pick(&plain);
        // A word is difficult in one of several places, so it is taken more often than elsewhere.
        match self.chance(self.nasty) || self.chance(self.nasty) {
            true => self.pick(words::ARGUMENTS).into(),
            false => plain.into(),
        }
    }

    /// A name that, in the family `atomic`, is that of another operation in another family.
    fn meeting(&mut self) -> Option<String> {
        let others = self
            .families
            .iter()
            .filter_map(|f| f.strip_prefix("atomic_"));
        let others: Vec<String> = others.map(String::from).collect();
        if others.is_empty()
            || self.names.is_empty()
            || !self.families.iter().any(|f| f == "atomic")
        {
            return None;
        }
        let other = &others[self.rng.usize(..others.len())];
        let name = &self.names[self.rng.usize(..self.names.len())];
        Some(format!("{other}_{name}"))
    }

    fn own(&mut self) {
        let plain = format!("op{}", self.names.len());
        let name = match self.chance(6) {
            true => self.meeting().unwrap_or(plain),
            // Only the call of such a method fails, so it must be one of those that are called.
            false if self.chance(3) => self.pick(&["into", "try_into"]).into(),
            false => self.word(&plain, words::OPERATIONS),
        };
        let operand = self.pick(&["stored", "delta", "value", "value", "signed"]);
        let class = self.class(operand);
        if class.operand != operand && operand != "signed" && operand != "value" {
            return;
        }
        let mut args = vec![Arg {
            kind: "v",
            name: self.argument(&[]),
        }];
        let count = match class.operand {
            "stored" => self.rng.usize(1..=2),
            "delta" => self.rng.usize(0..=1),
            _ => self.rng.usize(0..=3),
        };
        let pointer = class.operand != "delta" && count > 0 && self.chance(25);
        for index in 0..count {
            let others: Vec<&str> = args.iter().map(|a| a.name.as_str()).collect();
            let name = self.argument(&others);
            let kind = if index == 0 && pointer { "p" } else { "i" };
            args.push(Arg { kind, name });
        }
        let v = args[0].name.clone();
        let operands: Vec<String> = args[1..].iter().map(|a| a.name.clone()).collect();
        let operand = |rng: &mut Rng| operands[rng.usize(..operands.len())].clone();
        let stores = self.chance(8) && !pointer && !operands.is_empty();
        let mut new = match class.operand {
            "stored" => operand(&mut self.rng),
            "delta" if count == 1 => {
                let symbol = self.pick(&["+", "-"]);
                format!("{v}{symbol}{}", operands[0])
            }
            _ => self.value(&v, &operands, stores, 2),
        };
        let mut fails = match pointer || self.chance(35) {
            true if !stores && (count == 0 || class.operand != "delta") => {
                self.truth(&v, &operands, &class)
            }
            _ => "-".into(),
        };
        // Every argument must be used.
        let used = [&new, &fails].map(|text| words_of(text)).concat();
        let unused = operands.iter().filter(|o| !used.contains(o));
        let unused: Vec<&String> = unused.collect();
        for operand in unused {
            match class.operand {
                "value" => new = format!("({new})^{operand}"),
                _ if !stores => fails = format!("{v}=={operand}"),
                _ => {}
            }
        }
        let meta = match (stores, pointer) {
            (true, _) => "s",
            (_, true) => self.pick(&["B", "b", "B", "FB", "I", "vF"]),
            _ => self.pick(&[
                "v", "vRF", "vF", "R", "f", "I", "i", "B", "b", "RFB", "fb", "RFI",
            ]),
        };
        let result = match () {
            () if meta.contains(['I', 'i']) => match class.operand {
                "stored" => v.clone(),
                "delta" => self.pick(&["new", v.as_str()]).to_owned(),
                _ => self.value(&v, &operands, false, 1),
            },
            () if meta.contains(['B', 'b']) && pointer => negated(&fails),
            () if meta.contains(['B', 'b']) => self.truth(&v, &operands, &class),
            () => "-".into(),
        };
        self.rng.shuffle(&mut args);
        let args = args.iter().map(|a| format!("{}:{}", a.kind, a.name));
        let args: Vec<String> = args.collect();
        let row = format!("{name} {meta} {}", args.join(" "));
        self.row(&row, &class.name, &format!("{new} {fails} {result}"));
    }

    /// A value; without the old value `v` if `constant`.
    fn value(&mut self, v: &str, operands: &[String], constant: bool, depth: usize) -> String {
        if depth == 0 || self.chance(20) {
            let choice = self.rng.usize(..=operands.len() + 1);
            return match operands.get(choice) {
                Some(operand) => operand.clone(),
                None if constant || choice > operands.len() => {
                    self.pick(&["0", "1", "2", "7", "127"]).into()
                }
                None => v.into(),
            };
        }
        let a = self.value(v, operands, constant, depth - 1);
        if self.chance(25) {
            let symbol = self.pick(&["~", "-", "~-", "--"]);
            return format!("{symbol}({a})");
        }
        let b = self.value(v, operands, constant, depth - 1);
        let symbol = self.pick(&["+", "-", "&", "|", "^"]);
        match self.chance(50) {
            true => format!("({a}){symbol}({b})"),
            false => format!("{a}{symbol}{b}"),
        }
    }

    fn truth(&mut self, v: &str, operands: &[String], class: &Class) -> String {
        let signs = ["<", "<=", ">", ">="];
        let symbol = match class.signed && self.chance(60) {
            true => self.pick(&signs),
            false => self.pick(&["==", "!="]),
        };
        if class.operand == "stored" {
            let other = operands[self.rng.usize(..operands.len())].clone();
            return format!("{v}{symbol}{other}");
        }
        let left = match self.chance(40) {
            true => "new".to_owned(),
            false => v.to_owned(),
        };
        let right = self.value(v, operands, false, 1);
        format!("{left}{symbol}{right}")
    }

    /// The tables of this architecture and of C, with some of their rows.
    fn archs(&mut self) -> Vec<(&'static str, String)> {
        let percent = self.pick(&[0, 0, 20, 60]);
        let builtin = Tables::builtin();
        let mut archs = Vec::new();
        for source in &builtin.archs {
            let wanted = ["x86_64.tbl", "/c.tbl", "kernel.tbl"];
            let Some(_) = wanted.iter().find(|name| source.name.ends_with(**name)) else {
                continue;
            };
            let text = String::from_utf8_lossy(source.bytes).into_owned();
            let thin = if source.name.ends_with("kernel.tbl") {
                0
            } else {
                percent
            };
            archs.push((source.name, self.thinned(&text, thin)));
        }
        archs
    }

    /// A table of an architecture without some of its operations.
    fn thinned(&mut self, text: &str, percent: u8) -> String {
        let mut out = String::new();
        let mut skip = false;
        for line in text.lines() {
            if let Some(row) = line.strip_prefix("op ") {
                let name = row.split_whitespace().next().unwrap_or_default();
                let needed = ["read", "try_cmpxchg"].iter().any(|n| name.starts_with(n));
                let renamed = self.renamed.iter().any(|r| name.contains(r.as_str()));
                skip = renamed || (self.chance(percent) && !(needed && self.chance(80)));
            } else if line.trim().is_empty() {
                skip = false;
            }
            if !skip {
                out += line;
                out.push('\n');
            }
        }
        out
    }
}

/// The names in an expression.
fn words_of(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.map(String::from).collect()
}

/// The negation of a comparison.
fn negated(truth: &str) -> String {
    for (symbol, other) in [
        ("==", "!="),
        ("!=", "=="),
        ("<=", ">"),
        (">=", "<"),
        ("<", ">="),
        (">", "<="),
    ] {
        if let Some((a, b)) = truth.split_once(symbol) {
            return format!("{a}{other}{b}");
        }
    }
    truth.into()
}
