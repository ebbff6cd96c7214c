//! The names of the writer's temporary files, by which a later run knows what a killed one left.

use std::ffi::OsStr;

use tempfile::Builder;

const PREFIX: &str = ".gen-";
/// The start of the names of those that are not in a tree.
const PREFIX_ALONE: &str = ".gen-patch-";
/// How many random characters there are between the prefix and the suffix.
const RANDOM: usize = 6;

/// The end of the name of a file with new contents.
pub const NEW: &str = ".new";
/// The end of the name of an original that was set aside.
pub const OLD: &str = ".old";

/// A builder of temporary files whose names end in `suffix`: [`NEW`] or [`OLD`].
pub fn builder(suffix: &str) -> Builder<'_, '_> {
    with(PREFIX, suffix)
}

/// A builder of the temporary file of a file that is not in a tree.
pub fn builder_alone() -> Builder<'static, 'static> {
    with(PREFIX_ALONE, NEW)
}

fn with<'a>(prefix: &'a str, suffix: &'a str) -> Builder<'a, 'a> {
    let mut builder = Builder::new();
    builder.prefix(prefix).rand_bytes(RANDOM).suffix(suffix);
    builder
}

/// Whether a file of this name is a temporary file of the writer of a tree.
pub fn is_temporary(name: &OsStr) -> bool {
    has(name, PREFIX, &[NEW, OLD])
}

/// Whether a file of this name is the temporary file of a file that is not in a tree.
pub fn is_alone(name: &OsStr) -> bool {
    has(name, PREFIX_ALONE, &[NEW])
}

fn has(name: &OsStr, prefix: &str, suffixes: &[&str]) -> bool {
    let random = name.to_str().and_then(|name| {
        let rest = name.strip_prefix(prefix)?;
        suffixes
            .iter()
            .find_map(|suffix| rest.strip_suffix(*suffix))
    });
    random.is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_files_are_known_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for suffix in [NEW, OLD] {
            let file = builder(suffix).tempfile_in(folder.path()).unwrap();
            let name = file.path().file_name().unwrap();
            assert!(is_temporary(name) && !is_alone(name));
        }
        let file = builder_alone().tempfile_in(folder.path()).unwrap();
        let name = file.path().file_name().unwrap();
        assert!(is_alone(name) && !is_temporary(name));
        for other in [
            "atomic.rs",
            ".gen-.new",
            ".gen-abcdefg.new",
            ".gen-abcde/.new",
            ".gen-abcdef",
            "x.gen-abcdef.new",
            ".gen-abcdef.new.rs",
        ] {
            assert!(!is_temporary(OsStr::new(other)), "{other}");
        }
    }
}
