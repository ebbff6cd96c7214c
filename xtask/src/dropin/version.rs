//! The Linux version of a tree.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use atomics_spec::input;

/// The versions in which the drop-in has been built and run.
pub const KNOWN: [Version; 2] = [Version(7, 2), Version(7, 3)];

/// A version of Linux: `VERSION` and `PATCHLEVEL` in its Makefile. Stable updates do not change the
/// files that the drop-in replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(u32, u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl Version {
    /// The version of a tree.
    ///
    /// # Errors
    ///
    /// If the tree's Makefile cannot be read or does not contain the version.
    pub fn of(tree: &Path) -> Result<Self> {
        let path = tree.join("Makefile");
        let bytes =
            input::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        let number = |name: &str| {
            let assigned = text.lines().filter_map(|line| line.split_once('='));
            let mut values = assigned.filter(|(left, _)| left.trim_end() == name);
            values
                .next()
                .and_then(|(_, value)| value.trim().parse().ok())
                .with_context(|| {
                    format!(
                        "{} does not contain the version of Linux: it has no line \
                         `{name} = NUMBER`",
                        path.display()
                    )
                })
        };
        Ok(Self(number("VERSION")?, number("PATCHLEVEL")?))
    }

    /// Fails if the version is not in [`KNOWN`].
    ///
    /// # Errors
    ///
    /// If the version is not known.
    pub fn require_known(self, tree: &Path) -> Result<()> {
        if KNOWN.contains(&self) {
            return Ok(());
        }
        bail!(
            "{} is Linux {self}, but the drop-in is only known to work in {}\n \
             = help: name a tree of one of these, or give --force to generate it anyway",
            tree.display(),
            known("and")
        )
    }
}

/// The known versions, joined with `word`.
pub fn known(word: &str) -> String {
    KNOWN
        .map(|version| version.to_string())
        .join(&format!(" {word} "))
}
