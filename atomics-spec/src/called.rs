//! What messages call a table, and where they send somebody who must add a row.

use std::fmt;

use crate::lex::Source;

/// The folder of the built-in tables, in their names.
const BUILTIN: &str = "atomics-spec/tables/";

/// A table in messages.
#[derive(Clone, Copy)]
pub(crate) struct Called<'a> {
    name: &'a str,
    option: Option<&'a str>,
}

impl<'a> Called<'a> {
    /// The table `source`; `option` names a file in its place, if the caller has such an option.
    pub(crate) fn new(source: Source<'a>, option: Option<&'a str>) -> Self {
        Self {
            name: source.name,
            option: option.filter(|_| source.name.starts_with(BUILTIN)),
        }
    }

    /// The table to which rows can be added: a user of a built-in table cannot change that.
    pub(crate) fn to_change(self) -> String {
        match self.option {
            Some(option) => format!("your own table, which the option `{option}` names"),
            None => self.name.into(),
        }
    }
}

impl fmt::Display for Called<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.option {
            Some(_) => {
                let file = self.name.rsplit('/').next().unwrap_or(self.name);
                write!(f, "the built-in {file}")
            }
            None => f.write_str(self.name),
        }
    }
}
