//! Arguments that create institutions, users and experts, and licences.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use mso_core::catalogue::SpecialtyCode;
use mso_core::ids::{InstitutionId, ProviderId};
use mso_core::time::Date;
use mso_server::admin::{NewInstitution, NewLicence, NewProvider, NewUser};

use super::catalogue::code;
use crate::cli::print_line;

/// The password is read from the file, else from MSO_PASSWORD, else from standard input.
#[derive(Debug, Args)]
pub(super) struct User {
    /// Email address, used to sign in.
    #[arg(long)]
    email: String,
    /// Display name, with title.
    #[arg(long)]
    name: String,
    /// File whose first line is the password (else MSO_PASSWORD, else standard input).
    #[arg(long)]
    password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Institution {
    /// Display name.
    #[arg(long)]
    name: String,
    /// Number in the country's register; printed on invoices.
    #[arg(long)]
    registration_number: String,
    /// Country, ISO 3166-1 alpha-2.
    #[arg(long)]
    country: String,
    /// Address, printed on invoices.
    #[arg(long)]
    address: Option<String>,
    /// Tax number, printed on invoices.
    #[arg(long)]
    tax_number: Option<String>,
    /// Language of the name, BCP 47.
    #[arg(long, default_value = "en")]
    language: String,
    /// Time zone, IANA name: Europe/Berlin.
    #[arg(long, default_value = "UTC")]
    time_zone: String,
    /// Currency, ISO 4217.
    #[arg(long, default_value = "EUR")]
    currency: String,
}

#[derive(Debug, Args)]
pub(super) struct Requester {
    /// The user's institution.
    #[arg(long)]
    pub(super) institution: InstitutionId,
    #[command(flatten)]
    pub(super) user: User,
}

#[derive(Debug, Args)]
pub(super) struct Provider {
    #[command(flatten)]
    user: User,
    /// Code of a specialty; may be repeated.
    #[arg(long = "specialty", required = true, value_parser = code)]
    specialties: Vec<SpecialtyCode>,
    /// Number of the licence, which counts as verified by you.
    #[arg(long, requires_all = ["licence_authority", "licence_country", "licence_from", "licence_to"])]
    licence: Option<String>,
    /// Authority that issued the licence.
    #[arg(long, requires = "licence")]
    licence_authority: Option<String>,
    /// Country of the licence, ISO 3166-1 alpha-2.
    #[arg(long, requires = "licence")]
    licence_country: Option<String>,
    /// First day of validity, for example 2026-01-31.
    #[arg(long, requires = "licence")]
    licence_from: Option<Date>,
    /// Last day of validity.
    #[arg(long, requires = "licence")]
    licence_to: Option<Date>,
    /// Institution the expert belongs to; may be repeated.
    #[arg(long = "affiliation")]
    affiliations: Vec<InstitutionId>,
    /// Maximum number of open cases.
    #[arg(long, default_value_t = 10)]
    max_open: i32,
}

/// The licence counts as verified by you.
#[derive(Debug, Args)]
pub(super) struct Licence {
    /// The expert, as `mso admin list providers` prints the id.
    #[arg(long)]
    pub(super) provider: ProviderId,
    /// Number of the licence.
    #[arg(long)]
    number: String,
    /// Authority that issued it.
    #[arg(long)]
    authority: String,
    /// Country in which it is valid, ISO 3166-1 alpha-2.
    #[arg(long)]
    country: String,
    /// First day of validity, for example 2026-01-31.
    #[arg(long)]
    from: Date,
    /// Last day of validity.
    #[arg(long)]
    to: Date,
}

impl User {
    pub(super) fn read(self) -> Result<NewUser> {
        Ok(NewUser {
            password: password(self.password_file)?,
            email: self.email,
            display_name: self.name,
        })
    }
}

impl Provider {
    pub(super) fn read(self) -> Result<NewProvider> {
        let licence = match (
            self.licence,
            self.licence_authority,
            self.licence_country,
            self.licence_from,
            self.licence_to,
        ) {
            (Some(number), Some(authority), Some(country), Some(valid_from), Some(valid_to)) => {
                Some(NewLicence {
                    number,
                    authority,
                    country,
                    valid_from,
                    valid_to,
                })
            }
            _ => None,
        };
        Ok(NewProvider {
            user: self.user.read()?,
            specialties: self.specialties,
            licence,
            affiliations: self.affiliations,
            max_open: self.max_open,
        })
    }
}

impl From<Institution> for NewInstitution {
    fn from(new: Institution) -> Self {
        let Institution {
            name,
            registration_number,
            country,
            address,
            tax_number,
            language,
            time_zone,
            currency,
        } = new;
        Self {
            name,
            registration_number,
            country,
            address,
            tax_number,
            language: Some(language),
            time_zone: Some(time_zone),
            currency: Some(currency),
        }
    }
}

impl From<Licence> for NewLicence {
    fn from(new: Licence) -> Self {
        let Licence {
            provider: _,
            number,
            authority,
            country,
            from,
            to,
        } = new;
        Self {
            number,
            authority,
            country,
            valid_from: from,
            valid_to: to,
        }
    }
}

pub(super) fn password(file: Option<PathBuf>) -> Result<String> {
    let text = match (file, std::env::var("MSO_PASSWORD")) {
        (Some(path), _) => {
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?
        }
        (None, Ok(password)) => password,
        (None, Err(_)) => {
            if io::stdin().is_terminal() {
                print_line("Password (it is shown as you type):")?;
            }
            let mut line = String::new();
            io::stdin().read_line(&mut line)?;
            line
        }
    };
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
