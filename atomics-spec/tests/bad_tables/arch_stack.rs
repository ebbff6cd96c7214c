//! `arch/*.tbl`: the word `stack`, for instructions that access the stack.

use super::arch::{edit, edit_c};
use super::{ARCH, each, edited, small};
use atomics_spec::emit::asm::{self, Hosted, Labels, Surroundings};
use atomics_spec::emit::barrier::Barriers;
use atomics_spec::{Source, Spec, Tables};

#[test]
fn an_access_to_the_stack_is_declared() {
    each(
        edit,
        r"
        `mfence --` -> `lock add dword ptr [rsp - 4], 0 --`
        error: `rsp` accesses the stack, and nothing says so
          --> demo.tbl:19:10
           |
        19 | asm      lock add dword ptr [rsp - 4], 0 -- orders all
           |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           = help: write `stack` after the name in the row above: without it, the compiler keeps values below the stack pointer, where the instruction may write

        `fence    acquire` -> `fence    acquire\nasm      lock or dword ptr [esp], 0 -- orders all`
        error: `esp` accesses the stack, and nothing says so
          --> demo.tbl:21:10
           |
        21 | asm      lock or dword ptr [esp], 0 -- orders all
           |          ^^^^^^^^^^^^^^^^^^^^^^^^^^
           = help: write `stack` after the name in the row above: without it, the compiler keeps values below the stack pointer, where the instruction may write

        `mov {r}, {mem} -- loads *v` -> `push {mem} -- loads *v\nasm      pop {r} -- moves it`
        error: `push` accesses the stack, and nothing says so
          --> demo.tbl:10:10
           |
        10 | op       read 32,64 >r,preserves_flags
           |          ^^^^
           = help: add the binding `stack`: without it, the compiler keeps values below the stack pointer, where the instruction may write

        `new>r` -> `new>r,stack,stack`
        error: a second `stack`
          --> demo.tbl:12:33
           |
        12 | op       xchg 32,64 new>r,stack,stack
           |                                 ^^^^^
           = help: remove one of them

        `barrier  mb` -> `barrier  mb stacks`
        error: the table lacks the barriers mb
         --> demo.tbl:1:1
          |
        1 | arch     demo
          | ^^^^
          = help: for a barrier that only restrains the compiler, write a row `barrier` without rows below it

        error: `stacks` after the name
          --> demo.tbl:18:13
           |
        18 | barrier  mb stacks
           |             ^^^^^^
           = help: only `stack` can stand there, for instructions that access the stack
    ",
    );
    each(
        edit_c,
        r"
        `barrier  rmb` -> `barrier  rmb stack`
        error: the table lacks the barriers rmb
         --> c.tbl:1:1
          |
        1 | arch     c
          | ^^^^
          = help: for a barrier that only restrains the compiler, write a row `barrier` without rows below it

        error: `stack` after the name
          --> c.tbl:11:14
           |
        11 | barrier  rmb stack
           |              ^^^^^
           = help: only `stack` can stand there, for instructions that access the stack
    ",
    );
}

/// The Rust module of a table, with a barrier and a template that access the stack.
fn module(flags: &str) -> String {
    let text = edited(ARCH, "flags    yes", flags);
    let text = text.replace(",preserves_flags", "");
    let text = match flags.ends_with("no") {
        true => edited(&text, "?e", "?e,clobbers_flags"),
        false => text,
    };
    let text = edited(&text, "barrier  mb", "barrier  mb stack");
    let text = edited(&text, "mfence", "lock add dword ptr [rsp - 4], 0");
    let text = edited(&text, "new>r", "new>r,stack");
    let text = edited(&text, "asm      xchg {mem}, {new}", "asm      push {new}");
    let text = edited(&text, "-- swaps", "-- pushes\nasm pop {mem} -- swaps");
    let text = text + "op set 32,64 -\nasm mov {mem}, {i} -- stores i\n";
    let tables = Tables {
        archs: vec![Source::new("demo.tbl", &text)],
        ..small()
    };
    let spec = Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"));
    let surroundings = Surroundings {
        labels: Labels::Always,
        barriers: Barriers::All,
        hosted: Hosted::Never,
    };
    let arch = spec.arch("demo").unwrap();
    asm::module(&spec, arch, surroundings).unwrap()
}

/// The body of a function of a module.
fn body<'m>(module: &'m str, function: &str) -> &'m str {
    let (_, rest) = module.split_once(&format!("fn {function}(")).unwrap();
    // The next function, or the end of the item.
    let ends = ["\n}\n", "    fn "].into_iter();
    let end = ends.filter_map(|end| rest.find(end)).min();
    &rest[..end.unwrap()]
}

#[test]
fn a_block_that_accesses_the_stack_does_not_say_otherwise() {
    for (flags, options) in [
        ("flags    yes", ""),
        ("flags    no", "options(preserves_flags),"),
    ] {
        let module = module(flags);
        for name in ["mb", "xchg"] {
            let body = body(&module, name);
            assert!(!body.contains("options(nostack"), "{flags}: {body}");
            assert!(body.contains(options), "{flags}: {body}");
            assert_eq!(body.contains("options("), !options.is_empty(), "{body}");
        }
        // The others keep the option.
        assert!(body(&module, "read").contains("options(nostack"));
    }
}
