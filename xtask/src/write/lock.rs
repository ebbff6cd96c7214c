//! The lock on a tree. A run holds it from before it looks at the files that it may replace until
//! it has written, so that no two runs write into one tree at once.

use std::fs::File;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::place::at;

/// How long to wait before saying so.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long to wait between two attempts meanwhile.
const PAUSE: Duration = Duration::from_millis(5);

/// A lock on a tree, released when dropped. The system also releases it when the process ends for
/// any reason.
///
/// The tree's folder itself is locked, so that there is no lock file to leave in it.
#[derive(Debug)]
pub struct Lock {
    _folder: File,
}

impl Lock {
    /// Locks a tree for writing. Waits while another run writes or reads it, and calls `say` if
    /// that takes more than a moment.
    ///
    /// # Errors
    ///
    /// If the folder cannot be opened.
    pub fn for_writing(tree: &Path, say: &dyn Fn(&str)) -> Result<Self> {
        Self::take(
            tree,
            FlockOperation::NonBlockingLockExclusive,
            FlockOperation::LockExclusive,
            say,
        )
    }

    /// Locks a tree for reading: others may read it too, but not write.
    ///
    /// # Errors
    ///
    /// The same as [`for_writing`](Self::for_writing).
    pub fn for_reading(tree: &Path, say: &dyn Fn(&str)) -> Result<Self> {
        Self::take(
            tree,
            FlockOperation::NonBlockingLockShared,
            FlockOperation::LockShared,
            say,
        )
    }

    fn take(
        tree: &Path,
        attempt: FlockOperation,
        wait: FlockOperation,
        say: &dyn Fn(&str),
    ) -> Result<Self> {
        let folder = at("find the tree", tree, File::open(tree))?;
        let start = Instant::now();
        let mut locked = flock(&folder, attempt);
        while locked == Err(Errno::WOULDBLOCK) && start.elapsed() < PATIENCE {
            thread::sleep(PAUSE);
            locked = flock(&folder, attempt);
        }
        if locked == Err(Errno::WOULDBLOCK) {
            say(&format!("waiting for another run on {}", tree.display()));
            locked = loop {
                match flock(&folder, wait) {
                    Err(Errno::INTR) => {}
                    result => break result,
                }
            };
        }
        if let Err(error) = locked {
            // Not every file system has locks on folders. To write without one is as safe as it
            // was, unless another run writes too.
            let tree = tree.display();
            say(&format!(
                "warning: cannot lock {tree} ({error}): start no other run on it meanwhile"
            ));
        }
        Ok(Self { _folder: folder })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_writer_is_alone_and_readers_are_not() {
        let tree = tempfile::tempdir().unwrap();
        let tree = tree.path();
        let silent = |text: &str| panic!("{text}");
        let reader = Lock::for_reading(tree, &silent).unwrap();
        drop(Lock::for_reading(tree, &silent).unwrap());
        let said = Mutex::new(Vec::new());
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                Lock::for_writing(tree, &|text| said.lock().unwrap().push(text.to_owned()))
            });
            while said.lock().unwrap().is_empty() {
                assert!(!writer.is_finished(), "it did not wait");
                thread::sleep(PAUSE);
            }
            drop(reader);
            drop(writer.join().unwrap().unwrap());
        });
        let expected = format!("waiting for another run on {}", tree.display());
        assert_eq!(said.into_inner().unwrap(), [expected]);
        drop(Lock::for_writing(tree, &silent).unwrap());
        // Nothing is left in the tree.
        assert_eq!(std::fs::read_dir(tree).unwrap().count(), 0);
    }

    #[test]
    fn what_is_not_a_tree_is_not_locked() {
        let told = Lock::for_writing(Path::new("/no/tree"), &|_| {}).unwrap_err();
        assert!(
            told.to_string()
                .starts_with("cannot find the tree /no/tree")
        );
    }
}
