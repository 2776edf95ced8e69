//! Identifiers: one macro, a type of its own for each thing, UUIDv7 (RFC 9562) inside.
//!
//! Not here: numbers that people read (case and invoice numbers); the server draws those. Ids are made by
//! whoever creates the thing, so a phone needs no network for it. There is no `From` between two id types:
//! mixing them up must not compile.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::time::Timestamp;

/// The text given is no UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct IdError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id: the time's milliseconds first, then random bits.
            #[must_use]
            pub fn generate(now: Timestamp) -> Self {
                let millis = u64::try_from(now.unix_millis()).unwrap_or(0);
                let nanos = u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000;
                Self(Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, millis / 1000, nanos)))
            }

            /// The id that a stored or received UUID stands for.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself, for a database column or a generic record key.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError)
            }
        }

        // Text in every encoding: one form in CBOR, JSON, logs and SQL consoles is worth the 20 bytes.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A person who signs in.
    UserId;
    /// A hospital, clinic or other organisation that asks for opinions.
    InstitutionId;
    /// An expert's profile.
    ProviderId;
    /// A patient of one institution.
    PatientId;
    /// A case. Also the id of the case's stream.
    CaseId;
    /// One attempt by one provider. Also the fencing token of that provider's commands.
    AssignmentId;
    /// A clinical file of a case. Also the id of its upload.
    DocumentId;
    /// One version of a recommendation.
    RecommendationId;
    /// An invoice.
    InvoiceId;
    /// What a provider did, for the provider's own settlement.
    ServiceRecordId;
    /// An enrolled phone.
    DeviceId;
    /// A signed-in period of a user, on a device or in a browser.
    SessionId;
    /// One command, made once by its sender and repeated unchanged.
    CommandId;
    /// The legal entity that issues invoices.
    SellerId;
    /// One version of the price list.
    PriceListId;
    /// What sees things: an institution, a provider, a user, or everyone.
    PartyId;
    /// What is watched: a case, an institution, a provider, a user, the catalogue.
    StreamId;
    /// An order to delete a stream from a phone.
    PurgeId;
    /// A question or request about a case.
    IssueId;
    /// A question about an opinion.
    ClarificationId;
    /// An institution's judgement of an opinion.
    FeedbackId;
    /// A refused opinion that is kept for its author.
    QuarantineId;
    /// A notification.
    NotificationId;
    /// A payment of an invoice.
    PaymentId;
    /// An invitation to choose a password.
    InviteId;
}

impl PartyId {
    /// The party that every signed-in user belongs to: it reads the catalogue.
    pub const EVERYONE: Self = Self(Uuid::from_u128(0x0000_0000_0000_8000_8000_0000_0000_0001));
}

impl StreamId {
    /// The stream of specialties and price lists.
    pub const CATALOGUE: Self = Self(Uuid::from_u128(0x0000_0000_0000_8000_8000_0000_0000_0002));
}

impl UserId {
    /// Who acts when no person does: jobs, timers, the upload that completes.
    pub const SYSTEM: Self = Self(Uuid::from_u128(0x0000_0000_0000_8000_8000_0000_0000_0003));
}

macro_rules! named_by {
    ($($target:ident <- $($source:ident),+;)+) => {$($(
        impl From<$source> for $target {
            /// The stream or party that bears this thing's id.
            fn from(id: $source) -> Self {
                Self(id.0)
            }
        }
    )+)+};
}

// A stream or a party is named by the thing it belongs to; nothing converts the other way.
named_by! {
    StreamId <- CaseId, InstitutionId, ProviderId, UserId;
    PartyId <- InstitutionId, ProviderId, UserId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_its_text_form_through_cbor_and_json() {
        let id = CaseId::generate(Timestamp::from_unix_millis(1_795_000_000_123));
        let mut bytes = Vec::new();
        ciborium::into_writer(&id, &mut bytes).unwrap();
        assert_eq!(ciborium::from_reader::<CaseId, _>(bytes.as_slice()).unwrap(), id);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
        assert_eq!(id.to_string().parse::<CaseId>().unwrap(), id);
    }

    #[test]
    fn ids_made_later_sort_later() {
        let early = CaseId::generate(Timestamp::from_unix_millis(1_000));
        let late = CaseId::generate(Timestamp::from_unix_millis(2_000));
        assert!(early < late);
    }

    #[test]
    fn text_that_is_no_uuid_is_refused() {
        assert_eq!("case-1".parse::<CaseId>(), Err(IdError));
    }
}
