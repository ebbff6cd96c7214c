//! Runs cargo as a subprocess.

use std::env;
use std::process::Command;

use serde_json::Value;

/// A cargo command with the outer cargo's variables removed.
///
/// The variables of the cargo that runs this program, and `RUSTFLAGS`, would change the build.
/// Those about folders, the network and registries are kept.
pub fn command() -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let keep = ["CARGO", "CARGO_HOME", "CARGO_TARGET_DIR"].contains(&&*text)
            || text.starts_with("CARGO_NET_")
            || text.starts_with("CARGO_HTTP_")
            || text.starts_with("CARGO_REGISTR");
        if (text.starts_with("CARGO") && !keep) || text.starts_with("RUSTFLAGS") {
            command.env_remove(&name);
        }
    }
    command
}

/// The option that makes cargo print JSON messages, which [`messages`] parses.
pub const MESSAGES: &str = "--message-format=json-render-diagnostics";

/// Parses cargo's JSON output. Returns the messages about one target: a library, a program or a
/// test.
pub fn messages(output: &[u8], target: &str) -> Vec<Value> {
    let output = String::from_utf8_lossy(output);
    let messages = output.lines().filter_map(|m| serde_json::from_str(m).ok());
    messages
        .filter(|m: &Value| m["target"]["name"] == target)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_those_about_the_target() {
        let output = br#"{"reason":"compiler-artifact","target":{"name":"cc"},"executable":null}
not JSON
{"reason":"compiler-artifact","target":{"name":"other"},"executable":"/t/other"}
{"reason":"compiler-artifact","target":{"name":"differential"},"executable":"/t/differential-1"}
{"reason":"build-finished","success":true}
"#;
        let found = messages(output, "differential");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["executable"], "/t/differential-1");
        assert!(messages(b"{}\n", "differential").is_empty());
    }
}
