//! The page of the guide with the tables that follow from the model: operations and their
//! orderings, types, plans, and barriers.

use crate::arch::{Arch, BARRIERS, Barrier};
use crate::model::op::Ordering;
use crate::model::ty::{Family, Width};
use crate::model::{FormOf, Spec};
use crate::names;
use crate::plan::{Missing, Planner, Planners};

/// Orderings from the weakest to the strongest: the columns.
const ORDERINGS: [Ordering; 4] = [
    Ordering::Relaxed,
    Ordering::Acquire,
    Ordering::Release,
    Ordering::Full,
];

const OPERATIONS: &str = "\
## Operations and orderings

A cell has the suffix of the C function that has this ordering, and `-` is the function without a
suffix. The method does not take the ordering if the cell is empty. A conditional operation that
fails orders nothing. `atomic64_` and `atomic_long_` have the same functions as `atomic_`.

";

const TYPES: &str = "\
## Types

Which types have the operations of a class.

";

const PLANS: &str = "\
## Plans

A cell says how the instructions of an operation are found, for its orderings from the weakest to
the strongest. If CPUs differ, the cell begins with those that have all of what the head of the
column names, and goes on with those that have none of it.

- *native*: the architecture has instructions for it.
- *loop*: the same, and they repeat until nothing else came in between.
- *fenced*: the relaxed operation between fences.
- *stronger*: the fully ordered operation, which is more than asked for.
- *derived*: another operation, with other operands or with a result that is computed from its own.
  The method `cmpxchg` is C's `try_cmpxchg`, and may be derived from C's `cmpxchg`.
- *cmpxchg-loop*: a loop around a compare-and-exchange.

The order in which they are tried is that of the kernel's own fallbacks; `cargo xtask explain NAME
--arch ARCH` shows the instructions.

";

const INSTRUCTIONS: &str = "\
## Barriers

The instructions of this crate's barriers, under C's names. `-` stands for none: such a
barrier is for the compiler alone.
";

/// The title of the page, which is also its summary in lists of pages.
pub const TITLE: &str = "# Operations, types, plans and barriers";

/// The page below its title, in Markdown.
///
/// # Errors
///
/// If an architecture cannot implement a variant.
pub fn page(spec: &Spec) -> Result<String, Missing> {
    let mut out = operations(spec);
    out += &types(spec);
    out += PLANS;
    let mut widths: Vec<(Vec<String>, String)> = Vec::new();
    let planners: Vec<_> = spec.asm_archs().map(|a| Planners::new(spec, a)).collect();
    for family in &spec.types.families {
        let Width::Bits(bits) = family.width else {
            continue;
        };
        let table = plans(spec, &planners, family)?;
        match widths.iter_mut().find(|(_, known)| *known == table) {
            Some((widths, _)) => widths.push(bits.to_string()),
            None => widths.push((vec![bits.to_string()], table)),
        }
    }
    for (bits, table) in widths {
        out += &format!("### {} bits\n\n{table}\n", bits.join(" and "));
    }
    out += &barriers(spec);
    Ok(out)
}

/// A row of a table.
fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells = cells.into_iter().map(|cell| format!(" {cell} |"));
    format!("|{}\n", cells.collect::<String>())
}

/// The head of a table.
fn head(titles: Vec<String>) -> String {
    let line = row(titles.iter().map(|_| "---".to_owned()));
    row(titles) + &line
}

/// The link to a method.
fn method(form: &FormOf<'_>) -> String {
    let name = form.method();
    format!("[`{name}`](crate::Atomic::{})", names::rust_ident(&name))
}

/// The name of a form in C.
fn c_name(form: &FormOf<'_>) -> String {
    format!("`atomic_{}`", form.base())
}

/// Every method, and the suffix of its C function in each ordering.
fn operations(spec: &Spec) -> String {
    let mut out = OPERATIONS.to_owned();
    let titles = ["method", "in C", "class"].map(str::to_owned).into_iter();
    let orderings = ORDERINGS.map(|o| format!("`{}`", o.name()));
    out += &head(titles.chain(orderings).collect());
    for form in spec.typed_forms() {
        let cells = ORDERINGS.map(|ordering| match ordering {
            _ if !form.orderings().contains(&ordering) => String::new(),
            _ if ordering == form.form.unmarked() => "`-`".to_owned(),
            _ => format!("`_{}`", ordering.name().to_lowercase()),
        });
        let first = [method(&form), c_name(&form), form.class.title.clone()];
        out += &row(first.into_iter().chain(cells));
    }
    out + "\n"
}

/// Which types have which classes.
fn types(spec: &Spec) -> String {
    let types = &spec.types.types;
    let mut out = TYPES.to_owned();
    let names = types.iter().map(|ty| match ty.is_pointer() {
        true => format!("`{} T`", ty.name),
        false => format!("`{}`", ty.name),
    });
    out += &head(["class".to_owned()].into_iter().chain(names).collect());
    for (index, class) in spec.types.classes.iter().enumerate() {
        let cells = types.iter().map(|ty| match ty.classes.contains(&index) {
            true => "yes".to_owned(),
            false => String::new(),
        });
        out += &row([class.title.clone()].into_iter().chain(cells));
    }
    out + "\n"
}

/// An architecture and its features.
fn title(arch: &Arch) -> String {
    let names = arch.features.iter().map(|feature| feature.name.as_str());
    [&*arch.name]
        .into_iter()
        .chain(names)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The planners for the CPUs of an architecture that have all of its features, and for those that
/// have none.
fn extremes<'p, 's>(planners: &'p Planners<'s>) -> [Option<&'p Planner<'s>>; 2] {
    let all = planners.all();
    [
        all.iter().max_by_key(|p| p.features.count()),
        all.iter().min_by_key(|p| p.features.count()),
    ]
}

/// How each architecture implements the operations of a family.
fn plans<'s>(
    spec: &'s Spec,
    planners: &[Planners<'s>],
    family: &'s Family,
) -> Result<String, Missing> {
    let titles = spec.asm_archs().map(title);
    let mut out = head(["method".to_owned()].into_iter().chain(titles).collect());
    for form in spec.typed_forms().filter(|f| f.is_in(family)) {
        let mut cells = vec![method(&form)];
        for planners in planners {
            let ways = extremes(planners).into_iter().flatten();
            let ways = ways.map(|planner| plan(planner, &form, family));
            cells.push(alternatives(ways.collect::<Result<_, _>>()?));
        }
        out += &row(cells);
    }
    Ok(out)
}

/// How the variants of a form are implemented on some CPUs.
fn plan<'s>(
    planner: &Planner<'s>,
    form: &FormOf<'s>,
    family: &'s Family,
) -> Result<String, Missing> {
    let mut words: Vec<&str> = Vec::new();
    let mut variants: Vec<_> = form.variants(family).collect();
    variants.sort_by_key(|v| ORDERINGS.iter().position(|o| *o == v.ordering));
    for variant in variants {
        let how = planner.plan(&variant)?.how();
        if !words.contains(&how) {
            words.push(how);
        }
    }
    Ok(words.join(", "))
}

/// What the CPUs of an architecture do: one thing, or one with its features and one without.
fn alternatives(mut ways: Vec<String>) -> String {
    ways.dedup();
    ways.join("; else ")
}

/// The instructions of each barrier. A table has three of them, so that no instruction is broken.
fn barriers(spec: &Spec) -> String {
    let mut out = INSTRUCTIONS.to_owned();
    for names in BARRIERS.chunks(3) {
        out.push('\n');
        let titles = names.iter().map(|name| format!("`{name}()`"));
        out += &head(
            ["architecture".to_owned()]
                .into_iter()
                .chain(titles)
                .collect(),
        );
        for arch in spec.asm_archs() {
            let cells = names.iter().map(|name| {
                let ways = arch.barrier_choices(name);
                alternatives(ways.map(|(_, barrier)| instructions(barrier)).collect())
            });
            out += &row([title(arch)].into_iter().chain(cells));
        }
    }
    out
}

/// The instructions of a barrier.
fn instructions(barrier: &Barrier) -> String {
    if barrier.lines.is_empty() {
        return "-".to_owned();
    }
    let lines = barrier.lines.iter().map(|line| format!("`{}`", line.text));
    lines.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cells of the row that begins with `first`, below a heading.
    fn cells(page: &str, heading: &str, first: &str) -> Vec<String> {
        let (_, rest) = page.split_once(heading).unwrap();
        let row = rest.lines().find(|line| line.starts_with(first));
        let row = row.unwrap_or_else(|| panic!("no row `{first}` below `{heading}`"));
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    }

    #[test]
    fn the_tables_say_what_the_model_says() {
        let page = page(&Spec::builtin().unwrap()).unwrap();
        let orderings = |method: &str| {
            let first = format!("| [`{method}`]");
            cells(&page, "## Operations and orderings\n", &first)[3..].to_vec()
        };
        assert_eq!(orderings("add"), ["`-`", "", "", ""]);
        assert_eq!(orderings("load"), ["`-`", "`_acquire`", "", ""]);
        let all = ["`_relaxed`", "`_acquire`", "`_release`", "`-`"];
        assert_eq!(orderings("xchg"), all);
        assert_eq!(cells(&page, "## Types\n", "| signed |")[1..3], ["", "yes"]);
        let words = |method| cells(&page, "### 32 bits\n", method);
        assert_eq!(words("| [`add`]")[1..3], ["native; else loop", "loop"]);
        assert_eq!(words("| [`inc`]")[1], "derived");
        assert_eq!(cells(&page, "### 8 and 16 bits\n", "| [`add`]")[3], "loop");
        let barriers = |arch| cells(&page, "| `smp_mb()` | `smp_rmb()` | `smp_wmb()` |", arch);
        assert_eq!(barriers("| aarch64, lse |")[2], "`dmb ishld`");
        assert_eq!(barriers("| x86_64 |")[2], "-");
    }
}
