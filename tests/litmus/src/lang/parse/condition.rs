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
        self.implication()
    }

    /// `=>` binds the weakest, and is right-associative.
    fn implication(&mut self) -> Parsed<Proposition> {
        let first = self.disjunction()?;
        if !self.takes("=>") {
            return Ok(first);
        }
        let not = Proposition::Not(Box::new(first));
        Ok(Proposition::Or(
            Box::new(not),
            Box::new(self.implication()?),
        ))
    }

    fn disjunction(&mut self) -> Parsed<Proposition> {
        let mut all = self.conjunction()?;
        while self.takes("\\/") {
            let next = self.conjunction()?;
            all = Proposition::Or(Box::new(all), Box::new(next));
        }
        Ok(all)
    }

    fn conjunction(&mut self) -> Parsed<Proposition> {
        let mut all = self.atom()?;
        while self.takes("/\\") {
            let next = self.atom()?;
            all = Proposition::And(Box::new(all), Box::new(next));
        }
        Ok(all)
    }

    fn atom(&mut self) -> Parsed<Proposition> {
        self.part("shorten the condition")?;
        if self.takes("~") || self.takes_word("not") {
            return Ok(Proposition::Not(Box::new(self.atom()?)));
        }
        if self.takes("(") {
            let inner = self.implication()?;
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
        let negated = self.takes("!=");
        if !(negated || self.takes("==") || self.takes("=")) {
            return Err(self.expected("`=`", HELP));
        }
        let local = matches!(
            (self.peek(), self.second()),
            (Token::Number(_), Token::Sign(":"))
        );
        Ok(if local || *self.peek() == Token::Sign("[") {
            let other = self.location()?;
            let span = start.to(self.before());
            Proposition::Same(location, other, negated, span)
        } else {
            let value = self.value()?;
            let span = start.to(self.before());
            Proposition::Is(location, value, negated, span)
        })
    }

    /// `0:r0`, `x` or `[x]`.
    pub fn location(&mut self) -> Parsed<Location> {
        let what = "a location such as `0:r0` or `x`";
        match self.peek().clone() {
            Token::Number(number) => {
                let thread = usize::try_from(number)
                    .map_err(|_| self.expected("the number of a thread", HELP))?;
                self.advance();
                self.need(":", HELP)?;
                let (name, _) = self.name("a local variable", HELP)?;
                Ok(Location::Local(thread, name))
            }
            Token::Sign("[") => {
                self.advance();
                let (name, _) = self.name("a shared variable", HELP)?;
                self.need("]", HELP)?;
                Ok(Location::Shared(name))
            }
            _ => {
                let (name, _) = self.name(what, HELP)?;
                Ok(Location::Shared(name))
            }
        }
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
        } else if shows && *self.peek() == Token::End {
            // The test only asks for the outcomes.
            test.quantifier = Quantifier::Forall;
            return self.check_locations(test);
        } else {
            return Err(self.expected("the condition", help));
        };
        test.condition = self.proposition()?;
        self.takes(";");
        if *self.peek() != Token::End {
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
