//! The file with the results of an archive: a row of JSON on each line.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use atomics_spec::input;

use super::row::Row;

/// The file with the results. Rows are only added: if a file has several, the last one counts.
#[derive(Debug)]
pub struct Results {
    path: PathBuf,
    file: File,
    rows: HashMap<String, Row>,
}

impl Results {
    /// Opens the results at a path, and creates them if there are none. A last line without an end,
    /// which a run that was killed may have left, is removed.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or written, or another line is not a row.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = path.display();
        if let Some(folder) = path.parent() {
            let made = std::fs::create_dir_all(folder);
            made.with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let bytes = match input::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
        };
        let whole = bytes
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        let text = std::str::from_utf8(&bytes[..whole]);
        let text = text.with_context(|| format!("{shown} is not UTF-8"))?;
        let mut rows = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            let row: Row = serde_json::from_str(line).with_context(|| {
                let number = number + 1;
                format!("{shown}:{number}: this is not a result of a litmus file\n = help: name another file")
            })?;
            rows.insert(row.file.clone(), row);
        }
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).open(path);
        let file = file.with_context(|| format!("cannot write {shown}"))?;
        if whole < bytes.len() {
            let cut = file.set_len(whole as u64);
            cut.with_context(|| format!("cannot write {shown}"))?;
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            rows,
        })
    }

    /// Where they are.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The row of a file, if it has the key, and nothing took longer than a shorter time limit.
    pub fn find(&self, file: &str, key: &str, limit: Duration) -> Option<&Row> {
        let row = self.rows.get(file).filter(|row| row.key == key)?;
        let enough = row
            .limit
            .is_none_or(|had| u128::from(had) >= limit.as_millis());
        enough.then_some(row)
    }

    /// Adds rows, in one piece.
    ///
    /// # Errors
    ///
    /// If they cannot be written.
    pub fn add(&mut self, rows: &[Row]) -> Result<()> {
        let mut text = String::new();
        for row in rows {
            text += &serde_json::to_string(row).context("cannot write JSON")?;
            text.push('\n');
        }
        let written = self.file.write_all(text.as_bytes());
        written.with_context(|| format!("cannot write {}", self.path.display()))?;
        self.rows
            .extend(rows.iter().map(|row| (row.file.clone(), row.clone())));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn row(file: &str, key: &str) -> Row {
        let text = format!("{{\"file\":\"{file}\",\"key\":\"{key}\",\"kind\":\"test\"}}");
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn half_a_line_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/results.jsonl");
        let mut results = Results::open(&path).unwrap();
        results.add(&[row("a", "1"), row("b", "1")]).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{whole}{{\"file\":\"c\"")).unwrap();
        let mut results = Results::open(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), whole);
        results.add(&[row("c", "1"), row("a", "2")]).unwrap();
        let results = Results::open(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 4);
        let has = |file, key| results.find(file, key, Duration::MAX).is_some();
        assert!(has("a", "2") && has("b", "1") && has("c", "1"));
        assert!(!has("a", "1") && !has("d", "1"));
    }

    #[test]
    fn another_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("precious");
        fs::write(&path, "{}\nprecious").unwrap();
        let told = format!("{:#}", Results::open(&path).unwrap_err());
        assert!(told.contains("precious:1: this is not a result"), "{told}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "{}\nprecious");
    }

    /// What took too long is checked again only if there is more time.
    #[test]
    fn more_time_is_for_what_lacked_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let mut results = Results::open(&path).unwrap();
        let slow = Row {
            limit: Some(60_000),
            ..row("slow", "1")
        };
        results.add(&[slow, row("quick", "1")]).unwrap();
        let results = Results::open(&path).unwrap();
        for (file, seconds, found) in [
            ("slow", 1, true),
            ("slow", 60, true),
            ("slow", 61, false),
            ("quick", 61, true),
        ] {
            let row = results.find(file, "1", Duration::from_secs(seconds));
            assert_eq!(row.is_some(), found, "{file} in {seconds} s");
        }
    }
}
