//! Asks herd7, and keeps its answers for the next run.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use atomics_spec::input;
use atomics_tools::Herd;

use crate::herd::{self, Ran};
use crate::kept::Kept;

/// herd7, with a time limit for each file.
pub struct Asker<'a> {
    herd: &'a Herd,
    limit: Duration,
    kept: Option<(&'a Kept, String)>,
}

impl<'a> Asker<'a> {
    /// Runs `herd` on each file for at most `limit`. Keeps the answers, if there is a place for them.
    ///
    /// # Errors
    ///
    /// If the program cannot be found.
    pub fn new(herd: &'a Herd, limit: Duration, kept: Option<&'a Kept>) -> Result<Self> {
        let kept = kept.map(|kept| anyhow::Ok((kept, identity(herd.program())?)));
        Ok(Self {
            herd,
            limit,
            kept: kept.transpose()?,
        })
    }

    /// A command that runs herd7.
    pub fn command(&self) -> Command {
        self.herd.command()
    }

    /// Runs a command of herd7 on a file. The answer depends on the file's text and on `inputs`,
    /// which stand for the options and the files that these name.
    ///
    /// # Errors
    ///
    /// As [`herd::run`].
    pub fn run(&self, command: Command, file: &Path, inputs: &[&str]) -> Result<Ran> {
        let Some((kept, herd)) = &self.kept else {
            return Ok(
                herd::run(command, file, self.limit)?.map_or(Ran::TimedOut, |(_, o)| Ran::Done(o))
            );
        };
        let text = input::read_text(file);
        let text = text.with_context(|| format!("cannot read {}", file.display()))?;
        let mut all = vec![herd.as_str(), text.as_str()];
        all.extend(inputs);
        let mut timed_out = false;
        let answer = kept.file(&all, ("", ".herd"), |path| {
            let Some((said, _)) = herd::run(command, file, self.limit)? else {
                timed_out = true;
                bail!("herd7 took too long");
            };
            fs::write(path, said).with_context(|| format!("cannot write {}", path.display()))
        });
        if timed_out {
            return Ok(Ran::TimedOut);
        }
        let answer = answer?;
        let said = input::read_text(&answer);
        let said = said.with_context(|| format!("cannot read {}", answer.display()))?;
        Ok(Ran::Done(herd::read(&said)?))
    }
}

/// What tells one installed herd7 from another.
///
/// # Errors
///
/// If the program cannot be found.
pub fn identity(program: &Path) -> Result<String> {
    let meta = fs::metadata(program);
    let meta = meta.with_context(|| format!("cannot find {}", program.display()))?;
    let changed = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Ok(format!("{} {} {changed:?}", program.display(), meta.len()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::verdict::Verdict;

    /// A program in place of herd7, which counts its runs, and what it says after its version.
    fn program(folder: &Path, does: &str) -> Herd {
        let path = folder.join("herd7");
        let text = format!(
            "#!/bin/sh\n[ \"$1\" = -version ] && {{ echo 7.58; exit; }}\necho >> {}/runs\n{does}\n",
            folder.display()
        );
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Herd::of(&path).unwrap()
    }

    fn runs(folder: &Path) -> usize {
        fs::read_to_string(folder.join("runs"))
            .unwrap_or_default()
            .len()
    }

    #[test]
    fn the_same_question_is_asked_once() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let kept = Kept::at(&folder.join("kept")).unwrap();
        let herd = program(
            folder,
            "printf 'States 1\\nx=1;\\nObservation t Always 1 0\\n'",
        );
        let asker = Asker::new(&herd, Duration::from_secs(300), Some(&kept)).unwrap();
        let file = folder.join("t.litmus");
        let ask = |text: &str, inputs: &[&str]| {
            fs::write(&file, text).unwrap();
            match asker.run(asker.command(), &file, inputs).unwrap() {
                Ran::Done(outcome) => assert_eq!(outcome.verdict, Verdict::Always),
                Ran::TimedOut => panic!("it is quick"),
            }
            runs(folder)
        };
        assert_eq!([ask("a", &["-x"]), ask("a", &["-x"])], [1, 1]);
        assert_eq!([ask("b", &["-x"]), ask("b", &["-y"])], [2, 3]);
        assert_eq!([ask("a", &["-x"]), ask("b", &["-y"])], [3, 3]);
    }

    #[test]
    fn neither_errors_nor_timeouts_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let kept = Kept::at(&folder.join("kept")).unwrap();
        let file = folder.join("t.litmus");
        fs::write(&file, "a").unwrap();
        let ask = |does: &str, limit| {
            let herd = program(folder, does);
            let asker = Asker::new(&herd, limit, Some(&kept)).unwrap();
            asker.run(asker.command(), &file, &[])
        };
        for count in [1, 2] {
            assert!(ask("exit 2", Duration::from_secs(300)).is_err());
            assert_eq!(runs(folder), count);
        }
        for count in [3, 4] {
            let ran = ask("exec sleep 600", Duration::from_secs(2));
            assert!(matches!(ran, Ok(Ran::TimedOut)), "{ran:?}");
            assert_eq!(runs(folder), count);
        }
    }
}
