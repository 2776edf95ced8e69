//! Takes what a participant's device sends into a case's log.
//!
//! Three checks, in this order: whether the actor takes part in the case's chat at all (else as if there were none), whether
//! the item is the actor's own device's, and the log's own rules. What has changed with the case since the newest entry (an
//! expert who left, a phone that was revoked) is appended first, so that the item meets the readers as they are.
//!
//! Invariant: an item that was appended is appended once, however often it is sent; and the slot of an envelope that came
//! too late for its key is burnt in the transaction that says so.

use mso_core::actor::Actor;
use mso_core::chat::certificate::Certificate;
use mso_core::chat::{
    ChatFault, Envelope, EpochRecord, LogHead, Payload, Removal, RosterRow, RowKind, Side, Signed, VERSION,
    Wrap,
};
use mso_core::ids::{CaseId, DeviceId, StreamId, UserId};
use mso_core::refusal::Refusal;
use mso_core::time::Timestamp;

use super::entitlement::{Participants, participants};
use super::store::{self, Addition, Chat};
use crate::State;
use crate::database::{DatabaseError, Scoped};
use crate::live::News;

/// What a participant's device sends.
#[derive(Debug, Clone)]
pub enum Item {
    /// The sender takes part and asks to be let in.
    Join(CaseId),
    Roster(Signed<RosterRow>),
    Epoch {
        record: Signed<EpochRecord>,
        wraps: Vec<Wrap>,
    },
    Envelope(Envelope),
}

impl Item {
    fn case_id(&self) -> CaseId {
        match self {
            Self::Join(case_id) => *case_id,
            Self::Roster(row) => row.value().case_id,
            Self::Epoch { record, .. } => record.value().case_id,
            Self::Envelope(envelope) => envelope.header().case_id,
        }
    }

    fn founds(&self) -> bool {
        matches!(self, Self::Roster(row) if row.value().kind == RowKind::Found)
    }
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is this entry of the log.
    Appended { seq: u64, at: Timestamp },
    /// It came too late for its key or its document: this entry burnt its slot, and the text was not kept.
    Burnt { seq: u64 },
    /// The members know of the sender.
    Known,
    /// The log's rules do not take it.
    Fault(ChatFault),
    /// The actor does not take part, or nothing more may be written.
    Refused(Refusal),
}

impl Answer {
    const fn is_taken(&self) -> bool {
        match self {
            Self::Appended { .. } | Self::Burnt { .. } | Self::Known => true,
            Self::Fault(_) | Self::Refused(_) => false,
        }
    }
}

/// Stores the certificate of the actor's own device. While another device of the user is enrolled, its identity is the user's.
pub async fn publish(
    state: &State,
    actor: &Actor,
    certificate: &Certificate,
) -> Result<Result<(), ChatFault>, DatabaseError> {
    let device = certificate.value();
    if actor.device() != Some(device.device_id) || actor.user != device.user_id {
        return Ok(Err(ChatFault::NotAMember));
    }
    if let Err(fault) = certificate.verify_identity() {
        return Ok(Err(fault));
    }
    let mut tx = state.database.begin_scoped(&Actor::SYSTEM).await?;
    store::lock_identity(tx.conn(), actor.user).await?;
    for other in store::certificates(tx.conn(), actor.user).await? {
        if other.value().identity_key != device.identity_key {
            return Ok(Err(ChatFault::IdentityChanged));
        }
    }
    let is_stored = store::put_certificate(tx.conn(), certificate, state.clock.now()).await?;
    tx.commit().await?;
    Ok(if is_stored {
        Ok(())
    } else {
        Err(ChatFault::Replayed)
    })
}

/// Appends items of the actor's device about one case, in their order and in one transaction, up to the first that is not
/// taken. Returns an answer for each that was tried.
pub async fn append(
    state: &State,
    actor: &Actor,
    case_id: CaseId,
    items: Vec<Item>,
) -> Result<Vec<Answer>, DatabaseError> {
    let mut tx = state.database.begin_scoped_by_key(&Actor::SYSTEM).await?;
    let people = participants(tx.conn(), actor, case_id).await?;
    let entitled = people
        .as_ref()
        .and_then(|people| Some((people, people.side()?, actor.device()?)));
    let Some((people, side, device_id)) = entitled else {
        return Ok(vec![Answer::Refused(Refusal::NotFound)]);
    };
    let now = state.clock.now();
    let chat = match store::lock(tx.conn(), case_id, device_id).await? {
        None if items.first().is_some_and(Item::founds) && !people.is_over() => {
            found(&mut tx, case_id, device_id, now).await?
        }
        chat => chat,
    };
    let Some(chat) = chat else {
        return Ok(vec![Answer::Fault(ChatFault::RosterMoved)]);
    };
    let mut appending = Appending {
        tx,
        before: chat.log.head(),
        chat,
        people,
        sender: Sender {
            user_id: actor.user,
            side,
            device_id,
        },
        now,
        additions: Vec::new(),
        news: Vec::new(),
    };
    let mut answers = Vec::new();
    for item in items {
        let answer = appending.take(item).await?;
        let is_taken = answer.is_taken();
        answers.push(answer);
        if !is_taken {
            break;
        }
    }
    // Who left is removed even if the item is not taken.
    if appending.chat.log.head() != appending.before {
        appending.store().await?;
        let Appending { tx, news, .. } = appending;
        tx.commit().await?;
        for news in &news {
            state.live.tell(news, Some(device_id));
        }
    }
    Ok(answers)
}

async fn found(
    tx: &mut Scoped,
    case_id: CaseId,
    device_id: DeviceId,
    now: Timestamp,
) -> Result<Option<Chat>, DatabaseError> {
    let stream = StreamId::generate(now);
    store::create(tx.conn(), case_id, stream, now).await?;
    store::lock(tx.conn(), case_id, device_id).await
}

pub(super) struct Sender {
    user_id: UserId,
    side: Side,
    device_id: DeviceId,
}

/// Items of one device, on their way into a log that is locked.
pub(super) struct Appending<'a> {
    pub(super) tx: Scoped,
    pub(super) chat: Chat,
    /// The head when the chat was locked.
    before: LogHead,
    people: &'a Participants,
    sender: Sender,
    pub(super) now: Timestamp,
    /// What is in the log and not stored yet.
    pub(super) additions: Vec<Addition>,
    /// For who listens, once it is committed.
    pub(super) news: Vec<News>,
}

impl Appending<'_> {
    async fn take(&mut self, item: Item) -> Result<Answer, DatabaseError> {
        let case_id = self.chat.log.case_id();
        if item.case_id() != case_id {
            return Ok(Answer::Fault(ChatFault::OtherCase));
        }
        // Also of a case that is over: who left reads no longer.
        if self.chat.log.head() == self.before {
            self.remove_who_left().await?;
        }
        let payload = match item {
            Item::Join(_) => None,
            Item::Roster(row) => Some(Payload::Roster(row)),
            Item::Epoch { record, wraps } => Some(Payload::Epoch { record, wraps }),
            Item::Envelope(envelope) => Some(Payload::Envelope(envelope)),
        };
        if let Some(payload) = payload.as_ref().filter(|payload| self.may_stand_in_log(payload)) {
            self.store().await?;
            if let Some(found) = store::find(self.tx.conn(), case_id, payload.digest()).await? {
                let store::Found { seq, at, is_burnt } = found;
                return Ok(if is_burnt {
                    Answer::Burnt { seq }
                } else {
                    Answer::Appended { seq, at }
                });
            }
        }
        if self.people.is_over() {
            return Ok(Answer::Refused(Refusal::CaseClosed));
        }
        match payload {
            None => self.join().await,
            Some(payload) => self.add(payload).await,
        }
    }

    /// An envelope behind the newest of its device has been in no log yet.
    fn may_stand_in_log(&self, payload: &Payload) -> bool {
        let Payload::Envelope(envelope) = payload else {
            return true;
        };
        let (header, device_id) = (envelope.header(), self.sender.device_id);
        let known = self.chat.log.roster().certificate_of(device_id);
        header.device_id != device_id
            || known.is_none_or(|(hash, _)| header.seq <= self.chat.log.chain(device_id, hash).seq)
    }

    async fn add(&mut self, payload: Payload) -> Result<Answer, DatabaseError> {
        let Sender {
            user_id,
            side,
            device_id,
        } = self.sender;
        if let Payload::Roster(row) = &payload {
            let row = row.value();
            let people = self.people;
            let fits = match row.kind {
                RowKind::Found => side == Side::Requester && row.user_id == user_id,
                RowKind::Add => side == Side::Requester && people.team.contains(&row.user_id),
                RowKind::Expert => {
                    side == Side::Expert && row.user_id == user_id && row.assignment_id == people.accepted
                }
                RowKind::Admit | RowKind::Remove => true,
            };
            if !fits {
                return Ok(Answer::Fault(ChatFault::NotAMember));
            }
            let joins = matches!(row.kind, RowKind::Found | RowKind::Add | RowKind::Expert);
            if joins && let Some(fault) = self.certify(row.user_id).await? {
                return Ok(Answer::Fault(fault));
            }
        }
        let signer = match &payload {
            Payload::Roster(row) => self.device_of(row.value().signer),
            Payload::Epoch { record, .. } => self.device_of(record.value().signer),
            Payload::Envelope(envelope) => Some(envelope.header().device_id),
            Payload::Device(_) | Payload::Removal(_) | Payload::Refused(_) => None,
        };
        if signer != Some(device_id) {
            return Ok(Answer::Fault(ChatFault::UnknownCertificate));
        }
        let late = match &payload {
            Payload::Envelope(envelope) => Some(Payload::Refused(envelope.without_content())),
            Payload::Roster(_)
            | Payload::Epoch { .. }
            | Payload::Device(_)
            | Payload::Removal(_)
            | Payload::Refused(_) => None,
        };
        match (self.append(payload).await?, late) {
            (Ok(seq), _) => Ok(Answer::Appended { seq, at: self.now }),
            (
                Err(ChatFault::EpochNotAdmitted | ChatFault::SegmentClosed | ChatFault::ExpertNotAdmitted),
                Some(late),
            ) => Ok(match self.append(late).await? {
                Ok(seq) => Answer::Burnt { seq },
                Err(fault) => Answer::Fault(fault),
            }),
            (Err(fault), _) => Ok(Answer::Fault(fault)),
        }
    }

    /// Makes the sender's devices known to the members, whose phones decide.
    async fn join(&mut self) -> Result<Answer, DatabaseError> {
        Ok(match self.certify(self.sender.user_id).await? {
            Some(fault) => Answer::Fault(fault),
            None => Answer::Known,
        })
    }

    fn device_of(&self, certificate: mso_core::crypto::Sha256Hash) -> Option<DeviceId> {
        self.chat
            .log
            .roster()
            .certificate(certificate)
            .map(|device| device.device_id)
    }

    /// Appends the removal of members who take part no longer, and of devices that were revoked.
    async fn remove_who_left(&mut self) -> Result<(), DatabaseError> {
        let people = self.people;
        let roster = self.chat.log.roster();
        let left = roster
            .members()
            .iter()
            .filter(|(user, member)| match member.side {
                Side::Requester => !people.team.contains(user),
                Side::Expert => member.assignment_id != people.accepted,
            });
        let mut removed: Vec<(UserId, Option<DeviceId>)> = left.map(|(user, _)| (*user, None)).collect();
        let devices: Vec<_> = roster
            .readers()
            .map(|(_, device)| device.device_id.as_uuid())
            .collect();
        for device_id in store::revoked(self.tx.conn(), &devices).await? {
            let owner = self
                .chat
                .log
                .roster()
                .certificate_of(device_id)
                .map(|(_, device)| device.user_id);
            removed.extend(owner.map(|user_id| (user_id, Some(device_id))));
        }
        for (user_id, device_id) in removed {
            self.remove(user_id, device_id).await?;
        }
        // Who has no phone left can come back with new keys, if somebody lets them in.
        let roster = self.chat.log.roster();
        let is_deaf = |user: &UserId| roster.readers().all(|(_, device)| device.user_id != *user);
        let deaf: Vec<UserId> = roster.members().keys().copied().filter(is_deaf).collect();
        for user_id in deaf {
            self.remove(user_id, None).await?;
        }
        Ok(())
    }

    async fn remove(&mut self, user_id: UserId, device_id: Option<DeviceId>) -> Result<(), DatabaseError> {
        let removal = Removal {
            version: VERSION,
            case_id: self.chat.log.case_id(),
            user_id,
            device_id,
        };
        // A member is removed once; a device of a member who was just removed is none of the readers any more.
        let _ = self.append(Payload::Removal(removal)).await?;
        Ok(())
    }

    /// Appends the certificates of a user that the log does not have yet.
    async fn certify(&mut self, user_id: UserId) -> Result<Option<ChatFault>, DatabaseError> {
        for certificate in store::certificates(self.tx.conn(), user_id).await? {
            let device_id = certificate.value().device_id;
            if self.chat.log.roster().certificate_of(device_id).is_some() {
                continue;
            }
            if let Err(fault) = self.append(Payload::Device(certificate)).await? {
                return Ok(Some(fault));
            }
        }
        Ok(None)
    }
}
