//! A patch that `git am` takes, made by git itself.

use std::env;
use std::fmt;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

use crate::write::Original;

/// Who a patch is from and when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name and the address, as in `A U Thor <author@example.org>`.
    who: String,
    /// Seconds since 1970, a blank, and the time zone as in `+0100`.
    when: String,
}

impl Identity {
    /// The identity in `ident`, which is what git writes into a commit:
    /// `A U Thor <author@example.org> 1700000000 +0100`.
    ///
    /// # Errors
    ///
    /// If it is not of this form.
    pub fn new(ident: &str) -> Result<Self> {
        let parts = ident.trim().rsplit_once('>').and_then(|(who, when)| {
            let (name, email) = who.split_once(" <")?;
            let clean = |text: &str| !text.is_empty() && !text.contains(['<', '>', '\n', '\0']);
            let (seconds, zone) = when.strip_prefix(' ')?.split_once(' ')?;
            let sound = clean(name)
                && clean(email)
                && seconds.parse::<u64>().is_ok()
                && zone.len() == 5
                && zone.parse::<i32>().is_ok();
            sound.then(|| Self {
                who: format!("{who}>"),
                when: format!("{seconds} {zone}"),
            })
        });
        parts.with_context(|| {
            format!("`{ident}` is not of the form `NAME <ADDRESS> SECONDS TIMEZONE`")
        })
    }

    /// The identity that git has for a commit of the user's in `folder`, now. git makes one up
    /// from the names of the user and the machine if none is configured; that is not taken.
    ///
    /// # Errors
    ///
    /// If git has none, or cannot be run.
    pub fn of_user(folder: &Path) -> Result<Self> {
        let mut git = Command::new("git");
        git.arg("-C").arg(folder);
        git.args([
            "-c",
            "user.useConfigOnly=true",
            "var",
            "GIT_COMMITTER_IDENT",
        ]);
        let output = run(&mut git, &[])?;
        if !output.status.success() {
            bail!(
                "git does not know whose patch this is: {}\n \
                 = help: `git config --global user.name NAME` and `git config --global \
                 user.email ADDRESS` say it",
                complaint(&output)
            );
        }
        Self::new(&String::from_utf8_lossy(&output.stdout))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.who)
    }
}

/// What becomes of one file.
#[derive(Clone, Debug)]
pub struct Change {
    /// Where it is.
    pub path: PathBuf,
    /// What it is now, if it is there.
    pub old: Option<Original>,
    /// What it will hold, if it will be there. It stays executable if it was.
    pub new: Option<String>,
}

/// The patch that makes `changes`, with this message, from and signed off by `identity`.
///
/// # Errors
///
/// If git cannot be run, or fails.
pub fn make(changes: &[Change], message: &str, identity: &Identity) -> Result<Vec<u8>> {
    let home = tempfile::tempdir().context("cannot make a temporary folder")?;
    let repository = home.path().join("patch.git");
    let git = |arguments: &[&str], input: &[u8]| -> Result<Vec<u8>> {
        let mut git = isolated(home.path());
        git.arg("--git-dir").arg(&repository).args(arguments);
        let output = run(&mut git, input)?;
        if !output.status.success() {
            bail!("`git {}` failed: {}", arguments[0], complaint(&output));
        }
        Ok(output.stdout)
    };
    let sha1 = "--object-format=sha1";
    git(&["init", "--quiet", "--bare", "--template=", sha1], &[])?;
    git(
        &["fast-import", "--quiet"],
        &history(changes, message, identity),
    )?;
    let options = ["--stdout", "-1", "--binary", "--full-index", "--no-renames"];
    git(
        &[&["format-patch"], &options[..], &["--no-signature", BRANCH]].concat(),
        &[],
    )
}

const BRANCH: &str = "refs/heads/patch";

/// Two commits for `git fast-import`: the files before and after. No file is written for it, so
/// that neither hooks nor filters nor the file system have a say.
fn history(changes: &[Change], message: &str, identity: &Identity) -> Vec<u8> {
    let mut out = Vec::new();
    let mut commit = |message: &str, side: fn(&Change) -> Option<&[u8]>| {
        let Identity { who, when } = identity;
        out.extend(format!("commit {BRANCH}\ncommitter {who} {when}\n").bytes());
        data(&mut out, message.as_bytes());
        for change in changes {
            let path = quoted(&change.path);
            let Some(contents) = side(change) else {
                out.extend(format!("D {path}\n").bytes());
                continue;
            };
            let executable = change.old.as_ref().is_some_and(|old| old.executable);
            let mode = if executable { "100755" } else { "100644" };
            out.extend(format!("M {mode} inline {path}\n").bytes());
            data(&mut out, contents);
        }
    };
    commit("Before.\n", |c| {
        c.old.as_ref().map(|old| old.contents.as_slice())
    });
    let message = format!("{}\n\nSigned-off-by: {identity}\n", message.trim_end());
    commit(&message, |c| c.new.as_ref().map(|new| new.as_bytes()));
    out
}

fn data(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(format!("data {}\n", bytes.len()).bytes());
    out.extend(bytes);
    out.push(b'\n');
}

/// A path as `git fast-import` reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace('\n', "\\n"))
}

/// git without anything that the user or the machine has set up for it.
fn isolated(home: &Path) -> Command {
    let mut git = Command::new("git");
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            git.env_remove(name);
        }
    }
    git.env("HOME", home).env("XDG_CONFIG_HOME", home);
    git.env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_ATTR_NOSYSTEM", "1");
    git.env("LC_ALL", "C").current_dir(home);
    git
}

/// Runs git with this input.
fn run(git: &mut Command, input: &[u8]) -> Result<Output> {
    git.stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = git
        .spawn()
        .context("cannot run git, which makes the patch")?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(input) {
            // git has given up, and says why.
            Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(e).context("cannot talk to git")?,
            _ => {}
        }
    }
    child.wait_with_output().context("cannot wait for git")
}

/// The last line that git complained with: what goes before it is advice.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.trim().lines().last().unwrap_or_default().to_owned()
}
