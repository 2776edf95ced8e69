//! mso's core: the rules of a medical second opinion case, the protocol between phone and server, and
//! (feature `client`) the phone's part of the work.
//!
//! # Three kinds of data
//!
//! | kind | examples | who decides | on conflict |
//! |---|---|---|---|
//! | records | case, patient, recommendation, invoice | the server, by commands | the command is refused with a code; the device shows the server's record and tells the user |
//! | replicas | chat, appointments | nobody: grow-only facts merge | none (not built yet) |
//! | files | scans, reports | content hash | none possible; transfers resume |
//!
//! # A rule runs twice
//!
//! Once on the phone, with the facts it has, to show the result immediately; once in the server's
//! transaction, with all facts and with authority:
//!
//! ```
//! use mso_core::cases::{AcceptCase, CaseStatus};
//! use mso_core::command::Command;
//! use mso_core::facts::Facts;
//! # use mso_core::{actor::*, facts::Context, ids::*, time::Timestamp};
//! # let now: Timestamp = "2026-11-23T10:00:00Z".parse()?;
//! # let provider = ProviderId::generate(now);
//! # let actor = Actor {
//! #     user: UserId::generate(now),
//! #     acting: Acting::Provider { provider },
//! #     origin: Origin::Device(DeviceId::generate(now)),
//! # };
//! let case_id = CaseId::generate(now);
//! let command = Command::AcceptCase(AcceptCase { case_id });
//! let ctx = Context { actor, now, assignment_id: Some(AssignmentId::generate(now)) };
//! // If the case is unseen, the rule refuses nothing and changes nothing; on the server it is never unseen.
//! let decision = command.decide(&Facts::default(), &ctx)?;
//! assert!(decision.events.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Continue with [`cases`], then [`command`], then [`protocol`].

#![forbid(unsafe_code)]

// Must come first: the modules below use `named!`.
#[macro_use]
pub mod names;

pub mod actor;
pub mod audit;
pub mod cases;
pub mod catalogue;
pub mod chat;
#[cfg(feature = "client")]
pub mod client;
pub mod command;
pub mod crypto;
pub mod decision;
pub mod documents;
pub mod facts;
pub mod ids;
pub mod invoices;
pub mod issues;
pub mod money;
pub mod notifications;
pub mod patients;
pub mod people;
pub mod private;
pub mod protocol;
pub mod refusal;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod time;
