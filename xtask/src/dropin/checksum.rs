//! The last line of a generated kernel file: a comment with the SHA-1 of all that stands above it,
//! as in the headers that the kernel's own `scripts/atomic/gen-atomics.sh` writes.

use sha1_smol::Sha1;

/// `text` with that line.
pub fn signed(text: String) -> String {
    let digest = Sha1::from(&text).digest();
    text + &format!("// {digest}\n")
}

/// Whether the last line is one with a checksum, right or wrong.
pub fn has_line(text: &[u8]) -> bool {
    split(text).is_some()
}

/// Whether the last line has the checksum of what stands above it, so that this is what some
/// generator wrote: this one in any version, or the kernel's own.
pub fn is_intact(text: &[u8]) -> bool {
    split(text).is_some_and(|(above, digest)| {
        let right = Sha1::from(above).digest().to_string();
        right.as_bytes() == digest
    })
}

/// The hash that git has for a file with these contents.
pub fn git_blob(contents: &[u8]) -> String {
    let mut sha1 = Sha1::new();
    sha1.update(format!("blob {}\0", contents.len()).as_bytes());
    sha1.update(contents);
    sha1.digest().to_string()
}

/// What stands above the last line, and the checksum in that line.
fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = text.strip_suffix(b"\n")?;
    let start = line.iter().rposition(|byte| *byte == b'\n')? + 1;
    let digest = line[start..].strip_prefix(b"// ")?;
    let hex = digest.len() == 40 && digest.iter().all(u8::is_ascii_hexdigit);
    hex.then_some((&text[..start], digest))
}
