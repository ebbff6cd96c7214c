//! Line ends. git may have checked a tree out with CRLF, which no file that is generated has.

use std::borrow::Cow;

use anyhow::Result;

/// Whether a line of the text ends with CRLF.
pub fn has_crlf(text: &[u8]) -> bool {
    text.windows(2).any(|pair| pair == b"\r\n")
}

/// The text with LF in place of CRLF.
pub fn with_lf(text: &[u8]) -> Cow<'_, [u8]> {
    if !has_crlf(text) {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive(|&byte| byte == b'\n');
    let lines = lines.flat_map(|line| match line.strip_suffix(b"\r\n") {
        Some(line) => [line, b"\n"],
        None => [line, b""],
    });
    Cow::Owned(lines.flatten().copied().collect())
}

/// Edits a text. If all its lines end with CRLF, so do those of the result; `edit` sees LF.
///
/// # Errors
///
/// The error of `edit`.
pub fn keep(text: &str, edit: impl FnOnce(&str) -> Result<String>) -> Result<String> {
    let mut lines = text.split_inclusive('\n');
    let is_crlf = has_crlf(text.as_bytes())
        && lines.all(|line| line.ends_with("\r\n") || !line.ends_with('\n'));
    if !is_crlf {
        return edit(text);
    }
    let edited = edit(&text.replace("\r\n", "\n"))?;
    Ok(edited.replace('\n', "\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_keeps_the_line_ends() {
        let add = |text: &str| Ok(format!("{text}more\n"));
        for (text, edited) in [
            ("a\nb\n", "a\nb\nmore\n"),
            ("a\r\nb\r\n", "a\r\nb\r\nmore\r\n"),
            ("a\r\n", "a\r\nmore\r\n"),
            // Which of two kinds it should be is not known.
            ("a\r\nb\n", "a\r\nb\nmore\n"),
            ("", "more\n"),
        ] {
            assert_eq!(keep(text, add).unwrap(), edited, "{text:?}");
        }
        assert_eq!(&*with_lf(b"a\r\nb\n\rc\r\n\r"), b"a\nb\n\rc\n\r");
        assert_eq!(&*with_lf(b"a\r"), b"a\r");
    }
}
