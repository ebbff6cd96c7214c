//! Whom a series goes to: what the tree's own `scripts/get_maintainer.pl` says.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

/// The script, in a tree.
const SCRIPT: &str = "scripts/get_maintainer.pl";

/// Those whom a series goes to, as `NAME <ADDRESS>` or as an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipients {
    /// The maintainers.
    pub to: Vec<String>,
    /// The reviewers and the lists.
    pub cc: Vec<String>,
}

impl Recipients {
    /// Those whom changes of these files go to. None if the tree has no such script.
    ///
    /// # Errors
    ///
    /// If the script cannot be run, or fails.
    pub fn find(tree: &Path, paths: &BTreeSet<&Path>) -> Result<Option<Self>> {
        if !tree.join(SCRIPT).is_file() {
            return Ok(None);
        }
        let mut found = Self::default();
        for line in ask(tree, paths)?.lines() {
            // `NAME <ADDRESS> (ROLE:ENTRY)`
            let Some((who, role)) = split(line) else {
                continue;
            };
            let is_cc = role.starts_with("reviewer") || role.contains("list");
            let list = if is_cc { &mut found.cc } else { &mut found.to };
            if who.contains('@') && !list.iter().any(|other| other == who) {
                list.push(who.to_owned());
            }
        }
        found.cc.retain(|who| !found.to.contains(who));
        Ok(Some(found))
    }

    /// The lines `To:` and `Cc:` of a mail.
    pub fn headers(&self) -> String {
        let lines = [("To", &self.to), ("Cc", &self.cc)].map(|(name, list)| {
            let list: Vec<String> = list.iter().map(|who| encoded(who)).collect();
            match list.is_empty() {
                true => String::new(),
                // One address a line, since a line of a mail must not be long.
                false => format!("{name}: {}\n", list.join(",\n\t")),
            }
        });
        lines.concat()
    }
}

/// Runs the script.
///
/// It gets a patch that changes nothing in these files, since it takes no name of a new file. What
/// the series adds is left out: the script would search it for the words that some entries of
/// MAINTAINERS have, such as names of architectures, which takes long and finds people whom the
/// series does not concern.
fn ask(tree: &Path, paths: &BTreeSet<&Path>) -> Result<String> {
    let failed = || {
        format!(
            "cannot find out whom the series goes to with {}",
            tree.join(SCRIPT).display()
        )
    };
    let mut patch = NamedTempFile::new().with_context(failed)?;
    for path in paths.iter().map(|path| path.display()) {
        let text = format!("--- a/{path}\n+++ b/{path}\n@@ -1,1 +1,1 @@\n");
        patch.write_all(text.as_bytes()).with_context(failed)?;
    }
    let mut perl = Command::new("perl");
    perl.current_dir(tree).arg(SCRIPT);
    // Who changed the files before depends on the history that the tree happens to have.
    perl.args(["--nogit", "--nogit-fallback", "--roles", "--norolestats"]);
    let output = perl.arg(patch.path()).output().with_context(failed)?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{}: {}",
            failed(),
            error.lines().next().unwrap_or("it failed")
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Splits a line into the recipient and the role, which may itself have parentheses.
fn split(line: &str) -> Option<(&str, &str)> {
    let address = line.find('@')?;
    let end = address + line[address..].find(" (")?;
    Some((&line[..end], &line[end + 2..]))
}

/// A recipient as mails spell one whose name is not ASCII (RFC 2047).
fn encoded(who: &str) -> String {
    let Some((name, address)) = who.rsplit_once(" <").filter(|_| !who.is_ascii()) else {
        return who.to_owned();
    };
    let bytes = name.trim_matches('"').bytes().map(|byte| match byte {
        b' ' => "_".to_owned(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("={byte:02X}"),
    });
    format!("=?UTF-8?q?{}?= <{address}", bytes.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_one_address_a_line() {
        let who = |list: &[&str]| list.iter().map(|who| (*who).to_owned()).collect();
        let recipients = Recipients {
            to: who(&["Some Body <body@example.org>", "Ann Ä. <ann@example.org>"]),
            cc: who(&["list@example.org"]),
        };
        let expected = "To: Some Body <body@example.org>,\n\
                        \t=?UTF-8?q?Ann_=C3=84=2E?= <ann@example.org>\nCc: list@example.org\n";
        assert_eq!(recipients.headers(), expected);
        assert_eq!(Recipients::default().headers(), "");
    }

    #[test]
    fn the_script_of_the_tree_is_asked() {
        let tree = tempfile::tempdir().unwrap();
        let tree = tree.path();
        let paths = BTreeSet::from([Path::new("rust/a.rs"), Path::new("rust/b.c")]);
        assert_eq!(Recipients::find(tree, &paths).unwrap(), None);
        std::fs::create_dir(tree.join("scripts")).unwrap();
        let script = |text: &str| std::fs::write(tree.join(SCRIPT), text).unwrap();
        script(
            "my $files = join ' ', map { m{^\\+\\+\\+ b/(.*)} } <>;\n\
             exit 1 if $files ne 'rust/a.rs rust/b.c';\n\
             print \"Both <both\\@example.org> (reviewer:RUST)\\n\";\n\
             print \"Both <both\\@example.org> (maintainer:SYNC (ATOMICS))\\n\";\n\
             print \"One <one\\@example.org> (supporter:RUST)\\n\";\n\
             print \"Two <two\\@example.org> (reviewer:RUST)\\n\";\n\
             print \"list\\@example.org (open list)\\n\";\n",
        );
        // The script reads what its arguments name, and takes no options.
        let options = "@ARGV = grep { !/^--/ } @ARGV;\n";
        let text = std::fs::read_to_string(tree.join(SCRIPT)).unwrap();
        script(&format!("{options}{text}"));
        let found = Recipients::find(tree, &paths).unwrap().unwrap();
        assert_eq!(
            found.to,
            ["Both <both@example.org>", "One <one@example.org>"]
        );
        assert_eq!(found.cc, ["Two <two@example.org>", "list@example.org"]);
        script("die 'not at the top of a tree';\n");
        let told = Recipients::find(tree, &paths).unwrap_err().to_string();
        assert!(told.contains("not at the top of a tree"), "{told}");
    }
}
