//! `MarkNotificationRead`: the recipient has read a notification. Works offline.

use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::NotificationId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkNotificationRead {
    /// A notification of the sender.
    pub notification_id: NotificationId,
}

impl Operation for MarkNotificationRead {
    const SPEC: Spec = Spec::offline(
        "mark_notification_read",
        &[Role::Requester, Role::Provider, Role::Admin],
    );

    fn aggregate(&self) -> Aggregate {
        Aggregate::Notification(self.notification_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(notification) = facts.notification.existing()? else {
            return Ok(Decision::noop());
        };
        if notification.read_at.is_some() {
            return Ok(Decision::noop());
        }
        let mut read = notification.clone();
        read.read_at = Some(ctx.now);
        Ok(Decision::of(Event::NotificationRead(Box::new(read))))
    }
}
