//! Who may read a case's chat: rows signed by participants, and the state that they add up to.
//!
//! The state has a revision and a hash. Both change with everything that changes the readers: a row, a device of a member, a
//! removal. Whoever adds a reader signs the hash of the state that the reader is added to, so an entry cannot be moved to another
//! state. Only the server's removals are unsigned: it may shrink the set of readers and never grow it.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use super::certificate::{Certificate, DeviceCertificate};
use super::fault::ChatFault;
use super::labels;
use super::signed::{Signed, SignedBody};
use crate::crypto::{PublicKey, Sha256Hash};
use crate::ids::{AssignmentId, CaseId, DeviceId, UserId};
use crate::time::Timestamp;

/// Which side of the case a member is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Side {
    /// The case team of the institution.
    #[n(1)]
    Requester,
    #[n(2)]
    Expert,
}

/// What a row does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum RowKind {
    /// The creator of the case becomes its first member. Signed by the creator.
    #[n(1)]
    Found,
    /// A member of the team adds a colleague.
    #[n(2)]
    Add,
    /// The expert who accepted becomes a member. Signed by the expert. Names no state: the expert has not seen one yet; the
    /// team's [`RowKind::Admit`] does.
    #[n(3)]
    Expert,
    /// A member of the team, having been shown who the expert is, agrees to write to this expert.
    #[n(4)]
    Admit,
    /// A member removes one of the same side, or oneself.
    #[n(5)]
    Remove,
}

/// A change of the readers, signed by a device of a member.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RosterRow {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub case_id: CaseId,
    #[n(2)]
    pub kind: RowKind,
    /// Whom it is about.
    #[n(3)]
    pub user_id: UserId,
    /// The identity that this user has for the signer.
    #[n(4)]
    pub identity_key: PublicKey,
    /// The certificate of the signing device.
    #[n(5)]
    pub signer: Sha256Hash,
    /// [`Roster::hash`] of the state that the row changes. Absent in `Expert`.
    #[n(6)]
    pub previous: Option<Sha256Hash>,
    /// In `Expert`: the assignment that was accepted.
    #[n(7)]
    pub assignment_id: Option<AssignmentId>,
    /// By the device's clock.
    #[n(8)]
    pub created_at: Timestamp,
}

impl SignedBody for RosterRow {
    const LABEL: &'static [u8] = labels::ROSTER_ROW;
}

/// A removal by the server: of a user, or of one device of a user who stays.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Removal {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub case_id: CaseId,
    #[n(2)]
    pub user_id: UserId,
    #[n(3)]
    pub device_id: Option<DeviceId>,
}

/// A member of the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub identity_key: PublicKey,
    pub side: Side,
    /// The assignment, if the member is the expert.
    pub assignment_id: Option<AssignmentId>,
    /// The expert only: whether the team admitted this member. Others are admitted by being added.
    pub admitted: bool,
    /// The revision with which this member joined.
    pub since: u32,
}

/// What an entry changed, for the line that the chat shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Founded(UserId),
    Added {
        user: UserId,
        by: UserId,
    },
    ExpertJoined(UserId),
    ExpertAdmitted {
        user: UserId,
        by: UserId,
    },
    /// `by` is `None` if the server did it.
    Removed {
        user: UserId,
        by: Option<UserId>,
    },
    DeviceAdded {
        user: UserId,
        device: DeviceId,
    },
    DeviceRemoved {
        user: UserId,
        device: DeviceId,
    },
    /// A certificate of a user who is no member, for a later row.
    DeviceKnown {
        user: UserId,
        device: DeviceId,
    },
}

/// The readers of a case's chat, as of one entry of its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    pub(super) case_id: CaseId,
    pub(super) revision: u32,
    pub(super) hash: Sha256Hash,
    pub(super) grown_at: u32,
    pub(super) members: BTreeMap<UserId, Member>,
    /// Every certificate that appeared, by its hash; also of users who are no members any more, whose chains go on in the log.
    pub(super) certificates: BTreeMap<Sha256Hash, DeviceCertificate>,
    pub(super) revoked: BTreeSet<DeviceId>,
    /// Rows that were applied: none counts twice.
    pub(super) used: BTreeSet<Sha256Hash>,
}

impl Roster {
    /// The state before the first entry.
    #[must_use]
    pub fn new(case_id: CaseId) -> Self {
        let input = [labels::EMPTY_ROSTER, case_id.as_uuid().as_bytes()].concat();
        Self {
            case_id,
            revision: 0,
            hash: Sha256Hash::of(&input),
            grown_at: 0,
            members: BTreeMap::new(),
            certificates: BTreeMap::new(),
            revoked: BTreeSet::new(),
            used: BTreeSet::new(),
        }
    }

    /// Number of changes so far.
    #[must_use]
    pub const fn revision(&self) -> u32 {
        self.revision
    }

    /// The revision with which the newest reader, a member or a device, came. What was written before it is not that reader's.
    #[must_use]
    pub const fn grown_at(&self) -> u32 {
        self.grown_at
    }

    /// Names this state: `SHA-256("mso/readers/1" ‖ hash before ‖ SHA-256(entry))`.
    #[must_use]
    pub const fn hash(&self) -> Sha256Hash {
        self.hash
    }

    #[must_use]
    pub const fn members(&self) -> &BTreeMap<UserId, Member> {
        &self.members
    }

    #[must_use]
    pub fn member(&self, user: UserId) -> Option<&Member> {
        self.members.get(&user)
    }

    /// A certificate that appeared in the log, of a member or not, revoked or not.
    #[must_use]
    pub fn certificate(&self, hash: Sha256Hash) -> Option<&DeviceCertificate> {
        self.certificates.get(&hash)
    }

    /// The certificate of a device.
    #[must_use]
    pub fn certificate_of(&self, device_id: DeviceId) -> Option<(Sha256Hash, &DeviceCertificate)> {
        let mut all = self.certificates.iter();
        all.find(|(_, certificate)| certificate.device_id == device_id)
            .map(|(hash, certificate)| (*hash, certificate))
    }

    /// The identity under which a user who is no member is known here, by a device that was not removed. `None` if there is
    /// none, or more than one.
    #[must_use]
    pub fn identity_of(&self, user: UserId) -> Option<PublicKey> {
        let known = self.certificates.values();
        let of_user = known.filter(|known| known.user_id == user && !self.revoked.contains(&known.device_id));
        let mut identities: Vec<PublicKey> = of_user.map(|known| known.identity_key).collect();
        identities.dedup();
        match identities.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// The certificates that count now: of members, by the identity that the member has, of devices that were not removed.
    pub fn readers(&self) -> impl Iterator<Item = (Sha256Hash, &DeviceCertificate)> {
        let all = self.certificates.iter();
        all.filter(|(_, certificate)| self.counts(certificate))
            .map(|(hash, certificate)| (*hash, certificate))
    }

    /// The member whose device has this certificate, if it counts now.
    pub fn reader(&self, certificate: Sha256Hash) -> Result<(&DeviceCertificate, &Member), ChatFault> {
        let known = self
            .certificates
            .get(&certificate)
            .ok_or(ChatFault::UnknownCertificate)?;
        if self.revoked.contains(&known.device_id) {
            return Err(ChatFault::UnknownCertificate);
        }
        let member = self.members.get(&known.user_id).ok_or(ChatFault::NotAMember)?;
        if member.identity_key == known.identity_key {
            Ok((known, member))
        } else {
            Err(ChatFault::IdentityChanged)
        }
    }

    /// The expert who is a member now.
    #[must_use]
    pub fn expert(&self) -> Option<(UserId, &Member)> {
        let mut members = self.members.iter();
        members
            .find(|(_, member)| member.side == Side::Expert)
            .map(|(user, member)| (*user, member))
    }

    /// Whether a member may write under keys addressed to the members as they are: the team only once it has admitted the
    /// expert, if there is one.
    #[must_use]
    pub fn may_write(&self, member: &Member) -> bool {
        member.side == Side::Expert || self.expert().is_none_or(|(_, expert)| expert.admitted)
    }

    fn counts(&self, certificate: &DeviceCertificate) -> bool {
        !self.revoked.contains(&certificate.device_id)
            && self
                .members
                .get(&certificate.user_id)
                .is_some_and(|member| member.identity_key == certificate.identity_key)
    }

    fn advance(&mut self, entry: Sha256Hash) {
        self.revision += 1;
        self.hash = Sha256Hash::of(&[labels::ROSTER, self.hash.as_bytes(), entry.as_bytes()].concat());
    }

    /// Adds a certificate. One of a member is a change of the readers; one of anybody else becomes known.
    pub fn certify(&mut self, certificate: &Certificate) -> Result<Change, ChatFault> {
        certificate.verify_identity()?;
        let device = certificate.value();
        let (user, device_id) = (device.user_id, device.device_id);
        if self
            .members
            .get(&user)
            .is_some_and(|member| member.identity_key != device.identity_key)
        {
            return Err(ChatFault::IdentityChanged);
        }
        // A device has one certificate for good: its chain begins with it.
        let mut known = self.certificates.values();
        if known.any(|known| known.device_id == device_id) {
            return Err(ChatFault::Replayed);
        }
        self.certificates.insert(certificate.hash(), device.clone());
        if self.counts(device) {
            self.advance(certificate.hash());
            self.grown_at = self.revision;
            Ok(Change::DeviceAdded {
                user,
                device: device_id,
            })
        } else {
            Ok(Change::DeviceKnown {
                user,
                device: device_id,
            })
        }
    }

    /// Applies a row after checking who signed it, and that it continues this state.
    pub fn apply(&mut self, row: &Signed<RosterRow>) -> Result<Change, ChatFault> {
        let signer = self.signer(row)?;
        let (user, by) = (row.value().user_id, signer.user_id);
        let change = match row.value().kind {
            RowKind::Found => Change::Founded(user),
            RowKind::Add => Change::Added { user, by },
            RowKind::Expert => Change::ExpertJoined(user),
            RowKind::Admit => Change::ExpertAdmitted { user, by },
            RowKind::Remove => Change::Removed { user, by: Some(by) },
        };
        self.check_right(row.value(), by, signer.identity_key)?;
        self.check_place(row)?;
        self.used.insert(row.hash());
        self.advance(row.hash());
        match row.value().kind {
            RowKind::Found | RowKind::Add => self.join(row.value(), Side::Requester),
            RowKind::Expert => self.join(row.value(), Side::Expert),
            RowKind::Admit => {
                if let Some(expert) = self.members.get_mut(&user) {
                    expert.admitted = true;
                }
            }
            RowKind::Remove => drop(self.members.remove(&user)),
        }
        Ok(change)
    }

    /// The certificate whose device signed the row.
    fn signer(&self, row: &Signed<RosterRow>) -> Result<&DeviceCertificate, ChatFault> {
        if row.value().case_id != self.case_id {
            return Err(ChatFault::OtherCase);
        }
        let signer = self.certificates.get(&row.value().signer);
        let signer = signer.filter(|signer| !self.revoked.contains(&signer.device_id));
        let signer = signer.ok_or(ChatFault::UnknownCertificate)?;
        row.verify(&signer.signing_key)?;
        Ok(signer)
    }

    /// Whether this signer may make this change.
    fn check_right(&self, row: &RosterRow, by: UserId, identity: PublicKey) -> Result<(), ChatFault> {
        let subject = self.members.get(&row.user_id);
        let signing = self
            .members
            .get(&by)
            .filter(|member| member.identity_key == identity);
        let signing_side = signing.map(|member| member.side);
        let own = by == row.user_id && identity == row.identity_key;
        let may = match row.kind {
            RowKind::Found => own && self.used.is_empty() && self.members.is_empty(),
            RowKind::Expert => own && subject.is_none() && self.expert().is_none(),
            RowKind::Add => signing_side == Some(Side::Requester) && subject.is_none(),
            RowKind::Admit => {
                signing_side == Some(Side::Requester)
                    && subject.is_some_and(|member| member.side == Side::Expert && !member.admitted)
            }
            RowKind::Remove => signing_side.is_some() && subject.map(|member| member.side) == signing_side,
        };
        if !may {
            return Err(ChatFault::NotAMember);
        }
        match row.kind {
            RowKind::Admit | RowKind::Remove
                if subject.is_some_and(|member| member.identity_key != row.identity_key) =>
            {
                Err(ChatFault::IdentityChanged)
            }
            RowKind::Found | RowKind::Add | RowKind::Expert | RowKind::Admit | RowKind::Remove => Ok(()),
        }
    }

    /// Whether the row is for the state as it is, has the fields of its kind, and is new.
    fn check_place(&self, row: &Signed<RosterRow>) -> Result<(), ChatFault> {
        let RosterRow {
            kind,
            previous,
            assignment_id,
            ..
        } = row.value();
        let is_expert = *kind == RowKind::Expert;
        if previous.is_none() != is_expert || assignment_id.is_some() != is_expert {
            return Err(ChatFault::Malformed);
        }
        if self.used.contains(&row.hash()) || previous.is_some_and(|previous| previous != self.hash) {
            return Err(ChatFault::RosterMoved);
        }
        Ok(())
    }

    /// Called after the state has advanced.
    fn join(&mut self, row: &RosterRow, side: Side) {
        self.grown_at = self.revision;
        let member = Member {
            identity_key: row.identity_key,
            side,
            assignment_id: row.assignment_id,
            admitted: side == Side::Requester,
            since: self.revision,
        };
        self.members.insert(row.user_id, member);
    }

    /// Applies a removal by the server.
    pub fn remove(&mut self, removal: &Removal, entry: Sha256Hash) -> Result<Change, ChatFault> {
        if removal.case_id != self.case_id {
            return Err(ChatFault::OtherCase);
        }
        let user = removal.user_id;
        let change = match removal.device_id {
            None => {
                self.members.remove(&user).ok_or(ChatFault::NotAMember)?;
                Change::Removed { user, by: None }
            }
            Some(device) => {
                let mut known = self.certificates.values();
                let is_theirs = known.any(|known| known.device_id == device && known.user_id == user);
                if !is_theirs || self.revoked.contains(&device) {
                    return Err(ChatFault::UnknownCertificate);
                }
                self.revoked.insert(device);
                Change::DeviceRemoved { user, device }
            }
        };
        self.advance(entry);
        Ok(change)
    }
}
