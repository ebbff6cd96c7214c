//! Templates: the code for one variant, and how `asm!` passes its operands.

use super::features::Features;

/// The operand that is where to jump if the result is false.
pub const NO: &str = "no";

/// The label that the operand stands for if instructions cannot jump out of `asm!`.
pub const NO_LABEL: &str = "3";

/// Where a template leaves its result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ResultLocation {
    /// There is no result.
    #[default]
    Nowhere,
    /// In a register of its own, `{r}`.
    OwnRegister,
    /// In the register of an argument.
    Argument(String),
}

/// One instruction or one C expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeLine {
    /// The text, with operands in braces.
    pub text: String,
    /// What it does, in plain words.
    pub meaning: String,
}

impl CodeLine {
    /// Whether the line or its meaning has a name in braces.
    pub fn mentions(&self, name: &str) -> bool {
        let braced = format!("{{{name}}}");
        self.text.contains(&braced) || self.meaning.contains(&braced)
    }
}

/// A line as the table has it, with the names of rows `let` in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenLine {
    /// The line.
    pub line: CodeLine,
    /// Whether it is a row `when`.
    pub optional: bool,
    /// Whether the template has it.
    pub present: bool,
}

/// What fills the bits of a register outside the value in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Zeros.
    Zeros,
    /// Copies of the sign bit.
    Sign,
    /// Ones. Only for an argument in its place in the containing word.
    Ones,
}

/// How a template returns true or false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// By this condition code, at its end and wherever it jumps to `{no}`.
    Code(String),
    /// By whether it reaches its end or jumps to `{no}`.
    End,
}

/// A scratch register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scratch {
    /// Its name in the template.
    pub name: String,
    /// Its width, if that differs from the width of the variable.
    pub bits: Option<u32>,
}

/// The code for one variant at some widths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// The widths in bits.
    pub bits: Vec<u32>,
    /// The CPU features that it requires.
    pub needs: Features,
    /// Where it leaves the result.
    pub result: ResultLocation,
    /// Operands in fixed registers, as pairs of operand and register. The operand is an argument,
    /// a scratch register, or `r` for a result in a register of its own.
    pub fixed: Vec<(String, String)>,
    /// Arguments whose registers are filled beyond the value: up to the width of a pointer, or, in
    /// the containing word, on both sides of the value. `r` is a result in a register of its own,
    /// whose bits beyond the value the instructions fill.
    pub filled: Vec<(String, Fill)>,
    /// Arguments that are passed in memory: their registers hold addresses.
    pub memory: Vec<String>,
    /// Scratch registers.
    pub scratch: Vec<Scratch>,
    /// Whether it accesses the aligned 32-bit word that contains the variable. The inner value
    /// says how 32-bit operands are extended to a full register, if they must be.
    pub word: Option<Option<Fill>>,
    /// Whether outputs are early-clobber: never in the register of an input. Templates of more
    /// than one instruction always are.
    pub early: bool,
    /// How it returns true or false, if the result is not computed from the old value.
    pub truth: Option<Truth>,
    /// Whether it preserves the condition codes.
    pub preserves_flags: bool,
    /// Whether it accesses the stack, other than through an address that `asm!` passes.
    pub uses_stack: bool,
    /// The instructions, or the C expression.
    pub lines: Vec<CodeLine>,
    /// The rows that `lines` are made of.
    pub written: Vec<WrittenLine>,
    /// What the names of rows `let` in `written` stand for.
    pub lets: Vec<(String, String)>,
}

impl Template {
    /// Whether it jumps away if the result is false.
    pub fn exits(&self) -> bool {
        self.lines.iter().any(|line| line.mentions(NO))
    }

    /// Whether it is a loop: whether it branches back to a label of its own.
    pub fn is_loop(&self) -> bool {
        let is_back = |word: &str| {
            let label = word.strip_suffix('b').unwrap_or("");
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_digit())
        };
        let mut lines = self.lines.iter();
        lines.any(|line| line.text.split([' ', ',']).any(is_back))
    }
}
