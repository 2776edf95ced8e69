//! People and organisations: institutions, users, experts' profiles and availability. One file per record and
//! per operation.
//!
//! The invariant: the party for which a user acts never changes; a person who changes sides becomes another
//! user. Sessions, passwords and device keys are in the server; whether an expert may be assigned is in
//! `crate::cases`.

mod add_licence;
mod availability;
mod contact;
mod create_institution;
mod create_provider;
mod deactivate_institution;
mod deactivate_user;
mod device;
mod edit_institution;
mod edit_provider;
#[cfg(test)]
pub(crate) mod fixtures;
mod institution;
mod invite;
mod invite_user;
mod locale;
mod period;
mod provider;
mod reactivate_institution;
mod reactivate_user;
mod renew_invite;
mod revoke_device;
mod revoke_licence;
mod set_availability;
mod suspend_user;
mod team_candidate;
mod user;
mod verify_licence;

use crate::actor::Role;
use crate::facts::Context;
use crate::ids::ProviderId;
use crate::refusal::Refusal;

pub use add_licence::AddLicence;
pub use availability::{
    Availability, AvailabilityError, AvailabilityException, ExceptionKind, LocalTime, LocalTimeError,
    Weekday, WeeklyWindow, Window,
};
pub use contact::{Contact, EmailAddress, EmailError};
pub use create_institution::CreateInstitution;
pub use create_provider::CreateProvider;
pub use deactivate_institution::DeactivateInstitution;
pub use deactivate_user::DeactivateUser;
pub use device::{Device, DeviceState};
pub use edit_institution::EditInstitution;
pub use edit_provider::EditProvider;
pub use institution::{Institution, InstitutionDetails, InstitutionKind, Sector};
pub use invite::{INVITE_HOURS, Invite};
pub use invite_user::InviteUser;
pub use locale::{CodeError, Country, Language, TimeZoneName};
pub use period::{Period, PeriodError};
pub use provider::{
    Capacity, CapacityError, Licence, LicenceCheck, LicencePaper, OfferedSpecialty, ProviderDetails,
    ProviderProfile,
};
pub use reactivate_institution::ReactivateInstitution;
pub use reactivate_user::ReactivateUser;
pub use renew_invite::RenewInvite;
pub use revoke_device::RevokeDevice;
pub use revoke_licence::RevokeLicence;
pub use set_availability::SetAvailability;
pub use suspend_user::SuspendUser;
pub use team_candidate::TeamCandidate;
pub use user::{Position, User, UserStatus};
pub use verify_licence::VerifyLicence;

/// Checks that an expert acts only on their own profile; other profiles are reported as not found.
fn must_be_own(provider: ProviderId, ctx: &Context) -> Result<(), Refusal> {
    if ctx.actor.role() == Role::Provider && ctx.actor.provider() != Some(provider) {
        return Err(Refusal::NotFound);
    }
    Ok(())
}
