//! A case, its files and its money, as screens show them.

use mso_core::cases::{self, CaseRequest, History};
use mso_core::client;
use mso_core::documents::{DeclaredFile, Document, DocumentState};
use mso_core::invoices::{Invoice, InvoiceAmounts, ServiceRecord};
use mso_core::issues::Issue;
use mso_core::protocol::records::{ExpertName, TimelineEntry};

use super::{string, system_time};
use crate::records::{
    CaseDetail, CaseSummary, DocumentItem, Due, InvoiceView, IssueItem, RecommendationView,
    ServiceRecordItem, StagedFile, TimelineStep, TransferState, Trouble,
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
        let client::DocumentView { document, transfer } = view;
        let Document {
            id,
            case_id: _,
            file,
            state,
            after_opinion,
            declared_at: _,
            declared_by: _,
            scan: _,
            struck: _,
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
            invoice,
        } = detail;
        let CaseRequest {
            service_type: _,
            specialty: _,
            urgency: _,
            clinical_question,
            history,
            treatment_so_far,
            previous_opinion,
            consent_basis: _,
            subspecialty: _,
            current_diagnosis: _,
            differential: _,
            follows_case: _,
        } = case.request;
        let History {
            present_illness,
            past_medical,
            surgical: _,
            family: _,
            medications: _,
            allergies: _,
            no_known_allergies: _,
            social: _,
            vitals: _,
            pregnancy_status: _,
        } = history;
        Self {
            summary: summary.into(),
            clinical_question: string(clinical_question),
            present_illness: present_illness.map(string),
            past_medical: past_medical.map(string),
            treatment_so_far: treatment_so_far.map(string),
            previous_opinion: previous_opinion.map(|previous| string(previous.summary)),
            timeline: timeline.into_iter().map(TimelineStep::from).collect(),
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
            documents: documents.into_iter().map(DocumentItem::from).collect(),
            recommendation: recommendation.map(RecommendationView::from),
            invoice: invoice.map(InvoiceView::from),
        }
    }
}

impl From<Invoice> for InvoiceView {
    fn from(invoice: Invoice) -> Self {
        let Invoice {
            id,
            case_id,
            number,
            issued_at,
            amounts,
            head: _,
            credit_of: _,
            reissue_of: _,
            reissued_as: _,
            verification: _,
            past_flags: _,
            payment: _,
            payments: _,
            write_off: _,
            credited: _,
            fully_credited: _,
            version: _,
        } = invoice;
        let InvoiceAmounts {
            lines: _,
            net,
            tax,
            gross,
            tax_by_rate: _,
        } = amounts;
        Self {
            invoice_id: id,
            case_id,
            number,
            issued_at: system_time(issued_at),
            net: net.into(),
            tax: tax.into(),
            gross: gross.into(),
        }
    }
}

impl From<ServiceRecord> for ServiceRecordItem {
    fn from(record: ServiceRecord) -> Self {
        let ServiceRecord {
            id: _,
            case_id: _,
            case_number,
            provider_id: _,
            service_code,
            performed_at,
            fee,
            performed_from: _,
            turnaround_minutes: _,
            state: _,
            approved_at: _,
            settled_at: _,
            version: _,
        } = record;
        Self {
            case_number,
            service_code,
            performed_at: system_time(performed_at),
            fee: fee.map(Into::into),
        }
    }
}

impl From<Issue> for IssueItem {
    fn from(issue: Issue) -> Self {
        let awaits_answer = issue.holds_the_case() && !issue.is_answered();
        let Issue {
            id,
            case_id: _,
            kind,
            text,
            wanted_items: _,
            author: _,
            author_role: _,
            state,
            answers,
            history: _,
            created_at: _,
            opened_at: _,
            version: _,
        } = issue;
        Self {
            id,
            kind,
            text: text.map(|text| text.as_str().to_owned()),
            state: state.name().to_owned(),
            awaits_answer,
            answers: u32::try_from(answers.len()).unwrap_or(u32::MAX),
        }
    }
}
