//! Selects the commands of a request and sorts their answers.
//!
//! Oldest first, so that two commands on one record never overtake each other. A command that the server cannot take now
//! holds up only the later ones on its record and those that depend on it. Commands that depend on a refused one are refused
//! by the server (`dependency_refused`), not by the phone. Invariant: a command without a final answer stays in the outbox.

use crate::client::store::outbox::Waiting;
use crate::ids::CommandId;
use crate::protocol::sync::{HeldUp, MAX_PUSH, Outcome, PushItem, PushResult, SettledOutcome};

/// Maximum bytes of commands in one request; a single larger command is sent alone.
const MAX_PUSH_BYTES: usize = 256 * 1024;

/// The commands to send now: the oldest that fit and are not held up.
pub(crate) fn choose(waiting: Vec<Waiting>, held_up: &HeldUp, limit: usize) -> Vec<PushItem> {
    let mut held_up = held_up.clone();
    let mut bytes = 0_usize;
    let mut chosen = Vec::new();
    for Waiting {
        item,
        aggregate,
        depends_on,
    } in waiting
    {
        if held_up.contains(item.id, &aggregate, &depends_on) {
            held_up.add(item.id, Some(&aggregate));
            continue;
        }
        bytes = bytes.saturating_add(item.envelope.len());
        if !chosen.is_empty() && (chosen.len() == limit.min(MAX_PUSH) || bytes > MAX_PUSH_BYTES) {
            break;
        }
        chosen.push(item);
    }
    chosen
}

/// Why a command has no final answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unanswered {
    pub(crate) id: CommandId,
    pub(crate) code: String,
    pub(crate) reference: String,
    /// The server cannot process it.
    pub(crate) held: bool,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Answers {
    /// Final answers, in the order of pushing.
    pub(crate) settled: Vec<(CommandId, SettledOutcome)>,
    pub(crate) unanswered: Vec<Unanswered>,
}

/// Sorts the answers to what was pushed. Answers to other commands are ignored.
pub(crate) fn sort(pushed: &[CommandId], results: &[PushResult]) -> Answers {
    let mut answers = Answers::default();
    for id in pushed {
        let outcome = results
            .iter()
            .find(|result| result.id == *id)
            .map(|result| &result.outcome);
        if let Some(settled) = outcome.and_then(Outcome::settled) {
            answers.settled.push((*id, settled));
            continue;
        }
        let (code, reference, held) = match outcome {
            Some(Outcome::Held { code, reference }) => (code.clone(), reference.clone(), true),
            Some(_) | None => (SERVER_BUSY.to_owned(), String::new(), false),
        };
        answers.unanswered.push(Unanswered {
            id: *id,
            code,
            reference,
            held,
        });
    }
    answers
}

/// The server asked to send a command again, or said nothing about it.
const SERVER_BUSY: &str = "server_busy";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::sync::RecordKey;
    use crate::refusal::RefusalRecord;
    use crate::time::Timestamp;

    fn id(n: i64) -> CommandId {
        CommandId::generate(Timestamp::from_unix_millis(n))
    }

    /// A command on the record with this number.
    fn on(record: u128, n: i64, bytes: usize, depends_on: &[i64]) -> Waiting {
        Waiting {
            item: PushItem {
                id: CommandId::from_uuid(uuid::Uuid::from_u128(n.unsigned_abs().into())),
                envelope: vec![0; bytes].into(),
                aggregate: None,
            },
            aggregate: RecordKey {
                kind: "case".to_owned(),
                id: uuid::Uuid::from_u128(record),
            },
            depends_on: depends_on
                .iter()
                .map(|n| CommandId::from_uuid(uuid::Uuid::from_u128(n.unsigned_abs().into())))
                .collect(),
        }
    }

    fn item(n: i64, bytes: usize) -> Waiting {
        on(1, n, bytes, &[])
    }

    fn items(waiting: &[Waiting]) -> Vec<PushItem> {
        waiting.iter().map(|waiting| waiting.item.clone()).collect()
    }

    fn choose_all(waiting: Vec<Waiting>) -> Vec<PushItem> {
        choose(waiting, &HeldUp::default(), MAX_PUSH)
    }

    #[test]
    fn a_command_that_cannot_go_holds_up_its_record_and_its_dependents_only() {
        let waiting = vec![
            on(1, 1, 1, &[]),
            on(1, 2, 1, &[]),
            on(2, 3, 1, &[]),
            on(3, 4, 1, &[2]),
            on(3, 5, 1, &[]),
            on(4, 6, 1, &[3]),
        ];
        let mut held_up = HeldUp::default();
        held_up.add(waiting[0].item.id, Some(&waiting[0].aggregate));
        let chosen = choose(waiting.clone(), &held_up, MAX_PUSH);
        assert_eq!(chosen, [waiting[2].item.clone(), waiting[5].item.clone()]);
        assert_eq!(
            choose(waiting.clone(), &HeldUp::default(), 1),
            items(&waiting[..1])
        );
    }

    #[test]
    fn the_oldest_commands_go_first_and_no_more_than_fit() {
        let many: Vec<_> = (0..250).map(|n| item(n, 10)).collect();
        assert_eq!(choose_all(many.clone()), items(&many[..MAX_PUSH]));
        let large: Vec<_> = (0..5).map(|n| item(n, 100 * 1024)).collect();
        assert_eq!(choose_all(large.clone()), items(&large[..2]));
        let huge = vec![item(0, 900 * 1024), item(1, 1)];
        assert_eq!(choose_all(huge.clone()), items(&huge[..1]));
        assert_eq!(choose_all(Vec::new()), []);
    }

    #[test]
    fn only_final_answers_to_what_was_pushed_settle() {
        let ids: Vec<_> = (0..6).map(id).collect();
        let refusal = RefusalRecord::of_code("case_done".to_owned());
        let mut results = vec![
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
        results.push(PushResult {
            id: ids[4],
            outcome: Outcome::Held {
                code: "fault".to_owned(),
                reference: "r1".to_owned(),
            },
        });
        let answers = sort(&ids, &results);
        let unanswered = |id, code: &str, reference: &str, held| Unanswered {
            id,
            code: code.to_owned(),
            reference: reference.to_owned(),
            held,
        };
        let left = [
            unanswered(ids[1], "server_busy", "", false),
            unanswered(ids[4], "fault", "r1", true),
            unanswered(ids[5], "server_busy", "", false),
        ];
        assert_eq!(answers.unanswered, left);
        let expected = vec![
            (ids[0], SettledOutcome::Applied),
            (ids[2], SettledOutcome::Applied),
            (ids[3], SettledOutcome::Refused { refusal }),
        ];
        assert_eq!(answers.settled, expected);
    }
}
