//! Whom a series goes to: what the tree's own `scripts/get_maintainer.pl` says.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

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
    /// Those whom the patches in these files go to. None if the tree has no such script.
    ///
    /// # Errors
    ///
    /// If the script cannot be run, or fails.
    pub fn find(tree: &Path, patches: &[&Path]) -> Result<Option<Self>> {
        if !tree.join(SCRIPT).is_file() {
            return Ok(None);
        }
        let to = ask(tree, patches, &["--nor", "--nol"])?;
        let mut cc = ask(tree, patches, &["--nom"])?;
        cc.retain(|who| !to.contains(who));
        Ok(Some(Self { to, cc }))
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
fn ask(tree: &Path, patches: &[&Path], options: &[&str]) -> Result<Vec<String>> {
    let mut perl = Command::new("perl");
    perl.current_dir(tree).arg(SCRIPT);
    // Who changed the files before depends on the history that the tree happens to have.
    perl.args([
        "--nogit",
        "--nogit-fallback",
        "--norolestats",
        "--nomoderated",
    ]);
    perl.args(options).args(patches);
    let failed = || {
        format!(
            "cannot find out whom the series goes to with {}",
            tree.join(SCRIPT).display()
        )
    };
    let output = perl.output().with_context(failed)?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{}: {}",
            failed(),
            error.lines().next().unwrap_or("it failed")
        );
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| line.contains('@'));
    Ok(lines.map(str::to_owned).collect())
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
        let patch = Path::new("0001.patch");
        assert_eq!(Recipients::find(tree, &[patch]).unwrap(), None);
        std::fs::create_dir(tree.join("scripts")).unwrap();
        let script = |text: &str| std::fs::write(tree.join(SCRIPT), text).unwrap();
        script(
            "my $all = join ' ', @ARGV;\n\
             print \"both\\@example.org\\n\";\n\
             print \"One <one\\@example.org>\\n\" if $all =~ /--nol .*0001.patch/;\n\
             print \"list\\@example.org\\n\" if $all =~ /--nom /;\n",
        );
        let found = Recipients::find(tree, &[patch]).unwrap().unwrap();
        assert_eq!(found.to, ["both@example.org", "One <one@example.org>"]);
        assert_eq!(found.cc, ["list@example.org"]);
        script("die 'not at the top of a tree';\n");
        let told = Recipients::find(tree, &[patch]).unwrap_err().to_string();
        assert!(told.contains("not at the top of a tree"), "{told}");
    }
}
