//! Parses the statements of a thread.

use crate::lang::ast::{ExprKind, Statement, Type};
use crate::lang::lex::Token;
use crate::lang::parse::parser::{Parsed, Parser, is_keyword};

impl Parser<'_> {
    /// Statements, up to and including the closing brace.
    pub fn statements(&mut self) -> Parsed<Vec<Statement>> {
        let mut all = Vec::new();
        while !self.takes("}") {
            let is_end = ["exists", "forall", "locations", "filter"]
                .iter()
                .any(|word| self.is_word(word) && *self.second() != Token::Sign("="));
            if is_end || matches!(self.peek(), Token::End) {
                return Err(self.expected("`}`", "what begins with `{` ends with `}`"));
            }
            if self.takes(";") {
                continue;
            }
            if self.begins_type() {
                self.declaration(&mut all)?;
            } else {
                all.push(self.statement()?);
            }
        }
        Ok(all)
    }

    /// `int r0 = 1, *r1;`
    fn declaration(&mut self, all: &mut Vec<Statement>) -> Parsed<()> {
        let help = "a local variable is declared as `int r0;` or `int r0 = 1;`";
        let mut ty = self.ty()?;
        let mut base = ty.clone();
        while let Type::Pointer(to) = base {
            base = *to;
        }
        loop {
            let (name, span) = self.name("the name of a local variable", help)?;
            let value = match self.takes("=") {
                true => Some(self.expr()?),
                false => None,
            };
            all.push(Statement::Declare(ty, name, value, span));
            if self.takes(";") {
                return Ok(());
            }
            self.need(",", help)?;
            ty = base.clone();
            self.parts = 0;
            while self.takes("*") {
                self.part(help)?;
                ty = Type::Pointer(Box::new(ty));
            }
        }
    }

    fn statement(&mut self) -> Parsed<Statement> {
        self.depth += 1;
        self.small(self.depth, "nest statements less deeply")?;
        let statement = self.shallow();
        self.depth -= 1;
        statement
    }

    fn shallow(&mut self) -> Parsed<Statement> {
        let help = "a statement ends with `;`";
        let start = self.span();
        if self.takes("{") {
            return Ok(Statement::Block(self.statements()?));
        }
        match self.peek().clone() {
            Token::Word(word) if word == "if" => {
                self.advance();
                self.need("(", "`if` is followed by a condition in parentheses")?;
                let condition = self.expr()?;
                self.need(")", "`if` is followed by a condition in parentheses")?;
                let yes = self.branch()?;
                let no = match self.takes_word("else") {
                    true => self.branch()?,
                    false => Vec::new(),
                };
                return Ok(Statement::If(condition, yes, no));
            }
            Token::Word(word) if ["while", "do", "for", "goto", "switch"].contains(&&*word) => {
                self.skip_statement();
                return Ok(Statement::Loop(word, start));
            }
            Token::Word(word) if !is_keyword(&word) && *self.second() == Token::Sign("=") => {
                self.advance();
                self.advance();
                let value = self.expr()?;
                self.need(";", help)?;
                return Ok(Statement::Assign(word, value, start));
            }
            _ => {}
        }
        let left = self.expr()?;
        if self.takes("=") {
            let value = self.expr()?;
            self.need(";", help)?;
            let span = start.to(self.before());
            let ExprKind::Deref(_) = left.kind else {
                let help = "a value is assigned to a local variable, `r0 = 1`, or to `*x`";
                return Err(self.file.error(left.span, "this is not a variable", help));
            };
            return Ok(Statement::Store(left, value, span));
        }
        self.need(";", help)?;
        // A cast of an unused result has no effect: `(void)xchg(x, 1);`.
        Ok(Statement::Call(left.uncast().clone()))
    }

    /// A branch of an `if`.
    fn branch(&mut self) -> Parsed<Vec<Statement>> {
        if self.takes(";") {
            return Ok(Vec::new());
        }
        Ok(match self.statement()? {
            Statement::Block(body) => body,
            statement => vec![statement],
        })
    }

    /// Skips a statement of an unsupported kind, up to its semicolon or the closing brace of its
    /// body.
    fn skip_statement(&mut self) {
        let is_do = self.is_word("do");
        let (mut braces, mut parentheses) = (0_usize, 0_usize);
        loop {
            match self.peek() {
                Token::End => return,
                Token::Sign("{") => braces += 1,
                Token::Sign("}") if braces == 0 => return,
                Token::Sign("}") => {
                    braces -= 1;
                    if braces == 0 && !is_do {
                        self.advance();
                        return;
                    }
                }
                Token::Sign("(") => parentheses += 1,
                Token::Sign(")") => parentheses = parentheses.saturating_sub(1),
                Token::Sign(";") if braces == 0 && parentheses == 0 => {
                    self.advance();
                    return;
                }
                _ => {}
            }
            self.advance();
        }
    }
}
