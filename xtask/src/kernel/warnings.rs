//! The warnings in what a kernel's build prints.

/// The warnings of one build.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    /// Those that the drop-in answers for: about any Rust code, as upstream's has none, and about
    /// the C of the drop-in.
    pub ours: Vec<String>,
    /// How many there are besides.
    pub others: usize,
}

/// The C files of the drop-in begin so.
const OUR_C: &str = "rust/helpers/atomic";

/// Finds the warnings.
pub fn find(text: &str) -> Warnings {
    let mut warnings = Warnings::default();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if is_count(line) {
            continue;
        }
        // rustc, rustdoc and Clippy tell the place on the next line.
        let is_place = |next: &&str| next.trim_start().starts_with("--> ");
        let of_rust = line.starts_with("warning: ") || line.starts_with("warning[");
        if let (true, Some(place)) = (of_rust, lines.next_if(is_place)) {
            warnings.ours.push(format!("{line} {}", place.trim_start()));
        } else if let Some((place, _)) = line.split_once("warning: ") {
            if place.contains(OUR_C) {
                warnings.ours.push(line.into());
            } else {
                warnings.others += 1;
            }
        }
    }
    warnings
}

/// Whether a line counts the warnings before it, as rustc and Clang do at their end.
fn is_count(line: &str) -> bool {
    line.ends_with(" emitted") || line.contains(" generated")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_rust_and_our_c_from_the_rest() {
        let text = "\
  RUSTC L rust/kernel.o
warning: unused variable: `x`
   --> ../rust/kernel/sync/atomic.rs:7:5
    |
warning[E0133]: use of an unsafe function
  --> rust/kernel/lib.rs:1:2
note: and more
warning: unsafe strcpy() usage lacked '__write_overflow' symbol in lib/test_fortify/a.c
warning: 2 warnings emitted
../include/asm-generic/io.h:1209:55: warning: arithmetic on a null pointer [-Wx]
clang diag: ../include/asm-generic/io.h:1209:55: warning: arithmetic on a null pointer [-Wx]
../rust/helpers/atomic_ext.c:9:1: warning: unused function 'f' [-Wy]
/usr/bin/ld: warning: vmlinux has a LOAD segment with RWX permissions
1 warning generated.
";
        assert_eq!(
            find(text),
            Warnings {
                ours: vec![
                    "warning: unused variable: `x` --> ../rust/kernel/sync/atomic.rs:7:5".into(),
                    "warning[E0133]: use of an unsafe function --> rust/kernel/lib.rs:1:2".into(),
                    "../rust/helpers/atomic_ext.c:9:1: warning: unused function 'f' [-Wy]".into(),
                ],
                others: 4,
            }
        );
        assert_eq!(find(""), Warnings::default());
    }
}
