//! A key of the case, addressed to the devices of the roster. The record is signed; the wraps stand beside it, named by their
//! hashes, so that those of a removed member can be deleted and the record still be checked.

use minicbor::{Decode, Encode};

use super::certificate::Suite;
use super::fault::ChatFault;
use super::labels;
use super::roster::Roster;
use super::signed::{Signed, SignedBody};
use super::{VERSION, canonical};
use crate::crypto::Sha256Hash;
use crate::ids::CaseId;
use crate::time::Timestamp;

/// Where an epoch's key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum KeySource {
    /// Random, wrapped by HPKE to each device.
    #[n(1)]
    HpkeWrap,
}

/// One device that the key is addressed to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Recipient {
    #[n(0)]
    pub certificate: Sha256Hash,
    #[n(1)]
    pub suite: Suite,
    /// SHA-256 of the [`Wrap`]'s bytes.
    #[n(2)]
    pub wrap: Sha256Hash,
}

/// A key of the case and whom it is addressed to, signed by the device that made it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EpochRecord {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub case_id: CaseId,
    /// From 1, without gaps.
    #[n(2)]
    pub epoch: u32,
    /// [`Roster::revision`] of the state whose readers it is addressed to.
    #[n(3)]
    pub member_rev: u32,
    /// [`Roster::hash`] of that state.
    #[n(4)]
    pub roster: Sha256Hash,
    #[n(5)]
    pub key_source: KeySource,
    /// HKDF-SHA256 of the key with the label, the case and the epoch (see `docs/chat-encryption.md`): no wrap can open to another key.
    #[n(6)]
    pub key_commitment: Sha256Hash,
    /// Hash of the record before; absent in the first.
    #[n(7)]
    pub previous: Option<Sha256Hash>,
    /// The certificate of the signing device.
    #[n(8)]
    pub signer: Sha256Hash,
    /// Every device of the readers, in ascending order of the certificates' hashes.
    #[n(9)]
    pub recipients: Vec<Recipient>,
    /// By the device's clock.
    #[n(10)]
    pub created_at: Timestamp,
}

impl SignedBody for EpochRecord {
    const LABEL: &'static [u8] = labels::EPOCH;
}

/// The key, encrypted to one device: HPKE's `enc` followed by the ciphertext.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Wrap {
    /// The recipient's certificate.
    #[n(0)]
    pub certificate: Sha256Hash,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub sealed: Vec<u8>,
}

/// `info` of HPKE, which binds a wrap to everything around it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WrapInfo {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub suite: Suite,
    #[n(2)]
    pub case_id: CaseId,
    #[n(3)]
    pub epoch: u32,
    #[n(4)]
    pub roster: Sha256Hash,
    #[n(5)]
    pub key_commitment: Sha256Hash,
    /// The certificate of the device that wraps.
    #[n(6)]
    pub signer: Sha256Hash,
    /// The certificate of the device wrapped to.
    #[n(7)]
    pub recipient: Sha256Hash,
}

impl EpochRecord {
    /// The `info` of the wrap to this device.
    #[must_use]
    pub fn wrap_info(&self, recipient: &Recipient) -> Vec<u8> {
        canonical::encode(&WrapInfo {
            version: VERSION,
            suite: recipient.suite,
            case_id: self.case_id,
            epoch: self.epoch,
            roster: self.roster,
            key_commitment: self.key_commitment,
            signer: self.signer,
            recipient: recipient.certificate,
        })
    }

    /// The recipient with this certificate.
    #[must_use]
    pub fn recipient(&self, certificate: Sha256Hash) -> Option<&Recipient> {
        self.recipients
            .iter()
            .find(|recipient| recipient.certificate == certificate)
    }

    /// Checks what can be said of a wrap without its bytes: it is for a recipient, and its SHA-256 is the one stated.
    pub fn check_wrap(&self, certificate: Sha256Hash, hash: Sha256Hash) -> Result<(), ChatFault> {
        let recipient = self.recipient(certificate).ok_or(ChatFault::ExtraRecipient)?;
        if recipient.wrap == hash {
            Ok(())
        } else {
            Err(ChatFault::BadWrap)
        }
    }
}

/// An epoch that was accepted, as far as later entries refer to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochHead {
    pub number: u32,
    /// Hash of the signed record.
    pub hash: Sha256Hash,
    pub member_rev: u32,
}

/// Checks a record against the roster and the epoch before it, and the wraps that came with it against the record. Wraps
/// may be missing: nobody is shown those of others.
pub fn check(
    record: &Signed<EpochRecord>,
    wraps: &[Wrap],
    roster: &Roster,
    before: Option<&EpochHead>,
    case_id: CaseId,
) -> Result<EpochHead, ChatFault> {
    let epoch = record.value();
    if epoch.case_id != case_id {
        return Err(ChatFault::OtherCase);
    }
    let (signer, _) = roster.reader(epoch.signer)?;
    record.verify(&signer.signing_key)?;
    if epoch.roster != roster.hash() || epoch.member_rev != roster.revision() {
        return Err(ChatFault::RosterMoved);
    }
    let number = before.map_or(0, |before| before.number);
    if Some(epoch.epoch) != number.checked_add(1) || epoch.previous != before.map(|before| before.hash) {
        return Err(ChatFault::EpochOutOfOrder);
    }
    if !epoch
        .recipients
        .is_sorted_by(|one, next| one.certificate < next.certificate)
    {
        return Err(ChatFault::Malformed);
    }
    // Every reader's device, and no other: nobody is left out unseen.
    let mut readers = roster.readers();
    for recipient in &epoch.recipients {
        match readers.next() {
            Some((hash, device)) if hash == recipient.certificate => {
                let strongest = device.kem_keys.strongest().map(|(suite, _)| suite);
                if strongest != Some(recipient.suite) {
                    return Err(ChatFault::WeakSuite);
                }
            }
            Some((hash, _)) if hash < recipient.certificate => return Err(ChatFault::MissingRecipient),
            Some(_) | None => return Err(ChatFault::ExtraRecipient),
        }
    }
    if readers.next().is_some() {
        return Err(ChatFault::MissingRecipient);
    }
    if !wraps.is_sorted_by(|one, next| one.certificate < next.certificate) {
        return Err(ChatFault::Malformed);
    }
    for wrap in wraps {
        epoch.check_wrap(wrap.certificate, Sha256Hash::of(&wrap.sealed))?;
    }
    Ok(EpochHead {
        number: epoch.epoch,
        hash: record.hash(),
        member_rev: epoch.member_rev,
    })
}
