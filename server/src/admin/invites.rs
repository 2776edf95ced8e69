//! The links of invitations that wait to be used. Until mail is sent by the server itself, the operator passes them on.

use mso_core::actor::Actor;
use mso_core::time::Timestamp;

use super::AdminError;
use crate::database::Database;
use crate::people::store;
use crate::sessions::ServerSecret;

/// A link, and to whom it must go: to nobody else.
#[derive(Clone)]
pub struct InviteLink {
    /// The mailbox.
    pub email: String,
    /// Until when it counts.
    pub expires_at: Timestamp,
    /// What stands behind the address of the page, after `#`, so that it reaches no server's log.
    pub token: String,
}

// The token is not printed.
impl std::fmt::Debug for InviteLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InviteLink(..)")
    }
}

/// The links that still count, oldest first.
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
