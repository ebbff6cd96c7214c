//! Generates the C helpers of a kernel as rows: a macro defines what the helpers of one shape share,
//! and a row names a function in all its orderings.

use std::collections::BTreeSet;

use super::c::{Body, Style, comment, params, ret};
use super::c_expression::fill_expression;
use crate::arch::{Arch, Features};
use crate::model::op::{ArgKind, Ordering};
use crate::model::ty::Family;
use crate::model::{FormOf, Spec, Variant};
use crate::names;
use crate::plan::{Derived, Missing, Plan, Planner, Tells, loop_reads_pointer};

/// The parameters of the macros with the rows of several families.
const FAMILY: &str = "family";
const TYPE: &str = "type";
/// The names that the macros use; an operation with such an argument has no row.
const TAKEN: [&str; 4] = [FAMILY, TYPE, "found", "next"];
/// The prefix of the helpers in such a macro.
const STYLE: Style<'static> = Style {
    prefix: "rust_helper_##",
    attribute: "__rust_helper",
};
/// The longest line.
const WIDTH: usize = 100;
/// The column of the `\` at the end of a line.
const END: usize = 96;

/// The macros of the shapes.
pub fn shapes() -> &'static str {
    include_str!("templates/shapes.c")
}

/// A helper, or the helpers of a form in all orderings, as a use of a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    shape: &'static str,
    args: Vec<String>,
    /// The comment before it, if it is not empty.
    comment: String,
    /// Whether the shape has a parameter for the suffix of the ordering.
    takes_order: bool,
    /// The bases of the forms that it calls.
    needs: Vec<String>,
}

impl Row {
    /// The lines of the row.
    fn lines(&self, orders: bool, width: usize) -> Vec<String> {
        let mut args = self.args.clone();
        let head = if orders {
            args.insert(0, self.shape.to_owned());
            "ORDERED"
        } else {
            self.shape
        };
        let mut lines: Vec<String> = comment(&self.comment).into_iter().collect();
        let mut current = format!("{head}(");
        // Each name has seven letters, so that a tab is as wide as what stands before the arguments.
        let margin = "\t".to_owned();
        let last = args.len().saturating_sub(1);
        let mut is_start = true;
        for (index, arg) in args.iter().enumerate() {
            let text = format!("{arg}{}", if index == last { ")" } else { "," });
            let needed = columns(&current) + 1 + text.chars().count();
            if needed > width && !is_start {
                lines.push(std::mem::replace(&mut current, margin.clone()));
                is_start = true;
            }
            if !is_start {
                current.push(' ');
            }
            current.push_str(&text);
            is_start = false;
        }
        lines.push(current);
        lines
    }
}

/// Helpers around the C functions of families with their own functions.
pub fn wrappers<'s>(spec: &'s Spec, family: &'s Family) -> String {
    let mut out = String::new();
    for form in spec.forms().filter(|f| f.is_in(family)) {
        let row = |v: &Variant<'_>, suffix: &str| {
            let args: Vec<&str> = v.of.op.args.iter().map(|a| a.name.as_str()).collect();
            let callee = v.function();
            calls(v, suffix, &callee, &format!("({})", args.join(", ")), None)
        };
        for (row, orders) in rows_of(form.variants(family).collect(), &row).unwrap_or_default() {
            for line in row.lines(orders, WIDTH) {
                out.push_str(&format!("{line}\n"));
            }
        }
    }
    out
}

/// Helpers that implement the operations of families without C functions, from the templates of
/// `arch`: a macro for each class with the rows of all families that have the same. `None` if a
/// helper has no shape.
///
/// # Errors
///
/// If the templates cannot implement a variant.
pub fn helpers(spec: &Spec, arch: &Arch, families: &[&Family]) -> Result<Option<String>, Missing> {
    let mut classes: Vec<ClassRows<'_>> = Vec::new();
    for index in 0..spec.types.classes.len() {
        for family in families.iter().filter(|f| f.classes.contains(&index)) {
            let Some((lines, needs)) = class_rows(spec, arch, family, index)? else {
                return Ok(None);
            };
            if lines.is_empty() {
                continue;
            }
            match classes
                .iter_mut()
                .find(|c| c.index == index && c.lines == lines)
            {
                Some(class) => class.families.push(family),
                None => classes.push(ClassRows {
                    index,
                    lines,
                    needs,
                    families: vec![family],
                }),
            }
        }
    }
    // A helper is defined after those that it calls.
    let mut out = String::new();
    let mut done: BTreeSet<usize> = BTreeSet::new();
    while !classes.is_empty() {
        let ready = |c: &ClassRows<'_>| c.needs.iter().all(|n| done.contains(n));
        let Some(at) = classes.iter().position(ready) else {
            return Ok(None);
        };
        let index = classes[at].index;
        let (of_class, others): (Vec<_>, Vec<_>) =
            classes.into_iter().partition(|c| c.index == index);
        for (number, class) in of_class.iter().enumerate() {
            class.define(spec, number, &mut out);
        }
        classes = others;
        done.insert(index);
    }
    Ok(Some(out))
}

/// The rows of a class that some families share.
struct ClassRows<'s> {
    index: usize,
    lines: Vec<String>,
    /// The other classes whose helpers they call.
    needs: BTreeSet<usize>,
    families: Vec<&'s Family>,
}

impl ClassRows<'_> {
    /// Defines the macro, and uses it for each family.
    fn define(&self, spec: &Spec, number: usize, out: &mut String) {
        let class = &spec.types.classes[self.index];
        let number = if number > 0 {
            number.to_string()
        } else {
            String::new()
        };
        let name = format!("{}_HELPERS{number}", class.name.to_ascii_uppercase());
        out.push_str(&format!("/* The {} operations. */\n", class.title));
        out.push_str(&continued(&format!("#define {name}({FAMILY}, {TYPE})")));
        for (index, line) in self.lines.iter().enumerate() {
            let line = format!("\t{line}");
            if index + 1 == self.lines.len() {
                out.push_str(&format!("{line}\n\n"));
            } else {
                out.push_str(&continued(&line));
            }
        }
        for family in &self.families {
            out.push_str(&format!("{name}({}, {})\n", family.name, family.c_value));
        }
        out.push('\n');
    }
}

/// The width of a text, with tabs.
fn columns(text: &str) -> usize {
    let next = |column: usize, c| match c {
        '\t' => column / 8 * 8 + 8,
        _ => column + 1,
    };
    text.chars().fold(0, next)
}

/// A line that continues on the next one.
fn continued(line: &str) -> String {
    let mut column = columns(line);
    let mut out = line.to_owned();
    loop {
        out.push('\t');
        column = column / 8 * 8 + 8;
        if column >= END {
            break;
        }
    }
    out + "\\\n"
}

type Lines = Vec<String>;
/// The indices of classes.
type Classes = BTreeSet<usize>;

/// The rows of the forms of a class in a family, in an order in which none calls a later one, and
/// the other classes that they call. `None` if a helper has no shape.
fn class_rows(
    spec: &Spec,
    arch: &Arch,
    family: &Family,
    index: usize,
) -> Result<Option<(Lines, Classes)>, Missing> {
    // The model with the parameters of the macro in place of the family's names.
    let mut model = spec.clone();
    for own in &mut model.types.families {
        if own == family {
            own.name = format!("{FAMILY}##");
            own.c_value = TYPE.to_owned();
        }
    }
    let family_name = format!("{FAMILY}##");
    let Some(family) = model.types.families.iter().find(|f| f.name == family_name) else {
        return Ok(None);
    };
    let planner = Planner::new(&model, arch, Features::NONE);
    let mut rows: Vec<(FormOf<'_>, Vec<(Row, bool)>)> = Vec::new();
    let mut missing = None;
    for form in model.forms().filter(|f| f.meaning.class == index) {
        for v in form.variants(family) {
            missing = missing.or(planner.plan(&v).err());
        }
        if let Some(missing) = missing {
            return Err(missing);
        }
        if form
            .op
            .args
            .iter()
            .any(|a| TAKEN.contains(&a.name.as_str()))
        {
            return Ok(None);
        }
        let of_form = rows_of(form.variants(family).collect(), &|v, suffix| {
            let plan = planner.plan(v).ok()?;
            row(arch, v, &plan, suffix)
        });
        let Some(of_form) = of_form else {
            return Ok(None);
        };
        rows.push((form, of_form));
    }
    let mut needs = BTreeSet::new();
    let mut lines = Vec::new();
    let own: BTreeSet<String> = rows.iter().map(|(form, _)| form.base()).collect();
    let mut done: BTreeSet<String> = BTreeSet::new();
    for base in rows
        .iter()
        .flat_map(|(_, rows)| rows)
        .flat_map(|(row, _)| &row.needs)
    {
        let other = model
            .forms()
            .find(|f| f.base() == *base && !own.contains(base));
        needs.extend(other.map(|f| f.meaning.class));
    }
    while !rows.is_empty() {
        let is_ready = |base: &String| done.contains(base) || !own.contains(base);
        let ready = |(_, rows): &(FormOf<'_>, Vec<(Row, bool)>)| {
            rows.iter().all(|(row, _)| row.needs.iter().all(is_ready))
        };
        let Some(at) = rows.iter().position(ready) else {
            return Ok(None);
        };
        let (form, of_form) = rows.remove(at);
        done.insert(form.base());
        for (row, orders) in of_form {
            lines.extend(row.lines(orders, END - 9));
        }
    }
    Ok(Some((lines, needs)))
}

/// The rows of the variants of a form: one for all orderings, if they differ only in the suffix of
/// names, else one each.
fn rows_of<'m>(
    variants: Vec<Variant<'m>>,
    row: &dyn Fn(&Variant<'m>, &str) -> Option<Row>,
) -> Option<Vec<(Row, bool)>> {
    if variants.len() == Ordering::ALL.len() {
        let suffixed = variants.iter().map(|v| row(v, &suffix(v)));
        let suffixed: Option<Vec<Row>> = suffixed.collect();
        if let Some([first, rest @ ..]) = suffixed.as_deref()
            && first.takes_order
            && rest.iter().all(|row| row == first)
        {
            return Some(vec![(first.clone(), true)]);
        }
    }
    let rows = variants.iter().map(|v| Some((row(v, "")?, false)));
    rows.collect()
}

/// The suffix of the ordering in the name of a variant.
fn suffix(v: &Variant<'_>) -> String {
    let base = names::function(v.family, &v.of.base());
    let name = v.function();
    name.strip_prefix(&base).unwrap_or_default().to_owned()
}

/// A call of `callee` as a row, without `suffix` at the end of names.
fn calls(
    v: &Variant<'_>,
    suffix: &str,
    callee: &str,
    args: &str,
    needs: Option<String>,
) -> Option<Row> {
    let name = v.function().strip_suffix(suffix)?.to_owned();
    let callee = callee.strip_suffix(suffix)?.to_owned();
    let params = parenthesised(v);
    let needs = needs.into_iter().collect();
    let args = args.to_owned();
    Some(match v.of.result() {
        Some(_) => Row {
            shape: "RETURNS",
            args: vec![ret(v), name, params, callee, args],
            comment: String::new(),
            takes_order: true,
            needs,
        },
        None => Row {
            shape: "INVOKES",
            args: vec![name, params, callee, args],
            comment: String::new(),
            takes_order: false,
            needs,
        },
    })
}

/// The parameters of a helper. `const` follows the type, which may be that of a pointer.
fn parenthesised(v: &Variant<'_>) -> String {
    let params = params(v).replace(&format!("const {TYPE} *"), &format!("{TYPE} const *"));
    format!("({params})")
}

/// The row of a variant, without `suffix` at the end of names. `None` if no shape fits.
fn row(arch: &Arch, v: &Variant<'_>, plan: &Plan<'_>, suffix: &str) -> Option<Row> {
    let body = Body::new(v, arch, STYLE);
    match plan {
        Plan::Native(template) => {
            let [line] = template.lines.as_slice() else {
                return None;
            };
            let text = fill_expression(v, &line.text);
            let (callee, args) = text.split_once('(')?;
            let is_name = callee
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !is_name || !args.ends_with(')') {
                return None;
            }
            let row = calls(v, suffix, callee, &format!("({args}"), None)?;
            Some(Row {
                comment: line.meaning.clone(),
                ..row
            })
        }
        Plan::Stronger(_) | Plan::Fenced { .. } => None,
        Plan::Derived(derived) => row_of_derived(&body, v, derived, suffix),
        Plan::Loop { read, exchange } => {
            if v.of.op.pointer().is_some() || loop_reads_pointer(v) {
                return None;
            }
            let meaning = v.of.meaning;
            let fails = meaning.fails.as_ref();
            let fails = fails.map(|fails| body.expr(&meaning.expand(fails), "found"));
            let value = body.expr(meaning.new.as_ref()?, "found");
            let end = match v.of.result() {
                Some(result) => format!("return {}", body.expr(&meaning.expand(&result), "found")),
                None => "return".to_owned(),
            };
            let read_call = body.call(read, &[]);
            let call = body.call(exchange, &["&found".to_owned(), "next".to_owned()]);
            let (exchange_name, exchange_args) = call.split_once('(')?;
            let mut args = vec![
                ret(v),
                v.function().strip_suffix(suffix)?.to_owned(),
                parenthesised(v),
                v.family.c_value.clone(),
                read_call,
            ];
            let shape = if fails.is_some() {
                "RETRIES"
            } else {
                "REPEATS"
            };
            args.extend(fails);
            args.extend([
                value,
                exchange_name.strip_suffix(suffix)?.to_owned(),
                format!("({exchange_args}"),
                end,
            ]);
            Some(Row {
                shape,
                args,
                comment: String::new(),
                takes_order: true,
                needs: vec![read.of.base(), exchange.of.base()],
            })
        }
    }
}

/// The row of a variant that is derived from another one.
fn row_of_derived(
    body: &Body<'_>,
    v: &Variant<'_>,
    derived: &Derived<'_>,
    suffix: &str,
) -> Option<Row> {
    let Derived {
        source,
        args,
        tells,
    } = derived;
    let has_pointer = |v: &Variant<'_>| v.of.op.operands().any(|a| a.kind == ArgKind::Pointer);
    if has_pointer(v) || has_pointer(source) {
        return None;
    }
    let args: Vec<String> = args.iter().map(|expr| body.expr(expr, "")).collect();
    let call = body.call(source, &args);
    let (callee, args) = call.split_once('(')?;
    let args = format!("({args}");
    let needs = source.of.base();
    if *tells == Tells::Result || v.of.result().is_none() {
        return calls(v, suffix, callee, &args, Some(needs));
    }
    let result = v.of.result()?;
    let result = match tells {
        Tells::New => body.new_only(&result, "found"),
        _ => body.expr(&v.of.meaning.expand(&result), "found"),
    };
    // The shape would declare a variable that nothing reads.
    let mut words = result.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    if !words.any(|word| word == "found") {
        return None;
    }
    Some(Row {
        shape: "DERIVES",
        args: vec![
            ret(v),
            v.function().strip_suffix(suffix)?.to_owned(),
            parenthesised(v),
            v.family.c_value.clone(),
            callee.strip_suffix(suffix)?.to_owned(),
            args,
            result,
        ],
        comment: String::new(),
        takes_order: true,
        needs: vec![needs],
    })
}
