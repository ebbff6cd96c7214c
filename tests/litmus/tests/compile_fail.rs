//! What a litmus test in Rust cannot express is an error that points at it.

#[test]
fn messages() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
