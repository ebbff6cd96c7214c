//! The operations to compare: each C function of the table, the macros on plain variables of 1, 2,
//! 4 and 8 bytes and on pointers, and the barriers. For each, its guarantees, and a function that
//! calls it in C and in Rust.

use std::fmt::Write as _;

use atomics_spec::arch::BARRIERS;
use atomics_spec::model::op::{Arg, ArgKind, Form, Ordering};
use atomics_spec::model::ty::Width;
use atomics_spec::names::{self, rust_ident};
use atomics_spec::{Spec, Variant};

use crate::order::Guarantees;
use crate::track::Arguments;
use crate::value::Origin;
use atomics_machine_code::abi::Abi;
use atomics_machine_code::event::{Level, Side};

/// The prefix of the names of compared functions.
pub const PREFIX: &str = "parity_";

/// The kind of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It only loads.
    Load,
    /// It stores, always or on success.
    Store,
    /// It is a barrier.
    Barrier,
}

/// An operation to compare.
#[derive(Clone, Debug)]
pub struct Point {
    /// The name.
    pub name: String,
    /// The kind of operation.
    pub effect: Effect,
    /// Whether it may do nothing.
    pub can_fail: bool,
    /// Whether it loads and stores in one atomic access.
    pub is_rmw: bool,
    /// The required ordering on success. On failure, no ordering is required.
    pub contract: Guarantees,
    /// The width of the values in bits. 0 if there are none.
    pub width: u32,
    /// The kind and the width of each argument.
    arguments: Vec<(Origin, u32)>,
    /// The text of a C function that calls it.
    pub c: String,
    /// The text of a Rust function that calls it.
    pub rust: String,
}

impl Point {
    /// The same operation under another name, on values of another width.
    pub fn on(&self, name: String, width: u32) -> Self {
        let mut point = Self {
            name,
            width,
            ..self.clone()
        };
        for (origin, bits) in &mut point.arguments {
            if *origin == Origin::Data {
                *bits = width;
            }
        }
        point
    }

    /// The locations of the pointer arguments on a call.
    pub fn arguments(&self, abi: Abi) -> Arguments {
        let bits: Vec<u32> = self.arguments.iter().map(|(_, bits)| *bits).collect();
        let places = abi.places(&bits).into_iter();
        let all = places.zip(self.arguments.iter().map(|(origin, _)| *origin));
        Arguments(all.filter(|(_, origin)| *origin != Origin::Data).collect())
    }
}

/// A plain variable: its name in reports, its family, and the C type of the variable and of its
/// value.
struct Plain {
    name: &'static str,
    family: &'static str,
    c_type: &'static str,
}

const PLAIN: [Plain; 5] = [
    Plain {
        name: "atomic_i8",
        family: "atomic_i8",
        c_type: "s8",
    },
    Plain {
        name: "atomic_i16",
        family: "atomic_i16",
        c_type: "s16",
    },
    Plain {
        name: "u32",
        family: "atomic",
        c_type: "u32",
    },
    Plain {
        name: "u64",
        family: "atomic64",
        c_type: "u64",
    },
    Plain {
        name: "atomic_ptr",
        family: "atomic_ptr",
        c_type: "const void *",
    },
];

/// All operations to compare on an architecture whose pointers have `bits` bits.
pub fn points(spec: &Spec, bits: u32) -> Vec<Point> {
    let functions = spec.variants().filter_map(|v| {
        let object = v.family.c_object.clone()?;
        let call = v.function();
        Some(point(
            &v,
            &v.function(),
            &object,
            &v.family.c_value,
            &call,
            bits,
        ))
    });
    let mut points: Vec<Point> = functions.collect();
    for plain in &PLAIN {
        for v in spec.variants_of(plain.family) {
            // A 32-bit kernel has other names for its 64-bit operations.
            let wide = plain.c_type == "u64" && bits == 32;
            let Some(call) = plain_call(&v, wide) else {
                continue;
            };
            let name = format!("{}_{}", plain.name, v.name());
            points.push(point(&v, &name, plain.c_type, plain.c_type, &call, bits));
        }
    }
    points.extend(BARRIERS.into_iter().map(barrier));
    points
}

/// The C name of an operation on a plain variable. None if C does not have it.
fn plain_call(v: &Variant<'_>, wide: bool) -> Option<String> {
    let name = match wide {
        true => names::plain_macro_of_64_bits,
        false => names::plain_macro,
    };
    name(v.of.op, v.of.form, v.ordering)
}

/// The required ordering of a variant.
fn contract(v: &Variant<'_>) -> Guarantees {
    match (v.of.form, v.ordering) {
        // A void operation has no ordering, whatever its name.
        (Form::Void, _) | (_, Ordering::Relaxed) => Guarantees::default(),
        (_, Ordering::Acquire) => Guarantees::acquire(),
        (_, Ordering::Release) => Guarantees::release(),
        (_, Ordering::Full) => Guarantees::full(),
    }
}

fn point(v: &Variant<'_>, name: &str, object: &str, value: &str, call: &str, bits: u32) -> Point {
    let op = v.of.op;
    let is_truth = matches!(v.of.form, Form::Truth(_));
    let result = v.of.result().is_some();
    let returns = match (result, is_truth) {
        (false, _) => "void",
        (true, true) => "bool",
        (true, false) => value,
    };
    let parameter = |arg: &Arg| match arg.kind {
        ArgKind::Variable { .. } => format!("{object} *{}", arg.name),
        ArgKind::Pointer => format!("{value} *{}", arg.name),
        ArgKind::Value => format!("{value} {}", arg.name),
    };
    let joined = |f: &dyn Fn(&Arg) -> String| -> String {
        op.args.iter().map(f).collect::<Vec<_>>().join(", ")
    };
    let parameters = joined(&parameter);
    let deref = if call.ends_with("_ONCE") { "*" } else { "" };
    let args = joined(&|arg| match arg.kind {
        ArgKind::Variable { .. } => format!("{deref}{}", arg.name),
        _ => arg.name.clone(),
    });
    let keyword = if result { "return " } else { "" };
    let head = format!("{returns} {PREFIX}{name}({parameters})");
    let c = format!("{head};\n{head}\n{{\n\t{keyword}{call}({args});\n}}\n");

    let repr = v.family.repr.rust();
    let rust_type = |arg: &Arg| match arg.kind {
        ArgKind::Variable { constant: true } => format!("*const {repr}"),
        ArgKind::Variable { constant: false } | ArgKind::Pointer => format!("*mut {repr}"),
        ArgKind::Value => repr.to_owned(),
    };
    let arrow = match (result, is_truth) {
        (false, _) => String::new(),
        (true, true) => " -> bool".into(),
        (true, false) => format!(" -> {repr}"),
    };
    let parameters = joined(&|arg| format!("{}: {}", rust_ident(&arg.name), rust_type(arg)));
    let args = joined(&|arg| rust_ident(&arg.name));
    let rust = format!(
        "#[unsafe(no_mangle)]\npub unsafe extern \"C\" fn {PREFIX}{name}({parameters}){arrow} {{\n\
         \x20   unsafe {{ ours::{}({args}) }}\n}}\n",
        v.path()
    );
    let width = match v.family.width {
        Width::Bits(bits) => bits,
        Width::Pointer => bits,
    };
    let arguments = op.args.iter().map(|arg| match arg.kind {
        ArgKind::Variable { .. } => (Origin::Variable, bits),
        ArgKind::Pointer => (Origin::Expected, bits),
        ArgKind::Value => (Origin::Data, width),
    });
    Point {
        name: name.into(),
        effect: if v.of.form == Form::Load {
            Effect::Load
        } else {
            Effect::Store
        },
        can_fail: v.of.can_fail(),
        is_rmw: v.of.is_rmw(),
        contract: contract(v),
        width,
        arguments: arguments.collect(),
        c,
        rust,
    }
}

/// A barrier. `smp_mb__before_atomic` and `smp_mb__after_atomic` are compared together with an
/// atomic operation, because they guarantee nothing alone.
fn barrier(name: &'static str) -> Point {
    let (mut effect, mut contract) = (Effect::Barrier, Guarantees::default());
    let (mut before, mut after) = ("", "");
    match name {
        "smp_mb__before_atomic" => {
            (effect, contract) = (Effect::Store, Guarantees::beside(true));
            after = "atomic_inc";
        }
        "smp_mb__after_atomic" => {
            (effect, contract) = (Effect::Store, Guarantees::beside(false));
            before = "atomic_inc";
        }
        _ => {
            let level = match name.split('_').next() {
                Some("smp") => Level::Smp,
                Some("dma") => Level::Dma,
                _ => Level::Io,
            };
            let side = if name.ends_with("rmb") {
                Side::Reads
            } else if name.ends_with("wmb") {
                Side::Writes
            } else {
                Side::All
            };
            contract = contract.join(&Guarantees::barrier(side, side, level));
        }
    }
    let is_beside = effect == Effect::Store;
    let mut c = String::new();
    let mut rust = String::new();
    let c_parameter = if is_beside { "atomic_t *v" } else { "void" };
    let head = format!("void {PREFIX}{name}({c_parameter})");
    let _ = write!(c, "{head};\n{head}\n{{\n");
    let parameter = if is_beside { "v: *mut i32" } else { "" };
    let _ = write!(
        rust,
        "#[unsafe(no_mangle)]\npub unsafe extern \"C\" fn {PREFIX}{name}({parameter}) {{\n"
    );
    for call in [before, name, after].into_iter().filter(|c| !c.is_empty()) {
        let argument = if call == name { "" } else { "v" };
        let _ = writeln!(c, "\t{call}({argument});");
        let path = call.replace("atomic_inc", "atomic::inc");
        let _ = writeln!(rust, "    unsafe {{ ours::{path}({argument}) }};");
    }
    c += "}\n";
    rust += "}\n";
    Point {
        name: name.into(),
        effect,
        can_fail: false,
        is_rmw: is_beside,
        contract,
        width: 0,
        arguments: if is_beside {
            vec![(Origin::Variable, 0)]
        } else {
            Vec::new()
        },
        c,
        rust,
    }
}
