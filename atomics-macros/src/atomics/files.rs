//! The files that the options name, and the model that they make with the built-in tables.

use std::path::{Path, PathBuf};
use std::{env, fs, io, path};

use atomics_spec::{Errors, Options, Own, Source, Spec, Tables, input};
use proc_macro2::Span;
use syn::{Error, LitStr};

use super::input::Input;

/// How the options are written, for the help in errors.
const OPTIONS: Options<'_> = Options {
    table: "table = \"FILE\"",
    semantics: "semantics = \"FILE\"",
    types: "types = \"FILE\"",
};

/// A file that the macro read.
struct Loaded {
    name: String,
    path: PathBuf,
    bytes: Vec<u8>,
    /// The option that names it.
    span: Span,
}

impl Loaded {
    fn source(&self) -> Source<'_> {
        Source {
            name: &self.name,
            bytes: &self.bytes,
        }
    }
}

/// The files that an input names. Those that cannot be read are not there.
#[derive(Default)]
pub struct Files {
    table: Option<Loaded>,
    semantics: Option<Loaded>,
    types: Option<Loaded>,
    archs: Option<Vec<Loaded>>,
    docs: Option<Vec<Loaded>>,
    extend: bool,
}

impl Files {
    /// Reads the files, and returns the errors for those that cannot be read, as one.
    pub fn read(input: &Input) -> (Self, Option<Error>) {
        let mut fault = None;
        let mut take = |result: Result<Vec<Loaded>, Error>| match result {
            Ok(loaded) => loaded,
            Err(error) => {
                combine(&mut fault, error);
                Vec::new()
            }
        };
        let mut one = |name: &Option<LitStr>| {
            let name = name.as_ref()?;
            take(load(name).map(|file| vec![file])).pop()
        };
        let (table, semantics, types) =
            (one(&input.table), one(&input.semantics), one(&input.types));
        let archs = input.arch.as_ref();
        let archs = archs.map(|files| {
            let each = files.iter().map(|name| load(name).map(|file| vec![file]));
            each.flat_map(&mut take).collect()
        });
        let docs = input.docs.as_ref().map(|name| take(load_folder(name)));
        let files = Self {
            table,
            semantics,
            types,
            archs,
            docs,
            extend: input.extend.unwrap_or_default(),
        };
        (files, fault)
    }

    /// These files in place of built-in tables, or with their rows added to them.
    pub fn tables(&self) -> Tables<'_> {
        let own = Own {
            ops: self.table.as_ref().map(Loaded::source),
            semantics: self.semantics.as_ref().map(Loaded::source),
            types: self.types.as_ref().map(Loaded::source),
            archs: sources(self.archs.as_ref()),
            docs: sources(self.docs.as_ref()),
        };
        let mut tables = Tables::with(own, self.extend);
        tables.options = Some(OPTIONS);
        tables
    }

    /// The model of these files and the built-in tables. Each error is at the option that names its
    /// file; an error in a built-in table, which does not fit the files, is at the first option.
    pub fn spec(&self) -> Result<Spec, Error> {
        Spec::load(&self.tables()).map_err(|errors| self.report(&errors))
    }

    fn report(&self, errors: &Errors) -> Error {
        let mut all = None;
        for error in &errors.0 {
            let file = self.all().find(|file| file.name == error.place.file);
            let span = file.map_or_else(|| self.site(), |file| file.span);
            let text = error.to_string();
            combine(
                &mut all,
                Error::new(span, text.trim_start_matches("error: ")),
            );
        }
        all.unwrap_or_else(|| Error::new(self.site(), "the tables have errors"))
    }

    /// The place of errors that are in no file: the first option that names one.
    pub fn site(&self) -> Span {
        let first = self.all().next();
        first.map_or_else(Span::call_site, |file| file.span)
    }

    /// The paths of all files, for the compiler.
    pub fn paths(&self) -> Vec<String> {
        let paths = self.all().map(|file| file.path.to_string_lossy());
        paths.map(|path| path.into_owned()).collect()
    }

    fn all(&self) -> impl Iterator<Item = &Loaded> {
        let single = self.table.iter().chain(&self.semantics).chain(&self.types);
        single.chain(self.archs.iter().chain(&self.docs).flatten())
    }
}

fn sources(files: Option<&Vec<Loaded>>) -> Option<Vec<Source<'_>>> {
    files.map(|files| files.iter().map(Loaded::source).collect())
}

/// Adds an error to others.
fn combine(all: &mut Option<Error>, error: Error) {
    match all {
        Some(all) => all.combine(error),
        None => *all = Some(error),
    }
}

fn load(name: &LitStr) -> Result<Loaded, Error> {
    let text = name.value();
    let read = || {
        let path = absolute(&text)?;
        Ok((input::read(&path)?, path))
    };
    match read() {
        Ok((bytes, path)) => Ok(Loaded {
            name: text,
            path,
            bytes,
            span: name.span(),
        }),
        Err(e) => Err(unreadable(name, "", &e)),
    }
}

fn unreadable(name: &LitStr, what: &str, error: &io::Error) -> Error {
    let message = format!(
        "cannot read {what}`{}`, relative to the folder of Cargo.toml: {error}",
        name.value()
    );
    Error::new(name.span(), message)
}

/// The path of a file for the compiler, to which a relative path is one from the source file.
/// `CARGO_MANIFEST_DIR` may itself be relative: builders other than cargo set it so.
fn absolute(name: &str) -> io::Result<PathBuf> {
    let root = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    path::absolute(Path::new(&root).join(name))
}

fn load_folder(folder: &LitStr) -> Result<Vec<Loaded>, Error> {
    let read = || {
        let mut files = Vec::new();
        for entry in fs::read_dir(absolute(&folder.value())?)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "md") {
                let file = path.file_name().unwrap_or_default();
                files.push(Loaded {
                    name: format!("{}/{}", folder.value(), file.to_string_lossy()),
                    bytes: input::read(&path)?,
                    path,
                    span: folder.span(),
                });
            }
        }
        Ok(files)
    };
    let mut files = read().map_err(|e| unreadable(folder, "the folder ", &e))?;
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}
