//! Runs apt-get with a separate source list, for packages that the machine's own sources lack.
//!
//! The separate list is the machine's own list with the suite changed, so it uses the same mirrors,
//! keys and proxies.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::work::output_of;

/// The paths of Debian's source list: in deb822 format, then in the one-line format.
const SOURCE_LISTS: [&str; 2] = [
    "/etc/apt/sources.list.d/debian.sources",
    "/etc/apt/sources.list",
];

/// apt-get with separate sources, lists and caches. It does not need root and changes nothing else.
pub(super) struct PrivateApt<'a> {
    dir: &'a Path,
    options: Vec<String>,
}

impl<'a> PrivateApt<'a> {
    /// Prepares the existing folder `dir` for packages of `suite`.
    ///
    /// # Errors
    ///
    /// If the machine does not run Debian, if its source list does not contain a Debian archive, or
    /// if `dir` cannot be written.
    pub(super) fn new(dir: &'a Path, suite: &str) -> Result<Self> {
        let os = fs::read_to_string("/etc/os-release").unwrap_or_default();
        ensure!(
            os_release(&os, "ID") == Some("debian"),
            "this machine does not run Debian"
        );
        let release = os_release(&os, "VERSION_CODENAME").unwrap_or_default();
        let (format, list) = second_list(release, suite)?;
        let source = dir.join("second").with_extension(format);
        let lists = dir.join("lists");
        let cache = dir.join("cache");
        for dir in [lists.join("partial"), cache.join("archives/partial")] {
            fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        }
        fs::write(&source, list).with_context(|| format!("cannot write {}", source.display()))?;
        let options = [
            format!("Dir::Etc::SourceList={}", source.display()),
            "Dir::Etc::SourceParts=/dev/null".into(),
            format!("Dir::State::Lists={}", lists.display()),
            format!("Dir::Cache={}", cache.display()),
            // The machine's pins must not hide the suite.
            "Dir::Etc::Preferences=/dev/null".into(),
            "Dir::Etc::PreferencesParts=/dev/null".into(),
            // As root, apt would download as another user, who cannot access root's cache.
            "APT::Sandbox::User=root".into(),
            "Acquire::Languages=none".into(),
        ];
        let options = options.map(|option| format!("--option={option}")).into();
        Ok(Self { dir, options })
    }

    /// Runs one apt-get command in the folder. Downloads go to the folder.
    ///
    /// # Errors
    ///
    /// If it fails. The error contains the end of its output.
    pub(super) fn get(&self, args: &[&str]) -> Result<()> {
        self.output(args).map(drop)
    }

    /// The names of some packages and of all that they need, as if none were installed: what makes
    /// a folder that runs their programs without the machine's own libraries.
    ///
    /// # Errors
    ///
    /// If the suite lacks one of them.
    pub(super) fn with_dependencies(&self, packages: &[&str]) -> Result<Vec<String>> {
        let nothing = self.dir.join("nothing-installed");
        fs::write(&nothing, "").with_context(|| format!("cannot write {}", nothing.display()))?;
        let status = format!("--option=Dir::State::status={}", nothing.display());
        let simulate = ["install", "--simulate", "--no-install-recommends", &status];
        let told = self.output(&[&simulate, packages].concat())?;
        let all = to_install(&told);
        ensure!(!all.is_empty(), "apt-get would install nothing");
        Ok(all)
    }

    fn output(&self, args: &[&str]) -> Result<String> {
        let mut words = vec!["apt-get"];
        words.extend(self.options.iter().map(String::as_str));
        output_of(&[&words, args].concat(), self.dir)
    }
}

/// The packages in the output of a simulated installation: `Inst libc6 (2.41-12 ...)`.
fn to_install(told: &str) -> Vec<String> {
    let lines = told.lines().filter_map(|line| line.strip_prefix("Inst "));
    lines
        .filter_map(|rest| rest.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// The value of `key` in an os-release file.
fn os_release<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
    Some(value.trim_matches(['"', '\'']))
}

/// Makes the separate source list, for `suite` only. Also returns the file name extension by which
/// apt recognises its format.
fn second_list(release: &str, suite: &str) -> Result<(&'static str, String)> {
    for path in SOURCE_LISTS {
        let text = fs::read_to_string(path).unwrap_or_default();
        let (format, list) = match path.ends_with(".sources") {
            true => ("sources", second_deb822(&text, release, suite)),
            false => ("list", second_classic(&text, release, suite)),
        };
        if !list.is_empty() {
            return Ok((format, list));
        }
    }
    bail!(
        "found no source for Debian's main archive in {}",
        SOURCE_LISTS.join(" or ")
    )
}

/// Whether a source is Debian's main archive. The archives of updates, security fixes and third
/// parties may not have other suites.
fn is_main_source(suite: &str, components: &[&str], release: &str) -> bool {
    let names = [
        "oldoldstable",
        "oldstable",
        "stable",
        "testing",
        "unstable",
        "sid",
    ];
    (suite == release || names.contains(&suite)) && components.contains(&"main")
}

/// Turns a list in deb822 format (stanzas of fields) into one for `suite` only.
fn second_deb822(text: &str, release: &str, suite: &str) -> String {
    // Comment lines are not part of a field and do not end a stanza.
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let stanzas = lines.split(|line| line.trim().is_empty());
    unique(
        stanzas.filter_map(|stanza| second_stanza(&fields(stanza), release, suite)),
        "\n",
    )
}

/// Parses the fields of a stanza. A line that begins with white space continues the previous one.
fn fields(stanza: &[&str]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in stanza {
        match (line.split_once(':'), fields.last_mut()) {
            (_, Some((_, value))) if line.starts_with([' ', '\t']) => {
                *value += &format!("\n{line}")
            }
            (Some((name, value)), _) => fields.push((name.to_lowercase(), value.trim().into())),
            _ => {}
        }
    }
    fields
}

/// Makes the stanza for `suite`, if this one is for Debian's main archive.
fn second_stanza(fields: &[(String, String)], release: &str, suite: &str) -> Option<String> {
    let words = |name: &str| -> Vec<&str> {
        fields
            .iter()
            .filter(|f| f.0 == name)
            .flat_map(|f| f.1.split_whitespace())
            .collect()
    };
    let off = ["no", "false", "off", "without", "disable", "0"];
    let components = words("components");
    let is_main = words("suites")
        .iter()
        .any(|suite| is_main_source(suite, &components, release));
    if !is_main
        || !words("types").contains(&"deb")
        || words("enabled").iter().any(|w| off.contains(w))
    {
        return None;
    }
    let ours = ["types", "suites", "components", "enabled"];
    let rest = fields
        .iter()
        .filter(|(name, _)| !ours.contains(&name.as_str()));
    let rest: String = rest
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect();
    Some(format!(
        "types: deb\nsuites: {suite}\ncomponents: main\n{rest}"
    ))
}

/// Turns a one-line list (`deb [options] uri suite components`) into one for `suite` only.
fn second_classic(text: &str, release: &str, suite: &str) -> String {
    let second = |line: &str| {
        let line = line.split('#').next()?.trim().strip_prefix("deb")?;
        // Skip `deb-src`.
        let line = line
            .starts_with(char::is_whitespace)
            .then(|| line.trim_start())?;
        let end = if line.starts_with('[') {
            line.find(']')? + 1
        } else {
            0
        };
        let (options, rest) = line.split_at(end);
        let mut words = rest.split_whitespace();
        let (uri, old) = (words.next()?, words.next()?);
        let components: Vec<&str> = words.collect();
        is_main_source(old, &components, release)
            .then(|| ["deb", options, uri, suite, "main\n"].join(" "))
    };
    unique(text.lines().filter_map(second), "")
}

/// Joins the items without duplicates, about which apt would warn.
fn unique(items: impl Iterator<Item = String>, separator: &str) -> String {
    let mut seen = Vec::new();
    for item in items {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen.join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deb822_keeps_the_archive_and_drops_the_rest() {
        let list = "\
# A comment before all.
Types: deb deb-src
# a comment with a colon: here
URIs: http://mirror.example/debian
 http://other.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/x.gpg

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main
\t
#Types: deb
types: deb
uris: http://more.example/debian
SUITES: stable
components: main
enabled: yes

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb-src
URIs: http://src.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://third.example/debian
Suites: bookworm nodistro
Components: stable
";
        let expected = "\
types: deb
suites: next
components: main
uris: http://mirror.example/debian
 http://other.example/debian
signed-by: /usr/share/keyrings/x.gpg

types: deb
suites: next
components: main
uris: http://more.example/debian
";
        assert_eq!(second_deb822(list, "bookworm", "next"), expected);
        assert_eq!(second_deb822("\n# nothing\n\n", "bookworm", "next"), "");
        let twice = format!("{list}\n\n{list}");
        assert_eq!(second_deb822(&twice, "bookworm", "next"), expected);
    }

    #[test]
    fn classic_keeps_the_archive_and_drops_the_rest() {
        let list = "\
# deb http://mirror.example/commented bookworm main
deb http://mirror.example/debian bookworm main contrib # why
deb\t[ arch=amd64 signed-by=/x.gpg ]  http://signed.example/debian\tstable main
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/debian bookworm-updates main
deb http://mirror.example/security bookworm-security main
deb http://mirror.example/security bookworm/updates main
deb http://third.example/linux bookworm stable
deb http://flat.example/ ./
deb http://mirror.example/debian bookworm main
deb
";
        let expected = "\
deb  http://mirror.example/debian next main
deb [ arch=amd64 signed-by=/x.gpg ] http://signed.example/debian next main
";
        assert_eq!(second_classic(list, "bookworm", "next"), expected);
    }

    #[test]
    fn reads_a_simulated_installation() {
        let told = "\
Reading package lists...
The following NEW packages will be installed:
  libc6 qemu-system-ppc
Inst libc6 (2.41-12+deb13u5 Debian:13.3/stable [amd64]) []
Inst qemu-system-ppc (1:10.0.13+ds-0 Debian:13.3/stable [amd64])
Conf libc6 (2.41-12+deb13u5 Debian:13.3/stable [amd64])
";
        assert_eq!(to_install(told), ["libc6", "qemu-system-ppc"]);
        assert!(to_install("E: Unable to locate package x\n").is_empty());
    }

    #[test]
    fn reads_os_release() {
        let text =
            "PRETTY_NAME=\"x\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=\"debian\"\n";
        assert_eq!(os_release(text, "ID"), Some("debian"));
        assert_eq!(os_release(text, "VERSION_CODENAME"), Some("bookworm"));
        assert_eq!(os_release("ID_LIKE=debian\n", "ID"), None);
    }
}
