//! What a store keeps of a log between two entries, so that nobody reads a chat from its beginning to check what comes next.
//!
//! The head and the epoch are small and change with every entry; the roster holds certificates of about 1.3 KB a device and
//! changes seldom, so it stands apart. The newest envelope of each device and the burnt slots are rows of their own.

use minicbor::{Decode, Encode};

use super::certificate::DeviceCertificate;
use super::epoch::EpochHead;
use super::fault::ChatFault;
use super::log::{ChainHead, Log, LogHead};
use super::roster::{Member, Roster, Side};
use super::{VERSION, canonical};
use crate::crypto::{PublicKey, Sha256Hash};
use crate::ids::{AssignmentId, CaseId, DeviceId, UserId};

/// A log's head and newest epoch, and the roster as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogState {
    pub head: LogHead,
    pub epoch: Option<EpochHead>,
    /// [`Roster::encode`]
    pub roster: Vec<u8>,
}

impl Log {
    /// Restores a log from what was stored of it. Only devices whose chains are given can go on with them: give that of the
    /// device whose envelope is to be appended, and its burnt slots.
    pub fn restore(
        case_id: CaseId,
        state: &LogState,
        chains: impl IntoIterator<Item = (DeviceId, ChainHead)>,
        burnt: impl IntoIterator<Item = (DeviceId, u64)>,
    ) -> Result<Self, ChatFault> {
        let roster = Roster::decode(case_id, &state.roster)?;
        Ok(Self::from_parts(
            case_id,
            state.head,
            roster,
            state.epoch,
            chains.into_iter().collect(),
            burnt.into_iter().collect(),
        ))
    }

    /// What to store of it.
    #[must_use]
    pub fn state(&self) -> LogState {
        LogState {
            head: self.head(),
            epoch: self.epoch().copied(),
            roster: self.roster().encode(),
        }
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredRoster {
    #[n(0)]
    version: u8,
    #[n(1)]
    revision: u32,
    #[n(2)]
    hash: Sha256Hash,
    #[n(3)]
    grown_at: u32,
    #[n(4)]
    members: Vec<StoredMember>,
    #[n(5)]
    certificates: Vec<DeviceCertificate>,
    #[n(6)]
    revoked: Vec<DeviceId>,
    #[n(7)]
    used: Vec<Sha256Hash>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredMember {
    #[n(0)]
    user_id: UserId,
    #[n(1)]
    identity_key: PublicKey,
    #[n(2)]
    side: Side,
    #[n(3)]
    assignment_id: Option<AssignmentId>,
    #[n(4)]
    admitted: bool,
    #[n(5)]
    since: u32,
}

impl Roster {
    /// Encodes the whole state, for a store.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let members = self.members.iter().map(|(user_id, member)| StoredMember {
            user_id: *user_id,
            identity_key: member.identity_key,
            side: member.side,
            assignment_id: member.assignment_id,
            admitted: member.admitted,
            since: member.since,
        });
        canonical::encode(&StoredRoster {
            version: VERSION,
            revision: self.revision,
            hash: self.hash,
            grown_at: self.grown_at,
            members: members.collect(),
            certificates: self.certificates.values().cloned().collect(),
            revoked: self.revoked.iter().copied().collect(),
            used: self.used.iter().copied().collect(),
        })
    }

    /// Restores what [`Roster::encode`] returned for this case.
    pub fn decode(case_id: CaseId, bytes: &[u8]) -> Result<Self, ChatFault> {
        let stored: StoredRoster = canonical::decode_versioned(bytes)?;
        let members = stored.members.into_iter().map(|member| {
            let StoredMember {
                user_id,
                identity_key,
                side,
                assignment_id,
                admitted,
                since,
            } = member;
            (
                user_id,
                Member {
                    identity_key,
                    side,
                    assignment_id,
                    admitted,
                    since,
                },
            )
        });
        let named =
            |certificate: DeviceCertificate| (Sha256Hash::of(&canonical::encode(&certificate)), certificate);
        Ok(Self {
            case_id,
            revision: stored.revision,
            hash: stored.hash,
            grown_at: stored.grown_at,
            members: members.collect(),
            certificates: stored.certificates.into_iter().map(named).collect(),
            revoked: stored.revoked.into_iter().collect(),
            used: stored.used.into_iter().collect(),
        })
    }
}
