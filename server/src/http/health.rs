//! Health checks for monitoring and load balancers.

use std::time::Duration;

use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use mso_core::actor::Actor;
use serde_json::json;

use crate::State;
use crate::database::DatabaseError;
use crate::feed::read as feed;

/// `GET /livez`: the process responds.
pub async fn livez() -> Json<serde_json::Value> {
    Json(json!({ "live": true }))
}

/// `GET /readyz`: the database is reachable and migrated, and files can be stored. A 503 names what is not
/// ready. `watermark_age_s`: for how long one open transaction has held back the feed, in seconds.
pub async fn readyz(extract::State(state): extract::State<State>) -> Response {
    let age = watermark_age(&state).await.ok();
    let database = age.is_some();
    let objects = state.objects.check().await.is_ok();
    let status = if database && objects {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({
        "ready": database && objects,
        "database": database,
        "objects": objects,
        "watermark_age_s": age.map(|age| age.as_secs()),
    });
    (status, Json(body)).into_response()
}

/// Fails unless the database is there and migrated.
async fn watermark_age(state: &State) -> Result<Duration, DatabaseError> {
    let mut tx = state.database.begin_scoped(&Actor::SYSTEM).await?;
    let moment = feed::moment(&mut tx).await?;
    tx.commit().await?;
    Ok(state.watermark.observe(moment))
}
