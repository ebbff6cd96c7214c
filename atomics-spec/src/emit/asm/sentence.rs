//! Comments above instructions.

/// The meaning of an instruction as a sentence.
pub(super) fn format_sentence(meaning: &str) -> String {
    let mut chars = meaning.chars();
    let first = chars
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    let end = if meaning.ends_with('?') { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}
