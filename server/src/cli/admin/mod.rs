//! `mso admin …`: each subcommand runs one operation of `mso_server::admin` and prints its result, such as the
//! new id, to standard output.

mod access;
mod catalogue;
mod people;
mod print;

use std::path::Path;

use anyhow::Result;
use clap::{Args, Subcommand};
use mso_core::time::{Clock, SystemClock, Timestamp};
use mso_server::admin::Change;
use mso_server::database::Database;

use self::access::{NewPassword, OneUser, Revocation, Suspension};
use self::catalogue::{PriceList, Seller, Specialty};
use self::people::{Institution, Licence, Provider, Requester, User};
use self::print::{Invites, What};
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
    /// Adds a licence, which counts as verified by you, to an expert.
    AddLicence(Licence),
    /// Adds a medical specialty.
    CreateSpecialty(Specialty),
    /// Adds a legal entity that issues invoices in one currency. Comes before prices in that currency.
    CreateSeller(Seller),
    /// Adds a version of the price list. Its currency needs a seller.
    CreatePriceList(PriceList),
    /// Prints a user's phones, one per line: id, state, name, platform, app version, enrolled, last sync.
    Devices(OneUser),
    /// Revokes a phone for good and ends its sessions. At its next contact it is told to delete what it holds.
    RevokeDevice(Revocation),
    /// Ends all sessions of a user, who may sign in again; prints how many there were.
    EndSessions(OneUser),
    /// Suspends a user, who is out at once; open cases stay where they are.
    SuspendUser(Suspension),
    /// Lets a suspended or deactivated user in again.
    ReactivateUser(OneUser),
    /// Gives an active user another password and ends the user's sessions.
    SetPassword(NewPassword),
    /// Prints the valid invitation links, one per line: address, expiry, link. Send each link to its own
    /// mailbox only.
    Invites(Invites),
    /// Lists records, one per line: id, then descriptive fields, separated by tabs.
    List {
        /// Kind of record.
        what: What,
    },
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
    if let Act::List { what } = act {
        return print::print(database, what).await;
    }
    if let Act::Invites(which) = &act {
        return print::print_invites(database, which, data, now).await;
    }
    let mut change = Change::begin(database, now).await?;
    let result = change_one(&mut change, act, now).await?;
    change.commit().await?;
    result.map_or(Ok(()), |result| print_line(&result))
}

/// Returns what to print once the change is committed, if anything.
async fn change_one(change: &mut Change, act: Act, now: Timestamp) -> Result<Option<String>> {
    let result = match act {
        Act::CreateAdmin(user) => change.create_admin(&user.read()?).await?.to_string(),
        Act::CreateInstitution(new) => change.create_institution(&new.into()).await?.to_string(),
        Act::CreateRequester(new) => change
            .create_requester(new.institution, &new.user.read()?)
            .await?
            .to_string(),
        Act::CreateProvider(new) => change.create_provider(&new.read()?).await?.0.to_string(),
        Act::AddLicence(new) => {
            let provider = new.provider;
            change.add_licence(provider, &new.into()).await?;
            provider.to_string()
        }
        Act::CreateSpecialty(new) => change.create_specialty(&new.into()).await?.to_string(),
        Act::CreateSeller(new) => change.create_seller(&new.into()).await?.to_string(),
        Act::CreatePriceList(new) => {
            let prices = new.prices()?;
            change
                .create_price_list(new.valid_from.unwrap_or(now), &prices)
                .await?
                .to_string()
        }
        Act::RevokeDevice(which) => which.revoke(change).await?,
        Act::EndSessions(whom) => whom.end_sessions(change).await?,
        Act::SuspendUser(whom) => whom.suspend(change).await?,
        Act::ReactivateUser(whom) => whom.reactivate(change).await?,
        Act::SetPassword(new) => new.set(change).await?,
        Act::Devices(whom) => {
            whom.print_devices(change).await?;
            return Ok(None);
        }
        Act::List { .. } | Act::Invites(_) => return Ok(None),
    };
    Ok(Some(result))
}
