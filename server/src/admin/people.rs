//! Institutions, users, experts.

use mso_core::actor::Role;
use mso_core::catalogue::SpecialtyCode;
use mso_core::ids::{InstitutionId, ProviderId, UserId};
use mso_core::protocol::records::RecordKind;
use mso_core::time::Date;

use super::{AdminError, Change, refused, text};
use crate::database::{date_from, from_timestamp};
use crate::sessions::Passwords;

/// Shorter passwords are guessed.
const SHORTEST_PASSWORD: usize = 12;

/// An institution to be made.
#[derive(Debug, Clone, Default)]
pub struct NewInstitution {
    /// As shown, and on invoices.
    pub name: String,
    /// On invoices.
    pub registration_number: Option<String>,
    /// On invoices.
    pub address: Option<String>,
    /// On invoices.
    pub tax_number: Option<String>,
}

/// A person to be let in.
#[derive(Clone)]
pub struct NewUser {
    /// Signs in by it, in any case.
    pub email: String,
    /// As shown.
    pub display_name: String,
    /// At least twelve characters.
    pub password: String,
}

// The password is not printed.
impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewUser(..)")
    }
}

/// A licence to practise that the operator has checked.
#[derive(Debug, Clone)]
pub struct NewLicence {
    /// Its number.
    pub number: String,
    /// Who issued it.
    pub authority: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// First day.
    pub valid_from: Date,
    /// Last day.
    pub valid_to: Date,
}

/// An expert to be made, with the user who signs in.
#[derive(Debug, Clone)]
pub struct NewProvider {
    /// The person. The name is shown with title.
    pub user: NewUser,
    /// What opinions are offered in.
    pub specialties: Vec<SpecialtyCode>,
    /// Without one, nothing can be assigned.
    pub licence: Option<NewLicence>,
    /// Institutions the expert belongs to: no opinions for those (D-32).
    pub affiliations: Vec<InstitutionId>,
    /// As many open cases as agreed, 1 to 200.
    pub max_open: i32,
}

#[derive(Clone, Copy)]
struct Belongs {
    role: Role,
    institution: Option<InstitutionId>,
    provider: Option<ProviderId>,
}

impl Change {
    /// Makes an institution and its stream.
    pub async fn create_institution(&mut self, new: &NewInstitution) -> Result<InstitutionId, AdminError> {
        let id = InstitutionId::generate(self.now);
        sqlx::query!(
            "insert into institution (id, name, registration_number, address, tax_number, created_at)
             values ($1, $2, $3, $4, $5, $6)",
            id.as_uuid(),
            text::<300>("name", &new.name)?,
            new.registration_number
                .as_deref()
                .map(|number| text::<100>("registration number", number))
                .transpose()?,
            new.address
                .as_deref()
                .map(|address| text::<1000>("address", address))
                .transpose()?,
            new.tax_number
                .as_deref()
                .map(|number| text::<100>("tax number", number))
                .transpose()?,
            from_timestamp(self.now),
        )
        .execute(self.tx.conn())
        .await
        .map_err(refused)?;
        self.join(id.into(), id.into()).await?;
        self.record(id, RecordKind::Institution, id.as_uuid());
        self.audit(id, "create_institution", "institution", id.as_uuid())
            .await?;
        Ok(id)
    }

    /// Lets in somebody who assigns cases.
    pub async fn create_admin(&mut self, new: &NewUser) -> Result<UserId, AdminError> {
        self.create_user(
            new,
            Belongs {
                role: Role::Admin,
                institution: None,
                provider: None,
            },
        )
        .await
    }

    /// Lets in somebody who asks for opinions on behalf of an institution.
    pub async fn create_requester(
        &mut self,
        institution: InstitutionId,
        new: &NewUser,
    ) -> Result<UserId, AdminError> {
        self.create_user(
            new,
            Belongs {
                role: Role::Requester,
                institution: Some(institution),
                provider: None,
            },
        )
        .await
    }

    /// Makes an expert's profile and stream, and lets in the expert.
    pub async fn create_provider(&mut self, new: &NewProvider) -> Result<(ProviderId, UserId), AdminError> {
        if !(1..=200).contains(&new.max_open) {
            return Err(AdminError::Invalid {
                field: "open cases",
                problem: "must be 1 to 200",
            });
        }
        let id = ProviderId::generate(self.now);
        sqlx::query!(
            "insert into provider (id, display_name, max_open, created_at) values ($1, $2, $3, $4)",
            id.as_uuid(),
            text::<300>("name", &new.user.display_name)?,
            new.max_open,
            from_timestamp(self.now),
        )
        .execute(self.tx.conn())
        .await
        .map_err(refused)?;
        self.add_specialties(id, &new.specialties).await?;
        if let Some(licence) = &new.licence {
            self.add_licence(id, licence).await?;
        }
        self.add_affiliations(id, &new.affiliations).await?;
        self.join(id.into(), id.into()).await?;
        self.record(id, RecordKind::Provider, id.as_uuid());
        self.audit(id, "create_provider", "provider", id.as_uuid())
            .await?;
        let belongs = Belongs {
            role: Role::Provider,
            institution: None,
            provider: Some(id),
        };
        Ok((id, self.create_user(&new.user, belongs).await?))
    }

    async fn create_user(&mut self, new: &NewUser, belongs: Belongs) -> Result<UserId, AdminError> {
        let id = UserId::generate(self.now);
        let role = match belongs.role {
            Role::Requester => "requester",
            Role::Provider => "provider",
            Role::Admin => "admin",
            Role::System => {
                return Err(AdminError::Invalid {
                    field: "role",
                    problem: "the server signs in nowhere",
                });
            }
        };
        let email = text::<254>("e-mail", &new.email)?;
        if email
            .split_once('@')
            .is_none_or(|(name, host)| name.is_empty() || host.is_empty())
        {
            return Err(AdminError::Invalid {
                field: "e-mail",
                problem: "is no address",
            });
        }
        if new.password.chars().count() < SHORTEST_PASSWORD {
            return Err(AdminError::Invalid {
                field: "password",
                problem: "has fewer than twelve characters",
            });
        }
        let password = new.password.clone();
        let hashed = tokio::task::spawn_blocking(move || Passwords::hash(&password)).await;
        let hash = hashed.map_err(|_| crate::sessions::PasswordError::Broken)??;
        sqlx::query!(
            "insert into mso_user (id, email, display_name, role, institution_id, provider_id, password_hash, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            id.as_uuid(),
            email,
            text::<300>("name", &new.display_name)?,
            role,
            belongs.institution.map(InstitutionId::as_uuid),
            belongs.provider.map(ProviderId::as_uuid),
            hash,
            from_timestamp(self.now),
        )
        .execute(self.tx.conn())
        .await
        .map_err(refused)?;
        match belongs.role {
            Role::Requester | Role::Provider => self.join(id.into(), id.into()).await?,
            // They read by the API.
            Role::Admin | Role::System => {}
        }
        self.audit(id, "create_user", "user", id.as_uuid()).await?;
        Ok(id)
    }

    async fn add_specialties(&mut self, id: ProviderId, codes: &[SpecialtyCode]) -> Result<(), AdminError> {
        let codes: Vec<String> = codes.iter().map(|code| code.as_str().to_owned()).collect();
        let added = sqlx::query!(
            "insert into provider_specialty (provider_id, code)
             select $1, code from specialty where code = any($2)",
            id.as_uuid(),
            &codes,
        );
        let added = added.execute(self.tx.conn()).await.map_err(refused)?;
        if usize::try_from(added.rows_affected()) == Ok(codes.len()) {
            Ok(())
        } else {
            Err(AdminError::Unknown { what: "specialty" })
        }
    }

    async fn add_licence(&mut self, id: ProviderId, new: &NewLicence) -> Result<(), AdminError> {
        let (from, to) = (date_from(new.valid_from), date_from(new.valid_to));
        if from > to {
            return Err(AdminError::Invalid {
                field: "licence",
                problem: "ends before it begins",
            });
        }
        if new.country.len() != 2 || !new.country.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(AdminError::Invalid {
                field: "country",
                problem: "must be two capital letters (ISO 3166-1)",
            });
        }
        sqlx::query!(
            "insert into provider_licence
               (provider_id, number, authority, country, valid_from, valid_to, verified_at, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $7)",
            id.as_uuid(),
            text::<100>("licence number", &new.number)?,
            text::<300>("licence authority", &new.authority)?,
            new.country,
            from,
            to,
            from_timestamp(self.now),
        )
        .execute(self.tx.conn())
        .await
        .map_err(refused)?;
        Ok(())
    }

    async fn add_affiliations(
        &mut self,
        id: ProviderId,
        institutions: &[InstitutionId],
    ) -> Result<(), AdminError> {
        for institution in institutions {
            sqlx::query!(
                "insert into provider_affiliation (provider_id, institution_id) values ($1, $2)",
                id.as_uuid(),
                institution.as_uuid(),
            )
            .execute(self.tx.conn())
            .await
            .map_err(refused)?;
        }
        Ok(())
    }
}
