//! People, organisations and the catalogue: who sets them up, who reads what, and what follows for cases.

mod candidates;
mod experts;
mod institutions;
mod invites;
mod operator;
mod prices;
mod rights;
mod sync;
mod users;

use mso_core::ids::{InstitutionId, ProviderId, UserId};
use serde_json::{Value, json};

use crate::harness::{Server, User};

/// An institution as a command gives it, with all fields.
fn institution(id: InstitutionId, number: &str) -> Value {
    json!({
        "institution_id": id, "names": { "en": "New Clinic", "ar": "عيادة جديدة" }, "language": "en",
        "type": "clinic", "sector": "secondary", "registration_number": number, "country": "SY",
        "time_zone": "Asia/Damascus", "currency": "EUR",
    })
}

/// An invitation for a user of the first hospital.
async fn invitation(server: &Server, name: &str) -> Value {
    json!({
        "user_id": UserId::generate(server.now()), "email": format!("{name}@example.org"), "display_name": name,
        "position": { "role": "requester", "institution_id": institution_id(server, "amal").await },
    })
}

fn admin_invitation(server: &Server, name: &str) -> Value {
    json!({
        "user_id": UserId::generate(server.now()), "email": format!("{name}@example.org"), "display_name": name,
        "position": { "role": "admin" },
    })
}

/// A profile as a command gives it, with all fields.
fn profile(id: ProviderId) -> Value {
    json!({
        "provider_id": id, "display_name": "Dr Salma Aziz", "specialties": [{ "code": "cardiology" }],
        "languages": ["ar", "en"], "capacity": { "max_open": 5, "max_urgent": 2 }, "time_zone": "Asia/Damascus",
    })
}

async fn institution_id(server: &Server, name: &str) -> InstitutionId {
    let mut tx = server.database().await;
    let id = sqlx::query_scalar("select institution_id from mso_user where email = $1")
        .bind(format!("{name}@example.org"));
    InstitutionId::from_uuid(id.fetch_one(tx.conn()).await.unwrap())
}

async fn user_id(server: &Server, name: &str) -> UserId {
    let mut tx = server.database().await;
    let id =
        sqlx::query_scalar("select id from mso_user where email = $1").bind(format!("{name}@example.org"));
    UserId::from_uuid(id.fetch_one(tx.conn()).await.unwrap())
}

/// The token in the mail to this address, as the server's mailer would build it.
async fn token(server: &Server, name: &str) -> String {
    let links = mso_server::admin::invites(&server.state.database, &server.state.secret, server.now())
        .await
        .unwrap();
    let address = format!("{name}@example.org");
    let newest = links.into_iter().rfind(|link| link.email == address);
    newest.expect("no link waits").token
}

async fn redeems(server: &Server, token: &str, password: &str) -> crate::harness::Answer {
    let body = json!({ "token": token, "password": password });
    server.call("POST", "/v1/invites/redeem").json(&body).send().await
}

impl User<'_> {
    /// Sends a command that must be refused with this status and code.
    async fn is_refused(&self, kind: &str, payload: Value, status: u16, code: &str) {
        self.commands(&self.envelope(kind, payload))
            .await
            .refused(status, code);
    }

    /// The version of the record at this path.
    async fn version(&self, path: &str) -> u64 {
        self.get(path).await.ok(200).json::<Value>()["version"]
            .as_u64()
            .unwrap()
    }
}
