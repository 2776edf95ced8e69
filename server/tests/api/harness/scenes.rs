//! What users do with cases, as commands over `/v1/commands`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mso_core::command::{Command, CommandEnvelope};
use mso_core::crypto::Sha256Hash;
use mso_core::ids::{AssignmentId, CaseId, CommandId, DocumentId, PatientId};
use serde_json::{Value, json};

use super::call::{Answer, Call};
use super::user::User;

#[derive(Clone)]
pub(crate) struct File {
    pub(crate) id: DocumentId,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Case {
    pub(crate) id: CaseId,
}

impl File {
    /// A file of this length with arbitrary bytes.
    pub(crate) fn of(user: &User<'_>, length: usize) -> Self {
        let bytes = (0..length).map(|n| (n * 31 % 251) as u8).collect();
        Self {
            id: DocumentId::generate(user.server.now()),
            bytes,
        }
    }

    pub(crate) fn declared(&self) -> Value {
        json!({
            "document_id": self.id, "kind": "imaging", "title": "scan", "file_name": "Amal Haddad.jpg",
            "media_type": "image/jpeg", "size": self.bytes.len(), "sha256": Sha256Hash::of(&self.bytes),
        })
    }

    pub(crate) fn upload_path(&self) -> String {
        format!("/v1/uploads/{}", self.id)
    }

    pub(crate) fn content_path(&self) -> String {
        format!("/v1/documents/{}/content", self.id)
    }
}

impl User<'_> {
    /// An envelope around a command given as JSON.
    pub(crate) fn envelope(&self, kind: &str, payload: Value) -> CommandEnvelope {
        let command: Command = serde_json::from_value(json!({ "type": kind, "payload": payload })).unwrap();
        CommandEnvelope {
            command_id: CommandId::generate(self.server.now()),
            command,
            assignment_id: None,
            base_version: None,
            device_seq: None,
            issued_at: self.server.now(),
            depends_on: Vec::new(),
        }
    }

    pub(crate) async fn commands(&self, envelope: &CommandEnvelope) -> Answer {
        self.post("/v1/commands", envelope).await
    }

    /// Sends a command that must be applied.
    pub(crate) async fn does(&self, kind: &str, payload: Value) {
        let answer = self.commands(&self.envelope(kind, payload)).await.ok(200);
        assert_eq!(answer.json::<Value>(), json!({ "outcome": "applied" }));
    }

    pub(crate) async fn adds_patient(&self) -> PatientId {
        let id = PatientId::generate(self.server.now());
        // Each patient needs another name, or they would be flagged as possible duplicates.
        // Digits only: the letters of a random id may make a word that a test looks for.
        let given = format!("Amal {}", id.as_uuid().as_u128() % 1_000_000_000_000);
        let payload = json!({
            "patient_id": id, "name": { "family": "Haddad", "given": given }, "birth_date": "1958-04", "sex": "female",
            "identifiers": [{ "kind": "national_id", "issuer": "SY", "value": id.to_string() }],
        });
        self.does("create_patient", payload).await;
        self.does(
            "verify_patient",
            json!({ "patient_id": id, "method": "document_seen" }),
        )
        .await;
        id
    }

    pub(crate) fn request(&self) -> Value {
        json!({
            "service_type": "one_specialist", "specialty": "cardiology", "urgency": { "level": "routine" },
            "clinical_question": "Is an operation needed before the summer?",
            "history": { "present_illness": "Short of breath on stairs for two months." },
            "consent_basis": { "kind": "written", "obtained_by": "A. Nasser", "obtained_at": self.server.now() },
        })
    }

    /// Submits a case for a new patient with these files, none of which is uploaded yet.
    pub(crate) async fn submits(&self, files: Vec<File>) -> Case {
        let patient = self.adds_patient().await;
        self.submits_for(patient, files).await
    }

    /// Submits a case for an existing patient.
    pub(crate) async fn submits_for(&self, patient: PatientId, files: Vec<File>) -> Case {
        let id = CaseId::generate(self.server.now());
        let documents: Vec<_> = files.iter().map(File::declared).collect();
        let payload = json!({ "case_id": id, "patient_id": patient, "request": self.request(), "documents": documents });
        self.does("submit_case", payload).await;
        Case { id }
    }

    /// Submits a case with one file of this length.
    pub(crate) async fn submits_file(&self, length: usize) -> (Case, File) {
        let file = File::of(self, length);
        (self.submits(vec![file.clone()]).await, file)
    }

    /// Assigns the case to an expert.
    pub(crate) async fn assigns(&self, case: &Case, name: &str) -> AssignmentId {
        let assignment = AssignmentId::generate(self.server.now());
        let provider = self.server.provider_id(name).await;
        let payload = json!({ "case_id": case.id, "assignment_id": assignment, "provider_id": provider });
        self.does("assign_case", payload).await;
        assignment
    }

    /// Reassigns the case, which is assigned and not accepted yet, to another expert.
    pub(crate) async fn reassigns(&self, case: &Case, name: &str) -> AssignmentId {
        let assignment = AssignmentId::generate(self.server.now());
        let provider = self.server.provider_id(name).await;
        let payload = json!({
            "case_id": case.id, "assignment_id": assignment, "provider_id": provider, "reason": "fell ill",
        });
        self.does("reassign_case", payload).await;
        assignment
    }

    /// A request to the upload's path, with the protocol version.
    pub(crate) fn tus(&self, method: &str, path: &str) -> Call {
        self.unsigned(method, path).header("tus-resumable", "1.0.0")
    }

    pub(crate) async fn creates_upload(&self, file: &File) -> Answer {
        let metadata = format!("document_id {}", STANDARD.encode(file.id.to_string()));
        let call = self
            .tus("POST", "/v1/uploads")
            .header("upload-metadata", metadata);
        self.send(call.header("upload-length", file.bytes.len())).await
    }

    /// An unsigned PATCH with the file's bytes from this offset.
    pub(crate) fn patch(&self, file: &File, offset: usize, bytes: &[u8]) -> Call {
        let call = self
            .tus("PATCH", &file.upload_path())
            .header("content-type", "application/offset+octet-stream");
        call.header("upload-offset", offset).body(bytes)
    }

    pub(crate) async fn head(&self, file: &File) -> Answer {
        self.send(self.tus("HEAD", &file.upload_path())).await
    }

    pub(crate) async fn uploads(&self, file: &File) {
        self.creates_upload(file).await.ok(201);
        let answer = self.send(self.patch(file, 0, &file.bytes)).await.ok(204);
        assert_eq!(answer.offset(), file.bytes.len() as u64);
    }
}
