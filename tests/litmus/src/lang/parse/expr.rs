//! Parses C expressions.

use crate::lang::ast::{Expr, ExprKind};
use crate::lang::lex::Token;
use crate::lang::parse::parser::{Parsed, Parser, is_keyword};

/// Binary operators by precedence, the lowest first.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// Unary operators, besides `*` and `&`.
const UNARY: [&str; 3] = ["-", "~", "!"];

const HELP: &str = "an expression consists of numbers, local variables, C's operators and calls";

impl Parser<'_> {
    /// A whole expression.
    pub fn expr(&mut self) -> Parsed<Expr> {
        self.parts = 0;
        self.binary(0)
    }

    /// Operands and the operators between them that bind at least as strongly as `weakest`, a
    /// level.
    fn binary(&mut self, weakest: usize) -> Parsed<Expr> {
        let mut left = self.unary()?;
        loop {
            let Token::Sign(sign) = *self.peek() else {
                return Ok(left);
            };
            let level = LEVELS.iter().position(|signs| signs.contains(&sign));
            let Some(level) = level.filter(|level| *level >= weakest) else {
                return Ok(left);
            };
            self.advance();
            let right = self.binary(level + 1)?;
            let span = left.span.to(right.span);
            let kind = ExprKind::Binary(sign, Box::new(left), Box::new(right));
            left = Expr { kind, span };
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        self.part("use local variables for parts of it")?;
        let start = self.span();
        let Token::Sign(sign) = *self.peek() else {
            return self.primary();
        };
        if let Some(sign) = UNARY.into_iter().find(|unary| *unary == sign) {
            self.advance();
            let inner = self.unary()?;
            let span = start.to(inner.span);
            let kind = match (sign, &inner.kind) {
                ("-", ExprKind::Number(number)) => ExprKind::Number(number.wrapping_neg()),
                _ => ExprKind::Unary(sign, Box::new(inner)),
            };
            return Ok(Expr { kind, span });
        }
        if self.takes("*") {
            let inner = self.unary()?;
            let span = start.to(inner.span);
            let kind = ExprKind::Deref(Box::new(inner));
            return Ok(Expr { kind, span });
        }
        if self.takes("&") {
            let (name, span) = self.name("a local variable", "`&` takes a variable's address")?;
            return Ok(Expr {
                kind: ExprKind::Address(name),
                span: start.to(span),
            });
        }
        self.primary()
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let start = self.span();
        match self.peek().clone() {
            Token::Number(number) => {
                self.advance();
                Ok(Expr {
                    kind: ExprKind::Number(number),
                    span: start,
                })
            }
            Token::Sign("(") => {
                self.advance();
                if self.begins_cast() {
                    let ty = self.ty()?;
                    self.need(")", HELP)?;
                    let inner = self.unary()?;
                    return Ok(Expr {
                        span: start.to(inner.span),
                        kind: ExprKind::Cast(ty, Box::new(inner)),
                    });
                }
                let inner = self.binary(0)?;
                self.need(")", HELP)?;
                Ok(Expr {
                    span: start.to(self.before()),
                    ..inner
                })
            }
            Token::Word(name) if !is_keyword(&name) => {
                self.advance();
                if !self.takes("(") {
                    return Ok(Expr {
                        kind: ExprKind::Name(name),
                        span: start,
                    });
                }
                let mut arguments = Vec::new();
                while !self.takes(")") {
                    if !arguments.is_empty() {
                        self.need(",", "arguments are separated by commas")?;
                    }
                    arguments.push(self.binary(0)?);
                }
                Ok(Expr {
                    kind: ExprKind::Call(name, arguments),
                    span: start.to(self.before()),
                })
            }
            _ => Err(self.expected("an expression", HELP)),
        }
    }
}
