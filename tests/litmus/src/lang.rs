//! The language of C litmus files, in the format of the kernel's `tools/memory-model`.
//!
//! ```text
//! text --lex--> words --parse--> ast::Litmus --types, calls, values--> what it means
//! ```

pub mod ast;
pub mod calls;
pub mod ending;
pub mod lex;
pub mod parse;
pub mod source;
pub mod types;
pub mod values;
pub mod widen;
