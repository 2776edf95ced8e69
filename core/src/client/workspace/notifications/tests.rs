//! Notifications on a phone.

use crate::client::sync::Page;
use crate::client::testing::phone::{Phone, page, plan, record};
use crate::ids::{CaseId, NotificationId};
use crate::notifications::{Notification, NotificationKind, NotificationPriority};
use crate::protocol::records::RecordKind;
use crate::protocol::sync::WireRecord;

fn about(phone: &Phone, minutes: i64) -> Notification {
    let created_at = phone.world.now.plus_millis(minutes * 60_000);
    Notification {
        id: NotificationId::generate(created_at),
        kind: NotificationKind::CaseAccepted,
        case_id: Some(CaseId::generate(created_at)),
        invoice_id: None,
        priority: NotificationPriority::Normal,
        created_at,
        read_at: None,
    }
}

fn sent(phone: &Phone, notification: &Notification, version: u64) -> WireRecord {
    record(
        RecordKind::Notification,
        notification.id.as_uuid(),
        phone.world.requester,
        version,
        notification,
    )
}

#[test]
fn notifications_are_listed_newest_first_page_by_page() {
    let phone = Phone::of_requester();
    let sent_at = [about(&phone, 2), about(&phone, 1), about(&phone, 3)];
    let records = sent_at.iter().map(|one| sent(&phone, one, 1)).collect();
    phone.receive(&plan(Page { records, ..page() }));

    let first = phone.workspace.notifications(None, 2).unwrap();
    let second = phone.workspace.notifications(first.next.as_deref(), 2).unwrap();
    let rows = first.rows.iter().chain(&second.rows);
    let ids: Vec<_> = rows.map(|row| row.notification.id).collect();
    assert_eq!(ids, [sent_at[2].id, sent_at[0].id, sent_at[1].id]);
    assert_eq!(second.next, None);
}

#[test]
fn what_was_read_offline_is_not_counted_and_stays_in_its_place() {
    let phone = Phone::of_requester();
    let (older, newer) = (about(&phone, 1), about(&phone, 2));
    let records = vec![sent(&phone, &older, 1), sent(&phone, &newer, 1)];
    phone.receive(&plan(Page { records, ..page() }));
    assert_eq!(phone.workspace.unread_notifications().unwrap(), 2);

    phone.workspace.mark_notification_read(older.id).unwrap();
    phone.workspace.mark_notification_read(older.id).unwrap();

    assert_eq!(phone.workspace.unread_notifications().unwrap(), 1);
    assert_eq!(phone.workspace.outbox().unwrap().len(), 1);
    let rows = phone.workspace.notifications(None, 50).unwrap().rows;
    let read: Vec<_> = rows
        .iter()
        .map(|row| (row.notification.id, row.notification.read_at.is_some()))
        .collect();
    assert_eq!(read, [(newer.id, false), (older.id, true)]);

    let confirmed = Notification {
        read_at: Some(phone.world.now),
        ..newer
    };
    let records = vec![sent(&phone, &confirmed, 2)];
    phone.receive(&plan(Page { records, ..page() }));
    assert_eq!(phone.workspace.unread_notifications().unwrap(), 0);
}
