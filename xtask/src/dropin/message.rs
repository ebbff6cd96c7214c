//! The commit message of the patch, by the kernel's conventions.

use super::Backend;

/// What the kernel asks of the subject: at most so many columns.
#[cfg(test)]
const SUBJECT: usize = 72;
/// The same for the lines of the body.
#[cfg(test)]
const BODY: usize = 75;

/// What the message depends on.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// How the operations are carried out.
    pub backend: Backend,
    /// Whether the tree has the drop-in already, as another version of the generator made it.
    pub again: bool,
    /// Whether the tree has a memory model.
    pub memory_model: bool,
    /// Whether what the operations compute was read from a table of the user.
    pub own_semantics: bool,
}

/// The message, without the line that signs it off.
pub fn message(facts: Facts) -> String {
    let Facts {
        backend,
        again,
        memory_model,
        own_semantics,
    } = facts;
    let why = if again { AGAIN } else { FIRST };
    let model = if memory_model && !again { MODEL } else { "" };
    let how = match backend {
        Backend::Helpers => HELPERS,
        Backend::Asm => ASM,
    };
    let mut command = "  cargo xtask gen --kernel TREE".to_owned();
    if own_semantics {
        command += " --semantics FILE";
    }
    if backend == Backend::Asm {
        command += " --backend asm";
    }
    let by = format!(
        "All of it was written by lkmm-atomics {} with\n\n{command} --patch FILE\n\nand is \
         not to be edited by hand: run the command again instead.\n",
        env!("CARGO_PKG_VERSION")
    );
    let parts = [why, model, how, &by].into_iter();
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

const FIRST: &str = "\
rust: sync: atomic: Generate all operations from atomics.tbl

scripts/atomic/atomics.tbl says which atomic operations there are, and C's
are generated from it. Rust's are written by hand, and are only some of
them: a driver that needs another one has to add it first, and a new row
of the table does not reach Rust.

Generate Rust's atomics from the table as well: every operation in every
ordering that C has it in, as a method of Atomic<T>, as a function on a
raw pointer, and under C's own name. The present API stays as it is, so no
user has to change.

An ordering that C does not have for an operation does not compile. Each
method has an example, which is a doctest; the KUnit tests below
CONFIG_RUST_ATOMICS_KUNIT_TEST cover all operations.

Add derive(AtomicType) to the macros crate. It implements the unsafe trait
for enums and newtypes whose layout the language guarantees.
";

const MODEL: &str = "\
Complete the atomics of tools/memory-model/linux-kernel.def, which lack
some operations, atomic64_t and atomic_long_t. What herd7 cannot express
is listed there with the reason.
";

const AGAIN: &str = "\
rust: sync: atomic: Regenerate the atomics

Rust's atomics are generated from scripts/atomic/atomics.tbl. Write them
again, to follow the table, the generator or the choice of backend.
";

const HELPERS: &str = "\
All operations call C helpers, so that they are what the architecture, the
configuration and the sanitizers make of them in C.
";

const ASM: &str = "\
The operations are inline assembly on the architectures that have one set
of instructions for all their CPUs. Elsewhere, and if KASAN, KCSAN, KMSAN
or DEBUG_ATOMIC has to check each access, they call C helpers.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_keeps_to_the_columns() {
        for n in 0..16 {
            let text = message(Facts {
                backend: [Backend::Helpers, Backend::Asm][n & 1],
                again: n & 2 != 0,
                own_semantics: n & 4 != 0,
                memory_model: n & 8 != 0,
            });
            let mut lines = text.lines();
            let subject = lines.next().expect("a subject");
            assert!(subject.len() <= SUBJECT, "{subject}");
            assert!(subject.starts_with("rust: sync: atomic: "), "{subject}");
            assert_eq!(lines.next(), Some(""));
            for line in lines {
                assert!(line.len() <= BODY && line == line.trim_end(), "{line}");
            }
            assert_eq!(text.contains("--backend asm"), n & 1 != 0);
            assert_eq!(text.contains("--semantics"), n & 4 != 0);
            assert_eq!(text.contains("linux-kernel.def"), n & 10 == 8);
        }
    }
}
