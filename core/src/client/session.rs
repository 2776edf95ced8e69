//! The signed-in user, and requests on their behalf.
//!
//! A phone generates its own Ed25519 key, presents it at the first sign-in and signs every request with
//! it (`protocol::signature`), so a stolen token alone is useless. Access tokens last minutes; each
//! refresh token is used once and replaced. If the response to a refresh is lost, the old token is
//! simply sent again: for 24 hours the server gives the same phone the same answer.
//!
//! The store belongs to one user, and another one cannot sign in over it; `Workspace` wipes it at
//! sign-out. Invariant: new tokens are stored before anyone uses them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;

use super::observe::Changed;
use super::shared::Shared;
use super::store::StoreError;
use super::store::session::{self as rows, Device, Tokens};
use super::transport::{Body, HttpRequest, HttpResponse, Method, TransportError};
use crate::actor::{Acting, Actor};
use crate::crypto::{KeyError, SigningKey};
use crate::ids::{DeviceId, SessionId};
use crate::protocol::problem::Problem;
use crate::protocol::sessions::{
    DeviceEnrolment, OwnDevice, OwnDevices, Refresh, SessionGrant, SignIn, SignInReplacing,
};
use crate::protocol::signature::{SignedParts, content_digest, is_upload};
use crate::protocol::uploads::METHOD_OVERRIDE;
use crate::refusal::Refusal;

pub(crate) use super::store::session::current;

const SESSIONS: &str = "/v1/sessions";
const REFRESH: &str = "/v1/sessions/refresh";
const CURRENT: &str = "/v1/sessions/current";
const DEVICES: &str = "/v1/devices";

/// A token this close to its expiry is replaced before use; otherwise a request with a body might have
/// to be sent twice.
const EARLY_MILLIS: i64 = 60_000;

/// Maximum size of a sign-in response and of a problem document.
const ANSWER_LIMIT: usize = 64 * 1024;

const UNAUTHORIZED: u16 = 401;
const UPGRADE_REQUIRED: u16 = 426;

/// The server's code for a token that it does not accept, or no longer accepts.
const SIGN_IN_NEEDED: &str = "sign_in_needed";

/// The server's code for a signature whose time differs too much from its own.
pub(crate) const SIGNATURE_EXPIRED: &str = "signature_expired";

/// The signed-in user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// The user, their role and party, and this device.
    pub(crate) actor: Actor,
    pub(crate) session_id: SessionId,
    pub(crate) display_name: String,
}

/// Why a request to the server failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The server refused it with a code.
    #[error("the server answered {status} {code}")]
    Problem {
        status: u16,
        /// The stable code; `http_…` if the response had none.
        code: String,
        /// The reference to quote to support.
        reference: String,
        /// The whole problem, which may say more than its code. Never logged.
        body: Bytes,
    },
    /// The exchange was not completed.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Nobody is signed in, or the session has ended.
    #[error("sign-in needed")]
    SignInNeeded,
    /// The server no longer supports this version of the app.
    #[error("update needed")]
    UpdateNeeded,
    /// The workspace holds another user's data; it must be wiped before this user can sign in.
    #[error("the workspace belongs to another user")]
    OtherUser,
    /// The response is not one that this app understands.
    #[error("the answer cannot be read")]
    Unreadable,
    /// No key could be generated.
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Signs in, and enrols this phone. The phone's key is generated and stored before it is sent to the
/// server.
pub(crate) async fn sign_in(
    shared: &Shared,
    email: &str,
    password: &str,
    retire: Option<DeviceId>,
) -> Result<Session, CallError> {
    let device = device(shared)?;
    let enrolment = DeviceEnrolment {
        device_id: device.id,
        sync_key: STANDARD.encode(device.key.public().as_bytes()),
        platform: shared.phone.platform.clone(),
        app_version: shared.phone.app_version.clone(),
        name: shared.phone.device_name.clone(),
    };
    let sign_in = SignIn {
        email: email.to_owned(),
        password: password.to_owned(),
        device: Some(enrolment),
    };
    let sign_in = SignInReplacing { sign_in, retire };
    let grant = granted(send(shared, &device, json(SESSIONS, &sign_in)?, None).await?).await?;
    let session = shared.store().transaction(|tx| {
        if current(tx)?.is_some_and(|known| known.actor.user != grant.user_id) {
            return Err(CallError::OtherUser);
        }
        rows::keep_grant(tx, &grant, &shared.phone.server_url)?;
        current(tx)?.ok_or(CallError::SignInNeeded)
    });
    match session {
        Ok(session) => {
            shared.observers.notify([Changed::Session]);
            shared.signed_in.notify_one();
            Ok(session)
        }
        Err(error) => {
            // Nobody will use this session.
            end(shared, &device, &grant.access_token).await;
            Err(error)
        }
    }
}

/// Ends the session, on the server too if it can be reached, and deletes user, tokens and key. The
/// caller wipes their data.
pub(crate) async fn sign_out(shared: &Shared) -> Result<(), CallError> {
    let (device, tokens) = identity(shared)?;
    if let (Some(device), Some(tokens)) = (device, tokens) {
        end(shared, &device, &tokens.access).await;
    }
    shared.store().transaction(rows::forget)?;
    shared.observers.notify([Changed::Session]);
    Ok(())
}

/// Best effort: a session that is never ended expires on its own, and its tokens are deleted with the
/// store.
async fn end(shared: &Shared, device: &Device, access: &str) {
    let request = sign(
        shared,
        device,
        HttpRequest::new(Method::Delete, CURRENT),
        Some(access),
    );
    if let Err(error) = shared.transport.send(request).await {
        tracing::info!(%error, "the session could not be ended with the server");
    }
}

/// Sends a request for the signed-in user, signed by this phone. An expired or refused access token is
/// replaced once. Any response other than 2xx is an error.
pub(crate) async fn signed_send(shared: &Shared, request: HttpRequest) -> Result<HttpResponse, CallError> {
    let (device, mut tokens) = signed_in(shared)?;
    if tokens.access_expires_at.millis_since(shared.server_now()) < EARLY_MILLIS {
        match refresh(shared, &tokens.access).await {
            // A revoked phone gets no new token, but its last requests are accepted with the token it
            // has (R15).
            Err(CallError::Problem { code, .. }) if code == Refusal::ActorRevoked.code() => {}
            refreshed => tokens = refreshed?,
        }
    }
    match send(shared, &device, request.clone(), Some(&tokens.access)).await {
        Err(CallError::SignInNeeded) => {}
        answered => return answered,
    }
    let tokens = refresh(shared, &tokens.access).await?;
    send(shared, &device, request, Some(&tokens.access)).await
}

/// Signs and sends. A phone whose clock is wrong learns the server's time from the refusal, and signs
/// once more with that time.
async fn send(
    shared: &Shared,
    device: &Device,
    request: HttpRequest,
    access: Option<&str>,
) -> Result<HttpResponse, CallError> {
    let first = shared
        .transport
        .send(sign(shared, device, request.clone(), access))
        .await?;
    let date = first.header_value("date").map(str::to_owned);
    match checked(first).await {
        Err(CallError::Problem { code, .. })
            if code == SIGNATURE_EXPIRED
                && date.is_some_and(|date| shared.server_clock.learn(&date, shared.now())) => {}
        answered => return answered,
    }
    tracing::info!("the phone's clock is wrong; signing by the server's");
    checked(
        shared
            .transport
            .send(sign(shared, device, request, access))
            .await?,
    )
    .await
}

/// Replaces the tokens, unless another task just did. Concurrent callers wait for the one in progress
/// and use its result.
async fn refresh(shared: &Shared, unusable: &str) -> Result<Tokens, CallError> {
    let _turn = shared.refreshing.lock().await;
    let (device, tokens) = signed_in(shared)?;
    if tokens.access.as_str() != unusable {
        return Ok(tokens);
    }
    let body = Refresh {
        refresh_token: tokens.refresh.to_string(),
    };
    let granted = async { granted(send(shared, &device, json(REFRESH, &body)?, None).await?).await }.await;
    shared.store().transaction(|tx| {
        // The user may have signed in anew meanwhile, whose tokens count and not those of the session before.
        if rows::tokens(tx)?.is_some_and(|tokens| tokens.access.as_str() != unusable) {
            return Ok(());
        }
        // If this is refused, the old tokens are kept: after a server failure they may be accepted again.
        let grant = granted?;
        if current(tx)?.is_none_or(|session| session.actor.user != grant.user_id) {
            return Err(CallError::SignInNeeded);
        }
        Ok(rows::keep_grant(tx, &grant, &shared.phone.server_url)?)
    })?;
    Ok(signed_in(shared)?.1)
}

/// The user's phones that are signed in, newest first.
pub(crate) async fn devices(shared: &Shared) -> Result<Vec<OwnDevice>, CallError> {
    let response = signed_send(shared, HttpRequest::new(Method::Get, DEVICES)).await?;
    let text = response.bytes(ANSWER_LIMIT).await?;
    let own: OwnDevices = serde_json::from_slice(&text).map_err(|_| CallError::Unreadable)?;
    Ok(own.devices)
}

/// Gives up another phone of the user.
pub(crate) async fn retire_device(shared: &Shared, id: DeviceId) -> Result<(), CallError> {
    let request = HttpRequest::new(Method::Delete, format!("{DEVICES}/{id}"));
    signed_send(shared, request).await.map(drop)
}

/// This phone's id and key, generated on first use.
fn device(shared: &Shared) -> Result<Device, CallError> {
    shared.store().transaction(|tx| {
        if let Some(device) = rows::device(tx)? {
            return Ok(device);
        }
        let device = Device {
            id: DeviceId::generate(shared.now()),
            key: SigningKey::generate()?,
        };
        rows::keep_device(tx, &device)?;
        Ok(device)
    })
}

fn identity(shared: &Shared) -> Result<(Option<Device>, Option<Tokens>), StoreError> {
    shared
        .store()
        .read(|conn| Ok((rows::device(conn)?, rows::tokens(conn)?)))
}

fn signed_in(shared: &Shared) -> Result<(Device, Tokens), CallError> {
    match identity(shared)? {
        (Some(device), Some(tokens)) => Ok((device, tokens)),
        (Some(_) | None, _) => Err(CallError::SignInNeeded),
    }
}

fn json(path: &str, body: &impl Serialize) -> Result<HttpRequest, CallError> {
    let body = serde_json::to_vec(body).map_err(|_| CallError::Unreadable)?;
    Ok(HttpRequest::new(Method::Post, path).content("application/json", body))
}

/// Adds the token, and the phone's signature over the parts that `protocol::signature` lists.
fn sign(shared: &Shared, device: &Device, request: HttpRequest, access: Option<&str>) -> HttpRequest {
    let authorization = access.map(|token| format!("Bearer {token}"));
    let method_override = request.header_value(METHOD_OVERRIDE);
    let (digest, offset) = match request.method {
        Method::Get | Method::Head | Method::Delete => (None, None),
        Method::Patch | Method::Post if is_upload(request.method.name(), method_override) => {
            (None, request.header_value("upload-offset"))
        }
        Method::Patch | Method::Post => (Some(content_digest(&body(&request))), None),
    };
    let parts = SignedParts {
        method: request.method.name(),
        path: &request.path,
        method_override,
        content_digest: digest.as_deref(),
        upload_offset: offset,
        authorization: authorization.as_deref(),
    };
    let fields = parts.sign(device.id, &device.key, shared.server_now());
    let mut signed = request
        .clone()
        .header("signature-input", fields.signature_input)
        .header("signature", fields.signature);
    signed
        .headers
        .extend(digest.map(|value| ("content-digest".to_owned(), value)));
    signed
        .headers
        .extend(authorization.map(|value| ("authorization".to_owned(), value)));
    signed
}

fn body(request: &HttpRequest) -> Bytes {
    match &request.body {
        Body::Empty => Bytes::new(),
        Body::Bytes(bytes) => bytes.clone(),
    }
}

/// The code of an answer that has none of the server's: a proxy's page, for example.
pub(crate) fn without_code(status: u16) -> String {
    format!("http_{status}")
}

/// Passes 2xx responses; everything else becomes an error.
async fn checked(response: HttpResponse) -> Result<HttpResponse, CallError> {
    let status = response.status;
    if (200..300).contains(&status) {
        return Ok(response);
    }
    if status == UPGRADE_REQUIRED {
        return Err(CallError::UpdateNeeded);
    }
    // A response without a readable problem (a proxy's page, a response to HEAD) still has a status.
    let text = response.bytes(ANSWER_LIMIT).await.unwrap_or_default();
    let (code, reference) = match serde_json::from_slice::<Problem>(&text) {
        Ok(problem) => (problem.code, problem.reference),
        Err(_) => (without_code(status), String::new()),
    };
    // Other codes also come with this status: a wrong password, a wrong clock, a revoked device.
    let token_refused = status == UNAUTHORIZED && (code == SIGN_IN_NEEDED || reference.is_empty());
    Err(if token_refused {
        CallError::SignInNeeded
    } else {
        CallError::Problem {
            status,
            code,
            reference,
            body: text,
        }
    })
}

async fn granted(response: HttpResponse) -> Result<SessionGrant, CallError> {
    let text = response.bytes(ANSWER_LIMIT).await?;
    let grant: SessionGrant = serde_json::from_slice(&text).map_err(|_| CallError::Unreadable)?;
    match grant.acting {
        Acting::Requester { .. } | Acting::Provider { .. } | Acting::Admin => Ok(grant),
        Acting::System => Err(CallError::Unreadable),
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

#[cfg(test)]
mod tests;
