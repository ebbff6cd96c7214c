//! Reads all litmus files of a run, whatever is wrong with some of them.

use std::path::{Path, PathBuf};

use atomics_spec::diag::Place;
use atomics_spec::{Spec, input};

use crate::folder::litmus_files;
use crate::from_rust::read_rust;
use crate::printable;
use crate::said::Said;
use crate::stated::Stated;
use crate::test::Test;
use crate::verdict::Verdict;

/// Languages of herd7 other than C. A litmus file begins with its language.
const LANGUAGES: [&str; 16] = [
    "AArch64", "ARM", "ASL", "BPF", "Bell", "CPP", "JAVA", "LISA", "MIPS", "OpenCL", "PPC", "PTX",
    "RISCV", "X86", "X86_64", "MIXED",
];

/// The files of a run.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The tests in C.
    pub tests: Vec<Test>,
    /// The files that could not be read.
    pub unread: Vec<Unread>,
    /// The files in other languages.
    pub foreign: Vec<Foreign>,
}

/// A file that could not be read. herd7 may be able to.
#[derive(Clone, Debug)]
pub struct Unread {
    pub(crate) file: String,
    /// The text; `None` if the file has none.
    pub(crate) text: Option<String>,
    pub(crate) place: String,
    pub(crate) message: String,
    pub(crate) answer: Answer,
}

/// What herd7 makes of a file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It cannot read it either, or was not asked.
    Rejected,
    /// What the kernel's memory model says.
    Verdict(Said),
    /// It took too long.
    TimedOut,
}

/// A file in another language than C.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    pub(crate) file: String,
    pub(crate) language: &'static str,
}

impl Files {
    /// Reads litmus files, and the litmus files in folders, in the order of their names.
    pub fn read(spec: &Spec, paths: &[PathBuf]) -> Self {
        let mut files = Self::default();
        for path in paths {
            files.add(spec, path);
        }
        files
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty() && self.unread.is_empty() && self.foreign.is_empty()
    }

    /// Keeps the files whose test or, if it could not be read, whose own name has a text in it.
    pub fn filter(&mut self, text: &str) {
        self.tests.retain(|test| test.name().contains(text));
        self.unread.retain(|unread| unread.file.contains(text));
        self.foreign.retain(|foreign| foreign.file.contains(text));
    }

    /// Reads a file, or all litmus files in a folder.
    fn add(&mut self, spec: &Spec, path: &Path) {
        for found in litmus_files(path) {
            match found {
                Ok(file) => self.add_named(spec, &file, shown(&file)),
                Err((folder, error)) => self.cannot_read(shown(&folder), &error),
            }
        }
    }

    /// Reads a file, which messages call `file`.
    pub(crate) fn add_named(&mut self, spec: &Spec, path: &Path, file: String) {
        match input::read(path) {
            Ok(bytes) => self.add_text(spec, file, text(bytes)),
            Err(error) => self.cannot_read(file, &error),
        }
    }

    fn cannot_read(&mut self, file: String, error: &std::io::Error) {
        self.unread.push(Unread {
            place: file.clone(),
            file,
            text: None,
            message: format!("cannot read it: {error}"),
            answer: Answer::Rejected,
        });
    }

    fn add_text(&mut self, spec: &Spec, file: String, text: String) {
        if Path::new(&file).extension().is_some_and(|end| end == "rs") {
            return self.add_rust(spec, &file, &text);
        }
        let first = text.split_whitespace().next().unwrap_or_default();
        if let Some(language) = LANGUAGES.into_iter().find(|known| *known == first) {
            self.foreign.push(Foreign { file, language });
            return;
        }
        match Test::parse(spec, file.as_str(), text.as_str()) {
            Ok(test) => self.tests.push(test),
            Err(error) => {
                let Place { line, column, .. } = error.place;
                self.unread.push(Unread {
                    place: format!("{file}:{line}:{column}"),
                    file,
                    text: Some(text),
                    message: error.message,
                    answer: Answer::Rejected,
                });
            }
        }
    }
}

impl Files {
    /// Reads the tests of a Rust file.
    fn add_rust(&mut self, spec: &Spec, file: &str, text: &str) {
        let mut wrong = |place: String, message: String| {
            self.unread.push(Unread {
                file: file.to_owned(),
                text: None,
                place,
                message,
                answer: Answer::Rejected,
            });
        };
        match read_rust(spec, file, text) {
            Ok(tests) if tests.is_empty() => {
                wrong(file.to_owned(), "there is no `litmus!` in it".into());
            }
            Ok(tests) => self.tests.extend(tests),
            Err(errors) => errors.into_iter().for_each(|error| {
                let Place { line, column, .. } = error.place;
                wrong(format!("{file}:{line}:{column}"), error.message);
            }),
        }
    }
}

impl Unread {
    /// The name of the file in messages.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What is wrong, with its place: `FILE:LINE:COLUMN: expected ..`.
    pub fn fault(&self) -> String {
        format!("{}: {}", self.place, printable::line(&self.message))
    }

    /// The verdict of herd7, if it can read the file.
    pub fn verdict(&self) -> Option<Verdict> {
        self.said().map(|said| said.verdict)
    }

    /// What the kernel's memory model says, if herd7 can read the file.
    pub(crate) fn said(&self) -> Option<&Said> {
        match &self.answer {
            Answer::Verdict(said) => Some(said),
            _ => None,
        }
    }

    /// Whether herd7 cannot read the file either.
    pub fn is_malformed(&self) -> bool {
        self.answer == Answer::Rejected
    }

    /// The result that the file states.
    pub fn stated(&self) -> Option<Stated> {
        self.text.as_deref().and_then(Stated::find)
    }

    /// What is wrong with its verdict: it differs from the result that its comment states, by the
    /// rules of `tools/memory-model/scripts/judgelitmus.sh`.
    pub fn differs(&self) -> Option<String> {
        self.said()?.fault(self.stated()?)
    }

    /// Whether it has a verdict, with which nothing is wrong; or is malformed, which is counted
    /// elsewhere.
    pub fn is_good(&self) -> bool {
        match &self.answer {
            Answer::Rejected => true,
            Answer::TimedOut => false,
            Answer::Verdict(_) => self.differs().is_none(),
        }
    }
}

impl Foreign {
    /// The name of the file in messages.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The language, as the file calls it.
    pub fn language(&self) -> &'static str {
        self.language
    }
}

/// A path in messages. Whoever made the file has chosen its name.
pub(crate) fn shown(path: &Path) -> String {
    printable::line(&path.display().to_string())
}

/// The text of a file. What is not UTF-8 is Latin-1, as old files have it in comments.
pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const GOOD: &str = "C good\n{}\nP0(int *x)\n{\n\tWRITE_ONCE(*x, 1);\n}\nexists (x=1)\n";

    /// The others are read whatever is wrong with one.
    #[test]
    fn a_bad_file_does_not_end_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("more")).unwrap();
        for (name, contents) in [
            ("bad.litmus", GOOD.replace("1);", "1)")),
            ("more/good.litmus", GOOD.into()),
            ("other.litmus", "X86_64 other\n{}\n".into()),
            ("not.txt", "not".into()),
            ("unknown.litmus", "Unknown\n".into()),
        ] {
            fs::write(path(name), contents).unwrap();
        }
        fs::write(path("latin.litmus"), GOOD.replace("{}", "(* \u{a7} *)\n{}")).unwrap();
        let latin: Vec<u8> = GOOD.replace("{}", "(* @ *)\n{}").into_bytes();
        let latin = latin.into_iter().map(|b| if b == b'@' { 0xa7 } else { b });
        fs::write(path("latin1.litmus"), latin.collect::<Vec<_>>()).unwrap();
        let spec = Spec::builtin().unwrap();
        let mut files = Files::read(&spec, &[folder.path().into(), path("none.litmus")]);
        assert_eq!(files.tests.len(), 3);
        let faults: Vec<String> = files.unread.iter().map(Unread::fault).collect();
        let expected = [
            ("bad.litmus:6:1", "expected `;`, found `}`"),
            ("unknown.litmus:1:1", "this is not a litmus test in C"),
            ("none.litmus", "cannot read it"),
        ];
        assert_eq!(faults.len(), expected.len(), "{faults:?}");
        for (fault, (place, what)) in faults.iter().zip(expected) {
            assert!(fault.contains(&format!("{place}: {what}")), "{fault}");
        }
        assert!(files.unread.iter().all(Unread::is_malformed));
        let foreign: Vec<_> = files.foreign.iter().map(Foreign::language).collect();
        assert_eq!(foreign, ["X86_64"]);
        files.filter("none");
        assert_eq!((files.tests.len(), files.unread.len()), (0, 1));
        assert!(!files.is_empty());
    }

    #[test]
    fn a_verdict_other_than_the_stated_one_is_bad() {
        let spec = Spec::builtin().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.litmus");
        let text = GOOD.replace("{}", "(* Result: Never *)\n{}");
        fs::write(&path, text.replace("x=1", "0:r7=1")).unwrap();
        let mut files = Files::read(&spec, &[path]);
        let unread = &mut files.unread[0];
        assert!(unread.is_malformed() && unread.is_good());
        let verdict = |verdict| Answer::Verdict(Said::quickly(verdict, false));
        for (answer, good) in [
            (verdict(Verdict::Never), true),
            (verdict(Verdict::Always), false),
            (Answer::TimedOut, false),
        ] {
            unread.answer = answer;
            assert_eq!((unread.is_good(), unread.is_malformed()), (good, false));
        }
    }
}
