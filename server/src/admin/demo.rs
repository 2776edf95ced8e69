//! Demo data for `mso serve --demo`: users of each role with publicly known passwords, and a catalogue.
//!
//! The invariant: missing data is added in one transaction, and existing data is never changed.

use mso_core::cases::{ServiceType, UrgencyLevel};
use mso_core::catalogue::SpecialtyCode;
use mso_core::money::{Currency, Money};
use mso_core::time::Timestamp;

use super::{
    AdminError, Change, NewInstitution, NewLicence, NewPrice, NewProvider, NewSeller, NewSpecialty, NewUser,
};
use crate::database::{Database, DatabaseError};

/// The password of all demo users. Not a secret.
pub const PASSWORD: &str = "demo-password-1";

/// Email address and description of each demo user.
pub const USERS: [(&str, &str); 5] = [
    ("requester@demo.example", "requester at Demo Hospital"),
    ("colleague@demo.example", "requester at Other Clinic"),
    ("cardiologist@demo.example", "provider, cardiology"),
    (
        "generalist@demo.example",
        "provider, general medicine and cardiology",
    ),
    ("admin@demo.example", "admin"),
];

/// Sets up the demo unless it already exists.
pub async fn ensure(database: &Database, now: Timestamp) -> Result<(), AdminError> {
    let mut change = Change::begin(database, now).await?;
    let there = sqlx::query_scalar!(
        r#"select exists (select from mso_user where lower(email) = 'admin@demo.example') as "there!""#
    );
    if there
        .fetch_one(change.tx.conn())
        .await
        .map_err(DatabaseError::from)?
    {
        return Ok(());
    }
    let [cardiology, general] = [code("cardiology")?, code("general_medicine")?];
    change.ensure_specialty(&cardiology, "Cardiology").await?;
    change.ensure_specialty(&general, "General medicine").await?;
    change.demo_money(now).await?;

    let hospital = NewInstitution {
        name: "Demo Hospital".to_owned(),
        registration_number: "DH-1".to_owned(),
        country: "DE".to_owned(),
        address: Some("1 Demo Street".to_owned()),
        tax_number: Some("T-1".to_owned()),
        ..NewInstitution::default()
    };
    let hospital = change.create_institution(&hospital).await?;
    change
        .create_requester(hospital, &user("requester", "Rana Requester"))
        .await?;
    let other = NewInstitution {
        name: "Other Clinic".to_owned(),
        registration_number: "OC-1".to_owned(),
        country: "DE".to_owned(),
        ..NewInstitution::default()
    };
    let other = change.create_institution(&other).await?;
    change
        .create_requester(other, &user("colleague", "Cory Colleague"))
        .await?;
    change
        .create_provider(&expert(
            user("cardiologist", "Dr Carla Cardio"),
            vec![cardiology.clone()],
            now,
        ))
        .await?;
    change
        .create_provider(&expert(
            user("generalist", "Dr Gene Ralist"),
            vec![cardiology, general],
            now,
        ))
        .await?;
    change.create_admin(&user("admin", "Ada Admin")).await?;
    change.commit().await
}

impl Change {
    pub(crate) async fn ensure_specialty(
        &mut self,
        code: &SpecialtyCode,
        display: &str,
    ) -> Result<(), AdminError> {
        let there = sqlx::query_scalar!(
            r#"select exists (select from specialty where code = $1) as "there!""#,
            code.as_str(),
        );
        if there
            .fetch_one(self.tx.conn())
            .await
            .map_err(DatabaseError::from)?
        {
            return Ok(());
        }
        self.create_specialty(&NewSpecialty {
            code: code.clone(),
            display: display.to_owned(),
        })
        .await?;
        Ok(())
    }

    async fn demo_money(&mut self, now: Timestamp) -> Result<(), AdminError> {
        let there = sqlx::query!(
            r#"select exists (select from seller) as "seller!", exists (select from price_list) as "prices!""#
        );
        let there = there
            .fetch_one(self.tx.conn())
            .await
            .map_err(DatabaseError::from)?;
        if !there.seller {
            let seller = NewSeller {
                legal_name: "mso Demo Ltd".to_owned(),
                address: "2 Demo Street".to_owned(),
                registration_number: "R-1".to_owned(),
                tax_number: "T-2".to_owned(),
                currency: "EUR".to_owned(),
                prefix: "MSO".to_owned(),
                bank_details: None,
                payment_days: 30,
            };
            self.create_seller(&seller).await?;
        }
        if !there.prices {
            let euros = |minor| Money {
                minor,
                currency: Currency::EUR,
            };
            let price = |urgency, net, fee| NewPrice {
                service: ServiceType::OneSpecialist,
                urgency,
                institution: None,
                net: euros(net),
                fee: euros(fee),
                tax_rate_bp: 1_900,
            };
            let prices = [
                price(UrgencyLevel::Routine, 25_000, 15_000),
                price(UrgencyLevel::Urgent, 40_000, 24_000),
            ];
            self.create_price_list(now, &prices).await?;
        }
        Ok(())
    }
}

/// A user with the demo's password.
pub(crate) fn user(name: &str, display_name: &str) -> NewUser {
    NewUser {
        email: format!("{name}@demo.example"),
        display_name: display_name.to_owned(),
        password: PASSWORD.to_owned(),
    }
}

/// An expert with a licence that is valid for years.
pub(crate) fn expert(user: NewUser, specialties: Vec<SpecialtyCode>, now: Timestamp) -> NewProvider {
    let today = now.date();
    let licence = NewLicence {
        number: format!("L-{}", user.email),
        authority: "Demo Medical Council".to_owned(),
        country: "DE".to_owned(),
        valid_from: today.plus_days(-365),
        valid_to: today.plus_days(3_650),
    };
    NewProvider {
        user,
        specialties,
        licence: Some(licence),
        affiliations: Vec::new(),
        max_open: 10,
    }
}

pub(crate) fn code(code: &str) -> Result<SpecialtyCode, AdminError> {
    SpecialtyCode::new(code).ok_or(AdminError::Invalid {
        field: "specialty",
        problem: "is no code",
    })
}
