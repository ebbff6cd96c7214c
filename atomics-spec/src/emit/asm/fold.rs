//! Functions of one shape: those whose texts differ in nothing but the values of parameters.

use std::collections::{BTreeMap, BTreeSet};

use super::body::{BLOCK, Block, Function};
use super::symbols::{self, Kind, Part, Value, parts};
use crate::emit::text::list;
use crate::model::Variant;
use crate::model::op::Ordering;

/// One function of a shape.
#[derive(Clone)]
pub(super) struct Instance {
    /// The index of its family.
    pub family: usize,
    /// Its name without the ordering: `fetch_add`.
    pub base: String,
    pub ordering: Ordering,
    pub bits: u32,
    values: Vec<Value>,
}

impl Instance {
    /// The function of a variant of the family with the index `family`.
    pub fn new(v: &Variant<'_>, family: usize, bits: u32) -> Self {
        Self {
            family,
            base: v.of.base(),
            ordering: v.ordering,
            bits,
            values: Vec::new(),
        }
    }

    /// The kind of a parameter.
    pub fn kind(&self, name: &str) -> Kind {
        let found = self.values.iter().find(|value| value.name == name);
        found.map_or(Kind::Code, |value| value.kind)
    }

    /// The value of a parameter.
    pub fn value(&self, name: &str) -> &str {
        let found = self.values.iter().find(|value| value.name == name);
        found.map_or("", |value| value.text.as_str())
    }
}

/// A parameter of a shape whose values differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub name: String,
    pub kind: Kind,
}

/// Functions or blocks with one text.
pub(super) struct Shape {
    /// The text, with the marks of parameters.
    pub text: String,
    /// The functions, family by family.
    pub instances: Vec<Instance>,
}

impl Shape {
    /// The parameters in the order of the text, without those that only comments have.
    fn parameters(&self) -> Vec<Parameter> {
        let mut all: Vec<Parameter> = Vec::new();
        for part in parts(&self.text) {
            let Part::Parameter(name) = part else {
                continue;
            };
            let known = self.instances[0].values.iter().find(|v| v.name == name);
            let Some(kind) = known.map(|v| v.kind).filter(|kind| *kind != Kind::Words) else {
                continue;
            };
            let parameter = Parameter {
                name: name.into(),
                kind,
            };
            if !all.contains(&parameter) {
                all.push(parameter);
            }
        }
        all
    }

    /// The parameters whose values differ, each with the names of the others that always have the
    /// same values.
    pub fn variables(&self) -> Vec<(Parameter, Vec<String>)> {
        let mut found: Vec<(Parameter, Vec<String>)> = Vec::new();
        for parameter in self.parameters() {
            let first = self.instances[0].value(&parameter.name);
            if self
                .instances
                .iter()
                .all(|i| i.value(&parameter.name) == first)
            {
                continue;
            }
            let is_same = |other: &Parameter| {
                let mut all = self.instances.iter();
                other.kind == parameter.kind
                    && all.all(|i| i.value(&other.name) == i.value(&parameter.name))
            };
            match found.iter_mut().find(|(other, _)| is_same(other)) {
                Some((_, same)) => same.push(parameter.name),
                None => found.push((parameter, Vec::new())),
            }
        }
        found
    }

    /// Whether a parameter has one value in each family.
    pub fn is_of_family(&self, parameter: &str) -> bool {
        let mut known: BTreeMap<usize, &str> = BTreeMap::new();
        self.instances.iter().all(|instance| {
            let value = instance.value(parameter);
            *known.entry(instance.family).or_insert(value) == value
        })
    }

    /// What a parameter of a comment says for all functions: its only value, or each value with
    /// what it depends on.
    pub fn words(&self, parameter: &str) -> String {
        let mut values: Vec<&str> = Vec::new();
        for instance in &self.instances {
            let value = instance.value(parameter);
            if !values.contains(&value) {
                values.push(value);
            }
        }
        if let [one] = *values {
            return one.into();
        }
        let labels: [fn(&Instance) -> String; 3] = [
            |i| i.ordering.name().to_ascii_lowercase(),
            |i| format!("`{}`", i.base),
            |i| format!("{} bits", i.bits),
        ];
        let decides = |label: &&fn(&Instance) -> String| {
            let mut known: BTreeMap<String, &str> = BTreeMap::new();
            let mut all = self.instances.iter();
            all.all(|i| {
                let value = i.value(parameter);
                *known.entry(label(i)).or_insert(value) == value
            })
        };
        let label = labels.iter().find(decides).unwrap_or(&labels[1]);
        let values = values.into_iter().filter(|value| !value.is_empty());
        let values = values.map(|value| {
            let mut of: Vec<String> = Vec::new();
            for instance in self
                .instances
                .iter()
                .filter(|i| i.value(parameter) == value)
            {
                let label = label(instance);
                if !of.contains(&label) {
                    of.push(label);
                }
            }
            format!("{value} ({})", list(&of, "and"))
        });
        let values: Vec<String> = values.collect();
        // Each value continues the sentence, or is a sentence of its own.
        let joint = if values.iter().all(|v| v.starts_with([';', ','])) {
            ""
        } else {
            "; "
        };
        values.join(joint)
    }
}

/// Functions with one text and the same blocks.
pub(super) struct Group {
    text: String,
    blocks: Vec<Block>,
    instances: Vec<Instance>,
    /// The values of the parameters of each block, for each function.
    block_values: Vec<Vec<Vec<Value>>>,
}

/// The functions by their texts and blocks, in the order of the first functions.
pub(super) fn groups(functions: Vec<(Function, Instance)>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: BTreeMap<(String, Vec<Block>), usize> = BTreeMap::new();
    for (function, mut instance) in functions {
        instance.values = function.values;
        let (blocks, values): (Vec<Block>, Vec<Vec<Value>>) = function.blocks.into_iter().unzip();
        let key = (function.text, blocks);
        match known.get(&key) {
            Some(at) => {
                groups[*at].instances.push(instance);
                groups[*at].block_values.push(values);
            }
            None => {
                known.insert(key.clone(), groups.len());
                groups.push(Group {
                    text: key.0,
                    blocks: key.1,
                    instances: vec![instance],
                    block_values: vec![values],
                });
            }
        }
    }
    groups
}

/// A block that is written once, as a macro.
pub(super) struct SharedBlock {
    pub block: Block,
    /// Its uses, with its own parameters.
    pub shape: Shape,
}

/// The blocks of which a macro makes the file shorter.
pub(super) fn shared_blocks(groups: &[Group]) -> Vec<SharedBlock> {
    let mut order: Vec<&Block> = Vec::new();
    let mut users: BTreeMap<&Block, BTreeSet<usize>> = BTreeMap::new();
    for (index, group) in groups.iter().enumerate() {
        for block in &group.blocks {
            let users = users.entry(block).or_default();
            if users.is_empty() {
                order.push(block);
            }
            users.insert(index);
        }
    }
    let shared = order.into_iter().filter(|b| saves_lines(b, users[b].len()));
    let shared = shared.map(|block| {
        let of = users[block].iter().flat_map(|at| groups[*at].uses(block));
        SharedBlock {
            block: block.clone(),
            shape: Shape {
                text: block.text.clone(),
                instances: of.collect(),
            },
        }
    });
    shared.collect()
}

/// Whether a macro for a block makes the file shorter, if `uses` groups have it.
fn saves_lines(block: &Block, uses: usize) -> bool {
    /// What a macro needs besides the block.
    const FRAME: usize = 8;
    let lines = block.text.lines().count();
    lines * uses > lines + uses + FRAME
}

impl Group {
    /// The functions with the values of the parameters of a block.
    fn uses(&self, block: &Block) -> Vec<Instance> {
        let is_it = self.blocks.iter().enumerate().filter(|(_, b)| *b == block);
        let uses = is_it.flat_map(|(at, _)| {
            let functions = self.instances.iter().zip(&self.block_values);
            functions.map(move |(instance, values)| Instance {
                values: values[at].clone(),
                ..instance.clone()
            })
        });
        uses.collect()
    }

    /// The shape of the functions. `call` is the call of the macro for a block that has one; other
    /// blocks are expanded.
    pub fn shape(mut self, call: &dyn Fn(&Block) -> Option<String>) -> Shape {
        let mut texts: Vec<String> = Vec::new();
        for at in 0..self.blocks.len() {
            let names = self.merge_values(at);
            let block = &self.blocks[at];
            let text = call(block).unwrap_or_else(|| block.text.clone());
            let renamed = |name: &str| names.get(name).map_or(name, String::as_str).to_owned();
            texts.push(symbols::replace(&text, &|name| {
                symbols::marked(&renamed(name))
            }));
        }
        let mut out = String::new();
        for line in self.text.lines() {
            let bare = line.trim_start();
            let indent = &line[..line.len() - bare.len()];
            let index = bare.strip_prefix(BLOCK).and_then(|i| i.parse().ok());
            match index.and_then(|index: usize| texts.get(index)) {
                None => out.extend([line, "\n"]),
                Some(text) => text
                    .lines()
                    .for_each(|line| out.extend([indent, line, "\n"])),
            }
        }
        Shape {
            text: out,
            instances: self.instances,
        }
    }

    /// Adds the parameters of a block to those of the functions. Returns their names there.
    fn merge_values(&mut self, at: usize) -> BTreeMap<String, String> {
        let mut names = BTreeMap::new();
        for value in self.block_values[0][at].clone() {
            let values = self.block_values.iter().map(|all| {
                let mut own = all[at].iter();
                own.find(|v| v.name == value.name).unwrap_or(&value).clone()
            });
            let values: Vec<Value> = values.collect();
            let mut name = value.name.clone();
            let mut number = 1;
            let is_known = |i: &Instance, name: &str| i.values.iter().any(|v| v.name == name);
            while self.instances.iter().any(|i| is_known(i, &name)) {
                let mut pairs = self.instances.iter().zip(&values);
                if pairs.all(|(i, v)| i.kind(&name) == v.kind && i.value(&name) == v.text) {
                    break;
                }
                number += 1;
                name = format!("{}{number}", value.name);
            }
            for (instance, own) in self.instances.iter_mut().zip(values) {
                if !is_known(instance, &name) {
                    instance.values.push(Value {
                        name: name.clone(),
                        ..own
                    });
                }
            }
            names.insert(value.name, name);
        }
        names
    }
}
