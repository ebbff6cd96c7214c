//! Names that mean something else in the generated Rust or C, and rows that do not fit the parts of
//! it that no table changes.

use super::{ARCH, OPS, SEMANTICS, TYPES, check, each, edited, errors, small};
use atomics_spec::{Source, Tables, names};

/// One edit of the operations.
#[track_caller]
fn op(from: &str, to: &str, report: &str) {
    let text = edited(OPS, from, to);
    let tables = Tables {
        ops: Source::new("ops.tbl", &text),
        ..small()
    };
    check(&tables, report);
}

/// One edit of the types.
#[track_caller]
fn ty(from: &str, to: &str, report: &str) {
    let text = edited(TYPES, from, to);
    let tables = Tables {
        types: Source::new("types.tbl", &text),
        ..small()
    };
    check(&tables, report);
}

/// The small tables with an operation more.
#[track_caller]
fn added(row: &str, meaning: &str, report: &str) {
    let ops = format!("{OPS}{row}\n");
    let semantics = format!("{SEMANTICS}{meaning}\n");
    let tables = Tables {
        ops: Source::new("ops.tbl", &ops),
        semantics: Source::new("semantics.tbl", &semantics),
        ..small()
    };
    check(&tables, report);
}

#[test]
fn arguments_that_are_macros() {
    each(
        op,
        r"
        `add         vRF  i  v` -> `add         vRF  i:linux  v`
        error: an argument cannot be called `linux`
         --> ops.tbl:3:20
          |
        3 | add         vRF  i:linux  v
          |                    ^^^^^
          = help: it is a macro of C compilers: write another name after a `:`

        `add         vRF  i  v` -> `add         vRF  i  v:current`
        error: an argument cannot be called `current`
         --> ops.tbl:3:23
          |
        3 | add         vRF  i  v:current
          |                       ^^^^^^^
          = help: it is a macro of the kernel: write another name after a `:`

        `add         vRF  i  v` -> `add         vRF  i:cpu_has_lam  v:uint8_t`
        error: an argument cannot be called `cpu_has_lam`
         --> ops.tbl:3:20
          |
        3 | add         vRF  i:cpu_has_lam  v:uint8_t
          |                    ^^^^^^^^^^^
          = help: names that begin with `cpu_` may be macros of the kernel: write another name after a `:`

        error: an argument cannot be called `uint8_t`
         --> ops.tbl:3:35
          |
        3 | add         vRF  i:cpu_has_lam  v:uint8_t
          |                                   ^^^^^^^
          = help: it is a C type: write another name after a `:`

        `add         vRF  i  v` -> `add         vRF  i:smp_mb  v`
        error: an argument cannot be called `smp_mb`
         --> ops.tbl:3:20
          |
        3 | add         vRF  i:smp_mb  v
          |                    ^^^^^^
          = help: it is a barrier, which the generated code calls: write another name after a `:`

        `add         vRF  i  v` -> `add         vRF  i:nullptr  v`
        error: an argument cannot be called `nullptr`
         --> ops.tbl:3:20
          |
        3 | add         vRF  i:nullptr  v
          |                    ^^^^^^^
          = help: it is a C keyword: write another name after a `:`
    ",
    );
}

#[test]
fn arguments_that_are_functions() {
    added(
        "sub v i:atomic_add v",
        "sub sums v-atomic_add - -",
        r"
        error: an argument of `sub` cannot be called `atomic_add`
         --> ops.tbl:8:1
          |
        8 | sub v i:atomic_add v
          | ^^^
          = help: the generated code has a function or a type of this name: write another name after a `:`
    ",
    );
    let arch = edited(
        ARCH,
        "flags    yes\n",
        "flags    yes\nfeature  fast  sse2 - -\n",
    );
    let ops = edited(OPS, "vF   i  v", "vF   i  v:fast");
    let semantics = edited(SEMANTICS, "v|i", "fast|i");
    let mut tables = small();
    tables.ops = Source::new("ops.tbl", &ops);
    tables.semantics = Source::new("semantics.tbl", &semantics);
    tables.archs[0] = Source::new("demo.tbl", &arch);
    check(
        &tables,
        r"
        error: an argument of `or` cannot be called `fast`
         --> ops.tbl:4:1
          |
        4 | or          vF   i  v:fast
          | ^^
          = help: the generated code has a function or a type of this name: write another name after a `:`
    ",
    );
}

/// Families and operations whose names are the same in C.
#[test]
fn families_and_operations_that_meet() {
    added(
        "ptr_xchg v v i",
        "ptr_xchg basic i - -",
        r"
        error: `ptr_xchg` of the family `atomic` and `xchg` of the family `atomic_ptr` are the same function `atomic_ptr_xchg`
         --> ops.tbl:5:1
          |
        5 | xchg        I    v  i:new
          | ^^^^
          = help: `ptr_xchg` is in line 8, and the families are in lines 4 and 5 of types.tbl: rename one of them
    ",
    );
    added(
        "t v v i",
        "t bits v+i - -",
        r"
        error: `t` of the family `atomic` is the function `atomic_t`, which exists already
         --> ops.tbl:8:1
          |
        8 | t v v i
          | ^
          = help: the family is in line 4 of types.tbl: rename it or the operation
    ",
    );
    let types = TYPES
        .replace("family atomic ", "family smp ")
        .replace("atomic     basic", "smp     basic");
    let ops = format!("{OPS}mb v v i\n");
    let semantics = format!("{SEMANTICS}mb bits v+i - -\n");
    let tables = Tables {
        ops: Source::new("ops.tbl", &ops),
        semantics: Source::new("semantics.tbl", &semantics),
        types: Source::new("types.tbl", &types),
        ..small()
    };
    check(
        &tables,
        r"
        error: `mb` of the family `smp` is the function `smp_mb`, which exists already
         --> ops.tbl:8:1
          |
        8 | mb v v i
          | ^^
          = help: the family is in line 4 of types.tbl: rename it or the operation
    ",
    );
}

/// The same with the table of a kernel, and the types of this project.
#[test]
fn a_kernels_own_table_that_meets() {
    let builtin = Tables::builtin();
    let [ops, semantics] = [builtin.ops, builtin.semantics]
        .map(|source| String::from_utf8_lossy(source.bytes).into_owned());
    let ops = format!("{ops}long_add vRF i v\n");
    let semantics = format!("{semantics}long_add arithmetic v+i - -\n");
    let tables = Tables {
        ops: Source::new("scripts/atomic/atomics.tbl", &ops),
        semantics: Source::new("semantics.tbl", &semantics),
        ..builtin
    };
    let report = errors(&tables).to_string();
    for part in [
        "`long_add` of the family `atomic` and `add` of the family `atomic_long`",
        "are the same function `atomic_long_add`",
        "--> scripts/atomic/atomics.tbl:",
        "types.tbl: rename one of them",
    ] {
        assert!(report.contains(part), "{report}");
    }
}

/// Generated code loads and stores values of every type.
#[test]
fn loads_and_stores_have_a_class_that_computes_nothing() {
    let edit = |from: &str, to: &str, report: &str| {
        let text = edited(SEMANTICS, from, to);
        let tables = Tables {
            semantics: Source::new("semantics.tbl", &text),
            ..small()
        };
        check(&tables, report);
    };
    each(
        edit,
        r"
        `read        basic` -> `read        bits`
        error: `read` cannot have the class `bits`, which computes values
         --> semantics.tbl:1:13
          |
        1 | read        bits -   -      -
          |             ^^^^
          = help: the generated code loads and stores values of every type: use a class with the operand `stored`

        `set         basic` -> `set         bits`
        error: `set` cannot have the class `bits`, which computes values
         --> semantics.tbl:2:13
          |
        2 | set         bits i   -      -
          |             ^^^^
          = help: the generated code loads and stores values of every type: use a class with the operand `stored`

        `new -      v` -> `new new!=new      v`
        error: both sides of the comparison are the same
         --> semantics.tbl:5:23
          |
        5 | xchg        basic new new!=new      v
          |                       ^^^^^^^^
          = help: compare different values; `-` in the column `fails` means never
    ",
    );
    op(
        "read        l    cv",
        "read        l    cv i",
        r"
        error: the form `l` takes no argument but the variable
         --> ops.tbl:1:13
          |
        1 | read        l    cv i
          |             ^
          = help: remove the other arguments, or use another meta letter
    ",
    );
    added(
        "swap v v i:a i:b",
        "swap bits a - -",
        r"
        error: no expression of `swap` has its argument `b`
         --> semantics.tbl:8:1
          |
        8 | swap bits a - -
          | ^^^^
          = help: write it in an expression, or remove the argument from ops.tbl
    ",
    );
}

#[test]
fn methods_that_cannot_be_called() {
    added(
        "into v v i",
        "into bits v+i - -",
        r"
        error: `into` defines the method `into`, which cannot be called
         --> ops.tbl:8:1
          |
        8 | into v v i
          | ^^^^
          = help: every value has a method with this name from the prelude, which hides it: rename the operation
    ",
    );
    added(
        "try_into v v i",
        "try_into bits v+i - -",
        r"
        error: `try_into` defines the method `try_into`, which cannot be called
         --> ops.tbl:8:1
          |
        8 | try_into v v i
          | ^^^^^^^^
          = help: every value has a method with this name from the prelude, which hides it: rename the operation
    ",
    );
    added(
        "store v v i",
        "store bits v+i - -",
        r"
        error: `set` and `store` define the same method `store`
         --> ops.tbl:8:1
          |
        8 | store v v i
          | ^^^^^
          = help: `set` is in line 2; rename one of the operations
    ",
    );
}

#[test]
fn types_with_one_of_two_classes_that_add() {
    each(
        ty,
        r"
        `class  bits ` -> `class more delta more\nclass  bits `
        error: `i32` has the class `sums`, but not the class `more`
         --> types.tbl:7:26
          |
        7 | type   i32    atomic     basic,sums,bits
          |                          ^^^^^^^^^^^^^^^
          = help: a type has all classes with the operand `delta`, or none: `AtomicAdd` stands for all of them

        error: `u32` has the class `sums`, but not the class `more`
         --> types.tbl:8:26
          |
        8 | type   u32    atomic     basic,sums
          |                          ^^^^^^^^^^
          = help: a type has all classes with the operand `delta`, or none: `AtomicAdd` stands for all of them
    ",
    );
}

#[test]
fn classes_that_meet_other_items() {
    each(
        ty,
        r#"
        `class  bits   value   bitwise\n` -> `class  bits   value   bitwise\nclass flag value flags\n`
        error: the class `flag` defines the trait `AtomicFlag`, which exists already
         --> types.tbl:4:7
          |
        4 | class flag value flags
          |       ^^^^
          = help: choose another name

        `value   bitwise` -> `value   bit\wise`
        error: a title cannot have the character `\`
         --> types.tbl:3:23
          |
        3 | class  bits   value   bit\wise
          |                       ^^^^^^^^
          = help: a title is made of words, and of - _ , . ( ) / & +

        `value   bitwise` -> `value   bits", label = "x`
        error: a title cannot have the character `"`
         --> types.tbl:3:23
          |
        3 | class  bits   value   bits", label = "x
          |                       ^^^^^^^^^^^^^^^^^
          = help: a title is made of words, and of - _ , . ( ) / & +

        `value   bitwise` -> `value   {Bits}`
        error: a title cannot have the character `{`
         --> types.tbl:3:23
          |
        3 | class  bits   value   {Bits}
          |                       ^^^^^^
          = help: a title is made of words, and of - _ , . ( ) / & +
    "#,
    );
}

/// A backend has a module for each family, beside those of the architectures.
#[test]
fn families_that_are_other_modules() {
    for name in ["base", "core", "demo", "helpers"] {
        let types = TYPES
            .replace("family atomic ", &format!("family {name} "))
            .replace("atomic     basic", &format!("{name}     basic"));
        let tables = Tables {
            types: Source::new("types.tbl", &types),
            ..small()
        };
        let (row, marks) = (format!("family {name}     i32 32"), "^".repeat(name.len()));
        let report = format!(
            "
        error: a family cannot be called `{name}`
         --> types.tbl:4:8
          |
        4 | {row}      atomic_t int
          |        {marks}
          = help: the generated code has another module of this name: write another name
    "
        );
        check(&tables, &report);
    }
}

#[test]
fn c_types_that_are_something_else() {
    each(
        ty,
        r"
        `atomic_t int` -> `atomic_t while`
        error: `while` is not the C type of i32
         --> types.tbl:4:40
          |
        4 | family atomic     i32 32      atomic_t while
          |                                        ^^^^^
          = help: write s32, or int, or int32_t

        `atomic_t int` -> `atomic_t long long`
        error: `long long` is not the C type of i32
         --> types.tbl:4:40
          |
        4 | family atomic     i32 32      atomic_t long long
          |                                        ^^^^^^^^^
          = help: write s32, or int, or int32_t

        `const void *` -> `void *`
        error: `void *` is not the C type of ptr
         --> types.tbl:5:40
          |
        5 | family atomic_ptr ptr pointer -        void *
          |                                        ^^^^^^
          = help: write const void *

        `atomic_t int` -> `int8_t int`
        error: `int8_t` is not the name of a C type
         --> types.tbl:4:31
          |
        4 | family atomic     i32 32      int8_t int
          |                               ^^^^^^
          = help: write the name of its own `typedef`, such as atomic_t, or `-` if there is none

        `atomic_t int` -> `backend int`
        error: `backend` is not the name of a C type
         --> types.tbl:4:31
          |
        4 | family atomic     i32 32      backend int
          |                               ^^^^^^^
          = help: write the name of its own `typedef`, such as atomic_t, or `-` if there is none
    ",
    );
}

/// Asks the C compilers of this machine for the macros without parameters that they define in
/// their default mode, for every target that they have.
#[test]
fn the_macros_of_c_compilers_are_known() {
    let targets = [
        "x86_64",
        "i686",
        "aarch64",
        "armv7",
        "riscv64",
        "powerpc64le",
        "powerpc64",
        "s390x",
        "loongarch64",
        "mips",
        "mips64el",
        "sparc",
        "sparc64",
        "m68k",
        "hppa",
    ];
    let systems = [
        "linux-gnu",
        "windows-gnu",
        "apple-darwin",
        "freebsd",
        "sun-solaris",
        "none",
    ];
    let mut asked = 0;
    for compiler in ["cc", "gcc", "clang"] {
        let mut calls = vec![Vec::new(), vec!["-m32".to_owned()]];
        if compiler == "clang" {
            let pairs = targets
                .iter()
                .flat_map(|t| systems.map(|s| format!("{t}-{s}")));
            calls.extend(pairs.map(|target| vec![format!("--target={target}")]));
        }
        for flags in calls {
            let output = std::process::Command::new(compiler)
                .args(&flags)
                .args(["-dM", "-E", "-xc", "/dev/null"])
                .output();
            // Not every compiler is there, nor has every target.
            let Some(output) = output.ok().filter(|o| o.status.success()) else {
                continue;
            };
            asked += 1;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            for name in text.lines().filter_map(|line| line.split(' ').nth(1)) {
                let could_be_an_argument = name.starts_with(|c: char| c.is_ascii_lowercase());
                let takes_parameters = name.contains('(');
                assert!(
                    !could_be_an_argument
                        || takes_parameters
                        || names::c_macro(name).is_some()
                        || names::C_KEYWORDS.contains(&name),
                    "{compiler} {flags:?} defines `{name}`: add it to the list in names"
                );
            }
        }
    }
    assert_ne!(asked, 0, "there is no C compiler");
    println!("{asked} compilers and targets");
}
