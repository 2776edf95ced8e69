//! Lists what is set up, for operators.

use mso_core::actor::Actor;

use super::error::AdminError;
use crate::database::{Database, DatabaseError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    Institutions,
    Users,
    Providers,
    Specialties,
    Sellers,
    /// All prices, newest list first.
    Prices,
}

/// One line of output: an id and its descriptive fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The record's id; for a specialty its code, for a price the id of its price list.
    pub id: String,
    pub words: Vec<String>,
}

/// Lists all records of one kind.
pub async fn list(database: &Database, listing: Listing) -> Result<Vec<Listed>, AdminError> {
    let mut tx = database.begin_scoped(&Actor::SYSTEM).await?;
    let conn = tx.conn();
    let rows: Result<Vec<(String, Vec<String>)>, sqlx::Error> = match listing {
        Listing::Institutions => sqlx::query!("select id, name, active from institution order by name")
            .fetch_all(conn)
            .await
            .map(|rows| rows.into_iter().map(|r| (r.id.to_string(), vec![r.name, state(r.active)])).collect()),
        Listing::Users => sqlx::query!("select id, email, display_name, role, status from mso_user order by email")
            .fetch_all(conn)
            .await
            .map(|rows| {
                rows.into_iter().map(|r| (r.id.to_string(), vec![r.email, r.display_name, r.role, r.status])).collect()
            }),
        Listing::Providers => sqlx::query!(
            r#"select id, display_name, active,
                      array(select code from provider_specialty where provider_id = id and removed_at is null order by code) as "codes!"
               from provider order by display_name"#
        )
        .fetch_all(conn)
        .await
        .map(|rows| {
            let words = |codes: Vec<String>, name, active| vec![name, codes.join(","), state(active)];
            rows.into_iter().map(|r| (r.id.to_string(), words(r.codes, r.display_name, r.active))).collect()
        }),
        Listing::Specialties => sqlx::query!("select code, display, active from specialty order by code")
            .fetch_all(conn)
            .await
            .map(|rows| rows.into_iter().map(|r| (r.code, vec![r.display, state(r.active)])).collect()),
        Listing::Sellers => sqlx::query!("select id, legal_name, currency, prefix from seller order by currency, created_at, id")
            .fetch_all(conn)
            .await
            .map(|rows| {
                rows.into_iter().map(|r| (r.id.to_string(), vec![r.legal_name, r.currency, r.prefix])).collect()
            }),
        Listing::Prices => sqlx::query!(
            "select p.price_list_id, p.service_type, p.urgency, p.institution_id, p.net_minor, p.fee_minor, p.currency,
                    p.tax_rate_bp
             from price p join price_list l on l.id = p.price_list_id
             order by l.valid_from desc, l.id, p.service_type, p.urgency, p.institution_id"
        )
        .fetch_all(conn)
        .await
        .map(|rows| {
            rows.into_iter()
                .map(|r| {
                    let whose = r.institution_id.map_or_else(|| "everyone".to_owned(), |id| id.to_string());
                    let amounts = format!("net {} fee {} {} tax {} bp", r.net_minor, r.fee_minor, r.currency, r.tax_rate_bp);
                    (r.price_list_id.to_string(), vec![r.service_type, r.urgency, whose, amounts])
                })
                .collect()
        }),
    };
    let rows = rows.map_err(DatabaseError::from)?;
    tx.commit().await?;
    Ok(rows.into_iter().map(|(id, words)| Listed { id, words }).collect())
}

fn state(active: bool) -> String {
    if active { "active" } else { "inactive" }.to_owned()
}
