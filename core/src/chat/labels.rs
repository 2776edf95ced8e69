//! The labels that keep one use of a key or hash apart from every other. None is a prefix of another, so that no input of one
//! use can be read as an input of another.

/// Before the hash of a [`super::DeviceCertificate`], signed by the user's identity.
pub const CERTIFICATE: &[u8] = b"mso/cert/1";
/// Before the hash of a [`super::RosterRow`], signed by a device.
pub const ROSTER_ROW: &[u8] = b"mso/roster/1";
/// Before the hash of an [`super::EpochRecord`], signed by a device.
pub const EPOCH: &[u8] = b"mso/epoch/1";
/// Before the link and the content's hash of an [`super::Envelope`], signed by a device.
pub const ENVELOPE: &[u8] = b"mso/env/1";

/// HKDF: the key that all messages of a device in an epoch are sealed with.
pub const MESSAGE_KEY: &[u8] = b"mso/msg/1";
/// HKDF: the commitment to an epoch's key.
pub const KEY_COMMITMENT: &[u8] = b"mso/commit/1";
/// HMAC: the commitment to a message.
pub const COMMITMENT: &[u8] = b"mso/c/1";

/// The link before a device's first envelope in a case.
pub const FIRST_LINK: &[u8] = b"mso/link0/1";
/// The link of an envelope.
pub const LINK: &[u8] = b"mso/link/1";
/// The hash of a case's empty log.
pub const EMPTY_LOG: &[u8] = b"mso/log0/1";
/// The hash of a log after an entry.
pub const LOG: &[u8] = b"mso/log/1";
/// The hash of a case's empty roster.
pub const EMPTY_ROSTER: &[u8] = b"mso/readers0/1";
/// The hash of a roster after a change.
pub const ROSTER: &[u8] = b"mso/readers/1";
/// The numbers that two users compare.
pub const SAFETY_NUMBER: &[u8] = b"mso/safety/1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_begins_with_another() {
        let all = [
            CERTIFICATE,
            ROSTER_ROW,
            EPOCH,
            ENVELOPE,
            MESSAGE_KEY,
            KEY_COMMITMENT,
            COMMITMENT,
            FIRST_LINK,
            LINK,
            EMPTY_LOG,
            LOG,
            EMPTY_ROSTER,
            ROSTER,
            SAFETY_NUMBER,
        ];
        for (at, one) in all.iter().enumerate() {
            for (other_at, other) in all.iter().enumerate() {
                assert!(
                    at == other_at || !one.starts_with(other),
                    "{one:?} begins with {other:?}"
                );
            }
        }
    }
}
