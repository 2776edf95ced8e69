//! Health checks for monitoring and load balancers.

use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use mso_core::actor::Actor;
use serde_json::json;

use crate::State;
use crate::database::DatabaseError;

/// `GET /livez`: the process responds.
pub async fn livez() -> Json<serde_json::Value> {
    Json(json!({ "live": true }))
}

/// `GET /readyz`: the database is reachable and migrated, and files can be stored. A 503 names what is not
/// ready.
pub async fn readyz(extract::State(state): extract::State<State>) -> Response {
    let database = database_ready(&state).await.is_ok();
    let objects = state.objects.check().await.is_ok();
    let status = if database && objects {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        Json(json!({ "ready": database && objects, "database": database, "objects": objects })),
    )
        .into_response()
}

async fn database_ready(state: &State) -> Result<(), DatabaseError> {
    let mut tx = state.database.begin_scoped(&Actor::SYSTEM).await?;
    sqlx::query_scalar!("select generation from deployment")
        .fetch_one(tx.conn())
        .await?;
    tx.commit().await
}
