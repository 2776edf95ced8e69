//! `mso audit verify`: reads the audit log and the chats' logs and prints what does not hold (`docs/audit.md`).
//!
//! The invariant: it changes nothing, not even the schema, and prints ids, numbers and codes, never content.

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use mso_core::actor::Actor;
use mso_server::audit::{self, Verified};
use mso_server::chat::{self, VerifiedChats};
use mso_server::database::Database;

use super::{print_line, reach};

/// Arguments of `mso audit`.
#[derive(Debug, Args)]
pub(super) struct AuditArguments {
    #[command(flatten)]
    database: reach::WhichDatabase,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Verifies all audit chains and all chats' logs, beside a running server or without one. Prints a line for each fault:
    /// `audit` or `chat`, the stream's or case's id, the entry's number, the code. Fails if there is any.
    Verify,
}

pub(super) async fn run(arguments: &AuditArguments) -> Result<()> {
    let reached = arguments.database.reach().await?;
    let database = Database::connect(&reached.connect).await?;
    let verified = match arguments.act {
        Act::Verify => verify(&database).await,
    };
    database.close().await;
    reached.leave().await?;
    let (audit, chats) = verified.context("the logs could not be read to their end")?;
    for line in lines(&audit, &chats) {
        print_line(&line)?;
    }
    match audit.broken.len() + chats.broken.len() {
        0 => Ok(()),
        1 => bail!("one entry or row does not hold"),
        several => bail!("{several} entries or rows do not hold"),
    }
}

/// Both in the same snapshot.
async fn verify(database: &Database) -> Result<(Verified, VerifiedChats)> {
    let mut tx = database.begin_snapshot(&Actor::SYSTEM).await?;
    let audit = audit::verify(&mut tx).await?;
    let chats = chat::verify(&mut tx).await?;
    Ok((audit, chats))
}

/// The faults, fields separated by tabs, and then what was read.
fn lines(audit: &Verified, chats: &VerifiedChats) -> Vec<String> {
    let mut lines = Vec::new();
    for broken in &audit.broken {
        let code = broken.fault.code();
        lines.push(format!("audit\t{}\t{}\t{code}", broken.stream, broken.seq));
    }
    for broken in &chats.broken {
        let code = broken.fault.code();
        lines.push(format!("chat\t{}\t{}\t{code}", broken.case_id, broken.seq));
    }
    lines.push(format!(
        "{} audit chains, {} entries verified",
        audit.streams, audit.entries
    ));
    lines.push(format!(
        "{} chats, {} entries verified",
        chats.chats, chats.entries
    ));
    lines
}

#[cfg(test)]
mod tests {
    use mso_core::audit::Fault;
    use mso_core::chat::ChatFault;
    use mso_core::ids::{CaseId, StreamId};
    use mso_server::audit::BrokenStream;
    use mso_server::chat::{BrokenChat, StoredFault};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_fault_is_a_line_of_ids_numbers_and_a_code() {
        let of = Uuid::from_u128(7);
        let audit = Verified {
            streams: 2,
            entries: 9,
            broken: vec![BrokenStream {
                stream: StreamId::from_uuid(of),
                seq: 3,
                fault: Fault::Changed,
            }],
        };
        let broken = |fault| BrokenChat {
            case_id: CaseId::from_uuid(of),
            seq: 8,
            fault,
        };
        let chats = VerifiedChats {
            chats: 1,
            entries: 7,
            broken: vec![
                broken(StoredFault::Cut),
                broken(StoredFault::Rule(ChatFault::BadSignature)),
            ],
        };
        assert_eq!(
            lines(&audit, &chats),
            [
                format!("audit\t{of}\t3\taudit_changed"),
                format!("chat\t{of}\t8\tchat_log_cut"),
                format!("chat\t{of}\t8\tchat_bad_signature"),
                "2 audit chains, 9 entries verified".to_owned(),
                "1 chats, 7 entries verified".to_owned(),
            ]
        );
    }
}
