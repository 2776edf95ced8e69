//! `mso admin …`: each subcommand runs one operation of `mso_server::admin` and prints its result, such as the
//! new id, to standard output.

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

use super::{print_line, reach};

/// Arguments of `mso admin`.
#[derive(Debug, Args)]
pub(super) struct AdminArguments {
    #[command(flatten)]
    database: reach::WhichDatabase,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Creates an admin, who assigns cases.
    CreateAdmin(User),
    /// Creates an institution that requests opinions.
    CreateInstitution(Institution),
    /// Creates a user of an institution.
    CreateRequester(Requester),
    /// Creates an expert and their user.
    CreateProvider(Provider),
    /// Adds a medical specialty.
    CreateSpecialty(Specialty),
    /// Adds a legal entity that issues invoices.
    CreateSeller(Seller),
    /// Adds a version of the price list.
    CreatePriceList(PriceList),
    /// Prints the valid invitation links, one per line: address, expiry, link. Send each link to its own
    /// mailbox only.
    Invites(Invites),
    /// Lists records, one per line: id, then descriptive fields, separated by tabs.
    List {
        /// Kind of record.
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

/// The password is read from the file, else from MSO_PASSWORD, else from standard input.
#[derive(Debug, Args)]
struct User {
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
struct Institution {
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

/// The secret must be the one the server runs with: each link is derived from it.
#[derive(Debug, Args)]
struct Invites {
    /// URL of the page that accepts the link's token.
    #[arg(long, default_value = "http://localhost:8080")]
    base_url: String,
    /// File that holds the server's secret (else MSO_SECRET, else the one in the data folder).
    #[arg(long, env = "MSO_SECRET_FILE")]
    secret_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Requester {
    /// The user's institution.
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

#[derive(Debug, Args)]
struct Specialty {
    /// Code, made of `a-z`, `0-9` and `_`.
    #[arg(long, value_parser = code)]
    code: SpecialtyCode,
    /// Display name.
    #[arg(long)]
    name: String,
}

#[derive(Debug, Args)]
struct Seller {
    /// Legal name, printed on invoices.
    #[arg(long)]
    legal_name: String,
    /// Address, printed on invoices.
    #[arg(long)]
    address: String,
    /// Registration number, printed on invoices.
    #[arg(long)]
    registration_number: String,
    /// Tax number, printed on invoices.
    #[arg(long)]
    tax_number: String,
    /// Currency, ISO 4217.
    #[arg(long)]
    currency: String,
    /// Prefix of invoice numbers: 2 to 8 capital letters.
    #[arg(long, default_value = "MSO")]
    prefix: String,
    /// Where to pay, printed on invoices.
    #[arg(long)]
    bank_details: Option<String>,
    /// Days from issue until an invoice is due.
    #[arg(long, default_value_t = 30)]
    payment_days: i32,
}

/// Amounts are in the currency's smallest unit.
#[derive(Debug, Args)]
struct PriceList {
    /// Currency, ISO 4217.
    #[arg(long)]
    currency: String,
    /// Tax rate in basis points: 1900 is 19 %.
    #[arg(long)]
    tax_bp: i32,
    /// Price of a routine case, before tax.
    #[arg(long)]
    routine_net: i64,
    /// Expert's fee for a routine case.
    #[arg(long)]
    routine_fee: i64,
    /// Price of an urgent case, before tax.
    #[arg(long)]
    urgent_net: i64,
    /// Expert's fee for an urgent case.
    #[arg(long)]
    urgent_fee: i64,
    /// Institution the prices apply to; all institutions, if not given.
    #[arg(long)]
    institution: Option<InstitutionId>,
    /// When the prices take effect; now, if not given.
    #[arg(long)]
    valid_from: Option<Timestamp>,
}

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
    print_line(&id)
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
        print_line(&format!("{}\t{}", line.id, line.words.join("\t")))?;
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
        print_line(&format!("{}\t{}\t{link}", invite.email, invite.expires_at))?;
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
                print_line("Password (it is shown as you type):")?;
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
