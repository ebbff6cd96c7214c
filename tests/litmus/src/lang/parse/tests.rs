//! Tests of the parser.

use crate::lang::ast::{
    Expr, ExprKind, Litmus, Location, Proposition, Quantifier, Statement, Value,
};
use crate::lang::parse;
use crate::lang::source::File;
use crate::verdict::Verdict;

fn parsed(text: &str) -> Result<Litmus, String> {
    let name = "t.litmus";
    parse::parse(File { name, text }).map_err(|error| error.to_string())
}

/// A test with this condition.
fn ends(with: &str) -> Litmus {
    let text = format!("C t\n{{}}\nP0(int *x) {{ int r0; int r1; }}\n{with}\n");
    parsed(&text).unwrap()
}

/// Whether the condition of a test holds if the locals of its thread have these values.
fn holds(test: &Litmus, r0: i64, r1: i64) -> bool {
    test.condition.holds(&|location| match location {
        Location::Local(0, name) => Some(Value::Number(if name == "r0" { r0 } else { r1 })),
        _ => None,
    })
}

#[test]
fn what_comes_before_the_initial_values_is_for_people() {
    let text = "C t\n\"Rfe {PodRW} (* Rfe\"\nHash=76ca0a9f2b1d\nIt's about 50% @ `x`, \"so\n\
                (* Result: Never { *)\n{ (*two*) int x = 2; }\nP0(int *x) { WRITE_ONCE((*x), 1); }\n\
                exists (x=2)\n";
    let test = parsed(text).unwrap();
    let stated = test.result.map(|stated| (stated.verdict, stated.race));
    assert_eq!(stated, Some((Verdict::Never, false)));
    assert_eq!(test.initial("x"), Value::Number(2));
    assert_eq!(test.threads.len(), 1);
    assert_eq!(test.threads[0].body.len(), 1);
}

/// As in herd7's grammar: `a /\\ b => c` is `a /\\ (b => c)`.
#[test]
fn an_implication_binds_tighter_than_and_and_or() {
    let test = ends("exists (0:r0=2 /\\ 0:r1=0 => 0:r1=1)");
    assert!(holds(&test, 2, 1) && !holds(&test, 2, 0) && !holds(&test, 0, 0));
    let test = ends("exists (0:r0=1 => 0:r1=1 \\/ 0:r1=2)");
    assert!(holds(&test, 1, 2) && holds(&test, 0, 0) && !holds(&test, 1, 0));
    let test = ends("exists (0:r0=1 => 0:r1=1 => 0:r0=2)");
    assert!(holds(&test, 1, 0) && !holds(&test, 1, 1));
    let test = ends("exists (~0:r0=1 => 0:r1=1)");
    assert!(holds(&test, 1, 0) && !holds(&test, 0, 0));
}

#[test]
fn conditions_may_be_constant_and_end_with_a_semicolon() {
    assert!(!holds(&ends("exists (false)"), 0, 0));
    assert!(holds(&ends("~exists (0:r0=1 \\/ ~false);"), 0, 0));
}

#[test]
fn conditions_compare_locations() {
    let same = ends("exists (0:r0=0:r1)");
    assert!(holds(&same, 3, 3) && !holds(&same, 3, 4));
    let other = ends("exists (0:r0!=0:r1)");
    assert!(!holds(&other, 3, 3) && holds(&other, 3, 4));
    let Proposition::Same(_, shared, false, _) = ends("exists (0:r0=[x])").condition else {
        panic!("a location in brackets is one");
    };
    assert_eq!(shared, Location::Shared("x".into()));
    let text = "C t\n{}\nP0(int *x) { int r0; }\nexists (0:r0=0:r1)\n";
    let error = parsed(text).unwrap_err();
    assert!(error.contains("no local variable `r1`"), "{error}");
}

#[test]
fn operators_bind_as_in_c() {
    fn shown(expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Binary(sign, a, b) => format!("({}{sign}{})", shown(a), shown(b)),
            ExprKind::Unary(sign, a) => format!("{sign}{}", shown(a)),
            ExprKind::Name(name) => name.clone(),
            _ => "?".into(),
        }
    }
    let text = "C t\n{}\nP0(int *x) { int a = a - b - c * !d & e | f == g && h < i || j + k << l ^ m; }\n\
                exists (x=1)";
    let test = parsed(text).unwrap();
    let [Statement::Declare(_, _, Some(value), _)] = &test.threads[0].body[..] else {
        panic!("{:?}", test.threads[0].body);
    };
    let right = "((((((a-b)-(c*!d))&e)|(f==g))&&(h<i))||(((j+k)<<l)^m))";
    assert_eq!(shown(value), right);
}

#[test]
fn locations_need_no_condition() {
    let test = ends("locations [0:r0; x]");
    assert_eq!(test.locations.len(), 2);
    assert_eq!(test.quantifier, Quantifier::Forall);
    assert!(matches!(test.condition, Proposition::True));
}

#[test]
fn no_file_exhausts_the_stack() {
    const COUNT: usize = 100_000;
    let many = |text: &str| text.repeat(COUNT);
    let body = |body: String| format!("C t\n{{}}\nP0(int *x) {{ int r0; {body} }}\nexists (x=1)\n");
    let files = [
        body(format!("{}{}", many("{"), many("}"))),
        body(format!("{}r0 = 1;", many("if (r0) "))),
        body(format!("{}r0 = 1;", many("if (r0) r0 = 2; else "))),
        body(format!("r0 = {}1;", many("1 + "))),
        body(format!("r0 = {}1;", many("-("))),
        body(format!("r0 = {}1;", many("(int)"))),
        body(format!("r0 = {}1{};", many("f("), many(")"))),
        body(format!("int {}p;", many("*"))),
        body(format!("int r1, {}p;", many("*"))),
        format!("C t\n{{ x={}1; }}\n", many("(")),
        format!("C t\n{{}}\nP0(int {}x) {{}}\n", many("*")),
        format!("C t\n{{}}\nP0(int *x) {{}}\nexists ({}x=1)\n", many("(")),
        format!("C t\n{{}}\nP0(int *x) {{}}\nexists ({}x=1)\n", many("~")),
        format!(
            "C t\n{{}}\nP0(int *x) {{}}\nexists ({}x=1)\n",
            many("x=1 => ")
        ),
    ];
    for file in files {
        let error = parsed(&file).unwrap_err();
        assert!(error.contains("more than 100 parts"), "{error:.300}");
    }
    // A condition may be long.
    for sign in ["/\\", "\\/"] {
        let test = ends(&format!(
            "exists ({}0:r0=1)",
            many(&format!("0:r0=1 {sign} "))
        ));
        assert!(holds(&test, 1, 0) && !holds(&test, 0, 0));
    }
}

/// What herd7 reads in the words before the initial values.
#[test]
fn a_header_may_have_braces() {
    let headers = [
        "Cycle={Rfe} PodRW\n",
        "\"two {\nlines\"\nSafe=x\n",
        "It is (* not a comment\n",
        "(* a (* nested *) comment { *)\n",
    ];
    for header in headers {
        let text = format!("C t\n{header}{{ x = 2; }}\nP0(int *x) {{}}\nexists (x=2)\n");
        let test = parsed(&text).unwrap_or_else(|error| panic!("{header}: {error}"));
        assert_eq!(test.initial("x"), Value::Number(2), "{header}");
    }
    let test = parsed("  C t {x=3;}\nP0(int *x) {}\nexists (x=2)\n").unwrap();
    assert_eq!(
        (test.name.as_str(), test.initial("x")),
        ("t", Value::Number(3))
    );
}

/// The value of the first declaration of a test's only thread.
fn declared(body: &str) -> Result<String, String> {
    let test = parsed(&format!(
        "C t\n{{}}\nP0(int *x) {{ {body} }}\nexists (x=1)\n"
    ))?;
    match test.threads[0].body.first() {
        Some(Statement::Declare(_, _, Some(value), _)) => Ok(format!("{:?}", value.kind)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_parenthesis_and_a_star_begin_an_expression_in_a_thread() {
    for body in [
        "int r0 = READ_ONCE(*(x)); WRITE_ONCE(*(x), 1);",
        "int r0 = READ_ONCE(*(int *)x);",
        "int r0 = (*(x));",
        "int r0 = f(* x);",
    ] {
        let found = declared(body).unwrap_or_else(|error| panic!("{body}: {error}"));
        assert!(found.contains("Deref"), "{body}: {found}");
    }
    let text = "C t\n{}\n(* one (* two *) *)\nP0(int *x) {}\nexists (* (* *) *) (x=1)\n";
    assert_eq!(parsed(text).unwrap().threads.len(), 1);
}

#[test]
fn a_cast_may_be_to_any_typedef() {
    for (value, is_cast) in [
        ("(int32_t)smp_load_acquire(x)", true),
        ("(intptr_t)rcu_dereference(*(intptr_t **)x)", true),
        ("(my_t)x", true),
        ("(my_t *)x", true),
        ("(my_t)(x)", true),
        ("(r_t) + 1", false),
        ("(r_t)", false),
        ("(r_t * r1)", false),
        ("(r_t == 1)", false),
    ] {
        let found = declared(&format!("int r0 = {value};"));
        let found = found.unwrap_or_else(|error| panic!("{value}: {error}"));
        assert_eq!(found.starts_with("Cast"), is_cast, "{value}: {found}");
    }
}

/// The local variables of a thread, with their types.
fn locals(test: &Litmus, thread: usize) -> Vec<String> {
    let locals = test.threads[thread].locals().into_iter();
    locals.map(|(name, ty)| format!("{name}: {ty:?}")).collect()
}

#[test]
fn local_variables_need_no_declaration() {
    let text = "C t\n{ p = x; }\nP0(int **p, long *l, atomic64_t *v)\n{\n\tint r9;\n\
                \tr0 = READ_ONCE(*p);\n\tr1 = READ_ONCE(*r0);\n\tif (r1 == 1)\n\
                \t\tr2 = r3;\n\tr3 = READ_ONCE(*l);\n\tr4 = (r3 == 1);\n\tr9 = 1;\n\
                \tr5 = atomic64_read(v);\n}\nexists (0:r1=1 /\\ 0:r5=0)\n";
    let test = parsed(text).unwrap();
    let int = "Named(\"int\")";
    let expected = [
        format!("r0: Pointer({int})"),
        format!("r1: {int}"),
        "r2: Named(\"long\")".into(),
        "r3: Named(\"long\")".into(),
        format!("r4: {int}"),
        "r5: Named(\"atomic64_t\")".into(),
        format!("r9: {int}"),
    ];
    assert_eq!(locals(&test, 0), expected);
}

#[test]
fn a_keyword_is_no_name() {
    for text in [
        "C t\n{ % = 0; }\nP0(int *x) {}\nexists (x=0)\n",
        "C t\n{ x = %; }\nP0(int *x) {}\nexists (x=0)\n",
        "C t\n{}\nP0(int *%) {}\nexists (true)\n",
        "C t\n{}\nP0(int *x) { int % = 0; }\nexists (x=0)\n",
        "C t\n{}\nP0(int *x) { % = 1; }\nexists (x=0)\n",
        "C t\n{}\nP0(int *x) { WRITE_ONCE(*x, %); }\nexists (x=0)\n",
        "C t\n{}\nP0(int *x) { int y = 0; }\nexists (0:%=0)\n",
    ] {
        parsed(&text.replace('%', "y")).unwrap();
        let error = parsed(&text.replace('%', "else")).unwrap_err();
        assert!(error.contains("found `else`"), "{error}");
    }
}

#[test]
fn local_variables_may_have_initial_values() {
    let text = "C t\n{ 0:r0=1; int 0:r1; P1:r2=b; int *1:r3 = &x; y = 5 }\n\
                P0(int *x) { int r0; WRITE_ONCE(*x, r0); }\nP1(int *x, int *y) {}\n\
                exists (1:r2=b /\\ 0:r1=0)\n";
    let test = parsed(text).unwrap();
    let value = |thread, name| test.register(thread, name).map(|r| r.value.clone());
    assert_eq!(value(0, "r0"), Some(Value::Number(1)));
    assert_eq!(value(0, "r1"), Some(Value::Number(0)));
    assert_eq!(value(1, "r2"), Some(Value::Address("b".into())));
    assert_eq!(value(1, "r3"), Some(Value::Address("x".into())));
    assert_eq!(test.initial("y"), Value::Number(5));
    let int = "Named(\"int\")";
    assert_eq!(
        locals(&test, 0),
        [format!("r1: {int}"), format!("r0: {int}")]
    );
    let pointers = ["r2", "r3"].map(|name| format!("{name}: Pointer({int})"));
    assert_eq!(locals(&test, 1), pointers);
    // The thread gets the address as a parameter.
    assert!(test.threads[1].parameter("b").is_some());
    let again = parsed("C t\n{ 0:r0=1; 0:r0=2; }\n").unwrap_err();
    assert!(
        again.contains("`r0` already has an initial value"),
        "{again}"
    );
}

#[test]
fn arrays_are_skipped() {
    for (init, with) in [
        ("int a[2] = {0, -1};", "exists (x=1)"),
        ("int a[2];", "exists (a={0,0} /\\ x=1)"),
        ("a[1] = {x};", "locations [a[0];] exists (a[0]=1)"),
    ] {
        let text = format!("C t\n{{ {init} }}\nP0(int *x) {{}}\n{with}\n");
        let test = parsed(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let (what, span) = test.skipped.unwrap();
        assert_eq!(
            (what.as_str(), &text[span.start..span.end]),
            ("an array", "a")
        );
    }
}

/// Other spellings that herd7 knows.
#[test]
fn conditions_have_several_spellings() {
    let test = ends("exists (P0:r0=0X10 /\\ 0:r1<>1)");
    assert!(holds(&test, 16, 0) && !holds(&test, 16, 1) && !holds(&test, 0, 0));
    let test = ends("locations [x int; 0:r0 int*; P0:r1;]\nfinal (0:r0=1)");
    assert_eq!(
        (test.locations.len(), test.quantifier),
        (3, Quantifier::Exists)
    );
    let Proposition::Same(_, other, ..) = ends("exists (0:r0=P0:r1)").condition else {
        panic!("both are locations");
    };
    assert_eq!(other, Location::Local(0, "r1".into()));
    assert!(holds(&ends("exists (0:r0=1) with tso: ~exists"), 1, 0));
}
