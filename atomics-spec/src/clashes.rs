//! Names that come of two tables together: a family and an operation, or an operation and its
//! arguments. Each must mean one thing.

use std::collections::BTreeMap;

use crate::arch::{Arch, BARRIERS};
use crate::diag::Errors;
use crate::model::op::Op;
use crate::model::ty::Family;
use crate::names;
use crate::semantics::Meaning;
use crate::table::{Parsed, Table};
use crate::types;

/// What has a name.
enum Owner {
    /// The function of an operation in a family, by their indices.
    Function { op: usize, family: usize },
    /// A function of a backend that is not an operation, or a C type.
    Item,
    /// A method of the raw types that is not an operation.
    Method,
}

/// Checks the names of tables without other errors.
pub(crate) fn check(
    table: &Table<'_>,
    meanings: &[Meaning],
    types: &types::Parsed<'_>,
    archs: &[Arch],
    errors: &mut Errors,
) {
    let fixed = BARRIERS.iter().chain(names::BACKEND_FUNCTIONS);
    let fixed = fixed.copied();
    // A backend has a function for each feature, which asks whether the CPU has it.
    let features = archs
        .iter()
        .flat_map(|a| &a.features)
        .map(|f| f.name.as_str());
    let items = fixed.chain(features);
    let families = &types.types.families;
    check_modules(types, archs, errors);
    let mut owners: BTreeMap<String, Owner> =
        items.map(|name| (name.to_owned(), Owner::Item)).collect();
    // In C, types and functions share their names.
    let objects = families.iter().map(names::raw_type);
    owners.extend(objects.map(|name| (name, Owner::Item)));
    let methods = names::RAW_METHODS.iter();
    owners.extend(methods.map(|name| ((*name).to_owned(), Owner::Method)));
    for (index, family) in families.iter().enumerate() {
        let has = |op: &usize| family.classes.contains(&meanings[*op].class);
        for op in (0..table.ops.len()).filter(has) {
            let clash = functions(&table.ops[op].op, family).find_map(|name| {
                let owner = owners.get(&name)?;
                Some((name, owner))
            });
            if let Some((name, owner)) = clash {
                errors.push(clashing(&name, owner, (op, index), table, types));
                continue;
            }
            for name in functions(&table.ops[op].op, family) {
                owners.insert(name, Owner::Function { op, family: index });
            }
        }
    }
    for parsed in &table.ops {
        let mut args = parsed.op.args.iter();
        let is_function = |name: &String| {
            let owner = owners.get(name);
            owner.is_some_and(|owner| !matches!(owner, Owner::Method))
        };
        if let Some(arg) = args.find(|arg| is_function(&arg.name)) {
            errors.push(parsed.name.error(
                format!(
                    "an argument of `{}` cannot be called `{}`",
                    parsed.op.name, arg.name
                ),
                "the generated code has a function or a type of this name: write another name after a `:`",
            ));
        }
    }
}

/// Checks that the module of a family in a backend is the only one of its name.
fn check_modules(types: &types::Parsed<'_>, archs: &[Arch], errors: &mut Errors) {
    let features = archs.iter().flat_map(|arch| &arch.features);
    let given = archs.iter().map(|arch| &arch.name);
    let given = given.chain(features.map(|feature| &feature.name));
    let fixed = names::BACKEND_MODULES.iter().copied();
    let modules: Vec<&str> = fixed.chain(given.map(String::as_str)).collect();
    for (family, cell) in types.types.families.iter().zip(&types.families) {
        if modules.contains(&family.name.as_str()) {
            errors.push(cell.error(
                format!("a family cannot be called `{}`", family.name),
                "the generated code has another module of this name: write another name",
            ));
        }
    }
}

/// The functions of an operation in a family.
fn functions(op: &Op, family: &Family) -> impl Iterator<Item = String> {
    op.forms.iter().flat_map(move |form| {
        let orderings = form.orderings().iter();
        orderings.map(move |o| names::function(family, &names::variant(op, *form, *o)))
    })
}

/// The error for the function `name` of an operation in a family, whose name is that of `owner`.
fn clashing(
    name: &str,
    owner: &Owner,
    (op, family): (usize, usize),
    table: &Table<'_>,
    types: &types::Parsed<'_>,
) -> crate::diag::Error {
    let whole = |op: usize, family: usize| {
        let (op, family) = (&table.ops[op].op.name, &types.types.families[family].name);
        format!("`{op}` of the family `{family}`")
    };
    let at = table.ops[op].name;
    let line = |other: &Parsed<'_>| other.name.line_from(&at);
    match owner {
        Owner::Item | Owner::Method => at.error(
            format!(
                "{} is the function `{name}`, which exists already",
                whole(op, family)
            ),
            format!(
                "the family is in line {} of {}: rename it or the operation",
                types.families[family].place().line,
                types.called
            ),
        ),
        Owner::Function {
            op: other,
            family: of,
        } => at.error(
            format!(
                "{} and {} are the same function `{name}`",
                whole(*other, *of),
                whole(op, family)
            ),
            format!(
                "`{}` is in {}, and the families are in lines {} and {} of {}: rename one of \
                 them",
                table.ops[*other].op.name,
                line(&table.ops[*other]),
                types.families[*of].place().line,
                types.families[family].place().line,
                types.called
            ),
        ),
    }
}
