//! Access, refresh and invitation tokens, and the server's secret.
//!
//! Refresh token of generation *n* = session id ‖ *n* ‖ HMAC-SHA256(secret, "mso refresh token v1" ‖ session id
//! ‖ *n*), base64url. It is not stored: the session's row holds the current generation, and the same token can
//! be rebuilt if its reply was lost. Access to the secret is enough to forge any token, so it is kept outside
//! the database.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use mso_core::crypto::Sha256Hash;
use mso_core::ids::{InviteId, SessionId};
use sha2::Sha256;
use uuid::Uuid;

/// Minimum length of a secret, in bytes.
const MIN_SECRET: usize = 32;

/// Why the secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("the server's secret must have at least 32 characters")]
    TooShort,
    /// The file cannot be read or created.
    #[error("the file of the server's secret cannot be used")]
    File(#[from] std::io::Error),
    /// The operating system provides no random bytes.
    #[error("no random bytes")]
    NoEntropy,
}

/// The secret from which refresh and invitation tokens are derived; the same for all replicas.
#[derive(Clone)]
pub struct ServerSecret(Arc<str>);

impl ServerSecret {
    /// Trims the text and checks its length.
    pub fn new(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        if text.len() < MIN_SECRET {
            Err(SecretError::TooShort)
        } else {
            Ok(Self(text.into()))
        }
    }

    pub fn read(file: &Path) -> Result<Self, SecretError> {
        Self::new(&fs::read_to_string(file)?)
    }

    /// Reads the secret from a file, which is created first if it is missing; only its owner may read a created
    /// file.
    pub fn read_or_make(file: &Path) -> Result<Self, SecretError> {
        if !file.exists() {
            let draft = file.with_extension(format!("draft-{}", std::process::id()));
            let mut open = fs::OpenOptions::new();
            let mut written = open
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&draft)?;
            written.write_all(random_text()?.as_bytes())?;
            written.sync_all()?;
            // A hard link never replaces a file that another process created in the meantime.
            let linked = fs::hard_link(&draft, file);
            fs::remove_file(&draft)?;
            if !file.exists() {
                linked?;
            }
        }
        Self::read(file)
    }

    fn mac(&self, session: SessionId, generation: u32) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).ok()?;
        mac.update(b"mso refresh token v1");
        mac.update(session.as_uuid().as_bytes());
        mac.update(&generation.to_be_bytes());
        Some(mac)
    }

    /// The refresh token of a session's generation.
    #[must_use]
    pub fn refresh_token(&self, session: SessionId, generation: u32) -> String {
        let mut bytes = session.as_uuid().as_bytes().to_vec();
        bytes.extend(generation.to_be_bytes());
        bytes.extend(
            self.mac(session, generation)
                .map(|mac| mac.finalize().into_bytes().to_vec())
                .unwrap_or_default(),
        );
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Session and generation of a refresh token made with this secret; `None` for any other text.
    #[must_use]
    pub fn read_refresh_token(&self, token: &str) -> Option<(SessionId, u32)> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (session, rest) = bytes.split_first_chunk::<16>()?;
        let (generation, mac) = rest.split_first_chunk::<4>()?;
        let session = SessionId::from_uuid(Uuid::from_bytes(*session));
        let generation = u32::from_be_bytes(*generation);
        self.mac(session, generation)?.verify_slice(mac).ok()?;
        Some((session, generation))
    }
}

impl ServerSecret {
    /// The token of an invitation link: its id, and a MAC of it. Rebuilt whenever it is needed, stored nowhere.
    #[must_use]
    pub fn invite_token(&self, invite: InviteId) -> String {
        let mut bytes = invite.as_uuid().as_bytes().to_vec();
        bytes.extend(
            self.invite_mac(invite)
                .map(|mac| mac.finalize().into_bytes().to_vec())
                .unwrap_or_default(),
        );
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The invitation of a token made with this secret; `None` for any other text.
    #[must_use]
    pub fn read_invite_token(&self, token: &str) -> Option<InviteId> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (invite, mac) = bytes.split_first_chunk::<16>()?;
        let invite = InviteId::from_uuid(Uuid::from_bytes(*invite));
        self.invite_mac(invite)?.verify_slice(mac).ok()?;
        Some(invite)
    }

    fn invite_mac(&self, invite: InviteId) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).ok()?;
        mac.update(b"mso invite token v1");
        mac.update(invite.as_uuid().as_bytes());
        Some(mac)
    }
}

impl std::fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerSecret(..)")
    }
}

/// A new access token and its hash. The token is returned once; only the hash is stored.
pub fn new_access_token() -> Result<(String, Sha256Hash), SecretError> {
    let token = random_text()?;
    let hash = Sha256Hash::of(token.as_bytes());
    Ok((token, hash))
}

/// The stored form of an access token.
#[must_use]
pub fn access_token_hash(token: &str) -> Sha256Hash {
    Sha256Hash::of(token.as_bytes())
}

fn random_text() -> Result<String, SecretError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| SecretError::NoEntropy)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use mso_core::time::Timestamp;

    use super::*;

    #[test]
    fn a_refresh_token_is_read_back_and_any_change_of_it_is_noticed() {
        let secret = ServerSecret::new(&"s".repeat(32)).unwrap();
        let session = SessionId::generate(Timestamp::from_unix_millis(1));
        let token = secret.refresh_token(session, 7);
        assert_eq!(token, secret.refresh_token(session, 7));
        assert_eq!(secret.read_refresh_token(&token), Some((session, 7)));
        for at in 0..token.len() {
            let mut other = token.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(
                secret.read_refresh_token(std::str::from_utf8(&other).unwrap()),
                None
            );
        }
        let other = ServerSecret::new(&"t".repeat(32)).unwrap();
        assert_eq!(other.read_refresh_token(&token), None);
        assert_eq!(secret.read_refresh_token(""), None);
    }

    #[test]
    fn an_invite_token_is_read_back_by_the_secret_that_made_it_and_is_no_other_token() {
        let secret = ServerSecret::new(&"s".repeat(32)).unwrap();
        let now = Timestamp::from_unix_millis(1);
        let invite = InviteId::generate(now);
        let token = secret.invite_token(invite);
        assert_eq!(secret.read_invite_token(&token), Some(invite));
        assert_eq!(
            ServerSecret::new(&"t".repeat(32))
                .unwrap()
                .read_invite_token(&token),
            None
        );
        for at in 0..token.len() {
            let mut other = token.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(
                secret.read_invite_token(std::str::from_utf8(&other).unwrap()),
                None
            );
        }
        let refresh = secret.refresh_token(SessionId::from_uuid(invite.as_uuid()), 0);
        assert_eq!(secret.read_invite_token(&refresh), None);
        assert_eq!(secret.read_refresh_token(&token), None);
    }

    #[test]
    fn a_secret_is_made_once_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let first = ServerSecret::read_or_make(&file).unwrap();
        assert_eq!(first.0, ServerSecret::read_or_make(&file).unwrap().0);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(ServerSecret::new("short"), Err(SecretError::TooShort)));
    }
}
