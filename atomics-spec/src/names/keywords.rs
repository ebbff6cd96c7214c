//! Words that cannot be names in Rust or in C: keywords, types and macros.

/// The lower-case Rust keywords that cannot be identifiers, not even raw ones.
pub const RUST_PATHS: &[&str] = &["crate", "self", "super"];

/// The lower-case C keywords of GCC as the kernel uses it, those of C23, and the macros of
/// `stdbool.h`.
pub const C_KEYWORDS: &[&str] = &[
    "alignas",
    "alignof",
    "asm",
    "auto",
    "bool",
    "break",
    "case",
    "char",
    "const",
    "constexpr",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "false",
    "float",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "nullptr",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "struct",
    "switch",
    "thread_local",
    "true",
    "typedef",
    "typeof",
    "typeof_unqual",
    "union",
    "unsigned",
    "void",
    "volatile",
];

/// C types of the kernel and of the headers that the helpers include.
pub const C_TYPES: &[&str] = &[
    "int16_t",
    "int32_t",
    "int64_t",
    "int8_t",
    "intmax_t",
    "intptr_t",
    "ptrdiff_t",
    "s16",
    "s32",
    "s64",
    "s8",
    "size_t",
    "ssize_t",
    "u16",
    "u32",
    "u64",
    "u8",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "uint8_t",
    "uintmax_t",
    "uintptr_t",
    "wchar_t",
];

/// The Rust types that are words of the language, and paths that the generated code uses.
pub const RUST_TYPES: &[&str] = &[
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16",
    "u32", "u64", "u8", "usize",
];

/// The macros without parameters that C compilers define in their default mode.
pub const C_COMPILER_MACROS: &[&str] = &[
    "hppa", "hpux", "i386", "linux", "m68k", "mc68000", "mips", "pdp11", "sgi", "sparc", "sun",
    "svr4", "unix", "vax",
];

/// The macros without parameters in the headers that a kernel's helpers include, on any
/// architecture.
pub const KERNEL_MACROS: &[&str] = &[
    "asm_inline",
    "asmlinkage",
    "at_least",
    "atomic_long_cond_read_acquire",
    "atomic_long_cond_read_relaxed",
    "barrier_nospec_asm",
    "boot_cpu_data",
    "c_w_w",
    "console_loglevel",
    "cr_r_",
    "crwrw",
    "current",
    "current_cpu_data",
    "default_console_loglevel",
    "default_message_loglevel",
    "fallthrough",
    "file",
    "minimum_console_loglevel",
    "my_cpu_offset",
    "noinline",
    "noinstr",
    "notrace",
    "o_w_w",
    "oldinstr_len",
    "or_r_",
    "or_rw",
    "orw_w",
    "orwrw",
    "pgoff_t",
    "rcu_head",
];

/// The first parts of the names of more macros in these headers.
pub const KERNEL_MACRO_PREFIXES: &[&str] = &[
    "aligned_",
    "alt_",
    "arch_",
    "be16_",
    "be32_",
    "be64_",
    "cpu_",
    "le16_",
    "le32_",
    "le64_",
    "noinline_",
    "pbe_",
    "pt_regs_",
    "randomized_struct_",
    "raw_",
    "saved_context_",
    "swab",
    "swah",
];

/// Why `name` is, or may be, a macro in C.
pub fn c_macro(name: &str) -> Option<String> {
    if C_COMPILER_MACROS.contains(&name) {
        return Some("it is a macro of C compilers".into());
    }
    if KERNEL_MACROS.contains(&name) {
        return Some("it is a macro of the kernel".into());
    }
    let prefix = KERNEL_MACRO_PREFIXES
        .iter()
        .find(|p| name.starts_with(**p))?;
    Some(format!(
        "names that begin with `{prefix}` may be macros of the kernel"
    ))
}

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
