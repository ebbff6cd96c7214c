//! Lines of a kernel's configuration.

/// Parses a line of a `.config` from the command line.
///
/// # Errors
///
/// If the text does not have the form `CONFIG_NAME=VALUE`.
pub fn line(text: &str) -> Result<String, String> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let value = |value: &str| !value.is_empty() && !value.contains(['\n', '/']);
    match text
        .strip_prefix("CONFIG_")
        .and_then(|rest| rest.split_once('='))
    {
        Some((name, set)) if is_name(name) && value(set) => Ok(text.to_owned()),
        _ => Err("write CONFIG_NAME=VALUE, such as CONFIG_KASAN=y".into()),
    }
}

/// Whether a configuration has the setting of a line such as `CONFIG_SMP=y` or `CONFIG_SMP=n`.
pub fn has(config: &str, line: &str) -> bool {
    let off = line.strip_suffix("=n").map(|name| format!("{name}="));
    match off {
        Some(name) => !config.lines().any(|l| l.starts_with(&name)),
        None => config.lines().any(|l| l == line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_configuration() {
        let config = "CONFIG_SMP=y\n# CONFIG_KASAN is not set\nCONFIG_NR_CPUS=64\n";
        for wanted in [
            "CONFIG_SMP=y",
            "CONFIG_KASAN=n",
            "CONFIG_NR=n",
            "CONFIG_NR_CPUS=64",
        ] {
            assert!(has(config, wanted) && line(wanted).is_ok(), "{wanted}");
        }
        for wanted in [
            "CONFIG_SMP=n",
            "CONFIG_KASAN=y",
            "CONFIG_NR_CPUS=n",
            "CONFIG_NR_CPUS=6",
        ] {
            assert!(!has(config, wanted), "{wanted}");
        }
        for text in [
            "KASAN=y",
            "CONFIG_KASAN",
            "CONFIG_=y",
            "CONFIG_A=",
            "CONFIG_A=../x",
        ] {
            assert!(line(text).is_err(), "{text}");
        }
    }
}
