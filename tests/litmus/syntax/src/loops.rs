//! Loops, which become copies of their bodies, and what leaves them.

use syn::{Block, Expr, Pat, RangeLimits, Type};

use crate::body::both;
use crate::jumps::Step;
use crate::scope::{Frame, Thread, error};
use crate::value::{Int, Value};

/// The most rounds of a `for` loop.
const ROUNDS: i64 = 64;
/// The most rounds of all loops of a thread, those within others counted each time.
const ALL_ROUNDS: usize = 1_000;

impl Thread<'_> {
    /// A loop.
    pub fn repeat(&mut self, expr: &Expr) -> syn::Result<Value> {
        let (label, end) = match expr {
            Expr::Loop(found) => (&found.label, self.block()),
            Expr::While(found) => (&found.label, self.block()),
            Expr::ForLoop(found) => (&found.label, self.block()),
            _ => return error(expr, "this is no loop"),
        };
        let label = label.as_ref().map(|label| label.name.ident.to_string());
        let frame = Frame {
            label,
            end,
            round: None,
            ty: None,
            result: None,
        };
        match expr {
            Expr::ForLoop(found) => {
                let (first, last) = self.range(&found.expr)?;
                self.framed(frame, |thread| {
                    for number in first..=last {
                        thread.round(&found.for_token, |thread| {
                            let value = Value::Int(Int::constant(number, None));
                            thread.item(&found.pat, value)?;
                            thread.body(&found.body)
                        })?;
                    }
                    Ok(Value::Unit)
                })
            }
            Expr::While(found) => {
                let count = self.count(&found.while_token)?;
                self.framed(frame, |thread| {
                    for _ in 0..count {
                        thread.round(&found.while_token, |thread| {
                            thread.guarded(&found.cond, &found.body, end)
                        })?;
                    }
                    // It may end here as well.
                    let (steps, _) = thread.apart(|thread| {
                        let condition = thread.int(&found.cond)?;
                        let (over, _) = thread.apart(Self::too_often)?;
                        thread.when(&condition, over, Vec::new());
                        Ok(())
                    })?;
                    thread.steps.extend(steps);
                    Ok(Value::Unit)
                })
            }
            Expr::Loop(found) => {
                let count = self.count(&found.loop_token)?;
                self.framed(frame, |thread| {
                    for _ in 0..count {
                        thread.round(&found.loop_token, |thread| thread.body(&found.body))?;
                    }
                    thread.too_often()?;
                    Ok(Value::Never)
                })
            }
            _ => error(expr, "this is no loop"),
        }
    }

    /// How often a loop runs at most.
    fn count(&self, at: &dyn quote::ToTokens) -> syn::Result<usize> {
        match self.world.unroll {
            Some(count) => Ok(count),
            None => error(
                at,
                "the model unrolls loops: write how often it runs at most, such as `unroll 3;`, \
                 before `shared`",
            ),
        }
    }

    /// Gives up: the execution is one that the test does not look at. It ends here, because what
    /// follows the loop relies on its end, such as on a pointer that is not null. So the loads that
    /// the loop waits for decide whether what follows runs at all: a control dependency.
    fn too_often(&mut self) -> syn::Result<()> {
        let over = match &self.over {
            Some(over) => over.clone(),
            None => self.local("over", "int"),
        };
        self.over = Some(over.clone());
        self.steps.push(Step::Set(over, "1".into()));
        self.steps.push(Step::Jump(self.root));
        Ok(())
    }

    /// One round of a loop.
    fn round(
        &mut self,
        at: &dyn quote::ToTokens,
        inner: impl FnOnce(&mut Self) -> syn::Result<Value>,
    ) -> syn::Result<()> {
        self.rounds += 1;
        if self.rounds > ALL_ROUNDS {
            return error(at, "the loops of this thread are too long for the model");
        }
        let round = self.block();
        if let Some(frame) = self.frames.last_mut() {
            frame.round = Some(round);
        }
        let (steps, _) = self.apart(inner)?;
        self.steps.push(Step::Block(round, steps));
        Ok(())
    }

    /// The body of a `while` loop, or a jump to its end.
    fn guarded(&mut self, condition: &Expr, body: &Block, end: usize) -> syn::Result<Value> {
        let known = self.scope.len();
        let condition = self.int(condition)?;
        let body = self.apart(|thread| thread.body(body));
        self.scope.truncate(known);
        let ((steps, _), ()) = both(body, Ok(()))?;
        self.when(&condition, steps, vec![Step::Jump(end)]);
        Ok(Value::Unit)
    }

    fn when(&mut self, condition: &Int, yes: Vec<Step>, no: Vec<Step>) {
        match condition.constant {
            Some(0) => self.steps.extend(no),
            Some(_) => self.steps.extend(yes),
            None => self
                .steps
                .push(Step::If(condition.bare().to_owned(), yes, no)),
        }
    }

    /// The first and the last number of a range.
    fn range(&mut self, expr: &Expr) -> syn::Result<(i64, i64)> {
        let help = "the model has `for` over a range of constants, such as `0..3`";
        let Expr::Range(range) = expr else {
            return error(expr, help);
        };
        let mut end = |end: &Option<Box<Expr>>| -> syn::Result<i64> {
            match end {
                Some(end) => match self.int(end)?.constant {
                    Some(number) => Ok(number),
                    None => error(end, help),
                },
                None => error(expr, help),
            }
        };
        let (first, last) = (end(&range.start)?, end(&range.end)?);
        let last = match range.limits {
            RangeLimits::HalfOpen(_) => last - 1,
            RangeLimits::Closed(_) => last,
        };
        match last - first < ROUNDS {
            true => Ok((first, last)),
            false => error(
                expr,
                format!("the model has `for` with up to {ROUNDS} rounds"),
            ),
        }
    }

    fn item(&mut self, pattern: &Pat, value: Value) -> syn::Result<()> {
        self.matches(pattern, value).map(|_| ())
    }

    /// `break`, `continue` and `return`.
    pub fn leave(&mut self, expr: &Expr) -> syn::Result<Value> {
        let (label, value) = match expr {
            Expr::Break(found) => (&found.label, &found.expr),
            Expr::Continue(found) => (&found.label, &None),
            Expr::Return(found) => (&None, &found.expr),
            _ => return error(expr, "this leaves nothing"),
        };
        let value = match value {
            Some(value) => self.value(value)?,
            None => Value::Unit,
        };
        let label = label.as_ref().map(|label| label.ident.to_string());
        let mut frames = self.frames.iter().enumerate().rev();
        let found = frames.find(|(_, frame)| match expr {
            Expr::Return(_) => frame.round.is_none(),
            _ => frame.round.is_some() && (label.is_none() || frame.label == label),
        });
        let Some((index, frame)) = found else {
            return error(expr, "there is nothing here that this leaves");
        };
        let frame = frame.clone();
        if frame.end == self.root {
            // Its variables would have no values at the end.
            return error(expr, "a thread has no `return`: use `if`, or a function");
        }
        if matches!(value, Value::Never) {
            return Ok(value);
        }
        if !matches!(expr, Expr::Continue(_)) {
            let result = match frame.result {
                Some(result) => result,
                None => match frame.ty.as_ref().and_then(|ty| self.place_of(ty)) {
                    Some(result) => result,
                    None => self.target(&value, &Value::Never, expr)?,
                },
            };
            self.copy(&result, &value, expr)?;
            self.frames[index].result = Some(result);
        }
        let to = match expr {
            Expr::Continue(_) => frame.round.unwrap_or(frame.end),
            _ => frame.end,
        };
        self.steps.push(Step::Jump(to));
        Ok(Value::Never)
    }

    /// Local variables for a value of a type; `None` if the type is not known.
    fn place_of(&mut self, ty: &Type) -> Option<Value> {
        if matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty()) {
            return Some(Value::Unit);
        }
        let Type::Path(path) = ty else {
            return None;
        };
        let last = path.path.segments.last()?;
        let name = last.ident.to_string();
        if let Some(kind) = crate::types::named(&name) {
            return Some(Value::Int(Int::of(self.temporary(kind.c), kind)));
        }
        let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
            return None;
        };
        let mut types = arguments.args.iter().filter_map(|argument| match argument {
            syn::GenericArgument::Type(ty) => Some(ty),
            _ => None,
        });
        let optional = match name.as_str() {
            "Option" => true,
            "Result" => false,
            _ => return None,
        };
        let yes = self.place_of(types.next()?)?;
        let no = match optional {
            true => Value::Unit,
            false => self.place_of(types.next()?)?,
        };
        Some(Value::Choice(crate::value::Choice {
            optional,
            good: Int::truth(self.temporary("int")),
            yes: Box::new(yes),
            no: Box::new(no),
        }))
    }

    /// Translates what jumps may leave. Its value is that of the jumps, if they have one, or else
    /// its own.
    pub fn framed(
        &mut self,
        frame: Frame,
        inner: impl FnOnce(&mut Self) -> syn::Result<Value>,
    ) -> syn::Result<Value> {
        let end = frame.end;
        self.frames.push(frame);
        let at = Expr::Verbatim(proc_macro2::TokenStream::new());
        let done = self.apart(|thread| {
            let value = inner(thread)?;
            let result = thread.frames.last().and_then(|frame| frame.result.clone());
            match result {
                None => Ok(value),
                Some(result) => {
                    thread.copy(&result, &value, &at)?;
                    Ok(result)
                }
            }
        });
        self.frames.pop();
        let (steps, value) = done?;
        match crate::jumps::jumps(&steps) {
            true => self.steps.push(Step::Block(end, steps)),
            false => self.steps.extend(steps),
        }
        Ok(value)
    }
}
