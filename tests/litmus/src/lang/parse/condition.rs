//! Parses the text after the threads: `locations [x;]`, `filter (..)`, and the condition, such as
//! `exists (0:r0=1 /\ ~(x=2))`.

use crate::lang::ast::{Litmus, Location, Proposition, Quantifier};
use crate::lang::lex::Token;
use crate::lang::parse::parser::{Parsed, Parser};
use crate::lang::source::Span;

const HELP: &str = "a condition combines `0:r0=1` and `x=2` with `/\\`, `\\/`, `=>` and `~`";

impl Parser<'_> {
    /// A whole condition.
    pub fn proposition(&mut self) -> Parsed<Proposition> {
        self.parts = 0;
        self.disjunction()
    }

    /// As for herd7, `\/` binds the weakest, then `/\`, then `=>`.
    fn disjunction(&mut self) -> Parsed<Proposition> {
        let mut all = vec![self.conjunction()?];
        while self.takes("\\/") {
            all.push(self.conjunction()?);
        }
        Ok(Proposition::join(all, Proposition::Or))
    }

    fn conjunction(&mut self) -> Parsed<Proposition> {
        let mut all = vec![self.implication()?];
        while self.takes("/\\") {
            all.push(self.implication()?);
        }
        Ok(Proposition::join(all, Proposition::And))
    }

    /// `=>` is right-associative.
    fn implication(&mut self) -> Parsed<Proposition> {
        let first = self.atom()?;
        if !self.takes("=>") {
            return Ok(first);
        }
        self.part("shorten the condition")?;
        let not = Proposition::Not(Box::new(first));
        let then = self.implication()?;
        self.parts -= 1;
        Ok(Proposition::Or(Box::new(not), Box::new(then)))
    }

    /// A proposition that no operator splits. Only nested ones count as parts of the condition, as
    /// it may be long, but not deep.
    fn atom(&mut self) -> Parsed<Proposition> {
        self.part("shorten the condition")?;
        let found = self.nested();
        self.parts -= 1;
        found
    }

    fn nested(&mut self) -> Parsed<Proposition> {
        if self.takes("~") || self.takes_word("not") {
            return Ok(Proposition::Not(Box::new(self.atom()?)));
        }
        if self.takes("(") {
            let inner = self.disjunction()?;
            self.need(")", HELP)?;
            return Ok(inner);
        }
        if self.takes_word("true") {
            return Ok(Proposition::True);
        }
        if self.takes_word("false") {
            return Ok(Proposition::Not(Box::new(Proposition::True)));
        }
        let start = self.span();
        let location = self.location()?;
        let negated = self.takes("!=") || self.takes("<>");
        if !(negated || self.takes("==") || self.takes("=")) {
            return Err(self.expected("`=`", HELP));
        }
        let is_location = self.at_local() || self.is_sign("[") || self.is_sign("*");
        Ok(if is_location {
            let other = self.location()?;
            let span = start.to(self.before());
            Proposition::Same(location, other, negated, span)
        } else if self.is_sign("{") {
            self.skip_values("the values of an array")?;
            Proposition::True
        } else {
            let value = self.value()?;
            let span = start.to(self.before());
            Proposition::Is(location, value, negated, span)
        })
    }

    /// Whether a local variable such as `0:r0` or `P0:r0` is next.
    pub fn at_local(&self) -> bool {
        let is_thread = match self.peek() {
            Token::Number(_) => true,
            Token::Word(word) => thread_number(word).is_some(),
            _ => false,
        };
        is_thread && *self.second() == Token::Sign(":")
    }

    /// `0:r0`, `P0:r0`, `x` or `[x]`. A `*` before it means nothing.
    pub fn location(&mut self) -> Parsed<Location> {
        self.takes("*");
        if self.at_local() {
            let number = match self.peek() {
                Token::Number(number) => usize::try_from(*number).ok(),
                Token::Word(word) => thread_number(word),
                _ => None,
            };
            let number = number.ok_or_else(|| self.expected("the number of a thread", HELP))?;
            self.advance();
            self.need(":", HELP)?;
            let (name, _) = self.name("a local variable", HELP)?;
            return Ok(Location::Local(number, name));
        }
        let brackets = self.takes("[");
        let what = match brackets {
            true => "a shared variable",
            false => "a location such as `0:r0` or `x`",
        };
        let (name, span) = self.name(what, HELP)?;
        if brackets {
            self.need("]", HELP)?;
        } else if self.is_sign("[") {
            self.skip_index()?;
            self.skipped("an element of an array", span);
        }
        Ok(Location::Shared(name))
    }

    /// The locations to show, the filter, and the condition.
    pub fn end(&mut self, test: &mut Litmus) -> Parsed<()> {
        let help = "a test ends with `exists (0:r0=1 /\\ x=2)`, `~exists (..)` or `forall (..)`";
        let shows = self.takes_word("locations");
        if shows {
            self.need("[", "`locations` is followed by `[x; 0:r0]`")?;
            while !self.takes("]") {
                if self.takes(";") {
                    continue;
                }
                let start = self.span();
                let location = self.location()?;
                test.locations.push((location, start.to(self.before())));
                // Its type tells herd7 how to print it.
                if matches!(self.peek(), Token::Word(_)) {
                    self.advance();
                }
                self.takes("*");
            }
        }
        if self.takes_word("filter") {
            test.filter = Some(self.proposition()?);
        }
        test.quantifier = if self.takes("~") || self.takes_word("not") {
            if !self.takes_word("exists") {
                return Err(self.expected("`exists`", help));
            }
            Quantifier::NotExists
        } else if self.takes_word("exists") {
            Quantifier::Exists
        } else if self.takes_word("forall") {
            Quantifier::Forall
        } else if self.takes_word("final") || (shows && self.is_sign("(")) {
            Quantifier::Exists
        } else if shows && *self.peek() == Token::End {
            // The test only asks for the outcomes.
            test.quantifier = Quantifier::Forall;
            return self.check_locations(test);
        } else {
            return Err(self.expected("the condition", help));
        };
        test.condition = self.proposition()?;
        self.takes(";");
        // Results of other models may follow.
        if *self.peek() != Token::End && !self.is_word("with") {
            return Err(self.expected("the end of the file", "nothing follows the condition"));
        }
        self.check_locations(test)
    }

    /// Checks that every named location exists.
    fn check_locations(&self, test: &Litmus) -> Parsed<()> {
        let propositions = test.filter.iter().chain([&test.condition]);
        let shown = test
            .locations
            .iter()
            .map(|(location, span)| (location, *span));
        for (location, span) in propositions.flat_map(|p| p.locations()).chain(shown) {
            self.check_location(test, location, span)?;
        }
        Ok(())
    }

    fn check_location(&self, test: &Litmus, location: &Location, span: Span) -> Parsed<()> {
        let (message, help) = match location {
            Location::Local(thread, name) => match test.threads.get(*thread) {
                None => (
                    format!("there is no thread P{thread}"),
                    format!("the threads are P0 to P{}", test.threads.len() - 1),
                ),
                Some(found) => {
                    let locals: Vec<&str> = found.locals().iter().map(|(name, _)| *name).collect();
                    if locals.contains(&name.as_str()) {
                        return Ok(());
                    }
                    let there = match locals.as_slice() {
                        [] => "it has no local variables".to_owned(),
                        names => format!("it has {}", names.join(", ")),
                    };
                    (format!("P{thread} has no local variable `{name}`"), there)
                }
            },
            Location::Shared(name) => {
                let shared = test.shared();
                if shared.contains(name.as_str()) {
                    return Ok(());
                }
                let names: Vec<&str> = shared.into_iter().collect();
                (
                    format!("there is no shared variable `{name}`"),
                    format!("the shared variables are {}", names.join(", ")),
                )
            }
        };
        Err(self.file.error(span, message, help))
    }
}

/// The number of the thread with a name such as `P0`, if it is one.
pub fn thread_number(word: &str) -> Option<usize> {
    word.strip_prefix('P')?.parse().ok()
}
