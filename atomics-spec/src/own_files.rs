//! The files of a user's own tables, for build scripts: they write the C functions that `atomics!`
//! calls with the option `backend = c("PREFIX")`.
//!
//! This module reads files, as `input` does; nothing else of the crate calls it.

use std::error::Error;
use std::path::{Path, PathBuf};

use crate::emit::layout::{CFiles, c_files};
use crate::input;
use crate::lex::Source;
use crate::model::{Own, Spec, Tables};

/// The files that the options of `atomics!` name. A relative path is one from the current folder,
/// which in a build script is that of `Cargo.toml`, as in the macro.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let own = atomics_spec::OwnFiles {
///     table: Some("tables/atomics.tbl".into()),
///     semantics: Some("tables/semantics.tbl".into()),
///     extend: true,
///     ..Default::default()
/// };
/// let c = own.c_files("my_driver_")?;
/// std::fs::write("atomic.h", c.header)?;
/// std::fs::write("atomic.c", c.source)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct OwnFiles {
    /// The operations: the option `table`.
    pub table: Option<PathBuf>,
    /// The semantics of the operations.
    pub semantics: Option<PathBuf>,
    /// The types.
    pub types: Option<PathBuf>,
    /// The architectures. Without `extend`, one of them must be the table `c`.
    pub arch: Option<Vec<PathBuf>>,
    /// Whether the files are added to the built-in tables instead of taking their place.
    pub extend: bool,
}

impl OwnFiles {
    /// The C functions, whose names begin with `prefix`: see [`c_files`], which makes them of a model.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, a table has an error, or an operation cannot be implemented in C.
    pub fn c_files(&self, prefix: &str) -> Result<CFiles, Box<dyn Error>> {
        Ok(c_files(&self.spec()?, prefix)?)
    }

    /// The model of the files and the built-in tables.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or a table has an error: all errors of all tables.
    pub fn spec(&self) -> Result<Spec, Box<dyn Error>> {
        let [ops, semantics, types] =
            [&self.table, &self.semantics, &self.types].map(|path| path.as_deref().map(load));
        let (ops, semantics, types) =
            (ops.transpose()?, semantics.transpose()?, types.transpose()?);
        let archs = self.arch.as_ref();
        let archs = archs.map(|paths| paths.iter().map(|path| load(path)).collect());
        let archs: Option<Vec<Loaded>> = archs.transpose()?;
        let own = Own {
            ops: ops.as_ref().map(Loaded::source),
            semantics: semantics.as_ref().map(Loaded::source),
            types: types.as_ref().map(Loaded::source),
            archs: archs
                .as_ref()
                .map(|archs| archs.iter().map(Loaded::source).collect()),
            docs: None,
        };
        Ok(Spec::load(&Tables::with(own, self.extend))?)
    }

    /// The paths of all files, for `cargo::rerun-if-changed`.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let single = self.table.iter().chain(&self.semantics).chain(&self.types);
        single
            .chain(self.arch.iter().flatten())
            .map(PathBuf::as_path)
    }
}

/// A file that was read.
struct Loaded {
    name: String,
    bytes: Vec<u8>,
}

impl Loaded {
    fn source(&self) -> Source<'_> {
        Source {
            name: &self.name,
            bytes: &self.bytes,
        }
    }
}

fn load(path: &Path) -> Result<Loaded, Box<dyn Error>> {
    let name = path.display().to_string();
    match input::read(path) {
        Ok(bytes) => Ok(Loaded { name, bytes }),
        Err(e) => Err(format!("cannot read the table {name}: {e}").into()),
    }
}
