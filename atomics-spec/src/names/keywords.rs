//! Reserved words of Rust and C.

/// The lower-case Rust keywords that cannot be identifiers, not even raw ones.
pub const RUST_PATHS: &[&str] = &["crate", "self", "super"];

/// The lower-case C keywords of GCC as the kernel uses it, and the macros of `stdbool.h`.
pub const C_KEYWORDS: &[&str] = &[
    "asm", "auto", "bool", "break", "case", "char", "const", "continue", "default", "do", "double",
    "else", "enum", "extern", "false", "float", "for", "goto", "if", "inline", "int", "long",
    "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch",
    "true", "typedef", "typeof", "union", "unsigned", "void", "volatile",
];

/// A name as a Rust identifier: raw if it is a keyword.
pub fn rust_ident(name: &str) -> String {
    const KEYWORDS: &str = " abstract as async await become box break const continue do dyn else \
        enum extern false final fn for gen if impl in let loop macro match mod move mut override \
        priv pub ref return static struct trait true try type typeof unsafe unsized use virtual \
        where while yield ";
    if KEYWORDS.contains(&format!(" {name} ")) {
        format!("r#{name}")
    } else {
        name.into()
    }
}
