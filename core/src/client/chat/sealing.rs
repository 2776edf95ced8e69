//! From a change to an envelope and back.
//!
//! ```text
//! p  = inner ‖ 0x80 ‖ 00…  to 384, 512, 1024, 2048 bytes, then to the next KiB
//! ct = XChaCha20-Poly1305(message key, nonce, kf ‖ p, bound to the link)
//! ```
//!
//! `kf` is random and is never derived from anything: who deletes it deletes the only way to prove what `c` commits to.

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::keys::EpochKey;
use crate::chat::{ChatFault, Content, Envelope, Header, LogHead, canonical, envelope, labels};
use crate::crypto::message::{decrypt, encrypt, random};
use crate::crypto::{KeyError, Sha256Hash, SigningKey, hmac_sha256};

/// Sizes of a padded text below 2 KiB; above, a multiple of 1 KiB.
const SIZES: [usize; 4] = [384, 512, 1024, 2048];
const KIB: usize = 1024;
const FRANKING_KEY_BYTES: usize = 32;

/// What is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Inner {
    /// When it was written, by the sender's corrected clock: milliseconds, for display and order.
    #[n(0)]
    pub hlc: u64,
    /// The newest entry of the log that the sender had seen.
    #[n(1)]
    pub seen_seq: u64,
    /// The log's head there: two histories of the server are noticed by the first message that crosses them.
    #[n(2)]
    pub seen_head: Sha256Hash,
    /// The head of the directory of devices that the sender had seen. Not used yet.
    #[n(3)]
    pub tree_head: Option<Sha256Hash>,
    /// The uncompressed bytes of one automerge change.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub change: Vec<u8>,
}

impl Inner {
    #[must_use]
    pub const fn seen(&self) -> LogHead {
        LogHead {
            seq: self.seen_seq,
            hash: self.seen_head,
        }
    }
}

/// An opened envelope, with what proves its content to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub inner: Inner,
    /// `kf`, the key of the commitment.
    pub franking_key: Zeroizing<[u8; FRANKING_KEY_BYTES]>,
    /// `p`, what was committed to.
    pub padded: Vec<u8>,
}

/// Seals a change as the next envelope of a device, after the link `previous`.
pub fn seal(
    header: Header,
    inner: &Inner,
    previous: Sha256Hash,
    epoch: &EpochKey,
    key: &SigningKey,
) -> Result<Envelope, KeyError> {
    let padded = pad(canonical::encode(inner));
    let franking_key = Zeroizing::new(random::<FRANKING_KEY_BYTES>()?);
    let commitment = commit(&franking_key, &padded);
    let nonce = random()?;
    let message_key = epoch.message_key(header.epoch_hash, header.device_id);
    let link = envelope::link(previous, &canonical::encode(&header), commitment);
    let plain = Zeroizing::new([franking_key.as_slice(), &padded].concat());
    let ciphertext = encrypt(&message_key, &nonce, &plain, &link)?;
    let content = Content::Sealed { nonce, ciphertext };
    Ok(Envelope::sign(header, commitment, content, previous, key))
}

/// Opens an envelope whose link and signature were checked, and checks that the text is the one committed to.
pub fn open(envelope: &Envelope, link: Sha256Hash, epoch: &EpochKey) -> Result<Opened, ChatFault> {
    let Content::Sealed { nonce, ciphertext } = &envelope.content else {
        return Err(ChatFault::Undecryptable);
    };
    let header = envelope.header();
    let message_key = epoch.message_key(header.epoch_hash, header.device_id);
    let plain = decrypt(&message_key, nonce, ciphertext, &link).ok_or(ChatFault::Undecryptable)?;
    let (franking_key, padded) = plain
        .split_first_chunk::<FRANKING_KEY_BYTES>()
        .ok_or(ChatFault::Malformed)?;
    if commit(franking_key, padded) != envelope.commitment {
        return Err(ChatFault::WrongCommitment);
    }
    let inner = canonical::decode(unpad(padded)?)?;
    Ok(Opened {
        inner,
        franking_key: Zeroizing::new(*franking_key),
        padded: padded.to_vec(),
    })
}

/// `c = HMAC-SHA256(kf, "mso/c/1" ‖ p)`
fn commit(franking_key: &[u8; FRANKING_KEY_BYTES], padded: &[u8]) -> Sha256Hash {
    hmac_sha256(franking_key, &[labels::COMMITMENT, padded].concat())
}

fn padded_size(length: usize) -> usize {
    let with_mark = length.saturating_add(1);
    let fixed = SIZES.into_iter().find(|size| *size >= with_mark);
    fixed.unwrap_or_else(|| with_mark.div_ceil(KIB).saturating_mul(KIB))
}

fn pad(mut inner: Vec<u8>) -> Vec<u8> {
    let size = padded_size(inner.len());
    inner.push(0x80);
    inner.resize(size, 0);
    inner
}

/// Removes the padding; any other length or filling than [`pad`] makes is refused.
fn unpad(padded: &[u8]) -> Result<&[u8], ChatFault> {
    let end = padded
        .iter()
        .rposition(|byte| *byte != 0)
        .ok_or(ChatFault::WrongPadding)?;
    let (inner, mark) = padded.split_at_checked(end).ok_or(ChatFault::WrongPadding)?;
    if mark.first() == Some(&0x80) && padded.len() == padded_size(inner.len()) {
        Ok(inner)
    } else {
        Err(ChatFault::WrongPadding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_padding_for_each_length() {
        for (length, size) in [
            (0, 384),
            (383, 384),
            (384, 512),
            (511, 512),
            (512, 1024),
            (2047, 2048),
            (2048, 3072),
            (3071, 3072),
        ] {
            let padded = pad(vec![0x80; length]);
            assert_eq!(padded.len(), size, "{length}");
            assert_eq!(unpad(&padded), Ok(vec![0x80; length].as_slice()));
        }
        let mut longer = pad(vec![1; 10]);
        longer.resize(512, 0);
        assert_eq!(unpad(&longer), Err(ChatFault::WrongPadding));
        assert_eq!(unpad(&[0; 384]), Err(ChatFault::WrongPadding));
        let mut other = pad(vec![1; 10]);
        other[20] = 1;
        assert_eq!(unpad(&other), Err(ChatFault::WrongPadding));
        assert_eq!(unpad(&[]), Err(ChatFault::WrongPadding));
    }
}
