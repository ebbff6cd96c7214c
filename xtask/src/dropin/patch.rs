//! Makes patches for `git am`, by running git.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fs::{self, DirEntry, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

use crate::write::Original;

/// The author of a patch, and the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name and the address, as in `A U Thor <author@example.org>`.
    who: String,
    /// Seconds since 1970, a space, and the time zone such as `+0100`.
    when: String,
}

impl Identity {
    /// Parses `ident`, which is in the format of a git commit:
    /// `A U Thor <author@example.org> 1700000000 +0100`.
    ///
    /// # Errors
    ///
    /// If `ident` is not in this format.
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
            format!("`{ident}` does not have the form `NAME <ADDRESS> SECONDS TIMEZONE`")
        })
    }

    /// The identity that git would use for a commit in `folder` now. The default that git derives
    /// from the names of the user and the machine is not accepted.
    ///
    /// # Errors
    ///
    /// If no identity is configured, or git cannot be run.
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
                "git does not know the author of the patch: {}\n \
                 = help: set it with `git config --global user.name NAME` and `git config --global \
                 user.email ADDRESS`",
                last_error_line(&output)
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

/// The change of one file.
#[derive(Clone, Debug)]
pub struct Change {
    /// The path of the file.
    pub path: PathBuf,
    /// The current file, if it exists.
    pub old: Option<Original>,
    /// The new contents, or None to delete the file. The file stays executable if it was.
    pub new: Option<String>,
}

/// One commit of a series.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The message, without the line `Signed-off-by`.
    pub message: String,
    /// What it changes.
    pub changes: Vec<Change>,
}

/// A mail with a patch, or the cover letter of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The name of its file.
    pub name: String,
    /// The mail.
    pub text: Vec<u8>,
}

/// Makes a patch of `commit`, authored and signed off by `identity`.
///
/// # Errors
///
/// If git cannot be run, or fails.
pub fn make(commit: Commit, identity: &Identity) -> Result<Vec<u8>> {
    let mails = mails(&[commit], identity, &[])?;
    let mail = mails.into_iter().next();
    Ok(mail.context("git made no patch")?.text)
}

/// Makes a series of patches of `commits`, and a cover letter that is yet to be filled in.
///
/// # Errors
///
/// If git cannot be run, or fails.
pub fn series(commits: &[Commit], identity: &Identity) -> Result<Vec<Mail>> {
    mails(commits, identity, &["--numbered", "--cover-letter"])
}

fn mails(commits: &[Commit], identity: &Identity, options: &[&str]) -> Result<Vec<Mail>> {
    let history = history(commits, identity);
    let home = tempfile::tempdir().context("cannot create a temporary folder")?;
    require_room(home.path(), &history)?;
    let repository = home.path().join("patch.git");
    let git = |arguments: &[&str], input: &[u8]| -> Result<Vec<u8>> {
        let mut git = isolated_git(home.path());
        git.arg("--git-dir").arg(&repository).args(arguments);
        // The cover letter has these.
        if let Some((name, email)) = identity.who.trim_end_matches('>').split_once(" <") {
            git.env("GIT_COMMITTER_NAME", name)
                .env("GIT_COMMITTER_EMAIL", email)
                .env("GIT_COMMITTER_DATE", &identity.when);
        }
        let output = run(&mut git, input)?;
        if !output.status.success() {
            bail!(
                "`git {}` failed in the temporary folder {}: {}",
                arguments[0],
                home.path().display(),
                fatal_line(&output)
            );
        }
        Ok(output.stdout)
    };
    let sha1 = "--object-format=sha1";
    git(&["init", "--quiet", "--bare", "--template=", sha1], &[])?;
    git(&["fast-import", "--quiet"], &history)?;
    let out = home.path().join("out");
    let folder = format!("--output-directory={}", out.display());
    let count = format!("-{}", commits.len());
    let made = [
        "format-patch",
        "--quiet",
        "--binary",
        "--full-index",
        "--no-renames",
    ];
    let arguments = [
        &made[..],
        &["--no-signature", &folder, &count],
        options,
        &[BRANCH],
    ];
    git(&arguments.concat(), &[])?;
    let read = |entry: io::Result<DirEntry>| -> io::Result<Mail> {
        let entry = entry?;
        Ok(Mail {
            name: entry.file_name().to_string_lossy().into_owned(),
            text: fs::read(entry.path())?,
        })
    };
    let mails = fs::read_dir(&out).and_then(|entries| entries.map(read).collect());
    let mut mails: Vec<Mail> = mails.context("cannot read the patches that git made")?;
    mails.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(mails)
}

const BRANCH: &str = "refs/heads/patch";

/// The input of `git fast-import` for the commits, and for one before them with the files that they
/// change. No file is checked out, so that hooks, filters and the file system have no influence.
fn history(commits: &[Commit], identity: &Identity) -> Vec<u8> {
    let mut out = Vec::new();
    let Identity { who, when } = identity;
    let mut commit = |message: &str, files: &[(&Path, bool, Option<&[u8]>)]| {
        out.extend(format!("commit {BRANCH}\ncommitter {who} {when}\n").bytes());
        push_data(&mut out, message.as_bytes());
        for (path, executable, contents) in files {
            let path = quote(path);
            let Some(contents) = contents else {
                out.extend(format!("D {path}\n").bytes());
                continue;
            };
            let mode = if *executable { "100755" } else { "100644" };
            out.extend(format!("M {mode} inline {path}\n").bytes());
            push_data(&mut out, contents);
        }
    };
    let mut before = BTreeMap::new();
    for change in commits.iter().flat_map(|commit| &commit.changes) {
        let old = change.old.as_ref();
        // A later change is not from a file of the tree, but from one of an earlier commit.
        before.entry(&*change.path).or_insert_with(|| {
            let executable = old.is_some_and(|old| old.executable);
            (&*change.path, executable, old.map(|old| &*old.contents))
        });
    }
    commit("Before.\n", &before.into_values().collect::<Vec<_>>());
    for Commit { message, changes } in commits {
        let message = format!("{}\n\nSigned-off-by: {identity}\n", message.trim_end());
        let files = changes.iter().map(|change| {
            let executable = change.old.as_ref().is_some_and(|old| old.executable);
            let new = change.new.as_ref();
            (&*change.path, executable, new.map(|new| new.as_bytes()))
        });
        commit(&message, &files.collect::<Vec<_>>());
    }
    out
}

fn push_data(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(format!("data {}\n", bytes.len()).bytes());
    out.extend(bytes);
    out.push(b'\n');
}

/// Quotes a path for `git fast-import`.
fn quote(path: &Path) -> String {
    let text = path.display().to_string();
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace('\n', "\\n"))
}

/// A git command that ignores the configuration of the user and the machine.
fn isolated_git(home: &Path) -> Command {
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
    let mut child = git.spawn().context("cannot run git to make the patch")?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(input) {
            // git exited early; its exit status and output say why.
            Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(e).context("cannot write to git")?,
            _ => {}
        }
    }
    child.wait_with_output().context("cannot wait for git")
}

/// How much room git may need besides what it reads: for the files of an empty repository.
const MARGIN: usize = 1 << 20;

/// Fails if a folder has no room for what git will write there: what it reads, in compressed form,
/// and a repository around it. If git runs out of room, it writes about a crash.
fn require_room(folder: &Path, history: &[u8]) -> Result<()> {
    let probe = folder.join("probe");
    let room = history.len() + MARGIN;
    let written = File::create(&probe).and_then(|mut file| {
        file.write_all(history)?;
        file.write_all(&vec![0_u8; MARGIN])?;
        file.sync_all()
    });
    written.with_context(|| {
        let parent = folder.parent().unwrap_or(folder).display();
        format!(
            "cannot write {room} bytes of temporary files for the patch below {parent}; free some \
             space there, or set TMPDIR to another folder"
        )
    })?;
    fs::remove_file(&probe).context("cannot remove a temporary file")
}

/// The line of git's error output that says what is wrong: what comes after it is about a crash.
fn fatal_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let fatal = text.lines().find(|line| line.starts_with("fatal: "));
    fatal.map_or_else(|| last_error_line(output), str::to_owned)
}

/// The last line of git's error output. The lines before it are advice.
fn last_error_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.trim().lines().last().unwrap_or_default().to_owned()
}
