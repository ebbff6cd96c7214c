//! Checks that `derive(AtomicType)` judges the item that the compiler gets in the end, and that no
//! name in the user's code changes what its expansion means.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use atomics_tests::project::repository;
use atomics_tests::rustc::{build_library, link, rendered, report, rustc};
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// What crates of these tests start with.
const CRATE: &str =
    "#![forbid(deprecated, unsafe_code)]\n#![deny(warnings)]\n#![allow(dead_code)]\n";

/// The folder of a test, its libraries, and the crate of macros.
struct Fixture {
    folder: tempfile::TempDir,
    core: PathBuf,
    replace: PathBuf,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let source = repository().join("tests/tests/derive/replace.rs");
        let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut command = Command::new(compiler);
        command.args(["--edition=2024", "--crate-type=proc-macro", "--out-dir"]);
        let status = command.arg(folder.path()).arg(source).status();
        assert!(status.expect("rustc starts").success());
        let file = format!(
            "{}replace{}",
            std::env::consts::DLL_PREFIX,
            std::env::consts::DLL_SUFFIX
        );
        Self {
            replace: folder.path().join(file),
            core: build_library("atomics-core"),
            folder,
        }
    }

    /// The errors and warnings of a crate, as rustc prints them.
    fn compile(&self, edition: &str, source: &str) -> Vec<String> {
        let file = self.folder.path().join("user.rs");
        fs::write(&file, source).expect("writable");
        let mut command = rustc(edition, self.folder.path());
        link(&mut command, "atomics_core", &self.core);
        command.arg("--extern");
        command.arg(format!("replace={}", self.replace.display()));
        let messages = report(&mut command, &file, &["error", "warning"]);
        messages.iter().map(|m| rendered(m).to_owned()).collect()
    }
}

/// The item that the derive sees, the one that the compiler gets, and what the compiler must say.
const REPLACED: &[(&str, &str, &str)] = &[
    // Bytes that may be uninitialised.
    (
        "struct S<T>(T);",
        "struct S<T>(::core::mem::MaybeUninit<T>);",
        "expected `*const T`",
    ),
    (
        "struct S<T> { x: T }",
        "union S<T: Copy> { x: T }",
        "unsafe",
    ),
    (
        "struct S<'a, T: Copy>(&'a T);",
        "struct S<'a, T: Copy>(::core::mem::MaybeUninit<&'a T>);",
        "expected `*const &T`",
    ),
    (
        "struct S(u32);",
        "struct S(::core::mem::MaybeUninit<u32>);",
        "expected `*const u32`",
    ),
    ("struct S { x: u32 }", "union S { x: u32 }", "unsafe"),
    (
        "enum E { A, B }",
        "#[repr(align(2))] enum E { A, B }",
        "uninit",
    ),
    (
        "enum E { A }",
        "#[repr(align(2))] enum E { A }",
        "is not laid out like its integer",
    ),
    // Types that only look alike, and may be converted.
    (
        "struct S<T: Copy>(*const T);",
        "struct S<T: Copy>(*mut T);",
        "E0308",
    ),
    (
        "struct S<T: Copy>(T);",
        "struct S<T: 'static + Copy>(&'static T);",
        "E0308",
    ),
    ("struct S(u32);", "struct S(i32);", "expected `*const u32`"),
    ("struct S(u32);", "struct S(f32);", "expected `*const u32`"),
    // Another size or alignment.
    (
        "struct S(u32);",
        "#[repr(align(8))] struct S(u32);",
        "is not laid out like its integer",
    ),
    ("struct S(u32);", "#[repr(packed)] struct S(u32);", "packed"),
    (
        "struct S<T>(T);",
        "#[repr(packed)] struct S<T>(T);",
        "packed",
    ),
    (
        "enum E { A, B }",
        "#[repr(u8)] enum E { A, B }",
        "is not laid out like its integer",
    ),
    (
        "enum E { A, B }",
        "enum E { A, B }",
        "is not laid out like its integer",
    ),
    (
        "enum E { A, B }",
        "#[repr(u32)] enum E { A, B }",
        "is not laid out like its integer",
    ),
    // Other fields and variants.
    ("struct S<T>(T);", "struct S<T>(T, ());", "pattern requires"),
    ("struct S<T>(T);", "struct S<T> { x: T }", "E0026"),
    ("struct S(u32);", "struct S;", "E0"),
    ("struct S(u32);", "enum S { A(u32) }", "E0"),
    (
        "enum E { A, B }",
        "#[repr(u16)] enum E { A, B, C }",
        "E0004",
    ),
    ("enum E { A, B }", "#[repr(u16)] enum E { A }", "E0599"),
    ("enum E { A, B }", "#[repr(u16)] enum E { A, B(u8) }", "E0"),
    (
        "enum E { A, B }",
        "struct E(u16); impl E { const A: u16 = 0; const B: u16 = 1; }",
        "E0",
    ),
    // The name of another type.
    (
        "struct S<T>(T);",
        "type S<T> = R<T>; struct R<T>(::core::mem::MaybeUninit<T>);",
        "E0308",
    ),
];

/// A crate with an item that the derive sees, below which stands an attribute macro.
fn with_macro(imported: &str, attribute: &str, item: &str) -> String {
    let (name, repr) = if item.starts_with("enum") {
        ("E", "u16")
    } else {
        ("S", "transparent")
    };
    let (params, arguments) = if item.contains("S<'a") {
        ("<'a, T: Copy>", "<'a, T>")
    } else if item.contains("S<") {
        ("<T: Copy>", "<T>")
    } else {
        ("", "")
    };
    format!(
        "{CRATE}use replace::{imported};\n\
         #[::core::prelude::v1::derive(atomics_core::AtomicType)]\n\
         #[{attribute}]\n#[repr({repr})]\n{item}\n\
         impl{params} Copy for {name}{arguments} {{}}\n\
         impl{params} Clone for {name}{arguments} {{ fn clone(&self) -> Self {{ *self }} }}\n"
    )
}

/// An attribute macro cannot change a type behind the back of the derive, whatever its name is.
#[test]
fn a_type_that_is_replaced_later_is_rejected() {
    let fixture = Fixture::new();
    let mut faults = Vec::new();
    for (seen, real, expected) in REPLACED {
        for name in ["derive", "cold_path"] {
            let imported = format!("replace as {name}");
            let source = with_macro(&imported, &format!("{name}({real})"), seen);
            let messages = fixture.compile("2024", &source);
            if !messages.iter().any(|m| m.contains(expected)) {
                let titles: Vec<_> = messages.iter().map(|m| m.lines().next()).collect();
                faults.push(format!("{seen} -> {real}: no `{expected}`: {titles:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Whether a type is accepted does not depend on the names of attribute macros that keep it.
#[test]
fn a_type_that_is_kept_is_accepted() {
    let fixture = Fixture::new();
    let items: BTreeSet<&str> = REPLACED.iter().map(|(seen, ..)| *seen).collect();
    for item in items {
        // A reference is not an atomic type, so this one needs a bound that never holds.
        for (imported, attribute) in [("keep as derive", "derive"), ("keep", "keep")] {
            let source = with_macro(imported, attribute, item);
            assert_eq!(fixture.compile("2024", &source), [""; 0], "{source}");
        }
    }
}

/// Collects the identifiers that the source of the derive quotes.
#[derive(Default)]
struct Quoted(BTreeSet<String>);

impl Quoted {
    fn add(&mut self, tokens: TokenStream) {
        let mut is_variable = false;
        for token in tokens {
            match &token {
                TokenTree::Group(group) => self.add(group.stream()),
                TokenTree::Ident(ident) if !is_variable => {
                    self.0.insert(ident.to_string());
                }
                _ => {}
            }
            is_variable = matches!(token, TokenTree::Punct(mark) if mark.as_char() == '#');
        }
    }
}

impl<'ast> Visit<'ast> for Quoted {
    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        let quotes = ["quote", "quote_spanned"];
        if quotes.iter().any(|quote| node.path.is_ident(quote)) {
            self.add(node.tokens.clone());
        }
        visit::visit_macro(self, node);
    }
}

/// The names that might mean something else where a derive is expanded: those that it quotes, and
/// those that such code is often written with.
fn names() -> Vec<String> {
    let source = repository().join("atomics-macros/src/derive.rs");
    let source = fs::read_to_string(source).expect("readable");
    let mut quoted = Quoted::default();
    quoted.visit_file(&syn::parse_file(&source).expect("Rust"));
    assert!(quoted.0.contains("automatically_derived"), "{:?}", quoted.0);
    let usual = "value __value x this field AtomicType Atomic Repr Ok Err Some None Option Result \
                 Copy Clone Send Sync Sized PhantomData std core alloc atomics_core kernel u8 u16 \
                 u32 i32 isize usize bool str assert panic Witness Witness_ T S E";
    quoted.0.extend(usual.split_whitespace().map(str::to_owned));
    let is_name = |name: &String| syn::parse_str::<syn::Ident>(name).is_ok();
    quoted.0.into_iter().filter(is_name).collect()
}

/// Types of every accepted shape, none of which mentions a name that a crate may define itself.
const TYPES: &str = "
    #[::core::prelude::v1::derive(::core::clone::Clone, ::core::marker::Copy, ::atomics_core::AtomicType)]
    #[repr(u8)]
    pub enum Enum000 { Variant000, Variant001 = 7 }
    #[::core::prelude::v1::derive(::core::clone::Clone, ::core::marker::Copy, ::atomics_core::AtomicType)]
    #[repr(transparent)]
    pub struct Struct000(pub ::core::primitive::u32);
    #[::core::prelude::v1::derive(::core::clone::Clone, ::core::marker::Copy, ::atomics_core::AtomicType)]
    #[repr(transparent)]
    pub struct Struct001 { pub member000: ::core::primitive::isize }
    #[::core::prelude::v1::derive(::core::clone::Clone, ::core::marker::Copy, ::atomics_core::AtomicType)]
    #[repr(transparent)]
    pub struct Struct002<T000>(pub T000);
";

/// Items of every kind with this name.
fn items(name: &str) -> [String; 5] {
    [
        format!("pub const {name}: ::core::primitive::u8 = 0; pub trait {name} {{}}"),
        format!("pub static {name}: ::core::primitive::u8 = 0; pub mod {name} {{}}"),
        format!("pub struct {name};"),
        format!("pub fn {name}() {{}} pub type {name} = ::core::primitive::u8;"),
        format!("macro_rules! {name} {{ () => {{ 1 + }} }}"),
    ]
}

/// No name that is defined beside a type changes what its derive expands to.
#[test]
fn names_of_the_users_code_hide_nothing() {
    let fixture = Fixture::new();
    let mut source = format!(
        "{CRATE}#![allow(nonstandard_style, unused_macros)]\n\
         extern crate atomics_core;\nextern crate core;\n"
    );
    for name in names() {
        for (kind, items) in items(&name).iter().enumerate() {
            source += &format!("pub mod m{kind}_{name} {{ {items} {TYPES} }}\n");
        }
    }
    for edition in ["2015", "2024"] {
        let messages = fixture.compile(edition, &source);
        assert!(
            messages.is_empty(),
            "{edition}: {} messages, such as {}",
            messages.len(),
            messages[0]
        );
    }
}

/// Types whose own parts have names that a derive might use, or that mention themselves.
const NASTY: &str = r"
use atomics_core::AtomicType;
pub mod names {
    use super::AtomicType;
    type u32 = u8;
    #[derive(AtomicType, Clone, Copy)]
    #[repr(u32)]
    pub enum Wide { A = 0x1_0000, core, Ok, u32, Repr, LAYOUT, Witness, Self_, shape }
    #[derive(AtomicType, Clone, Copy)]
    #[repr(transparent)]
    pub struct Narrow(pub u32);
    pub const NARROW: () = assert!(::core::mem::size_of::<Narrow>() == 1 && ::core::mem::size_of::<Wide>() == 4);
    #[derive(AtomicType, Clone, Copy)]
    #[repr(transparent)]
    pub struct Witness<Witness_: Copy, const value: usize>(pub *mut [Witness_; value])
    where
        *mut [Witness_; value]: Send;
    #[derive(AtomicType, Clone, Copy)]
    #[repr(transparent)]
    pub struct r#struct<shape> { pub r#fn: shape }
    #[derive(AtomicType, Clone, Copy)]
    #[repr(transparent)]
    pub struct size_of(pub u64);
    #[derive(AtomicType, Clone, Copy)]
    #[repr(i8)]
    pub enum LAYOUT { bits = -1, Send = i8::MIN as _ }
    pub fn inside() {
        #[derive(AtomicType, Clone, Copy)]
        #[repr(u8)]
        enum Inner { A }
        let x = atomics_core::Atomic::new(Inner::A);
        let _ = x.load(atomics_core::Relaxed);
    }
}
";

/// Types that mention themselves, behind raw pointers, so that each needs an `unsafe impl Send`, and
/// types whose use is deprecated.
const RECURSIVE: &str = r"
#![deny(warnings)]
use atomics_core::AtomicType;
#[derive(AtomicType, Clone, Copy)]
#[repr(transparent)]
pub struct Next(pub *mut Self);
unsafe impl Send for Next {}
#[derive(AtomicType, Clone, Copy)]
#[repr(transparent)]
pub struct List<T: Copy>(pub *const (Self, T)) where *const (Self, T): Copy;
unsafe impl<T: Copy> Send for List<T> {}
#[derive(AtomicType, Clone, Copy)]
#[deprecated]
#[repr(isize)]
pub enum Old { #[deprecated] A }
#[derive(AtomicType, Clone, Copy)]
#[allow(deprecated)]
#[repr(transparent)]
pub struct OfOld(Old);
pub static HEAD: atomics_core::Atomic<Next> = atomics_core::Atomic::new(Next(core::ptr::null_mut()));
pub static LIST: atomics_core::Atomic<List<u8>> = atomics_core::Atomic::new(List(core::ptr::null()));
";

#[test]
fn names_in_the_type_itself_hide_nothing() {
    let fixture = Fixture::new();
    let source = format!("{CRATE}#![allow(nonstandard_style)]\n{NASTY}");
    assert_eq!(fixture.compile("2024", &source), [""; 0]);
    assert_eq!(fixture.compile("2024", RECURSIVE), [""; 0]);
}

/// A generic struct whose alignment is changed later is rejected where it is used.
#[test]
fn a_generic_struct_is_measured_where_it_is_used() {
    let fixture = Fixture::new();
    let real = "replace(#[repr(align(16))] struct S<T>(T);)";
    let source = with_macro("replace", real, "struct S<T>(T);");
    assert_eq!(fixture.compile("2024", &source), [""; 0]);
    let used =
        format!("{source}const X: atomics_core::Atomic<S<u8>> = atomics_core::Atomic::new(S(1));");
    let messages = fixture.compile("2024", &used);
    let expected = "must have the size and the alignment of its `Repr`";
    assert!(
        messages.iter().any(|m| m.contains(expected)),
        "{messages:?}"
    );
}
