//! The owner of written files. Root writes into the tree of a user, too; what it writes there
//! belongs to that user.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, fchown, lchown};
use std::path::Path;

/// Gives a new file the owner and the group of `of`: the file that it replaces, or its folder.
pub fn give_file(file: &File, of: &Metadata) -> io::Result<()> {
    let ids = differing(&file.metadata()?, of);
    as_far_as_possible(ids.map_or(Ok(()), |(user, group)| fchown(file, user, group)))
}

/// Gives a new folder the owner and the group of its parent.
pub fn give_folder(folder: &Path, of: &Metadata) -> io::Result<()> {
    let ids = differing(&folder.symlink_metadata()?, of);
    as_far_as_possible(ids.map_or(Ok(()), |(user, group)| lchown(folder, user, group)))
}

/// The user and the group of `of` that `new` does not have. None if it has both.
fn differing(new: &Metadata, of: &Metadata) -> Option<(Option<u32>, Option<u32>)> {
    let user = (new.uid() != of.uid()).then_some(of.uid());
    let group = (new.gid() != of.gid()).then_some(of.gid());
    (user.is_some() || group.is_some()).then_some((user, group))
}

/// Only root may give files away, and only to users that it knows, in a container. Otherwise a file
/// belongs to who writes it.
fn as_far_as_possible(result: io::Result<()>) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    match result {
        Err(error) if matches!(error.kind(), PermissionDenied | InvalidInput | Unsupported) => {
            Ok(())
        }
        result => result,
    }
}
