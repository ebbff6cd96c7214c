//! The rows `feature` and `with`: CPU features, and which rows require them.

use super::cells::{check_operands, join_or_none, take_only, take_rest};
use super::state::Parser;
use crate::arch::features::{Feature, Features};
use crate::diag::Error;
use crate::lex::{Cell, Row, is_name, shorten};

impl<'a> Parser<'a, '_> {
    pub(super) fn parse_feature(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "feature  NAME  TARGET_FEATURE  MACRO|-  DIRECTIVE|-";
        /// There is a plan for every set of features, so their number is limited.
        const MOST: usize = 4;
        let name = row.get(1, "NAME", COLUMNS)?;
        let target = row.get(2, "TARGET_FEATURE", COLUMNS)?;
        let detect = row.get(3, "MACRO", COLUMNS)?;
        let directive = take_rest(row, 4, COLUMNS)?;
        if !is_name(name.text) {
            return Err(name.error(
                format!("`{}` is not the name of a feature", shorten(name.text)),
                "a name is made of a-z, 0-9 and _, and starts with a letter",
            ));
        }
        if self.arch.features.iter().any(|f| f.name == name.text) {
            return Err(name.error(
                format!("the feature `{}` has two rows", name.text),
                "remove one of them",
            ));
        }
        if self.arch.features.len() == MOST {
            return Err(name.error(
                format!("more than {MOST} features"),
                "combine features that CPUs only have together",
            ));
        }
        if detect.text != "-" && !is_name(detect.text) {
            return Err(detect.error(
                format!("`{}` is not a macro", shorten(detect.text)),
                "write the macro of `std::arch` that detects the feature, such as \
                 is_aarch64_feature_detected, or `-` for none",
            ));
        }
        check_operands(directive, &[], &[])?;
        let given = |cell: Cell<'_>| (cell.text != "-").then(|| cell.text.to_owned());
        self.arch.features.push(Feature {
            name: name.text.into(),
            target: target.text.into(),
            detect: given(detect),
            directive: given(directive),
            kernel: None,
        });
        Ok(())
    }

    /// Sets the features that the rows below require.
    pub(super) fn parse_with(&mut self, row: &Row<'a>) -> Result<(), Error> {
        self.needs = None;
        // If the row is faulty, the rows below it are skipped, so anything may seem to be missing.
        let cell =
            take_only(row, "with  FEATURES|-").inspect_err(|_| self.faulty.add_anything())?;
        let mut needs = Features::NONE;
        let names = match cell.text {
            "-" => Vec::new(),
            _ => cell.commas(self.errors),
        };
        for cell in names {
            let index = self.arch.features.iter().position(|f| f.name == cell.text);
            let Some(index) = index else {
                self.faulty.add_anything();
                let known: Vec<_> = self.arch.features.iter().map(|f| f.name.as_str()).collect();
                return Err(cell.error(
                    format!("unknown feature `{}`", shorten(cell.text)),
                    format!("the features above this row are {}", join_or_none(&known)),
                ));
            };
            needs = needs.with(index);
        }
        self.needs = Some(needs);
        Ok(())
    }
}
