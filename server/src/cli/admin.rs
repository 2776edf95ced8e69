//! `mso admin …`: one operation of `mso_server::admin` each, and its new id on standard output.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use mso_core::cases::{ServiceType, UrgencyLevel};
use mso_core::catalogue::SpecialtyCode;
use mso_core::ids::InstitutionId;
use mso_core::money::{Currency, Money};
use mso_core::time::{Clock, Date, SystemClock, Timestamp};
use mso_server::admin::{
    Change, Listing, NewInstitution, NewLicence, NewPrice, NewProvider, NewSeller, NewSpecialty, NewUser,
    invites, list,
};
use mso_server::database::Database;
use mso_server::sessions::ServerSecret;

use super::{reach, say};

/// What `mso admin` takes.
#[derive(Debug, Args)]
pub(super) struct AdminArguments {
    #[command(flatten)]
    database: reach::WhichDatabase,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Lets in somebody who assigns cases.
    CreateAdmin(User),
    /// Makes an institution that asks for opinions.
    CreateInstitution(Institution),
    /// Lets in somebody of an institution.
    CreateRequester(Requester),
    /// Makes an expert and lets them in.
    CreateProvider(Provider),
    /// Adds a field of medicine.
    CreateSpecialty(Specialty),
    /// Adds the legal entity that issues invoices.
    CreateSeller(Seller),
    /// Adds a version of the price list.
    CreatePriceList(PriceList),
    /// Prints the links of invitations that still count, one a line: address, end, link. Pass each to its mailbox only.
    Invites(Invites),
    /// Prints what there is, one a line: id, then words, separated by tabs.
    List {
        /// Of what.
        what: What,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    Institutions,
    Users,
    Providers,
    Specialties,
    Prices,
}

/// The password comes from the file, else from MSO_PASSWORD, else from the standard input.
#[derive(Debug, Args)]
struct User {
    /// Signs in by it.
    #[arg(long)]
    email: String,
    /// As shown, with title.
    #[arg(long)]
    name: String,
    /// File whose first line is the password (else MSO_PASSWORD, else standard input).
    #[arg(long)]
    password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Institution {
    /// As shown.
    #[arg(long)]
    name: String,
    /// Of the country's register; also on invoices.
    #[arg(long)]
    registration_number: String,
    /// ISO 3166-1 alpha-2.
    #[arg(long)]
    country: String,
    /// On invoices.
    #[arg(long)]
    address: Option<String>,
    /// On invoices.
    #[arg(long)]
    tax_number: Option<String>,
    /// Of the name, BCP 47.
    #[arg(long, default_value = "en")]
    language: String,
    /// IANA name: Europe/Berlin.
    #[arg(long, default_value = "UTC")]
    time_zone: String,
    /// ISO 4217.
    #[arg(long, default_value = "EUR")]
    currency: String,
}

/// The secret is the one that the server runs with: each link is made from it.
#[derive(Debug, Args)]
struct Invites {
    /// Where the page is that takes the link's token.
    #[arg(long, default_value = "http://localhost:8080")]
    base_url: String,
    /// File that holds the server's secret (else MSO_SECRET, else the one in the data folder).
    #[arg(long, env = "MSO_SECRET_FILE")]
    secret_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Requester {
    /// For whom.
    #[arg(long)]
    institution: InstitutionId,
    #[command(flatten)]
    user: User,
}

#[derive(Debug, Args)]
struct Provider {
    #[command(flatten)]
    user: User,
    /// Code of a specialty; may be repeated.
    #[arg(long = "specialty", required = true, value_parser = code)]
    specialties: Vec<SpecialtyCode>,
    /// Number of the licence, which counts as checked by you.
    #[arg(long, requires_all = ["licence_authority", "licence_country", "licence_from", "licence_to"])]
    licence: Option<String>,
    /// Who issued it.
    #[arg(long, requires = "licence")]
    licence_authority: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[arg(long, requires = "licence")]
    licence_country: Option<String>,
    /// First day, 2026-01-31.
    #[arg(long, requires = "licence")]
    licence_from: Option<Date>,
    /// Last day.
    #[arg(long, requires = "licence")]
    licence_to: Option<Date>,
    /// Institution that the expert belongs to; may be repeated.
    #[arg(long = "affiliation")]
    affiliations: Vec<InstitutionId>,
    /// As many open cases as agreed.
    #[arg(long, default_value_t = 10)]
    max_open: i32,
}

#[derive(Debug, Args)]
struct Specialty {
    /// `a-z`, `0-9`, `_`
    #[arg(long, value_parser = code)]
    code: SpecialtyCode,
    /// As shown.
    #[arg(long)]
    name: String,
}

#[derive(Debug, Args)]
struct Seller {
    /// On invoices.
    #[arg(long)]
    legal_name: String,
    /// On invoices.
    #[arg(long)]
    address: String,
    /// On invoices.
    #[arg(long)]
    registration_number: String,
    /// On invoices.
    #[arg(long)]
    tax_number: String,
    /// ISO 4217.
    #[arg(long)]
    currency: String,
    /// Of invoice numbers: 2 to 8 capital letters.
    #[arg(long, default_value = "MSO")]
    prefix: String,
    /// On invoices: where to pay.
    #[arg(long)]
    bank_details: Option<String>,
    /// Days from issue until an invoice is due.
    #[arg(long, default_value_t = 30)]
    payment_days: i32,
}

/// Amounts are in the currency's smallest unit.
#[derive(Debug, Args)]
struct PriceList {
    /// ISO 4217.
    #[arg(long)]
    currency: String,
    /// Tax in basis points: 1900 is 19 %.
    #[arg(long)]
    tax_bp: i32,
    /// Routine case, before tax.
    #[arg(long)]
    routine_net: i64,
    /// Routine case, what the expert gets.
    #[arg(long)]
    routine_fee: i64,
    /// Urgent case, before tax.
    #[arg(long)]
    urgent_net: i64,
    /// Urgent case, what the expert gets.
    #[arg(long)]
    urgent_fee: i64,
    /// For this institution only.
    #[arg(long)]
    institution: Option<InstitutionId>,
    /// From when; now, if not given.
    #[arg(long)]
    valid_from: Option<Timestamp>,
}

/// Does it.
pub(super) async fn run(arguments: AdminArguments) -> Result<()> {
    let reached = arguments.database.reach().await?;
    let database = Database::connect(&reached.connect).await?;
    let done = act(&database, arguments.act, arguments.database.data()).await;
    database.close().await;
    reached.leave().await?;
    done
}

async fn act(database: &Database, act: Act, data: &Path) -> Result<()> {
    database.migrate().await?;
    let now = SystemClock.now();
    match act {
        Act::List { what } => return print(database, what).await,
        Act::Invites(which) => return print_invites(database, &which, data, now).await,
        Act::CreateAdmin(_)
        | Act::CreateInstitution(_)
        | Act::CreateRequester(_)
        | Act::CreateProvider(_)
        | Act::CreateSpecialty(_)
        | Act::CreateSeller(_)
        | Act::CreatePriceList(_) => {}
    }
    let mut change = Change::begin(database, now).await?;
    let id = match act {
        Act::CreateAdmin(user) => change.create_admin(&user.read()?).await?.to_string(),
        Act::CreateInstitution(new) => change.create_institution(&new.into()).await?.to_string(),
        Act::CreateRequester(new) => change
            .create_requester(new.institution, &new.user.read()?)
            .await?
            .to_string(),
        Act::CreateProvider(new) => change.create_provider(&new.read()?).await?.0.to_string(),
        Act::CreateSpecialty(new) => change
            .create_specialty(&NewSpecialty {
                code: new.code,
                display: new.name,
            })
            .await?
            .to_string(),
        Act::CreateSeller(new) => change.create_seller(&new.into()).await?.to_string(),
        Act::CreatePriceList(new) => {
            let prices = new.prices()?;
            change
                .create_price_list(new.valid_from.unwrap_or(now), &prices)
                .await?
                .to_string()
        }
        Act::List { .. } | Act::Invites(_) => bail!("a listing changes nothing"),
    };
    change.commit().await?;
    say(&id)
}

async fn print(database: &Database, what: What) -> Result<()> {
    let listing = match what {
        What::Institutions => Listing::Institutions,
        What::Users => Listing::Users,
        What::Providers => Listing::Providers,
        What::Specialties => Listing::Specialties,
        What::Prices => Listing::Prices,
    };
    for line in list(database, listing).await? {
        say(&format!("{}\t{}", line.id, line.words.join("\t")))?;
    }
    Ok(())
}

async fn print_invites(database: &Database, which: &Invites, data: &Path, now: Timestamp) -> Result<()> {
    let secret = match (&which.secret_file, std::env::var("MSO_SECRET")) {
        (Some(file), _) => ServerSecret::read(file)?,
        (None, Ok(text)) => ServerSecret::new(&text)?,
        (None, Err(_)) => ServerSecret::read(&data.join("secret"))?,
    };
    for invite in invites(database, &secret, now).await? {
        let link = format!("{}/invite#{}", which.base_url.trim_end_matches('/'), invite.token);
        say(&format!("{}\t{}\t{link}", invite.email, invite.expires_at))?;
    }
    Ok(())
}

impl User {
    fn read(self) -> Result<NewUser> {
        Ok(NewUser {
            password: password(self.password_file)?,
            email: self.email,
            display_name: self.name,
        })
    }
}

impl Provider {
    fn read(self) -> Result<NewProvider> {
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

impl From<Seller> for NewSeller {
    fn from(new: Seller) -> Self {
        let Seller {
            legal_name,
            address,
            registration_number,
            tax_number,
            currency,
            prefix,
            bank_details,
            payment_days,
        } = new;
        Self {
            legal_name,
            address,
            registration_number,
            tax_number,
            currency,
            prefix,
            bank_details,
            payment_days,
        }
    }
}

impl PriceList {
    fn prices(&self) -> Result<[NewPrice; 2]> {
        let currency = Currency::from_code(&self.currency).context("the currency is no ISO 4217 code")?;
        let price = |urgency, net, fee| NewPrice {
            service: ServiceType::OneSpecialist,
            urgency,
            institution: self.institution,
            net: Money { minor: net, currency },
            fee: Money { minor: fee, currency },
            tax_rate_bp: self.tax_bp,
        };
        Ok([
            price(UrgencyLevel::Routine, self.routine_net, self.routine_fee),
            price(UrgencyLevel::Urgent, self.urgent_net, self.urgent_fee),
        ])
    }
}

fn password(file: Option<PathBuf>) -> Result<String> {
    let text = match (file, std::env::var("MSO_PASSWORD")) {
        (Some(path), _) => {
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?
        }
        (None, Ok(password)) => password,
        (None, Err(_)) => {
            if io::stdin().is_terminal() {
                say("Password (it is shown as you type):")?;
            }
            let mut line = String::new();
            io::stdin().read_line(&mut line)?;
            line
        }
    };
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn code(text: &str) -> Result<SpecialtyCode, &'static str> {
    SpecialtyCode::new(text).ok_or("1 to 64 of a-z, 0-9 and _")
}
