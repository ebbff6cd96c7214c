//! Writes functions as rows of macros: one macro for each shape, one row for each function. Families
//! with the same rows share them.

use std::collections::BTreeSet;

use super::body::Block;
use super::calls::{self, Short};
use super::fold::{self, Group, Instance, Parameter, Shape, SharedBlock};
use super::folded::{Folded, Use, argument, pattern};
use super::symbols::{self, Kind};
use crate::emit::text::{Text, list};
use crate::model::ty::{Family, Repr};
use crate::names::{self, rust_ident};

/// Names of macros that generated code calls.
const CALLED: [&str; 19] = [
    "access",
    "access_word",
    "asm",
    "barrier",
    "barriers",
    "call",
    "calls",
    "cfg",
    "concat",
    "condition",
    "fenced",
    "functions",
    "hide",
    "in_core",
    "keep_order",
    "load",
    "macro_rules",
    "no",
    "store",
];

/// Functions of a shape that are the same in some families.
struct Chunk<'s> {
    shape: usize,
    families: Vec<usize>,
    /// The functions of the first of these families.
    rows: Vec<&'s Instance>,
}

/// A parameter of a macro for several families, with its value for each of them.
struct Shared {
    parameter: Parameter,
    values: Vec<String>,
}

/// Writes the functions as macros and a module for each family.
pub(super) fn emit(t: &mut Text, families: &[Family], groups: Vec<Group>) {
    let mut taken: BTreeSet<String> = CALLED.iter().map(|name| (*name).to_owned()).collect();
    let mut calls: Vec<(Block, String)> = Vec::new();
    for shared in fold::shared_blocks(&groups) {
        t.line("");
        calls.push(emit_block(t, shared, &mut taken));
    }
    let call = |block: &Block| {
        let found = calls.iter().find(|(known, _)| known == block);
        found.map(|(_, call)| call.clone())
    };
    let shapes = groups.into_iter().map(|group| group.shape(&call));
    let folded: Vec<Folded> = shapes.map(|shape| fold(shape, &mut taken)).collect();
    let chunks: Vec<Chunk<'_>> = folded.iter().enumerate().flat_map(chunks).collect();
    for (index, shape) in folded.iter().enumerate() {
        let is_row = |c: &Chunk<'_>| c.shape == index && c.rows.len() > 1;
        if shape.short.is_none() && chunks.iter().any(is_row) {
            t.line("");
            emit_macro(t, shape);
        }
    }
    let mut sets: Vec<(Vec<usize>, Vec<&Chunk<'_>>)> = Vec::new();
    for chunk in &chunks {
        match sets
            .iter_mut()
            .find(|(families, _)| *families == chunk.families)
        {
            Some((_, all)) => all.push(chunk),
            None => sets.push((chunk.families.clone(), vec![chunk])),
        }
    }
    let mut calls: Vec<(&[usize], String, Vec<Shared>)> = Vec::new();
    for (set, chunks) in sets.iter().filter(|(set, _)| set.len() > 1) {
        let name = unique(&set_name(families, set), &mut taken);
        t.line("");
        let shared = emit_set(t, &name, families, set, chunks, &folded);
        calls.push((set, name, shared));
    }
    for (index, family) in families.iter().enumerate() {
        // Nothing names the module of a family without functions.
        if !chunks.iter().any(|chunk| chunk.families.contains(&index)) {
            continue;
        }
        t.line("");
        t.doc(&format!("The functions `{}_*`.", family.name));
        t.block(
            &format!("pub(crate) mod {}", names::backend_module(family)),
            |t| {
                t.line(match family.repr {
                    Repr::Int(_) => "use super::asm;",
                    Repr::Pointer => "use super::{asm, c_void};",
                });
                let is_shared = |set: &[usize]| set.contains(&index);
                if calls.iter().any(|(set, ..)| is_shared(set)) {
                    t.line("");
                }
                for (set, name, shared) in &calls {
                    let Some(at) = set.iter().position(|f| *f == index) else {
                        continue;
                    };
                    let args = shared.iter().map(|s| argument(&s.parameter, &s.values[at]));
                    let args: Vec<String> = args.collect();
                    t.line(format!("{name}! {{ {} }}", args.join(", ")));
                }
                let own = sets.iter().find(|(set, _)| *set == [index]);
                if let Some((_, chunks)) = own {
                    t.line("");
                    emit_chunks(t, chunks, &folded, &|chunk, p| {
                        Use::Value(chunk.rows[0].value(&p.name).into())
                    });
                }
            },
        );
    }
}

/// Writes the macro of a block. Returns a call of it in the text of a shape.
fn emit_block(t: &mut Text, shared: SharedBlock, taken: &mut BTreeSet<String>) -> (Block, String) {
    let SharedBlock { block, shape } = shared;
    let name = unique(&format!("{}_asm", shape_name(&shape)), taken);
    let folded = Folded {
        commons: shape.variables(),
        columns: Vec::new(),
        short: None,
        shape,
        name,
    };
    t.doc(&format!("The instructions of {}.", bases(&folded.shape)));
    t.block(&format!("macro_rules! {}", folded.name), |t| {
        // A metavariable may have the name of a keyword, but is no raw identifier.
        let bare = |arg: &String| arg.trim_start_matches("r#").to_owned();
        let args = block.args.iter().map(|arg| format!("${}:expr", bare(arg)));
        let parameters = folded.commons.iter().map(|(p, _)| pattern(p));
        let patterns: Vec<String> = args.chain(parameters).collect();
        t.wide_line(&format!("({}) => {{{{", patterns.join(", ")));
        t.indented(|t| {
            let values = block.args.iter().map(|arg| format!("${}", bare(arg)));
            let values: Vec<String> = values.collect();
            match (block.args.as_slice(), values.as_slice()) {
                ([name], [value]) => t.line(format!("let {name} = {value};")),
                (names, values) => t.line(format!(
                    "let ({}) = ({});",
                    names.join(", "),
                    values.join(", ")
                )),
            }
            folded.emit(t, &|p| Use::Variable(p.name.clone()));
        });
        t.line("}};");
    });
    let parameters = folded.commons.iter().map(|(p, _)| {
        let mark = symbols::marked(&p.name);
        if p.kind == Kind::Line {
            format!("[{mark}]")
        } else {
            mark
        }
    });
    let args: Vec<String> = block.args.iter().cloned().chain(parameters).collect();
    let call = format!("{}!({})", folded.name, args.join(", "));
    (block, call)
}

/// The operations of a shape, as words.
fn bases(shape: &Shape) -> String {
    let mut bases: Vec<String> = Vec::new();
    for instance in &shape.instances {
        let base = format!("`{}`", instance.base);
        if !bases.contains(&base) {
            bases.push(base);
        }
    }
    list(&bases, "and")
}

fn fold(shape: Shape, taken: &mut BTreeSet<String>) -> Folded {
    let variables = shape.variables();
    let (commons, columns) = variables
        .into_iter()
        .partition(|(p, _)| p.name != "name" && shape.is_of_family(&p.name));
    let short = Short::of(&shape);
    let name = match short {
        Some(_) => String::new(),
        None => unique(&shape_name(&shape), taken),
    };
    Folded {
        shape,
        commons,
        columns,
        short,
        name,
    }
}

/// The functions of a shape by sets of families that have the same rows.
fn chunks((index, folded): (usize, &Folded)) -> Vec<Chunk<'_>> {
    let mut chunks: Vec<Chunk<'_>> = Vec::new();
    let instances = &folded.shape.instances;
    let families: BTreeSet<usize> = instances.iter().map(|i| i.family).collect();
    for family in families {
        let rows: Vec<&Instance> = instances.iter().filter(|i| i.family == family).collect();
        let is_same = |chunk: &&mut Chunk<'_>| {
            chunk.rows.len() == rows.len()
                && chunk.rows.iter().zip(&rows).all(|(one, other)| {
                    let mut columns = folded.columns.iter();
                    one.value("name") == other.value("name")
                        && columns.all(|(p, _)| one.value(&p.name) == other.value(&p.name))
                })
        };
        match chunks.iter_mut().find(is_same) {
            Some(chunk) => chunk.families.push(family),
            None => chunks.push(Chunk {
                shape: index,
                families: vec![family],
                rows,
            }),
        }
    }
    chunks
}

/// The macro of a shape.
fn emit_macro(t: &mut Text, folded: &Folded) {
    t.doc(&format!("Functions of {}.", bases(&folded.shape)));
    t.block(&format!("macro_rules! {}", folded.name), |t| {
        let commons: Vec<String> = folded.commons.iter().map(|(p, _)| pattern(p)).collect();
        let commons = match commons.as_slice() {
            [] => String::new(),
            all => format!("{}; ", all.join(", ")),
        };
        let columns: Vec<String> = folded.columns.iter().map(|(p, _)| pattern(p)).collect();
        let pattern = format!(
            "({commons}$({};)*) => {{ functions! {{ $(",
            columns.join(" ")
        );
        t.wide_line_until(&pattern, " => {");
        t.indented(|t| folded.emit(t, &|p| Use::Variable(p.name.clone())));
        t.line(")* } };");
    });
}

/// The macro of the functions that several families share. Returns its parameters.
fn emit_set(
    t: &mut Text,
    name: &str,
    families: &[Family],
    set: &[usize],
    chunks: &[&Chunk<'_>],
    folded: &[Folded],
) -> Vec<Shared> {
    let mut shared: Vec<Shared> = Vec::new();
    for chunk in chunks {
        let shape = &folded[chunk.shape];
        for (parameter, _) in &shape.commons {
            let values = values_of(&shape.shape, parameter, &chunk.families);
            if values.windows(2).all(|pair| pair[0] == pair[1])
                || find(&shared, parameter.kind, &values).is_some()
            {
                continue;
            }
            let mut own = parameter.clone();
            let mut number = 1;
            while shared.iter().any(|s| s.parameter.name == own.name) {
                number += 1;
                own.name = format!("{}{number}", parameter.name);
            }
            shared.push(Shared {
                parameter: own,
                values,
            });
        }
    }
    let of: Vec<String> = set
        .iter()
        .map(|f| format!("`{}_*`", families[*f].name))
        .collect();
    t.doc(&format!("What {} have in common.", list(&of, "and")));
    t.block(&format!("macro_rules! {name}"), |t| {
        let patterns: Vec<String> = shared.iter().map(|s| pattern(&s.parameter)).collect();
        t.wide_line(&format!("({}) => {{", patterns.join(", ")));
        t.indented(|t| {
            emit_chunks(t, chunks, folded, &|chunk, p| {
                let values = values_of(&folded[chunk.shape].shape, p, &chunk.families);
                match find(&shared, p.kind, &values) {
                    Some(shared) => Use::Variable(shared.parameter.name.clone()),
                    None => Use::Value(values[0].clone()),
                }
            });
        });
        t.line("};");
    });
    shared
}

fn find<'s>(shared: &'s [Shared], kind: Kind, values: &[String]) -> Option<&'s Shared> {
    let mut all = shared.iter();
    all.find(|s| s.parameter.kind == kind && s.values == values)
}

/// The values of a parameter in some families.
fn values_of(shape: &Shape, parameter: &Parameter, families: &[usize]) -> Vec<String> {
    let values = families.iter().map(|family| {
        let mut all = shape.instances.iter();
        let instance = all.find(|i| i.family == *family);
        instance.map_or(String::new(), |i| i.value(&parameter.name).to_owned())
    });
    values.collect()
}

/// What the common parameters of a chunk are written as.
type Common<'a> = &'a dyn Fn(&Chunk<'_>, &Parameter) -> Use;

/// Chunks: rows of macros, functions that are the only ones of their shapes, and calls.
fn emit_chunks(t: &mut Text, chunks: &[&Chunk<'_>], folded: &[Folded], common: Common<'_>) {
    let is_short = |chunk: &&&Chunk<'_>| folded[chunk.shape].short.is_some();
    let (short, others): (Vec<&Chunk<'_>>, Vec<&Chunk<'_>>) = chunks.iter().partition(is_short);
    let (singles, rows): (Vec<&Chunk<'_>>, Vec<&Chunk<'_>>) =
        others.into_iter().partition(|chunk| chunk.rows.len() == 1);
    let calls = short.iter().flat_map(|chunk| {
        let folded = &folded[chunk.shape];
        let rows = chunk.rows.iter();
        rows.filter_map(|row| folded.row(&|p| written(folded, chunk, row, p, common)))
    });
    let (functions, calls) = calls::split(t, calls.collect());
    let mut is_first = true;
    let mut blank = |t: &mut Text| {
        if !std::mem::take(&mut is_first) {
            t.line("");
        }
    };
    for chunk in rows {
        blank(t);
        emit_rows(t, &folded[chunk.shape], chunk, common);
    }
    if !singles.is_empty() || !functions.is_empty() {
        blank(t);
        t.block("functions!", |t| {
            for (index, chunk) in singles.iter().enumerate() {
                if index > 0 {
                    t.line("");
                }
                let folded = &folded[chunk.shape];
                folded.emit(t, &|p| written(folded, chunk, chunk.rows[0], p, common));
            }
            if !singles.is_empty() && !functions.is_empty() {
                t.line("");
            }
            calls::emit_functions(t, &functions);
        });
    }
    for group in &calls {
        blank(t);
        calls::emit(t, group);
    }
}

/// What a parameter is written as in a row of a chunk.
fn written(
    folded: &Folded,
    chunk: &Chunk<'_>,
    row: &Instance,
    parameter: &Parameter,
    common: Common<'_>,
) -> Use {
    let mut commons = folded.commons.iter();
    if commons.any(|(common, _)| common == parameter) {
        common(chunk, parameter)
    } else {
        Use::Value(row.value(&parameter.name).into())
    }
}

/// The rows of a chunk.
fn emit_rows(t: &mut Text, folded: &Folded, chunk: &Chunk<'_>, common: Common<'_>) {
    let commons: Vec<String> = folded
        .commons
        .iter()
        .map(|(p, _)| match common(chunk, p) {
            Use::Value(value) => argument(p, &value),
            Use::Variable(name) if p.kind == Kind::Line => format!("[$(${name})?]"),
            Use::Variable(name) => format!("${name}"),
        })
        .collect();
    t.block(&format!("{}!", folded.name), |t| {
        if !commons.is_empty() {
            t.line(format!("{};", commons.join(", ")));
        }
        let heads = folded.columns.iter().map(|(p, _)| p.name.clone());
        let mut table: Vec<Vec<String>> = vec![heads.collect()];
        for row in &chunk.rows {
            let cells = folded.columns.iter();
            table.push(
                cells
                    .map(|(p, _)| argument(p, row.value(&p.name)))
                    .collect(),
            );
        }
        let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..table[0].len()).map(|c| width(c).unwrap_or(0)).collect();
        if let [_] = *widths {
            // Only names: they share lines.
            let names = table[1..].iter().map(|row| format!("{};", row[0]));
            return t.words(&names.collect::<Vec<_>>(), "");
        }
        for (index, row) in table.iter().enumerate() {
            let cells = row.iter().zip(&widths);
            let cells: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            let line = cells.join("  ");
            match index {
                0 => t.line(format!("// {}", line.trim_end())),
                _ => t.line(format!("{};", line.trim_end())),
            }
        }
    });
}

/// A name for the macro of a shape: `fetch_op` for `fetch_add` and `fetch_sub`.
fn shape_name(shape: &Shape) -> String {
    let bases: BTreeSet<&str> = shape.instances.iter().map(|i| i.base.as_str()).collect();
    let words: Vec<Vec<&str>> = bases.iter().map(|base| base.split('_').collect()).collect();
    let Some(first) = words.first().filter(|_| words.len() > 1) else {
        return bases.into_iter().next().unwrap_or_default().to_owned();
    };
    let shortest = words.iter().map(Vec::len).min().unwrap_or(0);
    let is_common = |at: &usize| words.iter().all(|w| w[*at] == first[*at]);
    let before = (0..shortest).take_while(is_common).count();
    let is_common_end = |at: &usize| {
        let last = |w: &Vec<&str>| w[w.len() - 1 - at].to_owned();
        words.iter().all(|w| last(w) == last(first))
    };
    let after = (0..shortest - before).take_while(is_common_end).count();
    let mut name: Vec<&str> = first[..before].to_vec();
    name.push("op");
    name.extend(&first[first.len() - after..]);
    name.join("_")
}

/// A name for the macro of the functions that some families share.
fn set_name(families: &[Family], set: &[usize]) -> String {
    let is_int = |f: &usize| families[*f].repr != Repr::Pointer;
    let integers = (0..families.len()).filter(is_int);
    if set.len() == families.len() {
        return "all_families".into();
    }
    if integers.eq(set.iter().copied()) {
        return "integers".into();
    }
    let of = set.iter().map(|f| match families[*f].repr {
        Repr::Int(name) => name,
        Repr::Pointer => "ptr",
    });
    of.collect::<Vec<_>>().join("_")
}

/// The name, or the name with a number if it is taken.
fn unique(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = rust_ident(wanted);
    let mut number = 1;
    while !taken.insert(name.clone()) {
        number += 1;
        name = format!("{wanted}_{number}");
    }
    name
}
