//! The owner of written files. Root writes into the tree of a user, too; what it writes there
//! belongs to that user.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, fchown, lchown};
use std::path::Path;

/// Gives a new file the owner and the group of `of`: the file that it replaces, or its folder.
pub fn give_file(file: &File, of: &Metadata) -> io::Result<()> {
    give(&file.metadata()?, of, |user, group| {
        fchown(file, user, group)
    })
}

/// Gives a new folder the owner and the group of its parent.
pub fn give_folder(folder: &Path, of: &Metadata) -> io::Result<()> {
    give(&folder.symlink_metadata()?, of, |user, group| {
        lchown(folder, user, group)
    })
}

/// Changes what `new` does not have of the user and the group of `of`, as far as possible.
///
/// Only root may give files to another user, and only to users that it knows, in a container.
/// Others may give them to the groups that they are in.
fn give(
    new: &Metadata,
    of: &Metadata,
    change: impl Fn(Option<u32>, Option<u32>) -> io::Result<()>,
) -> io::Result<()> {
    let user = (new.uid() != of.uid()).then_some(of.uid());
    let group = (new.gid() != of.gid()).then_some(of.gid());
    if user.is_none() && group.is_none() {
        return Ok(());
    }
    let both = as_far_as_possible(change(user, group))?;
    if !both && user.is_some() && group.is_some() {
        as_far_as_possible(change(None, group))?;
    }
    Ok(())
}

/// Whether the change was possible.
fn as_far_as_possible(result: io::Result<()>) -> io::Result<bool> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    match result {
        Err(error) if matches!(error.kind(), PermissionDenied | InvalidInput | Unsupported) => {
            Ok(false)
        }
        result => result.map(|()| true),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::fs;
    use std::os::unix::fs::chown;

    use super::*;

    /// Only root can make files of another user.
    #[test]
    fn the_group_is_kept_where_the_user_cannot_be() {
        let folder = tempfile::tempdir().unwrap();
        let [new, of] = ["new", "of"].map(|name| folder.path().join(name));
        fs::write(&new, "").unwrap();
        fs::write(&of, "").unwrap();
        if chown(&of, Some(12345), Some(23456)).is_err() {
            return;
        }
        let [new, of] = [new, of].map(|path| fs::metadata(path).unwrap());
        let asked = RefCell::new(Vec::new());
        let refuse_user = |user: Option<u32>, group| {
            asked.borrow_mut().push((user, group));
            match user {
                Some(_) => Err(io::Error::from(io::ErrorKind::PermissionDenied)),
                None => Ok(()),
            }
        };
        give(&new, &of, refuse_user).unwrap();
        let expected = [(Some(12345), Some(23456)), (None, Some(23456))];
        assert_eq!(*asked.borrow(), expected);
    }
}
