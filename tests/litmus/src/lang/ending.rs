//! Finds the condition in the text of a litmus file, which need not be parsed for that.

use crate::lang::lex::{self, Token};
use crate::lang::source::File;

/// The text of a litmus file in two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending<'a> {
    /// What comes before the condition.
    pub before: &'a str,
    /// The condition, without its quantifier and without a semicolon after it.
    pub condition: &'a str,
}

/// The condition of a file; `None` if it has none.
pub fn find(text: &str) -> Option<Ending<'_>> {
    let file = File { name: "", text };
    let header = text.find('\n')?;
    let tokens = lex::words(file, header).ok()?.tokens;
    let is_word = |token: &Token, words: &[&str]| match token {
        Token::Word(word) => words.contains(&word.as_str()),
        _ => false,
    };
    let quantifier = tokens
        .iter()
        .rposition(|(token, _)| is_word(token, &["exists", "forall"]))?;
    let negated = tokens[..quantifier]
        .last()
        .filter(|(token, _)| *token == Token::Sign("~") || is_word(token, &["not"]));
    let start = negated.unwrap_or(&tokens[quantifier]).1.start;
    let is_end = |token: &Token| matches!(token, Token::End | Token::Sign(";"));
    let last = tokens.iter().rfind(|(token, _)| !is_end(token))?;
    let condition = text.get(tokens[quantifier].1.end..last.1.end)?.trim();
    (!condition.is_empty()).then_some(Ending {
        before: &text[..start],
        condition,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_is_found() {
        let before = "C t\n\"exists\"\n{}\n(* exists *)\nP0(int *x) { *x = 1; }\n\
                      locations [x; 0:r0;]\n";
        for (quantifier, end) in [
            ("exists ", ""),
            ("~exists", " ;\n"),
            ("~ exists\n", "\n"),
            ("not exists ", " // exists (x=2)"),
            ("forall", "; (* forall (x=2) *)\n"),
        ] {
            let condition = "(x=1 /\\ (* two *) ~(0:r0=1))";
            let text = format!("{before}{quantifier}{condition}{end}");
            assert_eq!(find(&text), Some(Ending { before, condition }));
        }
    }

    #[test]
    fn some_files_have_none() {
        for text in [
            "",
            "C t",
            "C t\n{}\nP0() {}\nlocations [x]\n",
            "C t\n{}\nexists\n",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
