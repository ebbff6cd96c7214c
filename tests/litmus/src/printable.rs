//! Text of a test's author in names, comments and on the terminal. All of it comes through here: a
//! file may be somebody else's, and have characters that end a comment, or that a terminal obeys.

/// The longest name. Names of files may be little longer.
const LONGEST: usize = 120;

/// The name of a test, for comments, file names and reports. What is not ASCII, or not visible, is
/// replaced, and the name is cut to a length that file names may have.
pub fn name(text: &str) -> String {
    let visible = |c: char| {
        if c.is_ascii_graphic() || c == ' ' {
            c
        } else {
            '_'
        }
    };
    text.chars().take(LONGEST).map(visible).collect()
}

/// A line of a test, or the name of its file: without what a terminal obeys or does not show.
pub fn line(text: &str) -> String {
    let shown = |c: char| {
        let is_obeyed = c.is_control() && c != '\t';
        let is_invisible = matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{feff}'
        ) || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
        if is_obeyed || is_invisible {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_visible_is_shown() {
        assert_eq!(name("SB+po-ctrl @x(1)"), "SB+po-ctrl @x(1)");
        assert_eq!(name("a\u{202e}b\rc\u{1b}[2Jd\te"), "a_b_c_[2Jd_e");
        assert_eq!(name(&"é".repeat(300)), "_".repeat(LONGEST));
        assert_eq!(
            line("é\tx\u{202e}\r\u{1b}["),
            "é\tx\u{fffd}\u{fffd}\u{fffd}["
        );
    }
}
