//! The machine, with plain values.

use super::*;
use crate::client::testing::phone::cursor;
use crate::protocol::chat::ChatItemKind;
use crate::protocol::sync::{Outcome, PushItem, PushResult};

fn item(n: i64) -> PushItem {
    PushItem {
        id: CommandId::generate(Timestamp::from_unix_millis(n)),
        envelope: vec![1].into(),
        aggregate: None,
    }
}

/// The command about a record of its own.
fn waiting(item: &PushItem) -> Waiting {
    Waiting {
        item: item.clone(),
        aggregate: RecordKey {
            kind: "case".to_owned(),
            id: item.id.as_uuid(),
        },
        depends_on: Vec::new(),
    }
}

fn local(place: Option<u8>, waiting: &[PushItem], purged: &[PurgeId]) -> LocalState {
    LocalState {
        device: DeviceId::from_uuid(uuid::Uuid::nil()),
        cursor: place.map(cursor),
        waiting: waiting.iter().map(self::waiting).collect(),
        purged: purged.to_vec(),
        missing: Vec::new(),
        chat: Vec::new(),
    }
}

fn response(place: u8, more: bool) -> SyncResponse {
    SyncResponse {
        results: Vec::new(),
        chat: Vec::new(),
        reset: None,
        purge: Vec::new(),
        grants: Vec::new(),
        changes: Vec::new(),
        records: Vec::new(),
        gone: Vec::new(),
        unreadable: Vec::new(),
        cursor: cursor(place),
        more,
        server_time: Timestamp::from_unix_millis(0),
        next_after_ms: 30_000,
        cut: false,
        push_only: false,
    }
}

fn results(items: &[PushItem], outcome: &Outcome) -> Vec<PushResult> {
    items
        .iter()
        .map(|item| PushResult {
            id: item.id,
            outcome: outcome.clone(),
        })
        .collect()
}

#[test]
fn a_cycle_pushes_first_fetches_all_pages_and_ends() {
    let mut machine = Machine::default();
    let waiting = [item(1), item(2)];
    let request = machine.next_request(local(None, &waiting, &[])).unwrap();
    assert_eq!(
        (request.push.as_slice(), request.cursor),
        (waiting.as_slice(), None)
    );
    let answer = SyncResponse {
        results: results(&waiting, &Outcome::Applied),
        ..response(1, true)
    };
    let plan = machine.receive(answer).unwrap();
    assert_eq!(plan.settled.len(), 2);
    assert!(matches!(
        plan.step,
        Step::Page(Page {
            begins: true,
            ends: false,
            ..
        })
    ));

    let request = machine.next_request(local(Some(1), &[], &[])).unwrap();
    assert_eq!((request.push.len(), request.cursor), (0, Some(cursor(1))));
    let plan = machine.receive(response(2, false)).unwrap();
    assert!(matches!(
        plan.step,
        Step::Page(Page {
            begins: false,
            ends: true,
            ..
        })
    ));
    assert_eq!(machine.next_request(local(Some(2), &[], &[])), None);
}

#[test]
fn answers_are_applied_in_the_order_of_pushing_whatever_the_ids() {
    let mut machine = Machine::default();
    let waiting = [item(9), item(1), item(5)];
    machine.next_request(local(None, &waiting, &[])).unwrap();
    let plan = machine
        .receive(SyncResponse {
            results: results(&waiting, &Outcome::Applied),
            ..response(1, false)
        })
        .unwrap();
    let settled: Vec<_> = plan.settled.iter().map(|(id, _)| *id).collect();
    assert_eq!(settled, waiting.map(|item| item.id));
}

#[test]
fn a_command_given_while_the_cycle_runs_goes_with_it() {
    let mut machine = Machine::default();
    machine.next_request(local(Some(1), &[], &[])).unwrap();
    machine.receive(response(1, false)).unwrap();
    let late = [item(1)];
    assert_eq!(
        machine.next_request(local(Some(1), &late, &[])).unwrap().push,
        late
    );
}

#[test]
fn a_lost_reply_is_asked_for_again_with_the_same_bytes() {
    let waiting = [item(1)];
    let mut machine = Machine::default();
    let first = machine.next_request(local(Some(1), &waiting, &[])).unwrap();
    // No answer: the next cycle begins from the store, in which nothing changed.
    let mut machine = Machine::default();
    assert_eq!(
        machine.next_request(local(Some(1), &waiting, &[])).unwrap(),
        first
    );
    let replayed = Outcome::Replayed {
        of: SettledOutcome::Applied,
    };
    let plan = machine
        .receive(SyncResponse {
            results: results(&waiting, &replayed),
            ..response(2, false)
        })
        .unwrap();
    assert_eq!(plan.settled, [(waiting[0].id, SettledOutcome::Applied)]);
}

#[test]
fn after_a_postponed_command_nothing_overtakes_it_in_this_cycle_and_the_others_go() {
    let mut machine = Machine::default();
    let (first, other) = (item(1), item(2));
    let later = Waiting {
        aggregate: waiting(&first).aggregate,
        ..waiting(&item(3))
    };
    machine
        .next_request(local(Some(1), std::slice::from_ref(&first), &[]))
        .unwrap();
    let answer = SyncResponse {
        results: results(std::slice::from_ref(&first), &Outcome::Retry),
        ..response(2, false)
    };
    let plan = machine.receive(answer).unwrap();
    assert_eq!((plan.settled.len(), plan.unanswered[0].id), (0, first.id));
    let mut local = local(Some(2), &[first, other.clone()], &[]);
    local.waiting.push(later);
    let request = machine.next_request(local.clone()).unwrap();
    assert_eq!(request.push, std::slice::from_ref(&other));
    machine
        .receive(SyncResponse {
            results: results(&[other], &Outcome::Applied),
            ..response(3, false)
        })
        .unwrap();
    local.waiting.remove(1);
    assert_eq!(machine.next_request(local), None);
}

#[test]
fn commands_that_the_server_did_not_get_to_are_sent_again_in_the_same_cycle() {
    let mut machine = Machine::default();
    let four: Vec<_> = (1..5).map(item).collect();
    let sent = |machine: &mut Machine, left: &[PushItem]| {
        let request = machine.next_request(local(Some(1), left, &[]));
        request.map(|request| request.push.iter().map(|item| item.id).collect::<Vec<_>>())
    };
    assert_eq!(sent(&mut machine, &four).unwrap().len(), 4);
    // The first has to wait, the second was applied, and there was no time for the others.
    let mut answers = results(&four, &Outcome::Retry);
    answers[1].outcome = Outcome::Applied;
    let cut = SyncResponse {
        results: answers,
        cut: true,
        ..response(2, false)
    };
    let plan = machine.receive(cut).unwrap();
    let unanswered: Vec<_> = plan.unanswered.iter().map(|unanswered| unanswered.id).collect();
    assert_eq!(unanswered, [four[0].id]);
    let left = [four[0].clone(), four[2].clone(), four[3].clone()];
    assert_eq!(sent(&mut machine, &left).unwrap(), [four[2].id, four[3].id]);
    // Not even one: the cycle ends, and the next one comes later.
    let nothing = SyncResponse {
        results: results(&left[1..], &Outcome::Retry),
        cut: true,
        ..response(2, false)
    };
    assert_eq!(machine.receive(nothing).unwrap().unanswered.len(), 2);
    assert_eq!(sent(&mut machine, &left), None);
}

#[test]
fn a_request_that_is_too_large_is_halved_until_one_command_is_left() {
    let mut machine = Machine::default();
    let four: Vec<_> = (1..5).map(item).collect();
    let sent = |machine: &mut Machine| {
        let request = machine.next_request(local(Some(1), &four, &[])).unwrap();
        request.push.iter().map(|item| item.id).collect::<Vec<_>>()
    };
    assert_eq!(sent(&mut machine).len(), 4);
    assert_eq!(machine.too_large(), None);
    assert_eq!(sent(&mut machine).len(), 2);
    assert_eq!(machine.too_large(), None);
    assert_eq!(sent(&mut machine), [four[0].id]);
    assert_eq!(machine.too_large(), Some(four[0].id));
    assert_eq!(sent(&mut machine), [four[1].id]);
}

#[test]
fn a_carried_out_purge_is_confirmed_in_the_same_cycle() {
    let mut machine = Machine::default();
    machine.next_request(local(Some(1), &[], &[])).unwrap();
    machine.receive(response(2, false)).unwrap();
    let order = PurgeId::from_uuid(uuid::Uuid::from_u128(7));
    let request = machine.next_request(local(Some(2), &[], &[order])).unwrap();
    assert_eq!(request.purged, [order]);
    assert_eq!(machine.receive(response(2, false)).unwrap().acknowledged, [order]);
    assert_eq!(machine.next_request(local(Some(2), &[], &[])), None);
}

#[test]
fn after_a_reset_the_feed_is_asked_from_its_beginning() {
    let mut machine = Machine::default();
    machine.next_request(local(Some(9), &[], &[])).unwrap();
    let reset = SyncResponse {
        reset: Some(ResetReason::CursorExpired),
        ..response(0, false)
    };
    let plan = machine.receive(reset.clone()).unwrap();
    assert_eq!(plan.step, Step::Reset(ResetReason::CursorExpired));
    assert!(machine.next_request(local(None, &[], &[])).is_some());
    assert_eq!(machine.receive(reset), Err(SyncFault::Stuck));
}

#[test]
fn a_server_that_does_not_move_on_ends_the_cycle() {
    let mut machine = Machine::default();
    assert_eq!(machine.receive(response(1, false)), Err(SyncFault::Unasked));
    machine.next_request(local(Some(1), &[], &[])).unwrap();
    assert_eq!(machine.receive(response(1, true)), Err(SyncFault::Stuck));
}

#[test]
fn a_phone_that_is_up_to_date_sends_messages_and_keys_alone_and_pulls_if_one_was_not_taken() {
    let case_id = CaseId::generate(Timestamp::from_unix_millis(0));
    let of_kind = |kind| ChatItem::of_case(kind, case_id, vec![1]);
    let with_chat = |chat: Vec<ChatItem>| LocalState {
        chat,
        ..local(Some(1), &[], &[])
    };
    let envelope = of_kind(ChatItemKind::Envelope);
    let at = Some(Timestamp::from_unix_millis(0));
    let answer = |outcome| SyncResponse {
        chat: vec![outcome],
        push_only: true,
        ..response(1, false)
    };

    let mut machine = Machine::of_cycle(false, true);
    let key = of_kind(ChatItemKind::Epoch);
    let request = machine.next_request(with_chat(vec![key])).unwrap();
    assert!(request.push_only);
    machine
        .receive(answer(ChatOutcome::Appended { seq: 3, at }))
        .unwrap();
    let request = machine.next_request(with_chat(vec![envelope.clone()])).unwrap();
    assert!(request.push_only);
    let plan = machine
        .receive(answer(ChatOutcome::Appended { seq: 4, at }))
        .unwrap();
    assert_eq!(plan.step, Step::PushOnly);
    assert_eq!(machine.awaited().get(&case_id), Some(&4));
    assert_eq!(machine.next_request(with_chat(Vec::new())), None);

    for outcome in [
        ChatOutcome::Burnt { seq: 4 },
        ChatOutcome::Retry,
        ChatOutcome::fault(crate::chat::ChatFault::Malformed),
    ] {
        let mut machine = Machine::of_cycle(false, true);
        machine.next_request(with_chat(vec![envelope.clone()])).unwrap();
        machine.receive(answer(outcome)).unwrap();
        let request = machine.next_request(with_chat(Vec::new())).unwrap();
        assert!(!request.push_only);
        // A server that leaves the page out all the same would be asked for ever.
        let nothing = SyncResponse {
            push_only: true,
            ..response(1, false)
        };
        assert_eq!(machine.receive(nothing), Err(SyncFault::Stuck));
    }

    // Everything else comes with a page, and so does what a phone sends that may not be up to date.
    for (level, local) in [
        (false, with_chat(vec![envelope.clone()])),
        (
            true,
            with_chat(vec![of_kind(ChatItemKind::Roster), envelope.clone()]),
        ),
        (
            true,
            LocalState {
                cursor: None,
                ..with_chat(vec![envelope.clone()])
            },
        ),
        (true, local(Some(1), &[item(1)], &[])),
    ] {
        let request = Machine::of_cycle(false, level).next_request(local);
        assert!(!request.unwrap().push_only);
    }
}
