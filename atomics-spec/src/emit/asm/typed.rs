//! The module `typed`: which loads and stores are those of `core`, and how the ordered ones follow
//! from them.

use super::barriers::fence_name;
use super::options::format_options;
use crate::arch::{Arch, Fence, Fill, Template};
use crate::emit::accesses::{self, Accesses, Carrier, Way};
use crate::emit::text::Text;
use crate::model::op::Ordering;
use crate::model::ty::Family;
use crate::model::{Spec, Variant};
use crate::plan::{Choice, Missing, Plan, Planners};

/// Emits the module, with its macros before it.
pub(super) fn emit<'s>(
    macros: &mut Text,
    t: &mut Text,
    spec: &'s Spec,
    arch: &Arch,
    planners: &Planners<'s>,
) -> Result<(), Missing> {
    let mut families = Vec::new();
    for family in &spec.types.families {
        let way = |v: &Variant<'s>| way(arch, planners, v);
        families.extend(Accesses::new(spec, family, carrier(arch, family), way)?);
    }
    if families.is_empty() {
        return Ok(());
    }
    let has = |ordering: Ordering| {
        let mut functions = families.iter().flat_map(|family| &family.functions);
        functions.any(|(v, way)| matches!(way, Way::Fenced(_)) && v.ordering == ordering)
    };
    let fences = [
        (Ordering::Acquire, Fence::Acquire),
        (Ordering::Release, Fence::Release),
    ];
    let fences = fences.into_iter().filter(|(ordering, _)| has(*ordering));
    let fences: Vec<&str> = fences.map(|(_, fence)| fence_name(fence)).collect();
    let options = format_options(arch, false, true).unwrap_or_default();
    let text = accesses::macros(&families, options.trim_end_matches(','));
    if !text.is_empty() {
        macros.line("");
        macros.lines(text.trim_end());
    }
    t.line("");
    accesses::emit(t, &families, &fences);
    Ok(())
}

/// How a load or store follows from one of `core`. If it does not, it is what it is for variables that
/// are accessed in any size: it has an instruction of its own, or two registers hold its value.
fn way<'s>(
    arch: &Arch,
    planners: &Planners<'s>,
    v: &Variant<'s>,
) -> Result<Option<Way<'s>>, Missing> {
    let is_whole = |v: &Variant<'_>| {
        let bits = v.family.bits(arch.width);
        bits <= arch.width && !arch.is_pair(bits)
    };
    let Some(relaxed) = v
        .sibling(v.of, Ordering::Relaxed)
        .filter(|relaxed| is_whole(relaxed))
    else {
        return Ok(None);
    };
    let Choice::Same(Plan::Native(access)) = planners.choose(&relaxed)? else {
        return Ok(None);
    };
    if access.word.is_some() {
        return Ok(None);
    }
    if v.ordering == Ordering::Relaxed {
        return Ok(Some(Way::Core));
    }
    Ok(match planners.choose(v)? {
        Choice::Same(Plan::Native(own)) if is_same(own, access) => Some(Way::Same(relaxed)),
        Choice::Same(Plan::Fenced { .. }) => Some(Way::Fenced(relaxed)),
        _ => None,
    })
}

/// Whether two templates have the same instructions.
fn is_same(one: &Template, other: &Template) -> bool {
    let texts = |template: &Template| -> Vec<String> {
        let lines = template.lines.iter();
        lines.map(|line| line.text.clone()).collect()
    };
    texts(one) == texts(other)
}

/// The register for a loaded value. An architecture without names for a part of a register computes
/// with the whole: with zeros above 8 and 16 bits, since most such values are a `bool` or unsigned,
/// and with what its instructions leave above 32 bits.
fn carrier(arch: &Arch, family: &Family) -> Carrier {
    let bits = family.bits(arch.width);
    let whole = |bits| arch.size(bits).map(|size| (&size.class, &size.modifier));
    let is_part = bits < 32 && whole(bits) == whole(32);
    let size = arch.size(if is_part { arch.width } else { bits });
    let modifier = size.and_then(|size| size.modifier.as_deref());
    Carrier {
        wide: match bits < arch.width {
            true if is_part => Some(Fill::Zeros),
            true => arch.result_fill(bits),
            false => None,
        },
        class: size.map_or("reg".into(), |size| size.class.clone()),
        operand: modifier.map_or("{r}".into(), |modifier| format!("{{r:{modifier}}}")),
    }
}
