//! People as a phone knows them: the expert's own profile and availability, the requester's institution and colleagues.
//! All of it works offline.

use super::Workspace;
use crate::client::error::WorkspaceError;
use crate::client::perform::perform;
use crate::client::store::{outbox, records};
use crate::command::Aggregate;
use crate::people::{Availability, SetAvailability};
use crate::protocol::records::{ColleagueRecord, InstitutionRecord, ProviderRecord, Record, RecordKind};
use crate::refusal::Refusal;

/// The expert's own profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileView {
    /// The profile, pending commands included.
    pub record: ProviderRecord,
    /// Names of commands that wait for the server.
    pub pending: Vec<String>,
}

impl Workspace {
    /// Replaces the availability of an expert.
    pub fn set_availability(&self, availability: Availability) -> Result<(), WorkspaceError> {
        perform(&self.shared, |_, actor| {
            let provider_id = actor.provider().ok_or(Refusal::Forbidden)?;
            Ok(SetAvailability {
                provider_id,
                availability,
            }
            .into())
        })?;
        Ok(())
    }

    /// The expert's own profile; `None` until it has been received.
    pub fn profile(&self) -> Result<Option<ProfileView>, WorkspaceError> {
        self.read(|conn| {
            let shown = records::all_shown(conn, RecordKind::Provider)?;
            let own = shown.into_iter().find_map(|record| {
                if let Record::Provider(profile) = record {
                    Some(profile)
                } else {
                    None
                }
            });
            let Some(record) = own else { return Ok(None) };
            let rows = outbox::of_aggregate(conn, Aggregate::Provider(record.id))?;
            let pending = rows.into_iter().map(|row| row.command).collect();
            Ok(Some(ProfileView { record, pending }))
        })
    }

    /// The requester's institution; `None` until it has been received.
    pub fn institution(&self) -> Result<Option<InstitutionRecord>, WorkspaceError> {
        self.read(|conn| {
            let shown = records::all_shown(conn, RecordKind::Institution)?;
            Ok(shown.into_iter().find_map(|record| {
                if let Record::Institution(institution) = record {
                    Some(institution)
                } else {
                    None
                }
            }))
        })
    }

    /// The users of the requester's institution, by name. Includes the user and those who may no longer sign in, because
    /// teams still name them.
    pub fn colleagues(&self) -> Result<Vec<ColleagueRecord>, WorkspaceError> {
        let mut colleagues = self.read(|conn| {
            let shown = records::all_shown(conn, RecordKind::Colleague)?;
            let colleague = |record| {
                if let Record::Colleague(colleague) = record {
                    Some(colleague)
                } else {
                    None
                }
            };
            Ok(shown.into_iter().filter_map(colleague).collect::<Vec<_>>())
        })?;
        colleagues.sort_by(|one, other| (&one.display_name, one.id).cmp(&(&other.display_name, other.id)));
        Ok(colleagues)
    }
}

#[cfg(test)]
mod tests;
