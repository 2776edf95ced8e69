//! Handle: the user's own profile or institution.

use std::sync::Arc;

use mso_core::client;

use crate::error::MsoError;
use crate::records::{Availability, Colleague, InstitutionItem, ProviderProfile};
use crate::views::each;

/// The expert's profile and availability, the requester's institution and colleagues. Everything works offline.
#[derive(uniffi::Object)]
pub struct People(pub(crate) Arc<client::Workspace>);

#[uniffi::export]
impl People {
    /// The expert's own profile; absent until it has been received, and for requesters.
    pub fn profile(&self) -> Result<Option<ProviderProfile>, MsoError> {
        Ok(self.0.profile()?.map(Into::into))
    }

    /// Replaces the expert's availability. Assigned cases stay.
    pub fn set_availability(&self, availability: Availability) -> Result<(), MsoError> {
        Ok(self.0.set_availability(availability.try_into()?)?)
    }

    /// The requester's institution; absent until it has been received, and for experts.
    pub fn institution(&self) -> Result<Option<InstitutionItem>, MsoError> {
        Ok(self.0.institution()?.map(Into::into))
    }

    /// The users of the requester's institution, by name, the user and former ones included: teams name them by their ids.
    pub fn colleagues(&self) -> Result<Vec<Colleague>, MsoError> {
        Ok(each(self.0.colleagues()?))
    }
}
