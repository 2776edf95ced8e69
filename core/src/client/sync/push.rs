//! Selects the commands of a request and sorts their answers.
//!
//! Oldest first, so that two commands on one record never overtake each other. Commands that depend on a refused one are
//! refused by the server (`dependency_refused`), not by the phone. Invariant: a command without a final answer stays in the
//! outbox.

use crate::ids::CommandId;
use crate::protocol::sync::{MAX_PUSH, PushItem, PushResult, SettledOutcome};

/// Maximum bytes of commands in one request; a single larger command is sent alone.
const MAX_PUSH_BYTES: usize = 256 * 1024;

/// The commands to send now: the oldest that fit.
pub(crate) fn choose(waiting: Vec<PushItem>) -> Vec<PushItem> {
    let mut bytes = 0_usize;
    let mut chosen = Vec::new();
    for item in waiting {
        bytes = bytes.saturating_add(item.envelope.len());
        if !chosen.is_empty() && (chosen.len() == MAX_PUSH || bytes > MAX_PUSH_BYTES) {
            break;
        }
        chosen.push(item);
    }
    chosen
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Answers {
    /// Final answers, in the order of pushing.
    pub(crate) settled: Vec<(CommandId, SettledOutcome)>,
    /// At least one command must be sent again, or got no answer.
    pub(crate) postponed: bool,
}

/// Sorts the answers to what was pushed. Answers to other commands are ignored.
pub(crate) fn sort(pushed: &[CommandId], results: Vec<PushResult>) -> Answers {
    let mut answers = Answers::default();
    for id in pushed {
        match results
            .iter()
            .find(|result| result.id == *id)
            .and_then(|result| result.outcome.settled())
        {
            Some(outcome) => answers.settled.push((*id, outcome)),
            None => answers.postponed = true,
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::sync::Outcome;
    use crate::refusal::RefusalRecord;
    use crate::time::Timestamp;

    fn id(n: i64) -> CommandId {
        CommandId::generate(Timestamp::from_unix_millis(n))
    }

    fn item(n: i64, bytes: usize) -> PushItem {
        PushItem {
            id: id(n),
            envelope: vec![0; bytes].into(),
        }
    }

    #[test]
    fn the_oldest_commands_go_first_and_no_more_than_fit() {
        let many: Vec<_> = (0..250).map(|n| item(n, 10)).collect();
        assert_eq!(choose(many.clone()), many[..MAX_PUSH]);
        let large: Vec<_> = (0..5).map(|n| item(n, 100 * 1024)).collect();
        assert_eq!(choose(large.clone()), large[..2]);
        let huge = vec![item(0, 900 * 1024), item(1, 1)];
        assert_eq!(choose(huge.clone()), huge[..1]);
        assert_eq!(choose(Vec::new()), []);
    }

    #[test]
    fn only_final_answers_to_what_was_pushed_settle() {
        let ids: Vec<_> = (0..5).map(id).collect();
        let refusal = RefusalRecord {
            code: "case_done".to_owned(),
            field: None,
            fields: Vec::new(),
            existing: None,
        };
        let results = vec![
            PushResult {
                id: ids[0],
                outcome: Outcome::Applied,
            },
            PushResult {
                id: ids[1],
                outcome: Outcome::Retry,
            },
            PushResult {
                id: id(9),
                outcome: Outcome::Applied,
            },
            PushResult {
                id: ids[2],
                outcome: Outcome::Replayed {
                    of: SettledOutcome::Applied,
                },
            },
            PushResult {
                id: ids[3],
                outcome: Outcome::Refused {
                    refusal: refusal.clone(),
                },
            },
        ];
        let answers = sort(&ids, results);
        assert!(answers.postponed);
        let expected = vec![
            (ids[0], SettledOutcome::Applied),
            (ids[2], SettledOutcome::Applied),
            (ids[3], SettledOutcome::Refused { refusal }),
        ];
        assert_eq!(answers.settled, expected);
    }
}
