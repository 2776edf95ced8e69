//! Lists: the query string of a route, the size of a page, and the cursor of lists that run newest first.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use mso_core::time::Timestamp;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::error::ApiError;
use crate::State;

/// Default entries of a page.
const PAGE: i64 = 50;
const LARGEST_PAGE: i64 = 200;

/// A cursor that is none of the list that was asked for.
pub const NOT_A_CURSOR: ApiError = ApiError::BadRequest("not a cursor of this list");

/// The query string. It is refused only when it is read: after the check that the caller may use the route at all.
#[derive(Debug)]
pub struct UrlQuery<T>(Result<Query<T>, QueryRejection>);

impl<T> UrlQuery<T> {
    /// Returns the query, or `bad_request`.
    pub fn read(self) -> Result<T, ApiError> {
        // The rejection quotes the input, so it is not passed on.
        self.0
            .map(|Query(query)| query)
            .map_err(|_| ApiError::BadRequest("not the query expected"))
    }
}

impl<T: DeserializeOwned> FromRequestParts<State> for UrlQuery<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Infallible> {
        Ok(Self(Query::from_request_parts(parts, state).await))
    }
}

/// Entries of a page, from what the caller asked for: 50 if nothing, and no more than 200.
pub fn page_size(asked: Option<i64>) -> i64 {
    asked.unwrap_or(PAGE).clamp(1, LARGEST_PAGE)
}

/// Returns the last row of a full page, after which the next page begins.
pub fn last_of_full<T>(rows: &[T], limit: i64) -> Option<&T> {
    let full = i64::try_from(rows.len()) == Ok(limit);
    rows.last().filter(|_| full)
}

/// A position in a list that runs newest first: just after this entry. As a cursor, `2026-11-23T10:00:00.000Z_<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub at: Timestamp,
    pub id: Uuid,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}_{}", self.at, self.id)
    }
}

impl FromStr for Place {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        let read = || {
            let (at, id) = text.split_once('_')?;
            Some(Self {
                at: at.parse().ok()?,
                id: id.parse().ok()?,
            })
        };
        read().ok_or(NOT_A_CURSOR)
    }
}
