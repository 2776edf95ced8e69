//! From the core's views to flat records: by full destructuring, so that a new field cannot be forgotten.
//!
//! Here: times, texts, and what belongs to no case. A case's own views are in `case.rs`, what is asked in
//! `request.rs`, issues and what follows an opinion in `issue.rs`, the opinion in `opinion.rs`, drafts in `draft.rs`.

mod billing;
mod case;
mod chat;
mod draft;
mod form;
mod issue;
mod notification;
mod opinion;
mod patient;
mod people;
mod request;

use std::time::{Duration, SystemTime};

use mso_core::catalogue::Specialty;
use mso_core::catalogue::icd10::CodeHit;
use mso_core::client;
use mso_core::protocol::sessions;
use mso_core::text::{Form, Text};
use mso_core::time::Timestamp;

use crate::records::{
    CountedDevice, DiagnosisCode, KeptRecommendation, Notice, NoticeKind, OutboxItem, OwnDevice,
    SessionSummary, SpecialtyItem, StoreRemains, SyncReport, SyncState, SyncStatus, Trouble,
};
use crate::text::EnteredText;

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

/// Every record of a list, converted.
pub(crate) fn each<T, U: From<T>>(rows: Vec<T>) -> Vec<U> {
    rows.into_iter().map(U::from).collect()
}

fn entered<const MIN: usize, const MAX: usize, F: Form>(text: Text<MIN, MAX, F>) -> EnteredText {
    text.as_str().into()
}

fn string<const MIN: usize, const MAX: usize, F: Form>(text: Text<MIN, MAX, F>) -> String {
    text.as_str().to_owned()
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

impl From<sessions::OwnDevice> for OwnDevice {
    fn from(device: sessions::OwnDevice) -> Self {
        let sessions::OwnDevice {
            id,
            name,
            platform,
            app_version,
            enrolled_at,
            last_sync_at,
            current,
        } = device;
        Self {
            device_id: id,
            name,
            platform,
            app_version,
            enrolled_at: system_time(enrolled_at),
            last_sync_at: last_sync_at.map(system_time),
            current,
        }
    }
}

impl From<sessions::CountedDevice> for CountedDevice {
    fn from(device: sessions::CountedDevice) -> Self {
        let sessions::CountedDevice { id, name, last_used } = device;
        Self {
            device_id: id,
            name,
            last_used: system_time(last_used),
        }
    }
}

impl From<client::StoreRemains> for StoreRemains {
    fn from(remains: client::StoreRemains) -> Self {
        let client::StoreRemains {
            database_bytes,
            sealed_files,
            changed_at,
        } = remains;
        Self {
            database_bytes,
            sealed_files,
            changed_at: changed_at.map(system_time),
        }
    }
}

impl From<client::KeptRecommendation> for KeptRecommendation {
    fn from(kept: client::KeptRecommendation) -> Self {
        let client::KeptRecommendation {
            case_id,
            case_number,
            content,
            refused_at,
            kept_until,
        } = kept;
        Self {
            case_id,
            case_number,
            opinion: content.into(),
            refused_at: system_time(refused_at),
            kept_until: system_time(kept_until),
        }
    }
}

impl From<CodeHit> for DiagnosisCode {
    fn from(hit: CodeHit) -> Self {
        let CodeHit {
            code,
            edition,
            title,
            leaf,
        } = hit;
        Self {
            code: code.as_str().to_owned(),
            edition,
            title,
            leaf,
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
            id,
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
            trouble,
            waits_for,
        } = item;
        Self {
            command_id,
            command,
            issued_at: system_time(issued_at),
            state,
            trouble: trouble.map(|trouble| Trouble::of(trouble, true)),
            waits_for,
        }
    }
}

impl Trouble {
    /// Of sending, or of fetching.
    pub(crate) fn of(trouble: client::Trouble, sends: bool) -> Self {
        let help = trouble.help(sends);
        let client::Trouble {
            code,
            reference,
            since,
        } = trouble;
        Self {
            code,
            reference,
            since: system_time(since),
            help,
        }
    }
}

impl From<client::SyncStatus> for SyncStatus {
    fn from(status: client::SyncStatus) -> Self {
        let client::SyncStatus {
            state,
            last_sync_at,
            pending_commands,
            held_commands,
            drafts,
            uploads,
            downloads,
            last_error,
            unreadable_records,
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
            held_commands,
            drafts,
            pending_uploads: uploads.waiting,
            pending_upload_bytes: uploads.bytes.saturating_sub(uploads.transferred),
            pending_downloads: downloads.waiting,
            last_error,
            unreadable_records,
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
