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
    assert_eq!(test.result, Some(Verdict::Never));
    assert_eq!(test.initial("x"), Value::Number(2));
    assert_eq!(test.threads.len(), 1);
    assert_eq!(test.threads[0].body.len(), 1);
}

#[test]
fn an_implication_binds_the_weakest() {
    let test = ends("forall (0:r0=1 /\\ 0:r1=1 \\/ 0:r0=2 => 0:r1=1 => 0:r0=1)");
    assert!(holds(&test, 1, 1));
    assert!(holds(&test, 2, 0));
    assert!(holds(&test, 0, 0));
    assert!(!holds(&test, 2, 1));
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
            many("x=1 /\\ ")
        ),
        format!(
            "C t\n{{}}\nP0(int *x) {{}}\nexists ({}x=1)\n",
            many("x=1 => ")
        ),
    ];
    for file in files {
        let error = parsed(&file).unwrap_err();
        assert!(error.contains("more than 100 parts"), "{error:.300}");
    }
}
