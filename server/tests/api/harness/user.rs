//! A signed-in user, on a phone or in a session without one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mso_core::crypto::SigningKey;
use mso_core::ids::DeviceId;
use mso_core::protocol::sessions::{DeviceEnrolment, Refresh, SessionGrant, SignIn};

use super::call::{Answer, Call};
use super::server::{PASSWORD, Server, email};

/// A phone: an id and a key.
pub(crate) struct Phone {
    pub(crate) id: DeviceId,
    pub(crate) key: SigningKey,
}

/// A user with a session.
pub(crate) struct User<'a> {
    pub(crate) server: &'a Server,
    pub(crate) grant: SessionGrant,
    pub(crate) phone: Option<Phone>,
}

impl Phone {
    pub(crate) fn new(server: &Server) -> Self {
        Self {
            id: DeviceId::generate(server.now()),
            key: SigningKey::generate().unwrap(),
        }
    }

    pub(crate) fn enrolment(&self) -> DeviceEnrolment {
        DeviceEnrolment {
            device_id: self.id,
            sync_key: STANDARD.encode(self.key.public().as_bytes()),
            platform: "linux".to_owned(),
            app_version: "0.1.0".to_owned(),
            name: "a phone".to_owned(),
        }
    }

    /// A request to sign in on this phone.
    pub(crate) fn sign_in(&self, server: &Server, name: &str) -> Call {
        let request = SignIn {
            email: email(name),
            password: PASSWORD.to_owned(),
            device: Some(self.enrolment()),
        };
        server
            .call("POST", "/v1/sessions")
            .json(&request)
            .signed(self.id, &self.key, server.now())
    }
}

impl<'a> User<'a> {
    pub(crate) async fn on_phone(server: &'a Server, name: &str, phone: Phone) -> Self {
        let grant = phone.sign_in(server, name).send().await.ok(201).json();
        Self {
            server,
            grant,
            phone: Some(phone),
        }
    }

    pub(crate) async fn in_session(server: &'a Server, name: &str) -> Self {
        Self::in_session_as(server, name, PASSWORD).await
    }

    pub(crate) async fn in_session_as(server: &'a Server, name: &str, password: &str) -> Self {
        let request = SignIn {
            email: email(name),
            password: password.to_owned(),
            device: None,
        };
        let grant = server
            .call("POST", "/v1/sessions")
            .json(&request)
            .send()
            .await
            .ok(201)
            .json();
        Self {
            server,
            grant,
            phone: None,
        }
    }

    /// An unsigned request with this user's token.
    pub(crate) fn unsigned(&self, method: &str, path: &str) -> Call {
        self.server
            .call(method, path)
            .header("authorization", format!("Bearer {}", self.grant.access_token))
    }

    /// Signs the request if there is a phone, and sends it.
    pub(crate) async fn send(&self, call: Call) -> Answer {
        self.sign(call).send().await
    }

    pub(crate) fn sign(&self, call: Call) -> Call {
        match &self.phone {
            Some(phone) => call.signed(phone.id, &phone.key, self.server.now()),
            None => call,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.unsigned("GET", path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &impl serde::Serialize) -> Answer {
        self.send(self.unsigned("POST", path).json(body)).await
    }

    /// Requests new tokens for this refresh token.
    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        let request = Refresh {
            refresh_token: refresh_token.to_owned(),
        };
        self.send(self.server.call("POST", "/v1/sessions/refresh").json(&request))
            .await
    }
}
