//! Parses the results of a KUnit run, and checks that every test of the drop-in passed.

use std::collections::BTreeSet;
use std::mem::take;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use xtask::write::Generated;

/// The suite of all documentation tests.
const DOCTESTS: &str = "rust_doctests_kernel";

/// The test cases of a run.
#[derive(Debug, Default)]
pub struct Results {
    /// The suite, name and status of each case.
    cases: Vec<(String, String, String)>,
}

impl Results {
    /// Parses the output of `kunit.py --json`.
    ///
    /// # Errors
    ///
    /// If the text is not in that format.
    pub fn parse(json: &str) -> Result<Self> {
        let root: Value = serde_json::from_str(json).context("kunit.py's results are not JSON")?;
        let mut results = Self::default();
        results.group(&root)?;
        Ok(results)
    }

    fn group(&mut self, group: &Value) -> Result<()> {
        let text = |value: &Value, key: &str| -> Result<String> {
            let text = value[key].as_str();
            Ok(text
                .with_context(|| format!("kunit.py's results lack `{key}`"))?
                .to_owned())
        };
        let suite = text(group, "name")?;
        for case in group["test_cases"].as_array().into_iter().flatten() {
            let case = (suite.clone(), text(case, "name")?, text(case, "status")?);
            self.cases.push(case);
        }
        for inner in group["sub_groups"].as_array().into_iter().flatten() {
            self.group(inner)?;
        }
        Ok(())
    }

    /// Checks that every test passed or was skipped, and that every test of the drop-in passed: the
    /// tests in its KUnit suites, and the examples in its documentation. Returns a summary.
    ///
    /// # Errors
    ///
    /// If a test failed, or a test of the drop-in did not run. The message names them.
    pub fn judge(&self, dropin: &[Generated]) -> Result<String> {
        let bad = |(_, _, status): &&(String, String, String)| {
            !matches!(status.as_str(), "PASS" | "SKIP")
        };
        let failed: Vec<String> = self
            .cases
            .iter()
            .filter(bad)
            .map(|(suite, name, status)| format!("{suite}.{name}: {status}"))
            .collect();
        let count = failed.len();
        ensure!(
            failed.is_empty(),
            "{count} tests failed: {}",
            list_some(&failed)
        );
        ensure!(!self.cases.is_empty(), "the kernel printed no test results");
        let mut expected = Expected::default();
        for file in dropin {
            expected.file(file);
        }
        ensure!(
            expected.tests.is_empty() != expected.has_suites
                && expected.examples.iter().any(|(_, count)| *count > 0),
            "the drop-in has no tests"
        );
        let passed: BTreeSet<(&str, &str)> = self
            .cases
            .iter()
            .filter(|(_, _, status)| status == "PASS")
            .map(|(suite, name, _)| (suite.as_str(), name.as_str()))
            .collect();
        let wanted = expected.tests.iter();
        let missing: Vec<String> = wanted
            .filter(|(suite, name)| !passed.contains(&(suite.as_str(), name.as_str())))
            .map(|(suite, name)| format!("{suite}.{name}"))
            .collect();
        let count = missing.len();
        ensure!(
            missing.is_empty(),
            "{count} tests did not run: {}",
            list_some(&missing)
        );
        let mut examples = 0;
        for (stem, count) in &expected.examples {
            let of_file = |(suite, name): &&(&str, &str)| {
                let number = name.strip_prefix(&format!("rust_doctest_kernel_{stem}_"));
                *suite == DOCTESTS
                    && number
                        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
            };
            let ran = passed.iter().filter(of_file).count();
            ensure!(
                ran == *count,
                "{ran} of the {count} examples in {stem} were run"
            );
            examples += ran;
        }
        let own = expected.tests.len();
        let others = passed.len() - own - examples;
        let skipped = self.cases.len() - passed.len();
        Ok(format!(
            "{own} tests and {examples} examples of the drop-in passed, and {others} other tests; \
             {skipped} skipped"
        ))
    }
}

/// Joins the first few names.
fn list_some(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let more = if names.len() > SHOWN { ", ..." } else { "" };
    names[..names.len().min(SHOWN)].join(", ") + more
}

/// The tests that a drop-in contains.
#[derive(Debug, Default)]
struct Expected {
    /// The suite and name of each KUnit test.
    tests: Vec<(String, String)>,
    /// Whether there are KUnit suites: some parts of the drop-in have none.
    has_suites: bool,
    /// The files of the crate `kernel`, as they appear in the names of documentation tests, and the
    /// number of examples in each.
    examples: Vec<(String, usize)>,
}

impl Expected {
    fn file(&mut self, file: &Generated) {
        let Some(path) = file
            .path
            .to_str()
            .and_then(|p| p.strip_prefix("rust/kernel/"))
        else {
            return;
        };
        let (mut suite, mut is_test) = (None, false);
        let (mut count, mut inside, mut is_run) = (0, false, false);
        let mut rows = Rows::default();
        for line in file.contents.lines().map(str::trim_start) {
            let doc = line
                .strip_prefix("///")
                .or_else(|| line.strip_prefix("//!"));
            if let Some(info) = doc.and_then(|doc| doc.trim_start().strip_prefix("```")) {
                match inside {
                    true => count += usize::from(is_run),
                    false => is_run = info.is_empty() || info == "rust",
                }
                inside = !inside;
            } else if inside && line.contains("#[doc =") {
                // A macro makes it: `rows` counts what comes of it.
                is_run = false;
            } else if let Some((_, rest)) = line.split_once("kunit_tests(") {
                suite = rest.split(')').next().map(str::to_owned);
                self.has_suites = true;
            } else if let Some(rest) = line.strip_prefix("#[test]") {
                is_test = true;
                self.test(&mut is_test, suite.as_deref(), rest.trim_start());
            } else {
                self.test(&mut is_test, suite.as_deref(), line);
            }
            rows.line(line);
        }
        let stem = path.replace(['/', '.'], "_");
        self.examples.push((stem, count + rows.examples));
    }

    /// Adds the test that `code` declares, if it follows a `#[test]`. In a macro, the name is a
    /// variable; the rows that the macro expands have the names.
    fn test(&mut self, is_test: &mut bool, suite: Option<&str>, code: &str) {
        let Some(rest) = code.strip_prefix("fn ").filter(|_| *is_test) else {
            return;
        };
        *is_test = false;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let rest = rest.strip_prefix("r#").unwrap_or(rest);
        let name = rest.split(|c| !is_name(c)).next().unwrap_or_default();
        if !name.is_empty() {
            let suite = suite.unwrap_or_default();
            self.tests.push((suite.into(), name.into()));
        }
    }
}

/// Counts the functions in the rows of `raw` whose macro makes an example for each.
///
/// A block has what its rows share, with `example { .. }` if they have one. A row is a line
/// `function, "ordering":` and, in the lines below it, the name of each function that it makes.
#[derive(Default)]
struct Rows {
    examples: usize,
    has_example: bool,
    inside: bool,
}

impl Rows {
    fn line(&mut self, line: &str) {
        match line {
            "} => {" => self.inside = take(&mut self.has_example),
            "}" => self.inside = false,
            _ if self.inside && !line.ends_with("\":") => {
                self.examples += line.split_whitespace().count();
            }
            _ => self.has_example |= line.starts_with("example {"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "
/// Adds.
///
/// ```
/// one();
/// ```
///
/// ```ignore
/// two();
/// ```
#[macros::kunit_tests(rust_atomics)]
mod tests {
    #[test]
    fn add_i32() {}
    fn no_test() {}
}
macro_rules! rows {
    ($(#[test] fn $name:ident($v:ident) $(#[test] fn $race:ident)?;)*) => {
        $(
            #[test]
            fn $name() {}
        )*
    };
}
rows! {
    #[macros::kunit_tests(rust_rows)]
    #[test] fn sub(v)
        #[test] fn sub_by_workers;
}
";

    fn judge(cases: &[(&str, &str, &str)]) -> Result<String, String> {
        let suites: BTreeSet<&str> = cases.iter().map(|c| c.0).collect();
        let group = |suite: &str| {
            let cases = cases.iter().filter(|c| c.0 == suite);
            let cases = cases
                .map(|(_, name, status)| serde_json::json!({ "name": name, "status": status }));
            serde_json::json!({
                "name": suite, "sub_groups": [], "test_cases": cases.collect::<Vec<_>>(),
            })
        };
        let groups: Vec<_> = suites.iter().map(|s| group(s)).collect();
        let root = serde_json::json!({ "name": "all", "sub_groups": groups, "test_cases": [] });
        let file = Generated {
            path: "rust/kernel/sync/atomic.rs".into(),
            contents: FILE.into(),
        };
        let results = Results::parse(&root.to_string()).map_err(|e| e.to_string())?;
        results.judge(&[file]).map_err(|e| e.to_string())
    }

    /// A macro makes an example for each function of a row that has one.
    #[test]
    fn examples_of_rows_are_counted() {
        let file = |text: &str| {
            let mut expected = Expected::default();
            expected.file(&Generated {
                path: "rust/kernel/sync/atomic/raw.rs".into(),
                contents: text.into(),
            });
            expected.examples.remove(0)
        };
        let stem = "sync_atomic_raw_rs".to_owned();
        let by_macro =
            "/// ```\n#[doc = concat!(\"let x = \", stringify!($x))]\n#[doc = $y]\n/// ```\n";
        assert_eq!(file(by_macro), (stem.clone(), 0));
        let ignored = by_macro.replacen("```", "```ignore", 1);
        assert_eq!(file(&ignored), (stem.clone(), 0));
        let text = by_macro.to_owned() + "/// ```\n/// f();\n/// ```\n";
        assert_eq!(file(&text), (stem.clone(), 1));
        let rows = "} => {\nread, \"Relaxed.\":\na b\nc;\nset, \"Relaxed.\":\nd;\n}\n";
        assert_eq!(file(&format!("{text}{{\n{rows}")), (stem.clone(), 1));
        assert_eq!(file(&format!("{text}example {{ 1 }}\n{rows}")), (stem, 5));
    }

    /// The rows of the checked-in module are in that form, and each function has an example.
    #[test]
    fn the_module_raw_has_an_example_per_function() {
        let text = include_str!("../../../../atomics-core/src/atomic/raw.rs");
        let mut rows = Rows::default();
        text.lines().for_each(|line| rows.line(line.trim_start()));
        let spec = atomics_spec::Spec::builtin().unwrap();
        assert_eq!(rows.examples, spec.variants().count());
    }

    /// Parts of the drop-in, such as the barriers, have examples and no KUnit suite.
    #[test]
    fn a_suite_without_tests_is_a_fault_and_no_suite_is_none() {
        let case = (DOCTESTS, "rust_doctest_kernel_sync_barrier_rs_0", "PASS");
        let judge = |text: &str| {
            let file = Generated {
                path: "rust/kernel/sync/barrier.rs".into(),
                contents: "//! ```\n//! f();\n//! ```\n".to_owned() + text,
            };
            let (suite, name, status) = case;
            let cases = vec![(suite.into(), name.into(), status.into())];
            Results { cases }.judge(&[file]).map_err(|e| e.to_string())
        };
        assert_eq!(
            judge("").unwrap(),
            "0 tests and 1 examples of the drop-in passed, and 0 other tests; 0 skipped"
        );
        assert_eq!(
            judge("#[macros::kunit_tests(rust_rows)]\nmod tests {}\n").unwrap_err(),
            "the drop-in has no tests"
        );
    }

    #[test]
    fn wants_every_test_of_the_drop_in() {
        let test = ("rust_atomics", "add_i32", "PASS");
        let rows = [
            ("rust_rows", "sub", "PASS"),
            ("rust_rows", "sub_by_workers", "PASS"),
        ];
        let example = (DOCTESTS, "rust_doctest_kernel_sync_atomic_rs_0", "PASS");
        let other = (DOCTESTS, "rust_doctest_kernel_list_rs_0", "SKIP");
        assert_eq!(
            judge(&[test, rows[0], rows[1], example, other]).unwrap(),
            "3 tests and 1 examples of the drop-in passed, and 0 other tests; 1 skipped"
        );
        assert_eq!(
            judge(&[test, rows[0], rows[1], other]).unwrap_err(),
            "0 of the 1 examples in sync_atomic_rs were run"
        );
        assert_eq!(
            judge(&[example, rows[0]]).unwrap_err(),
            "2 tests did not run: rust_atomics.add_i32, rust_rows.sub_by_workers"
        );
        let skipped = ("rust_atomics", "add_i32", "SKIP");
        assert_eq!(
            judge(&[skipped, rows[0], rows[1], example]).unwrap_err(),
            "1 tests did not run: rust_atomics.add_i32"
        );
        let crashed = ("rust_atomics", "add_i32", "ERROR");
        assert_eq!(
            judge(&[crashed, example]).unwrap_err(),
            "1 tests failed: rust_atomics.add_i32: ERROR"
        );
        assert_eq!(
            judge(&[]).unwrap_err(),
            "the kernel printed no test results"
        );
        assert!(Results::parse("{}").is_err() && Results::parse("").is_err());
    }
}
