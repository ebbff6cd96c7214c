//! The barriers without the operations: Linux's own module declares them, and its own helpers have
//! theirs at the end.

use std::path::Path;

use anyhow::{Context, Result, bail};
use atomics_spec::Spec;
use atomics_spec::emit::layout;
use atomics_spec::input;

use super::{line_ends, mixed};
use crate::write::Generated;

/// The C helpers that Linux's script does not generate.
const HELPERS: &str = "rust/helpers/atomic_ext.c";
/// The declaration of the module with the barriers.
const DECLARATION: &str = "pub mod barrier;\n";
/// The line of Linux's module that stands below it.
const BELOW: &str = "mod internal;\n";
/// The start of the helpers of the barriers.
const START: &str = "\n__rust_helper void\nrust_helper_smp_mb__";

/// The files of Linux with what the barriers need.
///
/// # Errors
///
/// If a file cannot be read or has no place for it.
pub fn files(tree: &Path, spec: &Spec) -> Result<Vec<Generated>> {
    let helpers = format!("\n{}", layout::kernel_barrier_helpers(spec));
    let mut files = Vec::new();
    for path in [mixed::PATH, HELPERS] {
        let text = input::read_text(&tree.join(path));
        let text = text.with_context(|| format!("cannot read {}", tree.join(path).display()))?;
        let contents = line_ends::keep(&text, |text| {
            let text = without(Path::new(path), text);
            if path == HELPERS {
                return Ok(text + &helpers);
            }
            if text.matches(BELOW).count() != 1 {
                bail!(
                    "{path} has no single line `{}`, above which the barriers would be declared",
                    BELOW.trim_end()
                );
            }
            Ok(text.replacen(BELOW, &format!("{DECLARATION}{BELOW}"), 1))
        })?;
        files.push(Generated {
            path: path.into(),
            contents,
        });
    }
    Ok(files)
}

/// The text of one of the files without what the barriers need.
pub fn without(path: &Path, text: &str) -> String {
    if path == Path::new(HELPERS) {
        let above = text.split_once(START).map(|(above, _)| above);
        return above.unwrap_or(text).to_owned();
    }
    text.replacen(DECLARATION, "", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linux_is_left_as_it_was() {
        let spec = Spec::builtin().unwrap();
        let tree = tempfile::tempdir().unwrap();
        let module = "//! Atomics.\n\nmod internal;\npub mod ordering;\n";
        let helpers = "#include <linux/atomic.h>\n\nvoid f(void);\n";
        let write = |path: &str, text: &str| {
            let path = tree.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(mixed::PATH, module);
        write(HELPERS, helpers);
        let made = files(tree.path(), &spec).unwrap();
        assert!(
            made[0]
                .contents
                .contains("\n\npub mod barrier;\nmod internal;\n")
        );
        let helper = "\n\n__rust_helper void\nrust_helper_smp_mb__before_atomic(void)\n";
        assert!(made[1].contents.contains(helper), "{}", made[1].contents);
        for (file, old) in made.iter().zip([module, helpers]) {
            assert_eq!(without(&file.path, &file.contents), old);
            write(file.path.to_str().unwrap(), &file.contents);
        }
        // Once is enough.
        assert_eq!(files(tree.path(), &spec).unwrap(), made);
        write(mixed::PATH, "mod other;\n");
        let told = files(tree.path(), &spec).unwrap_err().to_string();
        assert!(
            told.contains("rust/kernel/sync/atomic.rs has no single line"),
            "{told}"
        );
    }
}
