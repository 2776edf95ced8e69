//! This device's keys for the chat, and the keys of epochs: made, wrapped to the readers, opened.

use std::fmt;

use zeroize::Zeroizing;

use crate::chat::epoch::KeySource;
use crate::chat::{
    ChatFault, DeviceCertificate, EpochRecord, KemKeys, Log, Recipient, Signed, Suite, VERSION, Wrap, labels,
};
use crate::crypto::hpke::{X25519Secret, XWingSecret, seal_to_x25519, seal_to_xwing};
use crate::crypto::message::{hkdf_sha256, random};
use crate::crypto::{KeyError, Sha256Hash, SigningKey};
use crate::ids::{CaseId, DeviceId, UserId};
use crate::time::Timestamp;

/// The secret keys of one device, and the identity of its user.
#[derive(Debug)]
pub struct ChatKeys {
    /// Signs the certificates of the user's devices.
    pub identity: SigningKey,
    pub signing: SigningKey,
    pub x25519: X25519Secret,
    pub xwing: XWingSecret,
    pub certificate: Signed<DeviceCertificate>,
}

impl ChatKeys {
    /// Generates all keys and certifies the device.
    pub fn generate(user_id: UserId, device_id: DeviceId, now: Timestamp) -> Result<Self, KeyError> {
        Self::certified(SigningKey::generate()?, user_id, device_id, now)
    }

    /// Generates the keys of another device of the same user.
    pub fn certified(
        identity: SigningKey,
        user_id: UserId,
        device_id: DeviceId,
        now: Timestamp,
    ) -> Result<Self, KeyError> {
        let (signing, x25519, xwing) = (
            SigningKey::generate()?,
            X25519Secret::generate()?,
            XWingSecret::generate()?,
        );
        let certificate = DeviceCertificate {
            version: VERSION,
            user_id,
            device_id,
            identity_key: identity.public(),
            signing_key: signing.public(),
            kem_keys: KemKeys {
                x25519: Some(x25519.public()?),
                xwing: Some(xwing.public()?),
            },
            created_at: now,
        };
        let certificate = Signed::sign(certificate, &identity);
        Ok(Self {
            identity,
            signing,
            x25519,
            xwing,
            certificate,
        })
    }

    /// Makes a key for the readers as they are and wraps it to each of their devices.
    pub fn make_epoch(
        &self,
        log: &Log,
        now: Timestamp,
    ) -> Result<(EpochKey, Signed<EpochRecord>, Vec<Wrap>), KeyError> {
        let before = log.epoch();
        let key = EpochKey(Zeroizing::new(random()?));
        let epoch = before.map_or(0, |before| before.number).saturating_add(1);
        let mut record = EpochRecord {
            version: VERSION,
            case_id: log.case_id(),
            epoch,
            member_rev: log.roster().revision(),
            roster: log.roster().hash(),
            key_source: KeySource::HpkeWrap,
            key_commitment: key.commitment(log.case_id(), epoch),
            previous: before.map(|before| before.hash),
            signer: self.certificate.hash(),
            recipients: Vec::new(),
            created_at: now,
        };
        let mut wraps = Vec::new();
        // In ascending order of the hashes, as the format wants.
        for (hash, device) in log.roster().readers() {
            let Some((suite, public)) = device.kem_keys.strongest() else {
                continue;
            };
            let mut recipient = Recipient {
                certificate: hash,
                suite,
                wrap: hash,
            };
            let info = record.wrap_info(&recipient);
            let sealed = match suite {
                Suite::X25519 => seal_to_x25519(public, &info, key.0.as_slice()),
                Suite::XWing => seal_to_xwing(public, &info, key.0.as_slice()),
            };
            // A device with an unusable key is named like every other and gets nothing that opens.
            let sealed = sealed.unwrap_or_default();
            recipient.wrap = Sha256Hash::of(&sealed);
            record.recipients.push(recipient);
            wraps.push(Wrap {
                certificate: hash,
                sealed,
            });
        }
        Ok((key, Signed::sign(record, &self.signing), wraps))
    }

    /// Opens this device's wrap of an epoch whose record was checked.
    pub fn open_epoch(&self, record: &EpochRecord, wraps: &[Wrap]) -> Result<EpochKey, ChatFault> {
        let own = self.certificate.hash();
        let recipient = record.recipient(own).ok_or(ChatFault::NoWrap)?;
        let wrap = wraps
            .iter()
            .find(|wrap| wrap.certificate == own)
            .ok_or(ChatFault::NoWrap)?;
        let info = record.wrap_info(recipient);
        let opened = match recipient.suite {
            Suite::X25519 => self.x25519.open(&info, &wrap.sealed),
            Suite::XWing => self.xwing.open(&info, &wrap.sealed),
        };
        let key = opened
            .ok()
            .and_then(|bytes| EpochKey::from_bytes(&bytes))
            .ok_or(ChatFault::BadWrap)?;
        if key.commitment(record.case_id, record.epoch) == record.key_commitment {
            Ok(key)
        } else {
            Err(ChatFault::BadWrap)
        }
    }
}

/// The key of an epoch. Zeroed when dropped; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct EpochKey(Zeroizing<[u8; 32]>);

impl EpochKey {
    /// Restores the key from its 32 stored bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// The 32 bytes, for the encrypted store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// `HKDF-SHA256(key, no salt, "mso/commit/1" ‖ case ‖ epoch, 4 bytes big-endian)`
    #[must_use]
    pub fn commitment(&self, case_id: CaseId, epoch: u32) -> Sha256Hash {
        let info = [
            labels::KEY_COMMITMENT,
            case_id.as_uuid().as_bytes(),
            &epoch.to_be_bytes(),
        ]
        .concat();
        Sha256Hash::from_bytes(*hkdf_sha256(&self.0, &[], &info))
    }

    /// The key of one device's messages: `HKDF-SHA256(key, salt = hash of the epoch's record, "mso/msg/1" ‖ device)`
    #[must_use]
    pub fn message_key(&self, epoch_hash: Sha256Hash, device_id: DeviceId) -> Zeroizing<[u8; 32]> {
        let info = [labels::MESSAGE_KEY, device_id.as_uuid().as_bytes()].concat();
        hkdf_sha256(&self.0, epoch_hash.as_bytes(), &info)
    }
}

impl fmt::Debug for EpochKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EpochKey(..)")
    }
}
