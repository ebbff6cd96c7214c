//! Which version of Linux a tree has.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// The versions that the drop-in was built and run in.
pub const KNOWN: [Version; 2] = [Version(7, 2), Version(7, 3)];

/// A version of Linux: what its Makefile calls `VERSION` and `PATCHLEVEL`. Stable updates of a
/// version do not change the files that matter here.
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
    /// If the tree's Makefile cannot be read or does not say it.
    pub fn of(tree: &Path) -> Result<Self> {
        let path = tree.join("Makefile");
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        let number = |name: &str| {
            let assigned = text.lines().filter_map(|line| line.split_once('='));
            let mut values = assigned.filter(|(left, _)| left.trim_end() == name);
            values
                .next()
                .and_then(|(_, value)| value.trim().parse().ok())
                .with_context(|| {
                    format!(
                        "{} does not say which version of Linux it builds: it has no line \
                         `{name} = NUMBER`",
                        path.display()
                    )
                })
        };
        Ok(Self(number("VERSION")?, number("PATCHLEVEL")?))
    }

    /// Refuses a version that is not one of [`KNOWN`].
    ///
    /// # Errors
    ///
    /// In that case.
    pub fn require_known(self, tree: &Path) -> Result<()> {
        if KNOWN.contains(&self) {
            return Ok(());
        }
        bail!(
            "{} is Linux {self}, and the drop-in is known to work in {}\n \
             = help: name a tree of one of these, or give --force to generate all the same",
            tree.display(),
            known("and")
        )
    }
}

/// The known versions, with `word` before each but the first.
pub fn known(word: &str) -> String {
    KNOWN
        .map(|version| version.to_string())
        .join(&format!(" {word} "))
}
