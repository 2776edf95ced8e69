//! Drafts, as screens show and change them.

use mso_core::cases::SubmitCase;
use mso_core::client::{self, DraftChange};
use mso_core::command::Command;
use mso_core::patients::CreatePatient;

use super::{each, entered, system_time};
use crate::error::MsoError;
use crate::records::{Draft, DraftContent, DraftText, NewCase, NewPatient, WaitingDraft};

impl From<client::Draft> for Draft {
    fn from(draft: client::Draft) -> Self {
        let client::Draft {
            command_id,
            operation,
            case_id,
            command,
            refusal,
            refused_at,
            kept_until,
            remedies,
            waiting,
        } = draft;
        Self {
            command_id,
            operation,
            case_id,
            code: refusal.code,
            fields: refusal.fields,
            existing_patient: refusal.existing,
            refused_at: system_time(refused_at),
            kept_until: kept_until.map(system_time),
            texts: command.as_ref().map(client::texts).map_or_else(Vec::new, each),
            content: command.map_or(DraftContent::Unreadable, DraftContent::of),
            remedies,
            waiting: each(waiting),
        }
    }
}

impl DraftContent {
    fn of(command: Command) -> Self {
        if let Some(submit) = command.as_operation::<SubmitCase>() {
            return Self::Case {
                case: submit.clone().into(),
            };
        }
        if let Some(patient) = command.as_operation::<CreatePatient>() {
            return Self::Patient {
                patient: patient.clone().into(),
            };
        }
        command.opinion().map_or(Self::Other, |opinion| Self::Opinion {
            opinion: opinion.clone().into(),
        })
    }

    /// The change of a draft to this content.
    pub(crate) fn change(self) -> Result<DraftChange, MsoError> {
        match self {
            Self::Case {
                case:
                    NewCase {
                        case_id: _,
                        patient_id,
                        request,
                        documents,
                    },
            } => Ok(DraftChange::Case {
                patient_id,
                request: request.try_into()?,
                documents,
            }),
            Self::Patient { patient } => Ok(DraftChange::Patient(patient.create()?)),
            Self::Opinion { opinion } => Ok(DraftChange::Recommendation(opinion.try_into()?)),
            Self::Other | Self::Unreadable => Err(MsoError::malformed("content")),
        }
    }
}

impl From<SubmitCase> for NewCase {
    fn from(submit: SubmitCase) -> Self {
        let SubmitCase {
            case_id,
            patient_id,
            request,
            documents,
        } = submit;
        Self {
            case_id,
            patient_id,
            request: request.into(),
            documents: documents.into_iter().map(|file| file.document_id).collect(),
        }
    }
}

impl From<CreatePatient> for NewPatient {
    fn from(patient: CreatePatient) -> Self {
        Self {
            patient_id: patient.patient_id,
            family_name: entered(patient.name.family),
            given_name: patient.name.given.map(entered),
            birth_date: patient.birth_date.to_string().into(),
            sex: patient.sex,
            identifiers: each(patient.identifiers),
            no_identifier_reason: patient.no_identifier_reason.map(entered),
            preferred_language: patient.preferred_language.map(|tag| tag.as_str().into()),
        }
    }
}

impl From<client::DraftText> for DraftText {
    fn from(text: client::DraftText) -> Self {
        let client::DraftText { place, text } = text;
        Self {
            place: place.into(),
            text: text.into(),
        }
    }
}

impl TryFrom<DraftText> for client::DraftText {
    type Error = MsoError;

    fn try_from(text: DraftText) -> Result<Self, MsoError> {
        let DraftText { place, text } = text;
        Ok(Self {
            place: place.of("place")?.to_owned(),
            text: text.of("text")?.to_owned(),
        })
    }
}

impl From<client::WaitingDraft> for WaitingDraft {
    fn from(draft: client::WaitingDraft) -> Self {
        let client::WaitingDraft {
            command_id,
            operation,
        } = draft;
        Self {
            command_id,
            operation,
        }
    }
}
