//! From the core's views to flat records: by full destructuring, so that a new field cannot be forgotten.

use std::time::{Duration, SystemTime};

use mso_core::cases::{
    Advice, AdvisedMedication, Case, CaseRequest, Diagnosis, Finding, History, Recommendation,
    RecommendationContent,
};
use mso_core::catalogue::Specialty;
use mso_core::client;
use mso_core::invoices::{Invoice, InvoiceAmounts, ServiceRecord};
use mso_core::protocol::records::{ExpertName, TimelineEntry};
use mso_core::text::Text;
use mso_core::time::Timestamp;

use crate::records::{
    AdviceItem, CaseDetail, CaseSummary, DiagnosisItem, DocumentItem, InvoiceView, MedicationItem, Notice,
    NoticeKind, Opinion, OutboxItem, PatientSummary, RecommendationView, ServiceRecordItem, SessionSummary,
    SpecialtyItem, SyncReport, SyncState, SyncStatus, TimelineStep, TransferState,
};

/// A core time for a screen.
pub(crate) fn system_time(time: Timestamp) -> SystemTime {
    let millis = time.unix_millis();
    let distance = Duration::from_millis(millis.unsigned_abs());
    let shifted = if millis < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    shifted.unwrap_or(SystemTime::UNIX_EPOCH)
}

/// A screen's time for the core; stops at the ends of the range.
pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    let millis = |distance: Duration| i64::try_from(distance.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_unix_millis(match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => -millis(before.duration()),
    })
}

fn string<const MIN: usize, const MAX: usize>(text: Text<MIN, MAX>) -> String {
    text.as_str().to_owned()
}

fn names(pending: Vec<&'static str>) -> Vec<String> {
    pending.into_iter().map(str::to_owned).collect()
}

impl From<client::SessionSummary> for SessionSummary {
    fn from(session: client::SessionSummary) -> Self {
        let client::SessionSummary {
            user_id,
            acting,
            display_name,
            device_id: _,
        } = session;
        Self {
            user_id,
            display_name,
            role: acting.role(),
        }
    }
}

impl From<client::PatientSummary> for PatientSummary {
    fn from(patient: client::PatientSummary) -> Self {
        let client::PatientSummary {
            patient_id,
            name,
            birth_date,
            sex,
            verified,
            active,
            identifiers: _,
            pending,
        } = patient;
        Self {
            patient_id,
            display_name: name.display(),
            birth_date: birth_date.to_string(),
            sex,
            verified,
            active,
            pending: names(pending),
        }
    }
}

impl From<client::CaseSummary> for CaseSummary {
    fn from(case: client::CaseSummary) -> Self {
        let client::CaseSummary {
            case_id,
            number,
            status,
            closure: _,
            readiness,
            patient_id: _,
            patient_name,
            specialty,
            specialty_display,
            urgency,
            submitted_at,
            due: _,
            documents,
            allowed_actions,
            pending,
        } = case;
        Self {
            case_id,
            number,
            patient_name: patient_name.map(|name| name.display()),
            specialty: specialty_display.unwrap_or_else(|| specialty.as_str().to_owned()),
            urgency,
            status,
            readiness,
            submitted_at: system_time(submitted_at),
            document_count: documents,
            pending: names(pending),
            allowed_actions,
        }
    }
}

impl From<TimelineEntry> for TimelineStep {
    fn from(entry: TimelineEntry) -> Self {
        let TimelineEntry { status, at } = entry;
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

impl From<client::DocumentView> for DocumentItem {
    fn from(view: client::DocumentView) -> Self {
        let client::DocumentView { document, transfer } = view;
        let mso_core::documents::Document {
            id,
            case_id: _,
            file,
            state,
            after_opinion,
            declared_at: _,
        } = document;
        let mso_core::documents::DeclaredFile {
            document_id: _,
            kind,
            title,
            file_name,
            media_type,
            size,
            sha256,
        } = file;
        Self {
            document_id: id,
            title: string(title),
            file_name: string(file_name),
            kind,
            media_type,
            size,
            sha256: sha256.to_string(),
            stored: state == mso_core::documents::DocumentState::Stored,
            after_opinion,
            transferred: transfer.as_ref().map_or(0, |transfer| transfer.transferred),
            transfer: transfer.map_or(TransferState::Absent, |transfer| transfer.state.into()),
        }
    }
}

impl From<client::CaseDetail> for CaseDetail {
    fn from(detail: client::CaseDetail) -> Self {
        let client::CaseDetail {
            case,
            timeline,
            expert,
            patient,
            institution_name,
            specialty_display,
            documents,
            recommendation,
            invoice,
            allowed_actions,
            pending,
        } = detail;
        let Case {
            id,
            number,
            institution_id: _,
            patient_id: _,
            requester_id: _,
            request,
            status,
            resume_status: _,
            closure: _,
            readiness,
            assignment: _,
            due: _,
            version: _,
            submitted_at,
            done_at: _,
        } = case;
        let CaseRequest {
            service_type: _,
            specialty,
            urgency,
            clinical_question,
            history,
            treatment_so_far,
            previous_opinion,
            consent_basis: _,
        } = request;
        let History {
            present_illness,
            past_medical,
            surgical: _,
            family: _,
            medications: _,
            allergies: _,
            no_known_allergies: _,
        } = history;
        Self {
            summary: CaseSummary {
                case_id: id,
                number,
                patient_name: patient.as_ref().map(|patient| patient.name.display()),
                specialty: specialty_display.unwrap_or_else(|| specialty.as_str().to_owned()),
                urgency: urgency.level(),
                status,
                readiness,
                submitted_at: system_time(submitted_at),
                document_count: u32::try_from(documents.len()).unwrap_or(u32::MAX),
                pending: names(pending),
                allowed_actions,
            },
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

impl From<Recommendation> for RecommendationView {
    fn from(recommendation: Recommendation) -> Self {
        let Recommendation {
            id,
            case_id: _,
            version,
            author,
            signed_at,
            content,
        } = recommendation;
        let reviewed_documents = u32::try_from(content.reviewed_documents.len()).unwrap_or(u32::MAX);
        Self {
            recommendation_id: id,
            version,
            author,
            signed_at: system_time(signed_at),
            findings: content
                .findings
                .iter()
                .map(
                    |Finding {
                         document_id: _,
                         comment,
                     }| string(comment.clone()),
                )
                .collect(),
            references: content.references.iter().cloned().map(string).collect(),
            opinion: content.into(),
            reviewed_documents,
        }
    }
}

impl From<RecommendationContent> for Opinion {
    fn from(content: RecommendationContent) -> Self {
        let RecommendationContent {
            brief_history,
            findings: _,
            assessment,
            diagnosis,
            recommendations,
            medications,
            answer_to_question,
            limitations,
            urgency_flag,
            references: _,
            reviewed_documents: _,
            declaration,
        } = content;
        Self {
            brief_history: string(brief_history),
            assessment: string(assessment),
            diagnosis: diagnosis.into_iter().map(DiagnosisItem::from).collect(),
            recommendations: recommendations.into_iter().map(AdviceItem::from).collect(),
            medications: medications.into_iter().map(MedicationItem::from).collect(),
            answer_to_question: string(answer_to_question),
            limitations: limitations.map(string),
            urgency_flag,
            declaration,
        }
    }
}

impl From<Diagnosis> for DiagnosisItem {
    fn from(diagnosis: Diagnosis) -> Self {
        let Diagnosis {
            icd10,
            text,
            rank,
            agreement,
        } = diagnosis;
        Self {
            icd10: icd10.map(String::from),
            text: string(text),
            rank,
            agreement,
        }
    }
}

impl From<Advice> for AdviceItem {
    fn from(advice: Advice) -> Self {
        let Advice {
            kind,
            text,
            timeframe,
        } = advice;
        Self {
            kind,
            text: string(text),
            timeframe: timeframe.map(string),
        }
    }
}

impl From<AdvisedMedication> for MedicationItem {
    fn from(medication: AdvisedMedication) -> Self {
        let AdvisedMedication {
            name,
            dose,
            route,
            frequency,
            duration,
        } = medication;
        Self {
            name: string(name),
            dose: string(dose),
            route: string(route),
            frequency: string(frequency),
            duration: duration.map(string),
        }
    }
}

impl From<Invoice> for InvoiceView {
    fn from(invoice: Invoice) -> Self {
        let Invoice {
            id: _,
            case_id: _,
            number,
            issued_at,
            amounts,
        } = invoice;
        let InvoiceAmounts {
            lines: _,
            net,
            tax,
            gross,
        } = amounts;
        Self {
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
        } = record;
        Self {
            case_number,
            service_code,
            performed_at: system_time(performed_at),
            fee: fee.map(Into::into),
        }
    }
}

impl From<Specialty> for SpecialtyItem {
    fn from(specialty: Specialty) -> Self {
        let Specialty { code, display } = specialty;
        Self {
            code: code.as_str().to_owned(),
            display: string(display),
        }
    }
}

impl From<client::Notice> for Notice {
    fn from(notice: client::Notice) -> Self {
        let client::Notice {
            id,
            kind,
            code,
            command,
            case_id,
            case_number,
            at,
            read,
        } = notice;
        let kind = match kind {
            client::NoticeKind::CommandRefused => NoticeKind::CommandRefused,
            client::NoticeKind::CaseGivenAway => NoticeKind::CaseGivenAway,
        };
        Self {
            id: id.to_string(),
            kind,
            code,
            command,
            case_id,
            case_number,
            at: system_time(at),
            read,
        }
    }
}

impl From<client::OutboxItem> for OutboxItem {
    fn from(item: client::OutboxItem) -> Self {
        let client::OutboxItem {
            device_seq: _,
            command_id,
            command,
            aggregate: _,
            issued_at,
            state,
            attempts: _,
        } = item;
        Self {
            command_id: command_id.to_string(),
            command: command.to_owned(),
            issued_at: system_time(issued_at),
            sent: state == client::OutboxState::Sent,
        }
    }
}

impl From<client::SyncStatus> for SyncStatus {
    fn from(status: client::SyncStatus) -> Self {
        let client::SyncStatus {
            state,
            last_sync_at,
            pending_commands,
            uploads,
            downloads,
            last_error,
            unreadable_records: _,
            last_report: _,
        } = status;
        let state = match state {
            client::SyncState::Offline => SyncState::Offline,
            client::SyncState::Idle => SyncState::Idle,
            client::SyncState::Syncing => SyncState::Syncing,
        };
        Self {
            state,
            last_sync_at: last_sync_at.map(system_time),
            pending_commands,
            pending_uploads: uploads.waiting,
            pending_upload_bytes: uploads.bytes.saturating_sub(uploads.transferred),
            pending_downloads: downloads.waiting,
            last_error,
        }
    }
}

impl From<client::SyncReport> for SyncReport {
    fn from(report: client::SyncReport) -> Self {
        let client::SyncReport {
            round_trips: _,
            commands_applied,
            commands_refused,
            records,
            files_uploaded,
            bytes_uploaded: _,
            files_downloaded,
            bytes_downloaded: _,
            files_failed,
            next_after_ms: _,
        } = report;
        Self {
            applied: commands_applied,
            refused: commands_refused,
            records,
            uploaded: files_uploaded,
            downloaded: files_downloaded,
            failed: files_failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_and_after_the_epoch_cross_the_border_and_come_back() {
        for millis in [-62_000_000_001, -1, 0, 1, 1_795_467_362_007] {
            let time = Timestamp::from_unix_millis(millis);
            assert_eq!(timestamp(system_time(time)), time);
        }
    }
}
