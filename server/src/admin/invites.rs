//! Links of pending invitations. The operator passes them on until the server sends mail itself.

use mso_core::actor::Actor;
use mso_core::time::Timestamp;

use super::error::AdminError;
use crate::database::Database;
use crate::people::store;
use crate::sessions::ServerSecret;

/// An invitation link. It must be sent to this mailbox only.
#[derive(Clone)]
pub struct InviteLink {
    pub email: String,
    /// When the link expires.
    pub expires_at: Timestamp,
    /// Follows `#` in the page's address, so that it reaches no server log.
    pub token: String,
}

// Omits the token.
impl std::fmt::Debug for InviteLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InviteLink(..)")
    }
}

/// The valid links, oldest first.
pub async fn invites(
    database: &Database,
    secret: &ServerSecret,
    now: Timestamp,
) -> Result<Vec<InviteLink>, AdminError> {
    let mut tx = database.begin_scoped(&Actor::SYSTEM).await?;
    let waiting = store::waiting_invites(tx.conn(), now).await?;
    tx.commit().await?;
    let link = |waiting: store::Waiting| InviteLink {
        token: secret.invite_token(waiting.id),
        email: waiting.email,
        expires_at: waiting.expires_at,
    };
    Ok(waiting.into_iter().map(link).collect())
}
