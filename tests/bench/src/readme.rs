//! The section of a README that shows a report.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use crate::implementation::Implementation;
use crate::report::Report;

/// The line before the section.
const BEGIN: &str = "<!-- written by `cargo xtask bench --readme` -->\n";
/// The line after it.
const END: &str = "<!-- up to here -->\n";

/// The section. `plots` is the folder of the plots, seen from the README.
pub fn section(report: &Report, plots: &str) -> String {
    let timed = report.timed();
    let others: Vec<Implementation> = timed.into_iter().skip(1).collect();
    let mut out = format!(
        "Times, divided by those of this crate with inline assembly: above 1 is slower. Means of the\n\
         medians of {} functions; the lines in the plot are the quartiles. The machine:\n{}.\n\
         Compilers: {}; {}.\n\n| |",
        report.functions.len(),
        report.machine.text(),
        report.compiler,
        report.c
    );
    for of in &others {
        let _ = write!(out, " {} |", of.title());
    }
    out += "\n| --- |";
    out += &" ---: |".repeat(others.len());
    out.push('\n');
    for (group, mode) in report.rows() {
        let _ = write!(out, "| {} |", group.title_in(mode));
        for of in &others {
            let ratio = report.mean(group, mode, *of).map_or(f64::NAN, |r| r.median);
            let _ = write!(out, " {ratio:.2} |");
        }
        out.push('\n');
    }
    let _ = write!(
        out,
        "\n![Times, divided by those of this crate]({plots}/times.svg)\n\n\
         The size of what code does with atomics, divided by the size with `core`'s:\n\n\
         ![Bytes, divided by those with core's atomics]({plots}/sizes.svg)\n"
    );
    out
}

/// A README with another section between its marks.
///
/// # Errors
///
/// If it has no marks.
pub fn replace(readme: &str, section: &str) -> Result<String> {
    let what = || format!("the README has no line `{}`", BEGIN.trim_end());
    let (before, rest) = readme.split_once(BEGIN).with_context(what)?;
    let what = || {
        format!(
            "the README has no line `{}` after the first",
            END.trim_end()
        )
    };
    let (_, after) = rest.split_once(END).with_context(what)?;
    Ok(format!("{before}{BEGIN}{section}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_section_changes() {
        let readme = format!("a\n{BEGIN}old\n{END}z\n");
        let found = replace(&readme, "new\n").unwrap();
        assert_eq!(found, format!("a\n{BEGIN}new\n{END}z\n"));
        assert!(replace("a\n", "new\n").is_err());
        assert!(replace(&format!("{END}{BEGIN}"), "new\n").is_err());
    }
}
