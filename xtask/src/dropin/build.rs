//! The build of a tree: the lines by which it makes Rust strings of the assembly in C headers.
//!
//! A kernel that chooses between two sets of instructions at boot has such a string for its choice,
//! as its own static branches do.

use std::path::Path;

use anyhow::{Context, Result, bail};
use atomics_spec::Spec;
use atomics_spec::emit::layout;
use atomics_spec::input;

use super::{Backend, line_ends};
use crate::write::Generated;

/// The makefile of the tree's Rust code.
pub const MAKEFILE: &str = "rust/Makefile";
/// The list of the files that a build makes among the sources.
pub const GITIGNORE: &str = "rust/kernel/.gitignore";

/// The start of the name of every such file of the drop-in.
const OURS: &str = "generated_arch_atomic_";
/// The kernel's own such file, below whose lines those of the drop-in stand.
const THEIRS: &str = "generated_arch_static_branch_asm.rs";

/// A file that a build makes, and the option of the kernel without which it does not.
struct Made<'s> {
    name: String,
    option: &'s str,
}

/// The files of a tree with the lines for what the backend needs; none if nothing changes.
///
/// # Errors
///
/// If a file cannot be read or has no place for the lines.
pub fn files(tree: &Path, spec: &Spec, backend: Backend) -> Result<Vec<Generated>> {
    let sequences = layout::kernel_sequences(spec).filter(|_| backend == Backend::Asm);
    let made: Vec<Made<'_>> = sequences
        .map(|(name, option)| Made {
            name: format!("{name}.rs"),
            option,
        })
        .collect();
    let mut files = Vec::new();
    for (path, edit) in [
        (
            MAKEFILE,
            in_makefile as fn(&str, &[Made<'_>]) -> Result<String>,
        ),
        (GITIGNORE, in_gitignore),
    ] {
        let full = tree.join(path);
        if made.is_empty() && !full.exists() {
            continue;
        }
        let text = input::read_text(&full);
        let text = text.with_context(|| format!("cannot read {}", full.display()))?;
        if made.is_empty() && !text.contains(OURS) {
            continue;
        }
        files.push(Generated {
            path: path.into(),
            contents: line_ends::keep(&text, |text| edit(text, &made))?,
        });
    }
    Ok(files)
}

/// Says why replacing `old` by `new` would lose an edit, if it would. Both are texts of one of the
/// files.
pub fn lost(old: &[u8], new: Option<&str>) -> Option<&'static str> {
    let Ok(old) = str::from_utf8(old) else {
        return Some("is not UTF-8");
    };
    match new.is_some_and(|new| without_ours(new) == without_ours(old)) {
        true => None,
        false => Some("differs from the file in the tree being read"),
    }
}

/// A text without the lines of the drop-in, and without an `ifdef` around only them.
fn without_ours(text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is_ours = |at: usize| lines.get(at).is_some_and(|line| line.contains(OURS));
    let starts = |at: usize, word: &str| lines.get(at).is_some_and(|line| line.starts_with(word));
    let is_around =
        |start: usize| starts(start, "ifdef ") && is_ours(start + 1) && starts(start + 2, "endif");
    let kept = (0..lines.len())
        .filter(|&at| !is_ours(at) && !is_around(at) && !at.checked_sub(2).is_some_and(is_around));
    kept.map(|at| lines[at]).collect()
}

/// The makefile: each file is made with the others, and before the crate `kernel`.
fn in_makefile(text: &str, made: &[Made<'_>]) -> Result<String> {
    let text = without_ours(text);
    if made.is_empty() {
        return Ok(text);
    }
    let (mut always, mut needs) = (String::new(), String::new());
    for Made { name, option } in made {
        always += &format!("always-$(subst y,$(CONFIG_RUST),$({option})) += kernel/{name}\n");
        needs += &format!("ifdef {option}\n$(obj)/kernel.o: $(obj)/kernel/{name}\nendif\n");
    }
    let text = below(&text, &format!("+= kernel/{THEIRS}\n"), &always, MAKEFILE)?;
    let place = format!("$(obj)/kernel.o: $(obj)/kernel/{THEIRS}\nendif\n");
    below(&text, &place, &needs, MAKEFILE)
}

/// The list of made files.
fn in_gitignore(text: &str, made: &[Made<'_>]) -> Result<String> {
    let text = without_ours(text);
    if made.is_empty() {
        return Ok(text);
    }
    let lines: String = made
        .iter()
        .map(|file| format!("/{}\n", file.name))
        .collect();
    below(&text, &format!("/{THEIRS}\n"), &lines, GITIGNORE)
}

/// A text with lines added below the only place where `above` stands.
fn below(text: &str, above: &str, lines: &str, path: &str) -> Result<String> {
    match text.split_once(above) {
        Some((before, after)) if !after.contains(above) => {
            Ok(format!("{before}{above}{lines}{after}"))
        }
        _ => bail!(
            "{path} has no single place for the lines of the drop-in, below\n  {}\n \
             = help: use --backend helpers, which needs no such lines",
            above.lines().next().unwrap_or_default()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
always-$(subst y,$(CONFIG_RUST),$(CONFIG_JUMP_LABEL)) += kernel/generated_arch_static_branch_asm.rs
ifndef CONFIG_UML
endif

ifdef CONFIG_JUMP_LABEL
$(obj)/kernel.o: $(obj)/kernel/generated_arch_static_branch_asm.rs
endif
ifndef CONFIG_UML
endif
";

    #[test]
    fn the_makefile_gets_its_lines_and_loses_them() {
        let made = [Made {
            name: "generated_arch_atomic_fast_asm.rs".into(),
            option: "CONFIG_FAST",
        }];
        let text = in_makefile(TEXT, &made).unwrap();
        let expected = "\
always-$(subst y,$(CONFIG_RUST),$(CONFIG_JUMP_LABEL)) += kernel/generated_arch_static_branch_asm.rs
always-$(subst y,$(CONFIG_RUST),$(CONFIG_FAST)) += kernel/generated_arch_atomic_fast_asm.rs
ifndef CONFIG_UML
endif

ifdef CONFIG_JUMP_LABEL
$(obj)/kernel.o: $(obj)/kernel/generated_arch_static_branch_asm.rs
endif
ifdef CONFIG_FAST
$(obj)/kernel.o: $(obj)/kernel/generated_arch_atomic_fast_asm.rs
endif
ifndef CONFIG_UML
endif
";
        assert_eq!(text, expected);
        assert_eq!(in_makefile(&text, &made).unwrap(), expected);
        assert_eq!(in_makefile(&text, &[]).unwrap(), TEXT);
        assert_eq!(lost(TEXT.as_bytes(), Some(expected)), None);
        assert_eq!(lost(expected.as_bytes(), Some(TEXT)), None);
        let other = TEXT.replace("CONFIG_UML", "CONFIG_X86");
        assert!(lost(other.as_bytes(), Some(expected)).is_some());
        let error = in_makefile("all:\n", &made).unwrap_err().to_string();
        assert!(
            error.contains("rust/Makefile has no single place"),
            "{error}"
        );
    }
}
