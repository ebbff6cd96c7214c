use super::*;
use crate::lex::Source;
use crate::model::Tables;
use std::collections::BTreeMap;

/// A model with only these rows.
fn spec(ops: &str, semantics: &str) -> Spec {
    let tables = Tables {
        ops: Source::new("atomics.tbl", ops),
        semantics: Source::new("semantics.tbl", semantics),
        archs: Vec::new(),
        docs: Vec::new(),
        ..Tables::builtin()
    };
    Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"))
}

/// The functions on `atomic_t` of a model, by their names without family, each with the parameters
/// and the body of its macro, or the reason why it has none.
fn said(spec: &Spec) -> Vec<(String, Result<String, String>)> {
    let variants = spec.variants_of("atomic");
    let said = |v: Variant<'_>| {
        let body = definition(&v).map(|d| format!("({}) {}", d.parameters.join(","), d.body));
        (v.name(), body)
    };
    variants.map(said).collect()
}

#[test]
fn every_function_is_there_once() {
    let spec = Spec::builtin().unwrap();
    let section = section(&spec);
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    let mut defined = 0;
    for line in section.lines() {
        let name = match line.strip_prefix("// ") {
            // With a reason.
            Some(comment) => comment.split_once(": ").map(|(name, _)| name),
            None => {
                let name = line.split_once('(').map(|(name, _)| name);
                defined += usize::from(name.is_some());
                name
            }
        };
        if let Some(name) = name.filter(|n| n.starts_with("atomic")) {
            *found.entry(name).or_default() += 1;
        }
    }
    let families = ["atomic", "atomic64", "atomic_long"];
    let expected: BTreeMap<String, usize> = families
        .iter()
        .flat_map(|family| spec.variants_of(family))
        .map(|v| (v.function(), 1))
        .collect();
    let found: BTreeMap<String, usize> =
        found.into_iter().map(|(k, n)| (k.to_owned(), n)).collect();
    assert_eq!(found, expected);
    assert_eq!(defined, 3 * 77);
    let blank = |line: &&str| line.trim_end() != *line;
    assert_eq!(section.lines().find(blank), None);
}

#[test]
fn the_reasons() {
    let spec = Spec::builtin().unwrap();
    let reasons: Vec<String> = said(&spec)
        .into_iter()
        .filter_map(|(name, said)| Some(format!("{name}: {}", said.err()?)))
        .collect();
    let through = "it writes the value found through `old`, which no operation of herd7 does in \
                   the LKMM";
    let only = "but herd7 tests the old value only for equality";
    assert_eq!(
        reasons,
        [
            format!("try_cmpxchg: {through}"),
            format!("try_cmpxchg_acquire: {through}"),
            format!("try_cmpxchg_release: {through}"),
            format!("try_cmpxchg_relaxed: {through}"),
            "fetch_add_unless: it returns `v`, but herd7's __atomic_add_unless returns only \
             whether it added"
                .into(),
            format!("inc_unless_negative: it stores nothing if `v < 0`, {only}"),
            format!("dec_unless_positive: it stores nothing if `v > 0`, {only}"),
            format!("dec_if_positive: it stores nothing if `new < 0`, {only}"),
        ]
    );
}

/// Checks the macros of a row `forms  args  new  fails  result`, for its fully ordered functions or
/// for the one without an ordering.
fn check(row: &str, expected: &[Result<&str, &str>]) {
    let cells: Vec<&str> = row.split_whitespace().collect();
    let [forms, args, new, fails, result] = cells[..] else {
        panic!("{row}")
    };
    let args = args.replace(',', "\t");
    let spec = spec(
        &format!("some\t{forms}\t{args}\n"),
        &format!("some\tsigned\t{new}\t{fails}\t{result}\n"),
    );
    let found: Vec<_> = said(&spec)
        .into_iter()
        .filter(|(name, _)| {
            !["_acquire", "_release", "_relaxed"]
                .iter()
                .any(|o| name.ends_with(o))
        })
        .map(|(_, said)| said)
        .collect();
    let found: Vec<_> = found
        .iter()
        .map(|said| said.as_deref().map_err(String::as_str))
        .collect();
    assert_eq!(found, expected, "{row}");
}

#[test]
fn updates() {
    for (new, expected) in [
        ("i+v", "X,+,V"),
        ("v-i", "X,-,V"),
        ("~(v^i)", "X,^,V ^ -1"),
        ("~i&v", "X,&~,V"),
        ("v|~i", "X,|,-1 ^ V"),
        ("v&-i", "X,&,0 - V"),
        ("v+1-i", "X,+,1 - V"),
        ("v-i-2", "X,-,V + 2"),
        ("v-(i&7)+1", "X,-,(V & 7) - 1"),
    ] {
        let row = format!("v i,v {new} - -");
        check(
            &row,
            &[Ok(&format!(
                "(V,X) {{ __atomic_op{{NORETURN}}({expected}); }}"
            ))],
        );
    }
    check(
        "v v ~v - -",
        &[Ok("(X) { __atomic_op{NORETURN}(X,^,-1); }")],
    );
    check("f v v - -", &[Ok("(X) __atomic_op_return{MB}(X,+,0)")]);
    for (new, shown) in [
        ("~(v&i)", "~(v & i)"),
        ("i-v", "i - v"),
        ("v-i+v", "v - i + v"),
        ("(v+i)&1", "v + i & 1"),
        ("(v&i)|1", "v & i | 1"),
        ("-v+i", "-v + i"),
    ] {
        let reason = format!("herd7 has no operation that stores `{shown}`");
        check(&format!("vF i,v {new} - -"), &[Err(&reason), Err(&reason)]);
    }
}

#[test]
fn results() {
    let new = "__atomic_op_return{MB}(X,+,V)";
    let old = "__atomic_fetch_op{MB}(X,+,V)";
    for (result, expected) in [
        ("new", new.to_owned()),
        ("v+i", new.to_owned()),
        ("~new", format!("-1 ^ {new}")),
        ("-(v+1)", format!("0 - ({old} + 1)")),
    ] {
        check(
            &format!("i i,v v+i - {result}"),
            &[Ok(&format!("(V,X) {expected}"))],
        );
    }
    check("b i,v v+i - 0>=new", &[Ok(&format!("(V,X) 0 >= {new}"))]);
    check("b i,v v+i - v!=3", &[Ok(&format!("(V,X) {old} != 3"))]);
    check(
        "RF i,v v+i - -",
        &[Ok(&format!("(V,X) {new}")), Ok(&format!("(V,X) {old}"))],
    );
    // An exchange.
    check("v v 0 - -", &[Ok("(X) { __xchg{NORETURN}(X,0); }")]);
    check("b v 1 - v==0", &[Ok("(X) __xchg{MB}(X,1) == 0")]);
    let only = |result| {
        format!(
            "it returns `{result}`, but a herd7 operation yields only the old or the new value, \
             once"
        )
    };
    check("i v v+1 - new^v", &[Err(&only("new ^ v"))]);
    check("i i,v v+1 - i", &[Err(&only("i"))]);
    check("R i,v i - -", &[Err(&only("i"))]);
}

#[test]
fn conditions() {
    // Stores if a value is found.
    check(
        "b v,i i v!=0 v==0",
        &[Ok("(X,V) __cmpxchg{MB}(X,0,V) == 0")],
    );
    check("i v v-1 v!=1 v", &[Ok("(X) __cmpxchg{MB}(X,1,1 - 1)")]);
    check(
        "v v,i:a,i:b b a!=v -",
        &[Ok("(X,V,W) { __cmpxchg{NORETURN}(X,V,W); }")],
    );
    check("f v,i 0 v+1!=i -", &[Ok("(X,V) __cmpxchg{MB}(X,V - 1,0)")]);
    // Adds unless a value is found.
    check(
        "b v v-1 new==0 new!=0",
        &[Ok("(X) __atomic_add_unless{MB}(X,-1,1)")],
    );
    check(
        "b v v-1 v==1 new==0",
        &[Ok("(X) __atomic_add_unless{MB}(X,-1,1) == 0")],
    );
    check(
        "v v,i v-i ~v==7 -",
        &[Ok(
            "(X,V) { __atomic_add_unless{NORETURN}(X,0 - V,-1 ^ 7); }",
        )],
    );
    check(
        "b v,i i v==0 v!=0",
        &[Err(
            "herd7 has no operation that stores `i`, but nothing if `v == 0`",
        )],
    );
    check(
        "i v v+1 v==0 new",
        &[Err(
            "it returns `v + 1`, but herd7's __atomic_add_unless returns only whether it added",
        )],
    );
    check(
        "v v v+1 (v&1)==0 -",
        &[Err(
            "it stores nothing if `v & 1 == 0`, but herd7 tests the old value only for equality",
        )],
    );
}

#[test]
fn arguments_are_evaluated_once() {
    check(
        "v i,v v+i+i - -",
        &[Ok(
            "(V,X) { int __V = V; __atomic_op{NORETURN}(X,+,__V + __V); }",
        )],
    );
    check(
        "v i:a,v,i:b,i:c,i:d v+(a|b|c|d) - -",
        &[Ok(
            "(V,X,W,U,V4) { __atomic_op{NORETURN}(X,+,((V | W) | U) | V4); }",
        )],
    );
    check(
        "s v,i i+i - -",
        &[Ok("(X,V) { int __V = V; WRITE_ONCE(*X,__V + __V); }")],
    );
    check(
        "F i,v v+i+i - -",
        &[Err("its expression would evaluate `i` more than once")],
    );
    check(
        "Fb i,v v+1 - new==i",
        &[
            Err("its expression would evaluate `i` not at all"),
            Ok("(V,X) __atomic_op_return{MB}(X,+,1) == V"),
        ],
    );
    check(
        "b v,i:old,i:new new v!=old v==old",
        &[Err("its expression would evaluate `old` more than once")],
    );
}

#[test]
fn names_of_c11() {
    let spec = spec(
        "add_explicit\tF\ti\tv\n",
        "add_explicit\tarithmetic\tv+i\t-\t-\n",
    );
    let first = said(&spec).remove(0);
    assert_eq!(first.0, "fetch_add_explicit");
    assert_eq!(
        first.1,
        Err("herd7 uses this name for a C11 operation or type".into())
    );
}
