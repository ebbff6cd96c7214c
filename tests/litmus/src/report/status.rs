//! Whether a run is good.

use crate::files::Unread;
use crate::finding::Finding;

/// Whether every finding is good.
pub fn is_good(findings: &[Finding<'_>]) -> bool {
    findings.iter().all(Finding::is_good)
}

/// The exit status of a run: 1 if a finding is not good, or the verdict on a file that only herd7
/// can read is not what the file states; else 2 if a file is malformed; else 0.
pub fn status(findings: &[Finding<'_>], unread: &[Unread]) -> u8 {
    if !is_good(findings) || !unread.iter().all(Unread::is_good) {
        return 1;
    }
    match unread.iter().any(Unread::is_malformed) {
        true => 2,
        false => 0,
    }
}
