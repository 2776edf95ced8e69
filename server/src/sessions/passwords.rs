//! Passwords: argon2id with the parameters that OWASP recommends (19 MiB, two passes, one lane).
//!
//! What is hashed is the password's canonical form ([`text::password`]), so that the keyboard does not matter.
//!
//! The invariant: a hash is never computed on a thread that serves requests, and only a few run at once, so
//! that sign-ins can exhaust neither memory nor CPU.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use mso_core::text;
use tokio::sync::Semaphore;

/// Maximum length of a password, in bytes.
const MAX_PASSWORD: usize = 1024;
/// Minimum length of a new password, in characters.
const MIN_PASSWORD: usize = 12;
/// Maximum number of concurrent hashes, each in 19 MiB.
const AT_ONCE: usize = 4;
/// How long a sign-in waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a password was not hashed or checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("too many sign-ins at once")]
    Busy,
    /// The hash function failed, or the stored hash is invalid.
    #[error("the password cannot be hashed")]
    Broken,
    /// Fewer than 12 characters, or more than 1,024 bytes.
    #[error("the password is too short or too long")]
    Unfit,
}

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// Hash that an unknown user's password is checked against, so that it takes as long as for a known user.
    nobodys: Arc<str>,
}

impl Passwords {
    pub fn new() -> Result<Self, PasswordError> {
        let nobodys = Self::hash("the password of nobody")?.into();
        Ok(Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            nobodys,
        })
    }

    /// The hash to store for a password. Blocks this thread for tens of milliseconds.
    pub fn hash(password: &str) -> Result<String, PasswordError> {
        let hash: PasswordHash = Argon2::default()
            .hash_password(text::password(password).as_bytes())
            .map_err(|_| PasswordError::Broken)?;
        Ok(hash.to_string())
    }

    /// Checks that a password may be chosen.
    pub fn admit(password: &str) -> Result<(), PasswordError> {
        let password = text::password(password);
        if password.chars().count() >= MIN_PASSWORD && password.len() <= MAX_PASSWORD {
            Ok(())
        } else {
            Err(PasswordError::Unfit)
        }
    }

    /// The hash to store for a new password, computed off the serving threads once a slot is free.
    pub async fn make(&self, password: String) -> Result<String, PasswordError> {
        Self::admit(&password)?;
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn
            .map_err(|_| PasswordError::Busy)?
            .map_err(|_| PasswordError::Busy)?;
        let made = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            Self::hash(&password)
        });
        made.await.map_err(|_| PasswordError::Broken)?
    }

    /// Checks a password against the stored hash. Without one the answer is `false`, after the same work.
    pub async fn check(&self, password: String, stored: Option<String>) -> Result<bool, PasswordError> {
        let known = stored.is_some() && password.len() <= MAX_PASSWORD;
        let stored = stored.unwrap_or_else(|| self.nobodys.to_string());
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn
            .map_err(|_| PasswordError::Busy)?
            .map_err(|_| PasswordError::Busy)?;
        let checked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let hash = PasswordHash::new(&stored).map_err(|_| PasswordError::Broken)?;
            let fits = |typed: &str| {
                let bytes = typed.as_bytes();
                let bytes = bytes.get(..MAX_PASSWORD).unwrap_or(bytes);
                Argon2::default().verify_password(bytes, &hash).is_ok()
            };
            let canonical = text::password(&password);
            // A hash from before this form existed is of the bytes as they were typed.
            Ok(fits(&canonical) || (canonical != password && fits(&password)))
        });
        let fits = checked.await.map_err(|_| PasswordError::Broken)??;
        Ok(fits && known)
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_right_from_every_keyboard_and_an_old_hash_still_counts() {
        let passwords = Passwords::new().unwrap();
        let (composed, apart) = ("Zo\u{eb} sails\u{a0}home", "Zoe\u{308} sails home");
        let stored = Passwords::hash(composed).unwrap();
        assert_eq!(passwords.check(apart.into(), Some(stored)).await, Ok(true));
        let old: PasswordHash = Argon2::default().hash_password(apart.as_bytes()).unwrap();
        assert_eq!(
            passwords.check(apart.into(), Some(old.to_string())).await,
            Ok(true)
        );
    }

    #[tokio::test]
    async fn only_the_password_of_a_known_user_is_right() {
        let passwords = Passwords::new().unwrap();
        let stored = Passwords::hash("swordfish").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(
            passwords.check("swordfish".into(), Some(stored.clone())).await,
            Ok(true)
        );
        assert_eq!(passwords.check("Swordfish".into(), Some(stored)).await, Ok(false));
        assert_eq!(
            passwords.check("the password of nobody".into(), None).await,
            Ok(false)
        );
    }
}
