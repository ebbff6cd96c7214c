//! What many reasons have in common: places, names of tests and operands are left out.

/// The kind of a reason.
pub fn kind(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let line = after_thread(line);
    let mut words: Vec<&str> = line.split(' ').collect();
    // `FILE:1:2: expected ..` begins with a place, or with the name of a file.
    if words.len() > 1 && (is_place(words[0]) || words[0].ends_with(".litmus:")) {
        words.remove(0);
    }
    while let Some(at) = words
        .windows(2)
        .position(|w| w[0] == "at" && is_place(w[1]))
    {
        // What follows the place stays.
        let end = words[at + 1].trim_start_matches(|c: char| c != ';');
        words.splice(at..at + 2, (!end.is_empty()).then_some(end));
    }
    let line = without_operands(&words.join(" ")).replace(" ;", ";");
    match line.split_once(": ") {
        Some((number, rest)) if number.parse::<i64>().is_ok() => format!("a number: {rest}"),
        _ => line,
    }
}

/// Without what comes before the reason: the test and its thread, `NAME, P0: `.
fn after_thread(line: &str) -> &str {
    let mut rest = line;
    while let Some((_, after)) = rest.split_once(", P") {
        let digits = after.trim_start_matches(|c: char| c.is_ascii_digit());
        match digits.strip_prefix(": ") {
            Some(reason) if digits.len() < after.len() => return reason,
            _ => rest = after,
        }
    }
    line
}

/// Whether a word is `FILE:LINE:COLUMN`, with a mark at its end or without.
fn is_place(word: &str) -> bool {
    let word = word.trim_end_matches([':', ';', ',', '.']);
    let mut parts = word.rsplitn(3, ':');
    let is_number = |part: Option<&str>| part.is_some_and(|p| p.parse::<usize>().is_ok());
    is_number(parts.next()) && is_number(parts.next()) && parts.next().is_some()
}

/// Of what is quoted, the first word only: of an instruction, its mnemonic.
fn without_operands(line: &str) -> String {
    let mut out = String::new();
    for (number, part) in line.split('`').enumerate() {
        if number > 0 {
            out.push('`');
        }
        out += match number % 2 {
            0 => part,
            _ => part.split(' ').next().unwrap_or_default(),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_test_to_test_is_left_out() {
        for (reason, expected) in [
            (
                "MP+a, b, P1: the table of herd7's PPC has no row for `rlwinm 3, 4, 1`: add one",
                "the table of herd7's PPC has no row for `rlwinm`: add one",
            ),
            ("`spin_lock` at a/b.litmus:3:14", "`spin_lock`"),
            (
                "`x` at a/b.litmus:3:14; and herd7 cannot read it",
                "`x`; and herd7 cannot read it",
            ),
            ("a/b.litmus:3:14: expected `;`", "expected `;`"),
            (
                "2147483648: herd7 computes C in 32 bits",
                "a number: herd7 computes C in 32 bits",
            ),
            (
                "a.litmus: herd7's verdict is Never for the file\nmore",
                "herd7's verdict is Never for the file",
            ),
            (
                "values wider than a register",
                "values wider than a register",
            ),
        ] {
            assert_eq!(kind(reason), expected);
        }
    }
}
