//! Compiles the C half of the driver.

fn main() {
    cc::Build::new()
        .file("c/mailbox.c")
        .warnings_into_errors(true)
        .compile("mailbox");
    println!("cargo::rerun-if-changed=c");
}
