//! How a phone signs its requests: HTTP Message Signatures (RFC 9421) with Ed25519 and a fixed set of
//! covered components, `Content-Digest` as in RFC 9530.
//!
//! | request | covered, in this order |
//! |---|---|
//! | without body (GET, HEAD, DELETE) | `@method`, `@path`, `authorization` |
//! | with body | `@method`, `@path`, `content-digest`, `authorization` |
//! | upload PATCH (a stream) | `@method`, `@path`, `upload-offset`, `authorization` |
//! | the same as POST | `@method`, `@path`, `x-http-method-override`, `upload-offset`, `authorization` |
//!
//! `authorization` is omitted when there is no token yet (sign-in, refresh). Because `authorization`
//! covers the access token, a signature is valid for one token only. An upload's bytes are not covered;
//! the file's hash is checked as a whole. A signature is valid within 5 minutes of its `created` time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::{PublicKey, Sha256Hash, Signature, SigningKey};
use crate::ids::DeviceId;
use crate::protocol::uploads::METHOD_OVERRIDE;
use crate::time::Timestamp;

/// Maximum difference between `created` and the server's time, in milliseconds.
pub const TOLERANCE_MILLIS: i64 = 5 * 60 * 1000;

const PATCH: &str = "PATCH";

/// The signed parts of a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignedParts<'a> {
    /// Upper case.
    pub method: &'a str,
    /// The path only, as on the request line, without the query.
    pub path: &'a str,
    /// The `X-HTTP-Method-Override` field's value, if the request has one: nobody may add or remove it.
    pub method_override: Option<&'a str>,
    /// The `Content-Digest` field's value, for requests with a body other than uploads.
    pub content_digest: Option<&'a str>,
    /// The `Upload-Offset` field's value, for an upload's PATCH ([`is_upload`]).
    pub upload_offset: Option<&'a str>,
    /// The `Authorization` field's value.
    pub authorization: Option<&'a str>,
}

/// The two header fields that carry a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFields {
    /// `Signature-Input`
    pub signature_input: String,
    /// `Signature`
    pub signature: String,
}

/// Why a signature was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A field is missing or not in the form this protocol uses.
    #[error("signature fields are malformed")]
    Malformed,
    /// Created too long ago, or in the future.
    #[error("signature is too old or too new")]
    Expired,
    /// The signature is by another key, or the request was altered.
    #[error("signature does not fit the request")]
    Mismatch,
}

/// The value of `Content-Digest` for a body: `sha-256=:…:`.
#[must_use]
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256Hash::of(body).as_bytes()))
}

/// Whether the request appends to an upload, so that its offset is signed and not its bytes.
#[must_use]
pub fn is_upload(method: &str, method_override: Option<&str>) -> bool {
    method == PATCH || method_override == Some(PATCH)
}

impl SignedParts<'_> {
    fn components(&self) -> Vec<(&'static str, &str)> {
        let mut parts = vec![("@method", self.method), ("@path", self.path)];
        parts.extend(self.method_override.map(|value| (METHOD_OVERRIDE, value)));
        parts.extend(self.content_digest.map(|value| ("content-digest", value)));
        parts.extend(self.upload_offset.map(|value| ("upload-offset", value)));
        parts.extend(self.authorization.map(|value| ("authorization", value)));
        parts
    }

    fn params(&self, device: DeviceId, created_seconds: i64) -> String {
        let names: Vec<_> = self
            .components()
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        format!(
            "({});created={created_seconds};keyid=\"{device}\";alg=\"ed25519\"",
            names.join(" ")
        )
    }

    fn base(&self, params: &str) -> String {
        let mut base = String::new();
        for (name, value) in self.components() {
            base.push_str(&format!("\"{name}\": {value}\n"));
        }
        base.push_str(&format!("\"@signature-params\": {params}"));
        base
    }

    /// Signs as `device` with the current time.
    #[must_use]
    pub fn sign(&self, device: DeviceId, key: &SigningKey, now: Timestamp) -> SignatureFields {
        let params = self.params(device, now.unix_millis().div_euclid(1000));
        let signature = key.sign(self.base(&params).as_bytes());
        SignatureFields {
            signature_input: format!("mso={params}"),
            signature: format!("mso=:{}:", STANDARD.encode(signature.as_bytes())),
        }
    }

    /// Checks that the fields sign exactly these parts with this device's key, within the tolerance of
    /// the current time.
    pub fn verify(
        &self,
        fields: &SignatureFields,
        device: DeviceId,
        key: &PublicKey,
        now: Timestamp,
    ) -> Result<(), SignatureError> {
        let created = created_of(&fields.signature_input)?;
        let params = self.params(device, created);
        if fields.signature_input != format!("mso={params}") {
            return Err(SignatureError::Malformed);
        }
        if now
            .millis_since(Timestamp::from_unix_millis(created.saturating_mul(1000)))
            .saturating_abs()
            > TOLERANCE_MILLIS
        {
            return Err(SignatureError::Expired);
        }
        let encoded = fields
            .signature
            .strip_prefix("mso=:")
            .and_then(|rest| rest.strip_suffix(':'));
        let bytes = STANDARD
            .decode(encoded.ok_or(SignatureError::Malformed)?)
            .map_err(|_| SignatureError::Malformed)?;
        let signature = Signature::from_bytes(&bytes).map_err(|_| SignatureError::Malformed)?;
        key.verify(self.base(&params).as_bytes(), &signature)
            .map_err(|_| SignatureError::Mismatch)
    }
}

/// The device named in a `Signature-Input`, to look up its key.
pub fn device_of(signature_input: &str) -> Result<DeviceId, SignatureError> {
    let (_, rest) = signature_input
        .split_once("keyid=\"")
        .ok_or(SignatureError::Malformed)?;
    let (id, _) = rest.split_once('"').ok_or(SignatureError::Malformed)?;
    id.parse().map_err(|_| SignatureError::Malformed)
}

fn created_of(signature_input: &str) -> Result<i64, SignatureError> {
    let (_, rest) = signature_input
        .split_once(";created=")
        .ok_or(SignatureError::Malformed)?;
    let (seconds, _) = rest.split_once(';').ok_or(SignatureError::Malformed)?;
    seconds.parse().map_err(|_| SignatureError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> SignedParts<'static> {
        SignedParts {
            method: "POST",
            path: "/v1/sync",
            authorization: Some("Bearer t"),
            ..SignedParts::default()
        }
    }

    #[test]
    fn a_signed_request_verifies_and_any_change_breaks_it() {
        let key = SigningKey::from_seed(&[1; 32]);
        let now = Timestamp::from_unix_millis(1_795_000_000_000);
        let device = DeviceId::generate(now);
        let digest = content_digest(b"body");
        let parts = SignedParts {
            content_digest: Some(&digest),
            ..parts()
        };
        let fields = parts.sign(device, &key, now);
        assert_eq!(device_of(&fields.signature_input), Ok(device));
        assert_eq!(parts.verify(&fields, device, &key.public(), now), Ok(()));

        let other_digest = content_digest(b"other");
        let changed = SignedParts {
            content_digest: Some(&other_digest),
            ..parts
        };
        assert_eq!(
            changed.verify(&fields, device, &key.public(), now),
            Err(SignatureError::Mismatch)
        );
        let changed = SignedParts {
            path: "/v1/commands",
            ..parts
        };
        assert_eq!(
            changed.verify(&fields, device, &key.public(), now),
            Err(SignatureError::Mismatch)
        );
        let unsigned_body = SignedParts {
            content_digest: None,
            ..parts
        };
        assert_eq!(
            unsigned_body.verify(&fields, device, &key.public(), now),
            Err(SignatureError::Malformed)
        );
        let other_key = SigningKey::from_seed(&[2; 32]);
        assert_eq!(
            parts.verify(&fields, device, &other_key.public(), now),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn a_method_override_can_be_neither_added_nor_removed_nor_changed() {
        let key = SigningKey::from_seed(&[1; 32]);
        let now = Timestamp::from_unix_millis(1_795_000_000_000);
        let device = DeviceId::generate(now);
        let with = |method_override| SignedParts {
            method_override,
            upload_offset: Some("7"),
            ..parts()
        };
        for (signed, received, error) in [
            (None, Some("PATCH"), SignatureError::Malformed),
            (Some("PATCH"), None, SignatureError::Malformed),
            (Some("PATCH"), Some("DELETE"), SignatureError::Mismatch),
        ] {
            let fields = with(signed).sign(device, &key, now);
            assert_eq!(with(signed).verify(&fields, device, &key.public(), now), Ok(()));
            let altered = with(received).verify(&fields, device, &key.public(), now);
            assert_eq!(altered, Err(error), "{signed:?} as {received:?}");
        }
        let input = with(Some("PATCH")).sign(device, &key, now).signature_input;
        let order = r#"mso=("@method" "@path" "x-http-method-override" "upload-offset" "authorization");"#;
        assert!(input.starts_with(order), "{input}");
    }

    #[test]
    fn a_signature_ends_after_five_minutes() {
        let key = SigningKey::from_seed(&[1; 32]);
        let now = Timestamp::from_unix_millis(1_795_000_000_000);
        let device = DeviceId::generate(now);
        let fields = parts().sign(device, &key, now);
        for (later, expected) in [
            (299_000, Ok(())),
            (301_000, Err(SignatureError::Expired)),
            (-301_000, Err(SignatureError::Expired)),
        ] {
            assert_eq!(
                parts().verify(&fields, device, &key.public(), now.plus_millis(later)),
                expected
            );
        }
    }
}
