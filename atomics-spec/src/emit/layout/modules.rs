//! The modules that the generated Rust has for every destination.

use crate::arch::Features;
use crate::emit::barrier::Barriers;
use crate::emit::root::{Parts, has_flag};
use crate::emit::text::attribute;
use crate::emit::{barrier, internal, ordering, pointer, predefine, raw, typed};
use crate::model::Spec;
use crate::plan::Planner;

/// The modules of the generated Rust, by name, without the backend.
pub(super) fn modules(
    spec: &Spec,
    parts: Parts,
    byte: &str,
    path: &str,
) -> Vec<(&'static str, String)> {
    let mut modules = vec![
        ("internal", internal::module(spec, parts.typed, path)),
        ("ordering", ordering::module(spec, parts.barriers, path)),
        ("pointer", pointer::module(spec, parts.typed, path)),
        ("predefine", predefine::module(spec)),
    ];
    if parts.barriers != Barriers::None {
        modules.push(("barrier", barrier::module(spec, parts.barriers, path)));
    }
    modules.extend(typed::modules(spec, parts.is_hosted(), path));
    if parts.raw {
        modules.push(("raw", raw::module(spec, parts.typed, path)));
    }
    if has_flag(spec) {
        let flag = include_str!("../templates/flag.rs");
        let flag = flag.replace("$byte", byte).replace("$path", path);
        modules.push(("flag", broken_attributes(&flag)));
    }
    modules
}

/// Breaks the attributes of a text, each of which is one line, as rustfmt breaks them.
fn broken_attributes(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let bare = line.trim_start();
        let meta = bare.strip_prefix("#[").and_then(|b| b.strip_suffix(']'));
        let Some(meta) = meta else {
            return format!("{line}\n");
        };
        let indent = &line[..line.len() - bare.len()];
        let lines = attribute(meta);
        let lines = lines.lines().map(|line| format!("{indent}{line}\n"));
        lines.collect()
    });
    lines.collect()
}

/// The `cfg` of the architectures with an instruction that exchanges bytes.
pub(super) fn native_bytes(spec: &Spec) -> String {
    let archs: Vec<String> = spec
        .asm_archs()
        .filter(|arch| Planner::new(spec, arch, Features::NONE).is_native_width(8))
        .map(|arch| format!("target_arch = \"{}\"", arch.name))
        .collect();
    match archs.as_slice() {
        [one] => one.clone(),
        all => format!("any({})", all.join(", ")),
    }
}

/// The compile error for a target without instructions.
pub(super) fn without_table(way_out: &str) -> String {
    compile_error(&format!(
        "no table has instructions for this target: {way_out}"
    ))
}

/// A compile error.
pub(super) fn compile_error(message: &str) -> String {
    // rustfmt keeps it on one line if that is not too long.
    let line = format!("compile_error!({message:?});\n");
    if line.chars().count() <= 101 {
        return line;
    }
    let quoted = format!("{message:?}");
    let mut lines = vec![String::new()];
    for word in quoted.split_inclusive(' ') {
        let last = lines.len() - 1;
        let room = 92;
        if lines[last].chars().count() + word.chars().count() > room {
            lines[last].push('\\');
            lines.push(" ".into());
        }
        let last = lines.len() - 1;
        lines[last].push_str(word);
    }
    format!("compile_error!(\n    {}\n);\n", lines.join("\n    "))
}
