//! People, as far as a phone knows them: the own profile and when cases are welcome, the own institution and its people.
//!
//! All of it works offline. Not here: what an admin sets up, which is not done on a phone.

use super::Workspace;
use crate::client::error::WorkspaceError;
use crate::client::perform::perform;
use crate::client::store::{outbox, records};
use crate::command::Aggregate;
use crate::people::{Availability, SetAvailability};
use crate::protocol::records::{ColleagueRecord, InstitutionRecord, ProviderRecord, Record, RecordKind};
use crate::refusal::Refusal;

/// The own profile, as the user has left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileView {
    /// The profile, pending commands included.
    pub record: ProviderRecord,
    /// Names of commands that wait for the server.
    pub pending: Vec<&'static str>,
}

impl Workspace {
    /// Says when cases are welcome, in place of what was said before. For experts.
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

    /// The own profile, once it is here. For experts.
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
            let pending = rows.iter().map(|row| row.envelope.command.name()).collect();
            Ok(Some(ProfileView { record, pending }))
        })
    }

    /// The own institution, once it is here. For requesters.
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

    /// The people of the own institution, by name; oneself included, and those who may not sign in any more: teams name
    /// them still. For requesters.
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
