//! Parses `types.tbl`: the classes of operations, the C families, and the Rust types.

use crate::called::Called;
use crate::diag::{Error, Errors};
use crate::lex::{Cell, Faulty, Row, Source, all_rows, is_name, shorten};
use crate::model::ty::{Class, Family, Operand, Repr, Type, Types, Width};
use crate::names;

/// The parsed table.
pub(crate) struct Parsed<'a> {
    /// What messages call it.
    pub called: Called<'a>,
    /// Its rows without faults.
    pub types: Types,
    /// The names of its families.
    pub families: Vec<Cell<'a>>,
    /// The classes and families with faults.
    pub faulty: Faulty<'a>,
}

/// Parses the table.
pub(crate) fn parse<'a>(
    source: Source<'a>,
    added: &[Source<'a>],
    called: Called<'a>,
    errors: &mut Errors,
) -> Parsed<'a> {
    let mut types = Types::default();
    let mut faulty = Faulty::default();
    let mut families = Vec::new();
    let rows = all_rows(source, added, errors);
    if !rows.complete {
        faulty.add_anything();
    }
    for row in &rows.list {
        let is_added = row.head().place().file != source.name;
        let result = match row.head().text {
            "class" => parse_class(row, is_added, &mut types),
            "family" => parse_family(row, is_added, &mut types),
            "type" if is_added => add_classes(row, &mut types, &mut faulty, errors),
            "type" => parse_type(row, &mut types, &mut faulty, errors),
            other => Err(row.head().error(
                format!("unknown row `{}`", shorten(other)),
                "a row starts with `class`, `family` or `type`",
            )),
        };
        let name = row.cells.get(1);
        match (errors.take(result), name) {
            (Some(()), Some(name)) if row.head().text == "family" => families.push(*name),
            (Some(()), _) => {}
            (None, Some(name)) => faulty.add(name.text),
            (None, None) => faulty.add_anything(),
        }
    }
    check_sums(&rows.list, &types, errors);
    if let (Some(first), true) = (rows.list.first(), rows.complete) {
        for needed in ["class", "family", "type"] {
            if rows.list.iter().all(|row| row.head().text != needed) {
                errors.push(first.head().error(
                    format!("the table has no row `{needed}`"),
                    "a table needs at least one row `class`, one row `family` and one row `type`",
                ));
                faulty.add_anything();
            }
        }
    }
    Parsed {
        called,
        types,
        families,
        faulty,
    }
}

/// Checks that a type has all classes that add, or none: `AtomicAdd` stands for all of them.
fn check_sums(rows: &[Row<'_>], types: &Types, errors: &mut Errors) {
    let adding = |class: &&Class| class.operand == Operand::Delta;
    let adding: Vec<&Class> = types.classes.iter().filter(adding).collect();
    for row in rows.iter().filter(|row| row.head().text == "type") {
        let [_, name, _, classes, ..] = &row.cells[..] else {
            continue;
        };
        let Some(ty) = types.types.iter().find(|t| t.name == name.text) else {
            continue;
        };
        let has = |class: &&Class| ty.classes.iter().any(|at| types.classes[*at] == **class);
        let (has, lacks): (Vec<&Class>, Vec<&Class>) = adding.iter().copied().partition(|c| has(c));
        if let ([has, ..], [lacks, ..]) = (&has[..], &lacks[..]) {
            errors.push(classes.error(
                format!(
                    "`{}` has the class `{}`, but not the class `{}`",
                    ty.name, has.name, lacks.name
                ),
                "a type has all classes with the operand `delta`, or none: `AtomicAdd` stands for \
                 all of them",
            ));
        }
    }
}

/// The error for a class without a row; `place` says where its row should be.
pub(crate) fn unknown_class(cell: Cell<'_>, place: &str, classes: &[Class]) -> Error {
    let mut known: Vec<_> = classes.iter().map(|c| c.name.as_str()).collect();
    if known.is_empty() {
        known.push("none");
    }
    cell.error(
        format!("unknown class `{}`", shorten(cell.text)),
        format!("the classes {place} are {}", known.join(", ")),
    )
}

fn fresh<'a>(
    cell: Cell<'_>,
    what: &str,
    is_added: bool,
    mut known: impl Iterator<Item = &'a String>,
) -> Result<String, Error> {
    if !is_name(cell.text) {
        return Err(cell.error(
            format!("`{}` is not a valid name for a {what}", shorten(cell.text)),
            "a name is made of a-z, 0-9 and _, and starts with a letter",
        ));
    }
    if known.any(|name| name == cell.text) {
        return Err(cell.error(
            format!("the {what} `{}` has two rows", cell.text),
            match is_added {
                true => format!("choose another name, unless the {what} that is there is meant"),
                false => format!("keep one row for each {what}"),
            },
        ));
    }
    Ok(cell.text.into())
}

fn parse_class(row: &Row<'_>, is_added: bool, types: &mut Types) -> Result<(), Error> {
    const COLUMNS: &str = "class  name  operand  title";
    let name = row.get(1, "name", COLUMNS)?;
    let name = fresh(
        name,
        "class",
        is_added,
        types.classes.iter().map(|c| &c.name),
    )?;
    let operand = row.get(2, "operand", COLUMNS)?;
    let operand = match operand.text {
        "stored" => Operand::Stored,
        "delta" => Operand::Delta,
        "value" => Operand::Value,
        other => {
            return Err(operand.error(
                format!("unknown operand `{}`", shorten(other)),
                "an operand is `stored`, `delta` or `value`",
            ));
        }
    };
    let title = row.get(3, "title", COLUMNS)?;
    let title = row.rest(3).unwrap_or(title);
    // It becomes a part of attributes, format strings and documentation.
    let is_plain = |c: char| c.is_alphanumeric() || " -_,.()/&+".contains(c);
    if let Some(other) = title.text.chars().find(|c| !is_plain(*c)) {
        return Err(title.error(
            format!("a title cannot have the character `{other}`"),
            "a title is made of words, and of - _ , . ( ) / & +",
        ));
    }
    let title = title.text.into();
    let class = Class {
        name,
        operand,
        title,
    };
    if let Some(taken) = names::taken_by_class(&class, &types.classes) {
        return Err(row.cells[1].error(
            format!(
                "the class `{}` defines the trait `{taken}`, which exists already",
                class.name
            ),
            "choose another name",
        ));
    }
    types.classes.push(class);
    Ok(())
}

fn parse_family(row: &Row<'_>, is_added: bool, types: &mut Types) -> Result<(), Error> {
    const COLUMNS: &str = "family  name  repr  bits  C-object  C-value";
    let name = row.get(1, "name", COLUMNS)?;
    let name = fresh(
        name,
        "family",
        is_added,
        types.families.iter().map(|f| &f.name),
    )?;
    let repr_cell = row.get(2, "repr", COLUMNS)?;
    let int = Repr::INTS.iter().find(|int| **int == repr_cell.text);
    let repr = match (int, repr_cell.text) {
        (Some(int), _) => Repr::Int(int),
        (None, "ptr") => Repr::Pointer,
        (None, other) => {
            return Err(repr_cell.error(
                format!("unknown repr `{}`", shorten(other)),
                format!("a repr is {} or ptr", Repr::INTS.join(", ")),
            ));
        }
    };
    if let Some(other) = types.families.iter().find(|f| f.repr == repr) {
        return Err(repr_cell.error(
            format!(
                "the families `{}` and `{name}` have the same repr",
                other.name
            ),
            "write a different repr for each family",
        ));
    }
    let bits = row.get(3, "bits", COLUMNS)?;
    let expected = Type::INTS
        .iter()
        .find(|(n, _)| *n == repr.rust())
        .map(|(_, w)| *w);
    let width = match bits.text {
        "pointer" => Width::Pointer,
        "8" => Width::Bits(8),
        "16" => Width::Bits(16),
        "32" => Width::Bits(32),
        "64" => Width::Bits(64),
        other => {
            return Err(bits.error(
                format!("unknown width `{}`", shorten(other)),
                "a width is 8, 16, 32, 64 or `pointer`",
            ));
        }
    };
    if width != expected.unwrap_or(Width::Pointer) {
        return Err(bits.error(
            format!("`{}` does not have this width", repr_cell.text),
            "write the width of the repr, which is `pointer` for `isize` and `ptr`",
        ));
    }
    let object = row.get(4, "C-object", COLUMNS)?;
    let c_object = (object.text != "-").then(|| object.text.to_owned());
    if c_object.is_some() && !is_c_type(object.text) {
        return Err(object.error(
            format!("`{}` is not the name of a C type", shorten(object.text)),
            "write the name of its own `typedef`, such as atomic_t, or `-` if there is none",
        ));
    }
    row.get(5, "C-value", COLUMNS)?;
    let value = row.rest(5).unwrap_or(object);
    let c_value = repr.c_values().iter().find(|known| {
        let words = |text: &str| text.replace('*', " * ");
        words(known)
            .split_whitespace()
            .eq(words(value.text).split_whitespace())
    });
    let Some(c_value) = c_value else {
        return Err(value.error(
            format!(
                "`{}` is not the C type of {}",
                shorten(value.text),
                repr_cell.text
            ),
            format!("write {}", repr.c_values().join(", or ")),
        ));
    };
    let family = Family {
        name,
        repr,
        width,
        c_object,
        c_value: (*c_value).into(),
        classes: Vec::new(),
    };
    let raw = names::raw_type(&family);
    if let Some(other) = types.families.iter().find(|f| names::raw_type(f) == raw) {
        return Err(object.error(
            format!(
                "the families `{}` and `{}` both have the type `{raw}`",
                other.name, family.name
            ),
            "write a different C-object for each family; a family without one has the type NAME_t",
        ));
    }
    types.families.push(family);
    Ok(())
}

/// Whether `text` is a C identifier.
fn is_c_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && text.starts_with(|c: char| !c.is_ascii_digit())
}

/// Whether `text` can be the name of a new type, in C and in Rust.
fn is_c_type(text: &str) -> bool {
    let taken = [
        names::C_KEYWORDS,
        names::C_TYPES,
        names::RUST_TYPES,
        names::RUST_PATHS,
        // Items that the module `raw` imports, C's null pointer, and Rust's type of `self`.
        &["AtomicRepr", "NULL", "Self", "backend", "c_void"],
    ];
    is_c_word(text)
        && !text.starts_with("__")
        && names::rust_ident(text) == text
        && names::c_macro(text).is_none()
        && taken.iter().all(|words| !words.contains(&text))
}

fn parse_type<'a>(
    row: &Row<'a>,
    types: &mut Types,
    faulty: &mut Faulty<'a>,
    errors: &mut Errors,
) -> Result<(), Error> {
    const COLUMNS: &str = "type  name  family  classes";
    let name = row.get(1, "name", COLUMNS)?;
    let width = match Type::INTS.iter().find(|(int, _)| *int == name.text) {
        Some((_, width)) => Some(*width),
        None if name.text == "bool" => Some(Width::Bits(8)),
        None if matches!(name.text, "*const" | "*mut") => None,
        None => {
            let ints = Type::INTS.map(|(int, _)| int).join(", ");
            return Err(name.error(
                format!("unknown type `{}`", shorten(name.text)),
                format!("a type is {ints}, bool, *const or *mut; implement AtomicType for others"),
            ));
        }
    };
    if types.types.iter().any(|t| t.name == name.text) {
        return Err(name.error(
            format!("the type `{}` has two rows", name.text),
            "list all classes of a type in one row",
        ));
    }
    let family = row.get(2, "family", COLUMNS)?;
    let Some(index) = types.families.iter().position(|f| f.name == family.text) else {
        if faulty.has(|name| name == family.text) {
            return Ok(());
        }
        return Err(family.error(
            format!("unknown family `{}`", shorten(family.text)),
            "add a row `family` for it above the types that use it",
        ));
    };
    let found = &types.families[index];
    let fits = match width {
        Some(width) => found.width == width && matches!(found.repr, Repr::Int(_)),
        None => found.repr == Repr::Pointer,
    };
    if !fits {
        return Err(family.error(
            format!(
                "the type `{}` does not fit the family `{}`",
                name.text, found.name
            ),
            "use a family with a repr of the same size; pointers need the repr `ptr`, other \
             types an integer",
        ));
    }
    let cell = row.get(3, "classes", COLUMNS)?;
    row.at_most(4, COLUMNS)?;
    let is_integer = width.is_some() && name.text != "bool";
    let mut classes = Vec::new();
    read_classes(
        cell,
        (name.text, is_integer),
        &mut classes,
        types,
        faulty,
        errors,
    );
    classes.sort_unstable();
    types.give(index, &classes);
    types.types.push(Type {
        name: name.text.into(),
        family: index,
        classes,
    });
    Ok(())
}

/// A row `type` that is added to a table: a type that the table has gets more classes, any other is
/// new.
fn add_classes<'a>(
    row: &Row<'a>,
    types: &mut Types,
    faulty: &mut Faulty<'a>,
    errors: &mut Errors,
) -> Result<(), Error> {
    const COLUMNS: &str = "type  name  family  classes";
    let name = row.get(1, "name", COLUMNS)?;
    let Some(at) = types.types.iter().position(|t| t.name == name.text) else {
        return parse_type(row, types, faulty, errors);
    };
    let (index, is_integer) = (types.types[at].family, types.types[at].is_integer());
    let family = row.get(2, "family", COLUMNS)?;
    if types.families[index].name != family.text {
        return Err(family.error(
            format!("the type `{}` has another family", name.text),
            format!(
                "write `{}`: a row adds classes to the type",
                types.families[index].name
            ),
        ));
    }
    let cell = row.get(3, "classes", COLUMNS)?;
    row.at_most(4, COLUMNS)?;
    let mut classes = types.types[at].classes.clone();
    read_classes(
        cell,
        (name.text, is_integer),
        &mut classes,
        types,
        faulty,
        errors,
    );
    classes.sort_unstable();
    types.give(index, &classes);
    types.types[at].classes = classes;
    Ok(())
}

/// Adds the classes of a list to those that a type has.
fn read_classes<'a>(
    cell: Cell<'a>,
    (name, is_integer): (&str, bool),
    classes: &mut Vec<usize>,
    types: &Types,
    faulty: &mut Faulty<'a>,
    errors: &mut Errors,
) {
    let had = classes.len();
    for class in cell.commas(errors) {
        let at = types.classes.iter().position(|c| c.name == class.text);
        match at {
            None if faulty.has(|name| name == class.text) => {}
            None => {
                errors.push(unknown_class(class, "above this row", &types.classes));
                // It is one fault, however many rows have it.
                faulty.add(class.text);
            }
            Some(at) if classes[..had].contains(&at) => errors.push(class.error(
                format!("the type `{name}` has the class `{}` already", class.text),
                "list only the classes that are added",
            )),
            Some(at) if classes.contains(&at) => errors.push(class.error(
                format!("the class `{}` occurs twice", class.text),
                "list each class once",
            )),
            Some(at) if !is_integer && types.classes[at].operand != Operand::Stored => {
                errors.push(class.error(
                    format!("`{name}` cannot have the class `{}`", class.text),
                    "the class computes values that may not be valid for this type: \
                     only integers can have it",
                ));
            }
            Some(at) => classes.push(at),
        }
    }
}
