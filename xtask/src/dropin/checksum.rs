//! The checksum line at the end of a generated kernel file: a comment with the SHA-1 of everything
//! above it, as in the headers that the kernel's own `scripts/atomic/gen-atomics.sh` writes.

use sha1_smol::Sha1;

/// Appends the checksum line to `text`.
pub fn sign(text: String) -> String {
    let digest = Sha1::from(&text).digest();
    text + &format!("// {digest}\n")
}

/// Whether the last line is a checksum line, right or wrong.
pub fn has_line(text: &[u8]) -> bool {
    split(text).is_some()
}

/// Whether the last line has the right checksum. The text is then unchanged since a generator wrote
/// it: any version of this one, or the kernel's own.
pub fn is_intact(text: &[u8]) -> bool {
    split(text).is_some_and(|(above, digest)| {
        let right = Sha1::from(above).digest().to_string();
        right.as_bytes() == digest
    })
}

/// The git blob hash of a file with these contents.
pub fn git_blob(contents: &[u8]) -> String {
    let mut sha1 = Sha1::new();
    sha1.update(format!("blob {}\0", contents.len()).as_bytes());
    sha1.update(contents);
    sha1.digest().to_string()
}

/// Splits off the checksum line: the text above it, and the checksum.
fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = text.strip_suffix(b"\n")?;
    let start = line.iter().rposition(|byte| *byte == b'\n')? + 1;
    let digest = line[start..].strip_prefix(b"// ")?;
    let hex = digest.len() == 40 && digest.iter().all(u8::is_ascii_hexdigit);
    hex.then_some((&text[..start], digest))
}
