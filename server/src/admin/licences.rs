//! Licences to practise, by the rules of `AddLicence` and `VerifyLicence`.

use mso_core::command::Operation;
use mso_core::decision::Event;
use mso_core::facts::{Fact, Facts};
use mso_core::ids::ProviderId;
use mso_core::people::{AddLicence, LicencePaper, Period, VerifyLicence};

use super::change::Change;
use super::error::{AdminError, code, refused, text};
use super::people::NewLicence;
use crate::people::{store, write};

impl NewLicence {
    pub(super) fn paper(&self) -> Result<LicencePaper, AdminError> {
        let valid = Period::new(self.valid_from, self.valid_to).map_err(|_| AdminError::Invalid {
            field: "licence",
            problem: "ends before it begins",
        })?;
        Ok(LicencePaper {
            number: text("licence number", &self.number)?,
            authority: text("licence authority", &self.authority)?,
            country: code("country", &self.country)?,
            valid,
        })
    }
}

impl Change {
    /// Adds a licence that the operator has verified to a profile.
    pub async fn add_licence(&mut self, provider: ProviderId, new: &NewLicence) -> Result<(), AdminError> {
        let paper = new.paper()?;
        let verify = VerifyLicence {
            provider_id: provider,
            authority: paper.authority.clone(),
            number: paper.number.clone(),
        };
        let add = AddLicence {
            provider_id: provider,
            paper,
        };
        self.change_profile(provider, &add, "add_licence").await?;
        self.change_profile(provider, &verify, "verify_licence").await
    }

    async fn change_profile(
        &mut self,
        id: ProviderId,
        command: &impl Operation,
        action: &str,
    ) -> Result<(), AdminError> {
        let ctx = self.context();
        let before = store::lock_provider(self.tx.conn(), &ctx.actor, id).await?;
        let before = before.ok_or(AdminError::Unknown { what: "provider" })?;
        let facts = Facts {
            provider: Fact::Known(Some(before.clone())),
            ..Facts::default()
        };
        let decision = self.decide(command, &facts)?;
        for event in &decision.events {
            if let Event::Provider(after) = event {
                write::provider(self.tx.conn(), Some(&before), after, self.now, &mut self.touched)
                    .await
                    .map_err(refused)?;
            }
        }
        self.audit(id, action, "provider", id.as_uuid()).await
    }
}
