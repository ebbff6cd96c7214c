//! Writes Rust code as text, formatted as rustfmt formats it.
//!
//! Generated code is text and not tokens, because it has comments. The macros turn the text into
//! tokens, so that files and macros have the same generator.

use std::fmt::Write as _;

/// rustfmt's `max_width`.
const WIDTH: usize = 100;
/// rustfmt's `fn_call_width`.
pub(super) const CALL: usize = 60;
/// rustfmt's `attr_fn_like_width`.
const ATTRIBUTE: usize = 70;

/// The start of a comment that is not wrapped yet.
pub(super) const RAW_COMMENT: char = '\u{5}';

/// Lines under construction.
#[derive(Default)]
pub(super) struct Text {
    out: String,
    depth: usize,
    /// Whether comments stay on one line, after [`RAW_COMMENT`].
    unwrapped: bool,
}

impl Text {
    /// A text in which comments stay on one line, after [`RAW_COMMENT`].
    pub fn unwrapped() -> Self {
        Self {
            unwrapped: true,
            ..Self::default()
        }
    }

    /// The finished text.
    pub fn finish(self) -> String {
        self.out
    }

    /// One line, which may be blank.
    pub fn line(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref();
        if !text.is_empty() {
            let _ = write!(self.out, "{:1$}{text}", "", self.depth * 4);
        }
        self.out.push('\n');
    }

    /// `first rest`, on two lines if one is too short.
    pub fn joined(&mut self, first: &str, rest: &str) {
        if self.depth * 4 + first.chars().count() + 1 + rest.chars().count() <= WIDTH {
            return self.line(format!("{first} {rest}"));
        }
        self.line(first);
        self.indented(|t| t.line(rest));
    }

    /// Words, wrapped, and `end` after the last one.
    pub fn words(&mut self, words: &[String], end: &str) {
        let mut current = String::new();
        for (index, word) in words.iter().enumerate() {
            let end = if index + 1 == words.len() { end } else { "" };
            let needed = current.chars().count() + 1 + word.chars().count() + end.len();
            if !current.is_empty() && self.depth * 4 + needed > WIDTH {
                self.line(&current);
                current.clear();
            }
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
            current.push_str(end);
        }
        self.line(current);
    }

    /// One line. If it is too long, what is between its outermost parentheses is on lines of its
    /// own, broken at blanks outside strings.
    pub fn wide_line(&mut self, text: &str) {
        self.wide_line_until(text, "");
    }

    /// Such a line, whose outermost parentheses are before `end`.
    pub fn wide_line_until(&mut self, text: &str, end: &str) {
        let room = self.room();
        let inner = text.rfind(end).map_or(text, |at| &text[..at]);
        let ends = text.find('(').zip(inner.rfind(')'));
        let Some((open, close)) = ends.filter(|_| text.chars().count() > room) else {
            return self.line(text);
        };
        self.line(&text[..=open]);
        self.indented(|t| {
            let room = WIDTH - t.depth * 4;
            let mut current = String::new();
            for word in unquoted_words(&text[open + 1..close]) {
                let length = current.chars().count() + 1 + word.chars().count();
                if !current.is_empty() && length > room {
                    t.line(std::mem::take(&mut current));
                }
                if !current.is_empty() {
                    current.push(' ');
                }
                current.push_str(word);
            }
            t.line(current);
        });
        self.line(&text[close..]);
    }

    /// How many characters a line has room for.
    pub fn room(&self) -> usize {
        WIDTH.saturating_sub(self.depth * 4)
    }

    /// Lines, each indented like the others.
    pub fn lines(&mut self, text: &str) {
        for line in text.lines() {
            self.line(line);
        }
    }

    /// Indents the text that `inner` writes by one more step.
    pub fn indented(&mut self, inner: impl FnOnce(&mut Self)) {
        self.depth += 1;
        inner(self);
        self.depth -= 1;
    }

    /// Indents the text that `inner` writes by some more steps.
    pub fn deeper(&mut self, steps: usize, inner: impl FnOnce(&mut Self)) {
        self.depth += steps;
        inner(self);
        self.depth -= steps;
    }

    /// `head {`, the text that `inner` writes, indented, and `}`.
    pub fn block(&mut self, head: &str, inner: impl FnOnce(&mut Self)) {
        self.line(format!("{head} {{"));
        self.indented(inner);
        self.line("}");
    }

    /// A comment, wrapped.
    pub fn comment(&mut self, text: &str) {
        if self.unwrapped {
            return self.line(format!("{RAW_COMMENT}{text}"));
        }
        self.wrapped("//", text);
    }

    /// A doc comment, wrapped; an empty text is a blank line between paragraphs.
    pub fn doc(&mut self, text: &str) {
        self.wrapped("///", text);
    }

    /// Lines of a doc comment as they are.
    pub fn doc_lines<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) {
        for line in lines {
            self.line(format!("/// {line}").trim_end());
        }
    }

    /// Lines of an inner doc comment as they are.
    pub fn inner_doc(&mut self, text: &str) {
        for line in text.lines() {
            self.line(format!("//! {line}").trim_end());
        }
        self.line("");
    }

    /// `name = "value"`; a value that is too long continues on the next line.
    pub fn quoted(&mut self, name: &str, value: &str) {
        self.quoted_ending(name, value, "");
    }

    /// The same, with a comma or nothing after it.
    pub fn quoted_ending(&mut self, name: &str, value: &str, end: &str) {
        let mut current = format!("{name} = \"");
        let under = current.len();
        let mut words = value.split(' ').peekable();
        while let Some(word) = words.next() {
            current.push_str(word);
            let Some(next) = words.peek() else { break };
            // The blank before the next word, and the end of the line, need room, too.
            let needed = current.chars().count() + 1 + next.chars().count() + " \\".len();
            current.push(' ');
            if self.depth * 4 + needed > WIDTH {
                self.line(format!("{current}\\"));
                current = " ".repeat(under);
            }
        }
        self.line(format!("{current}\"{end}"));
    }

    fn wrapped(&mut self, mark: &str, text: &str) {
        let room = WIDTH - self.depth * 4 - mark.len();
        let mut current = String::new();
        // A line that starts with such a word would be an item of a list.
        let is_bullet = |word: &str| matches!(word, "+" | "-" | "*");
        let mut words: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match words.last_mut().filter(|_| is_bullet(word)) {
                Some(last) => last.extend([" ", word]),
                None => words.push(word.to_owned()),
            }
        }
        for word in words {
            if !current.is_empty() && current.chars().count() + 1 + word.chars().count() > room {
                self.line(format!("{mark}{current}"));
                current.clear();
            }
            current.push(' ');
            current.push_str(&word);
        }
        self.line(format!("{mark}{current}"));
    }

    /// The head of a function up to its `{`.
    pub fn signature(
        &mut self,
        head: &str,
        params: &[String],
        ret: Option<&str>,
        wheres: &[String],
    ) {
        self.signature_ending(head, params, ret, wheres, " {");
    }

    /// The head of a function up to `end`, which is ` {` or `;`.
    pub fn signature_ending(
        &mut self,
        head: &str,
        params: &[String],
        ret: Option<&str>,
        wheres: &[String],
        end: &str,
    ) {
        let ret = ret.map_or(String::new(), |r| format!(" -> {r}"));
        let open = if wheres.is_empty() { end } else { "" };
        let one = format!("{head}({}){ret}{open}", params.join(", "));
        if self.depth * 4 + one.chars().count() <= WIDTH {
            self.line(one);
        } else {
            self.line(format!("{head}("));
            self.indented(|t| {
                for param in params {
                    t.line(format!("{param},"));
                }
            });
            // rustfmt leaves `where` on the line of the parenthesis if nothing is returned.
            if wheres.is_empty() || ret.is_empty() {
                let end = if wheres.is_empty() { end } else { " where" };
                self.line(format!("){ret}{end}"));
                self.predicates(wheres);
                return;
            }
            self.line(format!("){ret}"));
        }
        if !wheres.is_empty() {
            self.line("where");
            self.predicates(wheres);
        }
    }

    fn predicates(&mut self, wheres: &[String]) {
        if wheres.is_empty() {
            return;
        }
        self.indented(|t| {
            for predicate in wheres {
                t.line(format!("{predicate},"));
            }
        });
        self.line("{");
    }

    /// `before` `callee(args)` `after`, broken as rustfmt breaks it.
    pub fn call(&mut self, before: &str, callee: &str, args: &[String], after: &str) {
        let joined = args.join(", ");
        let one = format!("{before}{callee}({joined}){after}");
        let fits = joined.chars().count() <= CALL && self.depth * 4 + one.chars().count() <= WIDTH;
        if fits || args.is_empty() {
            self.line(one);
            return;
        }
        // rustfmt moves the right-hand side of a `let` to its own line if it fits there.
        let right = format!("{callee}({joined}){after}");
        let short = joined.chars().count() <= CALL;
        if short && before.ends_with("= ") && (self.depth + 1) * 4 + right.chars().count() <= WIDTH
        {
            self.line(before.trim_end());
            self.indented(|t| t.line(right));
            return;
        }
        self.line(format!("{before}{callee}("));
        self.indented(|t| {
            for arg in args {
                t.line(format!("{arg},"));
            }
        });
        self.line(format!("){after}"));
    }

    /// `unsafe { inner }` after its safety comment, broken as rustfmt breaks it.
    pub fn proven(&mut self, proof: &str, before: &str, inner: &str, after: &str) {
        self.comment(&format!("SAFETY: {proof}"));
        let call = split_call(inner);
        let long = |args: &[String]| args.join(", ").chars().count() > CALL;
        let breaks = call.as_ref().is_some_and(|(_, args)| long(args));
        let fits = |depth: usize, text: &str| depth * 4 + text.chars().count() <= WIDTH;
        let right = format!("unsafe {{ {inner} }}{after}");
        let one = format!("{before}{right}");
        if !breaks && fits(self.depth, &one) {
            self.line(one);
            return;
        }
        // rustfmt moves the right-hand side of a `let` to its own line if it fits there.
        if !breaks && before.ends_with("= ") && fits(self.depth + 1, &right) {
            self.line(before.trim_end());
            self.indented(|t| t.line(right));
            return;
        }
        self.line(format!("{before}unsafe {{"));
        self.indented(|t| match call {
            Some((callee, args)) => t.call("", &callee, &args, ""),
            None => t.line(inner),
        });
        self.line(format!("}}{after}"));
    }
}

/// The parts of a text between blanks that are outside strings.
fn unquoted_words(text: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    let words = text.split(|c: char| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_quoted ^= is_end;
        c == ' ' && !is_quoted
    });
    words.filter(|word| !word.is_empty()).collect()
}

/// A call as its callee and its arguments.
fn split_call(text: &str) -> Option<(String, Vec<String>)> {
    let (callee, rest) = text.split_once('(')?;
    let inside = rest.strip_suffix(')')?;
    let mut args = vec![String::new()];
    let mut depth = 0_i32;
    for c in inside.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                args.push(String::new());
                continue;
            }
            _ => {}
        }
        // An unmatched `)` means that the text is not a single call.
        if depth < 0 {
            return None;
        }
        if let Some(last) = args.last_mut() {
            last.push(c);
        }
    }
    let args = args
        .iter()
        .map(|a| a.trim().to_owned())
        .filter(|a| !a.is_empty())
        .collect();
    Some((callee.to_owned(), args))
}

/// `#[meta]`, broken as rustfmt breaks it.
pub(super) fn attribute(meta: &str) -> String {
    fn broken(meta: &str, depth: usize) -> String {
        let Some((name, args)) = split_call(meta) else {
            return meta.to_owned();
        };
        let is_list = |arg: &String| arg.ends_with(')');
        match args.as_slice() {
            [list] if is_list(list) => format!("{name}({})", broken(list, depth)),
            args if args.join(", ").chars().count() <= ATTRIBUTE => meta.to_owned(),
            args => {
                let indent = " ".repeat(4 * depth);
                let args = args.iter().map(|arg| broken(arg, depth + 1));
                let args = args.map(|arg| format!("\n{indent}    {arg}"));
                let args: Vec<String> = args.collect();
                format!("{name}({}\n{indent})", args.join(","))
            }
        }
    }
    format!("#[{}]", broken(meta, 0))
}

/// Words as an enumeration: `a`, `a and b`, `a, b and c`.
pub(super) fn list<T: AsRef<str>>(words: &[T], last: &str) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().into(),
        [rest @ .., end] => {
            let rest: Vec<_> = rest.iter().map(AsRef::as_ref).collect();
            format!("{} {last} {}", rest.join(", "), end.as_ref())
        }
    }
}

/// `wanted`, made different from the names of all arguments.
pub(super) fn fresh(wanted: &str, op: &crate::model::op::Op) -> String {
    let mut name = wanted.to_owned();
    while op.args.iter().any(|a| a.name == name) {
        name.push('_');
    }
    name
}

/// A `use` of types from a module, broken as rustfmt breaks it; empty if there are no names.
pub(super) fn import(path: &str, names: &std::collections::BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let one = format!("use {path}::{{{}}};", names.join(", "));
    if names.is_empty() {
        return String::new();
    }
    if let [only] = *names {
        return format!("use {path}::{only};\n");
    }
    if one.chars().count() <= WIDTH {
        return format!("{one}\n");
    }
    let mut out = format!("use {path}::{{\n");
    let mut line = String::new();
    for name in names {
        if !line.is_empty() && 4 + line.chars().count() + name.len() + 2 > WIDTH {
            let _ = writeln!(out, "    {}", line.trim_end());
            line.clear();
        }
        let _ = write!(line, "{name}, ");
    }
    let _ = writeln!(out, "    {}\n}};", line.trim_end());
    out
}

/// Allows a C name that is not in Rust's style.
pub(super) fn allow_c_name(t: &mut Text, name: &str) {
    if name.contains("__") {
        t.line("#[allow(non_snake_case, reason = \"it is C's name\")]");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_doc_comment_becomes_an_item_of_a_list() {
        for length in 60..100 {
            let mut t = Text::default();
            t.doc(&format!("{} `v + i` and `v - i`.", "x".repeat(length)));
            let text = t.finish();
            let mut lines = text.lines();
            assert!(
                lines.all(|line| !line.starts_with("/// +") && !line.starts_with("/// -")),
                "{text}"
            );
        }
    }

    #[test]
    fn long_lines_are_broken_outside_strings() {
        let long = format!(
            "concat!({}, \"a \\\" b\"),",
            "\"c d\", ".repeat(14).trim_end()
        );
        let mut t = Text::default();
        t.wide_line(&long.replace(",,", ","));
        let text = t.finish();
        assert!(
            text.starts_with("concat!(\n    \"c d\", \"c d\","),
            "{text}"
        );
        assert!(text.ends_with("\"a \\\" b\"\n),\n"), "{text}");
        assert!(
            text.lines()
                .all(|line| line.matches('"').count() % 2 == 0 || line.contains('\\'))
        );
    }

    #[test]
    fn attributes_as_rustfmt_breaks_them() {
        let short = "cfg(all(target_arch = \"x86_64\", not(CONFIG_KASAN)))";
        assert_eq!(attribute(short), format!("#[{short}]"));
        assert_eq!(attribute("inline"), "#[inline]");
        let archs = ["x86_64", "riscv64", "loongarch64", "powerpc64", "s390x"];
        let archs = archs
            .map(|arch| format!("target_arch = \"{arch}\""))
            .join(", ");
        let long = format!("cfg(any(not(any({archs})), any(CONFIG_KASAN, CONFIG_KCSAN)))");
        let expected = "\
#[cfg(any(
    not(any(
        target_arch = \"x86_64\",
        target_arch = \"riscv64\",
        target_arch = \"loongarch64\",
        target_arch = \"powerpc64\",
        target_arch = \"s390x\"
    )),
    any(CONFIG_KASAN, CONFIG_KCSAN)
))]";
        assert_eq!(attribute(&long), expected);
    }
}
