//! Statements with jumps, and the same without: herd7's C has `if` and nothing else.

/// A statement. Jumps go to the end of a block that they are in.
#[derive(Clone, Debug)]
pub enum Step {
    /// A local variable gets a value.
    Set(String, String),
    /// A call without a result.
    Call(String),
    /// `if`.
    If(String, Vec<Step>, Vec<Step>),
    /// A block that jumps may leave, with a number of its own.
    Block(usize, Vec<Step>),
    /// A jump to the end of a block.
    Jump(usize),
}

/// What comes after some steps.
struct Next<'s> {
    /// The block that ends here.
    block: Option<usize>,
    steps: &'s [Step],
    next: Option<&'s Next<'s>>,
}

/// The most statements of a thread.
const MOST: usize = 2_000;

/// Replaces jumps and blocks: what comes after a branch that may jump, up to the end of the block
/// that it jumps out of, is copied into the branches that do not. `None` if there are too many
/// copies.
///
/// Other statements stay outside of branches: herd7 sees a control dependency in a branch.
pub fn without(steps: &[Step]) -> Option<Vec<Step>> {
    let mut room = MOST;
    flat(steps, None, &mut room)
}

/// Whether there is a jump.
pub fn jumps(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::Jump(_) => true,
        Step::If(_, yes, no) => jumps(yes) || jumps(no),
        Step::Block(_, body) => jumps(body),
        Step::Set(..) | Step::Call(_) => false,
    })
}

/// Whether there is a jump to the end of a block other than `own` and those within.
fn leaves(steps: &[Step], own: &mut Vec<usize>) -> bool {
    steps.iter().any(|step| match step {
        Step::Jump(to) => !own.contains(to),
        Step::If(_, yes, no) => leaves(yes, own) || leaves(no, own),
        Step::Block(number, body) => {
            own.push(*number);
            let leaves = leaves(body, own);
            own.pop();
            leaves
        }
        Step::Set(..) | Step::Call(_) => false,
    })
}

fn flat(steps: &[Step], next: Option<&Next<'_>>, room: &mut usize) -> Option<Vec<Step>> {
    let mut all = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        *room = room.checked_sub(1)?;
        let after = Next {
            block: None,
            steps: &steps[index + 1..],
            next,
        };
        match step {
            Step::Set(..) | Step::Call(_) => all.push(step.clone()),
            Step::Jump(to) => {
                let mut found = next;
                while let Some(here) = found {
                    if here.block == Some(*to) {
                        all.extend(flat(here.steps, here.next, room)?);
                        break;
                    }
                    found = here.next;
                }
                return Some(all);
            }
            Step::Block(number, body) => {
                // What comes after a block that all ways lead to the end of depends on none of its
                // branches.
                let leaves = leaves(body, &mut vec![*number]);
                let after = Next {
                    block: Some(*number),
                    steps: if leaves { after.steps } else { &[] },
                    next: next.filter(|_| leaves),
                };
                all.extend(flat(body, Some(&after), room)?);
                if leaves {
                    return Some(all);
                }
            }
            Step::If(condition, yes, no) => {
                let is_last = jumps(yes) || jumps(no);
                let next = is_last.then_some(&after);
                let (yes, no) = (flat(yes, next, room)?, flat(no, next, room)?);
                all.push(Step::If(condition.clone(), yes, no));
                if is_last {
                    return Some(all);
                }
            }
        }
    }
    if let Some(next) = next {
        all.extend(flat(next.steps, next.next, room)?);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str) -> Step {
        Step::Call(name.into())
    }

    fn shown(steps: &[Step]) -> String {
        let parts = steps.iter().map(|step| match step {
            Step::Set(local, value) => format!("{local}={value}"),
            Step::Call(call) => call.clone(),
            Step::If(c, yes, no) => format!("{c}?[{}]:[{}]", shown(yes), shown(no)),
            Step::Block(..) | Step::Jump(_) => "jump".into(),
        });
        parts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_a_jump_passes_over_is_in_the_other_branch() {
        let leave = Step::If("c".into(), vec![call("a"), Step::Jump(1)], vec![]);
        let inner = Step::Block(2, vec![leave, call("b")]);
        let steps = [Step::Block(1, vec![inner, call("d")]), call("e")];
        let flat = without(&steps).unwrap();
        assert_eq!(shown(&flat), "c?[a]:[b d] e");
    }

    #[test]
    fn branches_without_jumps_stay() {
        let branch = Step::If("c".into(), vec![call("a")], vec![call("b")]);
        let flat = without(&[Step::Block(1, vec![branch, call("d")]), call("e")]).unwrap();
        assert_eq!(shown(&flat), "c?[a]:[b] d e");
    }

    #[test]
    fn copies_are_limited() {
        let leave = || Step::If("d".into(), vec![Step::Jump(9)], vec![]);
        let forks = |_| Step::If("c".into(), vec![call("a")], vec![leave()]);
        let steps = vec![Step::Block(9, (0..20).map(forks).collect())];
        assert!(without(&steps).is_none());
    }
}
