//! Institutions, users and experts.

use mso_core::catalogue::SpecialtyCode;
use mso_core::decision::Event;
use mso_core::facts::{Fact, Facts};
use mso_core::ids::{InstitutionId, ProviderId, UserId};
use mso_core::money::Currency;
use mso_core::people::{
    Capacity, Contact, CreateInstitution, CreateProvider, EmailAddress, Institution, InstitutionDetails,
    InstitutionKind, InviteUser, Language, Licence, LicenceCheck, OfferedSpecialty, Position,
    ProviderDetails, ProviderProfile, Sector, TimeZoneName, User,
};
use mso_core::time::Date;

use super::access::hashed;
use super::change::Change;
use super::error::{AdminError, code, refused, text};
use crate::catalogue::store as catalogue;
use crate::people::{store, write};

/// An institution to create.
#[derive(Debug, Clone, Default)]
pub struct NewInstitution {
    /// Displayed, and printed on invoices.
    pub name: String,
    /// Number in the country's register; printed on invoices.
    pub registration_number: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Printed on invoices.
    pub address: Option<String>,
    /// Printed on invoices.
    pub tax_number: Option<String>,
    /// Language of the name, BCP 47; English by default.
    pub language: Option<String>,
    /// IANA name; UTC by default.
    pub time_zone: Option<String>,
    /// ISO 4217; EUR by default.
    pub currency: Option<String>,
}

/// A user to create.
#[derive(Clone)]
pub struct NewUser {
    /// Used to sign in; case-insensitive.
    pub email: String,
    pub display_name: String,
    /// At least twelve characters.
    pub password: String,
}

// Omits the password.
impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewUser(..)")
    }
}

/// A licence to practise that the operator has verified.
#[derive(Debug, Clone)]
pub struct NewLicence {
    pub number: String,
    pub authority: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity.
    pub valid_to: Date,
}

/// An expert to create, with the user who signs in.
#[derive(Debug, Clone)]
pub struct NewProvider {
    /// The user. The display name includes the title.
    pub user: NewUser,
    /// Specialties the expert gives opinions in.
    pub specialties: Vec<SpecialtyCode>,
    /// Without a licence, no case can be assigned.
    pub licence: Option<NewLicence>,
    /// Institutions the expert belongs to and gives no opinions for (D-32).
    pub affiliations: Vec<InstitutionId>,
    /// Maximum number of open cases, 1 to 200; all of them may be urgent.
    pub max_open: i32,
}

impl NewInstitution {
    fn details(&self) -> Result<InstitutionDetails, AdminError> {
        let language: Language = code("language", self.language.as_deref().unwrap_or("en"))?;
        let currency = Currency::from_code(self.currency.as_deref().unwrap_or("EUR"));
        Ok(InstitutionDetails {
            names: [(language.clone(), text("name", &self.name)?)].into(),
            language,
            kind: InstitutionKind::Hospital,
            sector: Sector::Secondary,
            registration_number: text("registration number", &self.registration_number)?,
            country: code("country", &self.country)?,
            tax_number: self
                .tax_number
                .as_deref()
                .map(|number| text("tax number", number))
                .transpose()?,
            licence_valid_to: None,
            address: self
                .address
                .as_deref()
                .map(|address| text("address", address))
                .transpose()?,
            contact: Contact::default(),
            time_zone: code("time zone", self.time_zone.as_deref().unwrap_or("UTC"))?,
            currency: currency.ok_or(AdminError::Invalid {
                field: "currency",
                problem: "is no ISO 4217 code",
            })?,
            deadlines: None,
        })
    }
}

impl Change {
    /// Creates an institution and its stream.
    pub async fn create_institution(&mut self, new: &NewInstitution) -> Result<InstitutionId, AdminError> {
        let id = InstitutionId::generate(self.now);
        let command = CreateInstitution {
            institution_id: id,
            details: new.details()?,
        };
        let facts = Facts {
            institution: Fact::Known(None),
            ..Facts::default()
        };
        let decision = self.decide(&command, &facts)?;
        for institution in decision.events.iter().filter_map(institution_of) {
            write::institution(self.tx.conn(), None, institution, self.now, &mut self.touched)
                .await
                .map_err(refused)?;
        }
        self.audit(id, "create_institution", "institution", id.as_uuid())
            .await?;
        Ok(id)
    }

    /// Creates an admin, who assigns cases.
    pub async fn create_admin(&mut self, new: &NewUser) -> Result<UserId, AdminError> {
        self.create_user(new, Position::Admin {}).await
    }

    /// Creates a user who requests opinions on behalf of an institution.
    pub async fn create_requester(
        &mut self,
        institution: InstitutionId,
        new: &NewUser,
    ) -> Result<UserId, AdminError> {
        let position = Position::Requester {
            institution_id: institution,
        };
        self.create_user(new, position).await
    }

    /// Creates an expert's profile, stream and user.
    pub async fn create_provider(&mut self, new: &NewProvider) -> Result<(ProviderId, UserId), AdminError> {
        let id = ProviderId::generate(self.now);
        let most = u16::try_from(new.max_open).ok();
        let capacity = most.and_then(|most| Capacity::new(most, most).ok());
        let offered = |code: &SpecialtyCode| OfferedSpecialty {
            code: code.clone(),
            subspecialties: Vec::new(),
            board: None,
            since: None,
        };
        let command = CreateProvider {
            provider_id: id,
            details: ProviderDetails {
                display_name: text("name", &new.user.display_name)?,
                title: None,
                specialties: new.specialties.iter().map(offered).collect(),
                languages: Vec::new(),
                affiliations: new.affiliations.clone(),
                capacity: capacity.ok_or(AdminError::Invalid {
                    field: "open cases",
                    problem: "must be 1 to 200",
                })?,
            },
            time_zone: TimeZoneName::utc(),
        };
        let facts = Facts {
            provider: Fact::Known(None),
            specialties: Fact::Known(catalogue::specialties(self.tx.conn()).await?),
            ..Facts::default()
        };
        let decision = self.decide(&command, &facts)?;
        let licence = new
            .licence
            .as_ref()
            .map(|licence| self.checked(licence))
            .transpose()?;
        for profile in decision.events.iter().filter_map(profile_of) {
            let profile = ProviderProfile {
                licences: licence.clone().into_iter().collect(),
                ..profile.clone()
            };
            write::provider(self.tx.conn(), None, &profile, self.now, &mut self.touched)
                .await
                .map_err(refused)?;
        }
        self.audit(id, "create_provider", "provider", id.as_uuid())
            .await?;
        let position = Position::Provider { provider_id: id };
        Ok((id, self.create_user(&new.user, position).await?))
    }

    /// Builds a licence marked as verified by the operator.
    fn checked(&self, new: &NewLicence) -> Result<Licence, AdminError> {
        Ok(Licence {
            paper: new.paper()?,
            verified: Some(LicenceCheck {
                by: Some(UserId::SYSTEM),
                at: self.now,
            }),
        })
    }

    /// Creates an active user with the given password; no invitation link is sent.
    async fn create_user(&mut self, new: &NewUser, position: Position) -> Result<UserId, AdminError> {
        let hash = hashed(&new.password).await?;
        let id = UserId::generate(self.now);
        let command = InviteUser {
            user_id: id,
            email: EmailAddress::new(&new.email).map_err(|_| AdminError::Invalid {
                field: "e-mail",
                problem: "is no address",
            })?,
            display_name: text("name", &new.display_name)?,
            position,
            locale: None,
            time_zone: None,
        };
        let facts = self.facts_around(position).await?;
        let decision = self.decide(&command, &facts)?;
        for user in decision.events.iter().filter_map(user_of) {
            write::user(self.tx.conn(), None, user, self.now, &mut self.touched)
                .await
                .map_err(refused)?;
            store::set_password(self.tx.conn(), id, &hash).await?;
        }
        self.audit(id, "create_user", "user", id.as_uuid()).await?;
        Ok(id)
    }

    async fn facts_around(&mut self, position: Position) -> Result<Facts, AdminError> {
        let institution = match position.institution() {
            Some(id) => store::institution(self.tx.conn(), id).await?,
            None => None,
        };
        if position.institution().is_some() && institution.is_none() {
            return Err(AdminError::Unknown { what: "institution" });
        }
        let provider = match position.provider() {
            Some(id) => store::provider(self.tx.conn(), id).await?,
            None => None,
        };
        Ok(Facts {
            user: Fact::Known(None),
            institution: Fact::Known(institution),
            provider: Fact::Known(provider),
            ..Facts::default()
        })
    }
}

fn institution_of(event: &Event) -> Option<&Institution> {
    if let Event::Institution(institution) = event {
        Some(institution)
    } else {
        None
    }
}

fn profile_of(event: &Event) -> Option<&ProviderProfile> {
    if let Event::Provider(profile) = event {
        Some(profile)
    } else {
        None
    }
}

fn user_of(event: &Event) -> Option<&User> {
    if let Event::User(user) = event {
        Some(user)
    } else {
        None
    }
}
