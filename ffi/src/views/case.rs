//! A case, its files and its money, as screens show them.

use mso_core::cases;
use mso_core::client;
use mso_core::documents::{DeclaredFile, Document, DocumentState, Scan};
use mso_core::protocol::records::{ExpertName, TimelineEntry};

use super::{each, string, system_time};
use crate::records::{
    CaseDetail, CaseSummary, DocumentItem, Due, InvoiceView, RecommendationView, StagedFile, TimelineStep,
    TransferState, Trouble,
};

impl From<client::CaseSummary> for CaseSummary {
    fn from(case: client::CaseSummary) -> Self {
        let client::CaseSummary {
            case_id,
            number,
            status,
            closure,
            readiness,
            patient_id,
            patient_name,
            specialty,
            specialty_display,
            urgency,
            submitted_at,
            due,
            overdue,
            documents,
            allowed_actions,
            pending,
        } = case;
        Self {
            case_id,
            number,
            patient_id,
            patient_name: patient_name.map(|name| name.display()),
            specialty: specialty_display.unwrap_or_else(|| specialty.as_str().to_owned()),
            urgency,
            status,
            closure,
            readiness,
            submitted_at: system_time(submitted_at),
            due: due.into(),
            overdue,
            document_count: documents,
            pending,
            allowed_actions,
        }
    }
}

impl From<cases::Due> for Due {
    fn from(due: cases::Due) -> Self {
        let cases::Due {
            accept_by,
            start_by,
            finish_by,
            answer_by,
            read_by,
            paused_at,
        } = due;
        Self {
            accept_by: accept_by.map(system_time),
            start_by: start_by.map(system_time),
            finish_by: finish_by.map(system_time),
            answer_by: answer_by.map(system_time),
            read_by: read_by.map(system_time),
            paused_at: paused_at.map(system_time),
        }
    }
}

impl From<TimelineEntry> for TimelineStep {
    fn from(entry: TimelineEntry) -> Self {
        let TimelineEntry {
            status,
            at,
            action: _,
            role: _,
        } = entry;
        Self {
            status,
            at: system_time(at),
        }
    }
}

impl From<client::FileState> for TransferState {
    fn from(state: client::FileState) -> Self {
        match state {
            client::FileState::Staged
            | client::FileState::WaitingUpload
            | client::FileState::WaitingDownload => Self::Waiting,
            client::FileState::Uploading => Self::Uploading,
            client::FileState::Uploaded => Self::Uploaded,
            client::FileState::Downloading => Self::Downloading,
            client::FileState::Present => Self::Present,
        }
    }
}

impl From<DeclaredFile> for StagedFile {
    fn from(file: DeclaredFile) -> Self {
        let DeclaredFile {
            document_id,
            kind,
            title,
            file_name,
            media_type,
            size,
            sha256,
            pages: _,
            captured_at: _,
            body_site: _,
            sequence: _,
            replaces: _,
        } = file;
        Self {
            document_id,
            kind,
            title: string(title),
            file_name: string(file_name),
            media_type,
            size,
            sha256: sha256.to_string(),
        }
    }
}

impl From<client::DocumentView> for DocumentItem {
    fn from(view: client::DocumentView) -> Self {
        let client::DocumentView {
            document,
            transfer,
            allowed_actions,
        } = view;
        let Document {
            id,
            case_id: _,
            file,
            state,
            after_opinion,
            declared_at: _,
            declared_by: _,
            scan,
            struck,
            version: _,
            of_submission: _,
        } = document;
        let DeclaredFile {
            document_id: _,
            kind,
            title,
            file_name,
            media_type,
            size,
            sha256,
            pages: _,
            captured_at: _,
            body_site: _,
            sequence: _,
            replaces: _,
        } = file;
        Self {
            document_id: id,
            title: string(title),
            file_name: string(file_name),
            kind,
            media_type,
            size,
            sha256: sha256.to_string(),
            stored: state == DocumentState::Stored,
            after_opinion,
            transferred: transfer.as_ref().map_or(0, |transfer| transfer.transferred),
            trouble: transfer.as_ref().and_then(|transfer| {
                Some(Trouble::of(
                    transfer.trouble.clone()?,
                    transfer.state.is_to_send(),
                ))
            }),
            transfer: transfer.map_or(TransferState::Absent, |transfer| transfer.state.into()),
            struck: struck.map(|strike| string(strike.reason)),
            infected: scan == Scan::Infected,
            allowed_actions,
        }
    }
}

impl From<client::CaseDetail> for CaseDetail {
    fn from(detail: client::CaseDetail) -> Self {
        let client::CaseDetail {
            summary,
            case,
            timeline,
            expert,
            patient,
            institution_name,
            documents,
            recommendation,
            earlier_recommendations,
            clarifications,
            feedback,
            invoice,
        } = detail;
        Self {
            summary: summary.into(),
            request: case.request.into(),
            timeline: each(timeline),
            expert_name: expert.map(|expert| {
                let ExpertName {
                    provider_id: _,
                    display_name,
                } = expert;
                display_name
            }),
            institution_name,
            patient_birth_date: patient.as_ref().map(|patient| patient.birth_date.to_string()),
            patient_sex: patient.as_ref().map(|patient| patient.sex),
            documents: each(documents),
            recommendation: recommendation.map(RecommendationView::from),
            earlier_recommendations: each(earlier_recommendations),
            clarifications: each(clarifications),
            feedback: each(feedback),
            invoice: invoice.map(InvoiceView::from),
            rejection: case.rejection,
            resubmission_pending: case.pending_resubmission.is_some(),
            team: case.team,
            closure_reason: case.closure_reason.map(string),
            read_at: case.read_at.map(system_time),
            window_ends_at: case.window_ends_at.map(system_time),
        }
    }
}
