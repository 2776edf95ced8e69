//! Reads of many records that one unreadable record does not fail.
//!
//! A stored value may not fit the type it is read as: somebody edited the row, or a later version of this program asks for
//! more than an earlier one wrote. The record is then left out and named, and all others are answered.
//!
//! The invariant: records are left out only because of what is stored ([`DatabaseError::is_unreadable`]). If the database
//! fails, the whole read fails.

use std::fmt::Debug;

use futures::future::BoxFuture;

use super::DatabaseError;

/// The records that could be read, and the keys of those that could not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readable<K, T> {
    pub records: Vec<T>,
    pub unreadable: Vec<K>,
}

impl<K, T> Readable<K, T> {
    /// Nothing was asked for.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            records: Vec::new(),
            unreadable: Vec::new(),
        }
    }
}

/// Loads the records with these keys at once. If one cannot be read, finds out which by halves: about `2 log₂ n` more
/// queries for each.
pub async fn readable<C, K, T, F>(
    connection: &mut C,
    keys: &[K],
    load: F,
) -> Result<Readable<K, T>, DatabaseError>
where
    K: Clone + Debug,
    F: for<'a> Fn(&'a mut C, &'a [K]) -> BoxFuture<'a, Result<Vec<T>, DatabaseError>>,
{
    let mut found = Readable::none();
    let mut parts = vec![keys];
    while let Some(part) = parts.pop() {
        match load(connection, part).await {
            Ok(records) => found.records.extend(records),
            Err(error) if !error.is_unreadable() => return Err(error),
            Err(error) => match part {
                [] => return Err(error),
                [key] => {
                    tracing::error!(record = ?key, %error, "a stored record cannot be read");
                    found.unreadable.push(key.clone());
                }
                several => {
                    let (first, second) = several.split_at(several.len() / 2);
                    parts.extend([second, first]);
                }
            },
        }
    }
    Ok(found)
}

/// Sorts what was read row by row, in the same way.
pub fn sort_readable<K: Debug, T>(
    rows: impl IntoIterator<Item = (K, Result<T, DatabaseError>)>,
) -> Result<Readable<K, T>, DatabaseError> {
    let mut found = Readable::none();
    for (key, read) in rows {
        match read {
            Ok(record) => found.records.push(record),
            Err(error) if error.is_unreadable() => {
                tracing::error!(record = ?key, %error, "a stored record cannot be read");
                found.unreadable.push(key);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    /// Counts its queries; cannot read the multiples of five, and is unreachable from one hundred on.
    fn load<'a>(queries: &'a mut u32, keys: &'a [u32]) -> BoxFuture<'a, Result<Vec<u32>, DatabaseError>> {
        *queries += 1;
        let answer = if keys.iter().any(|key| *key >= 100) {
            Err(DatabaseError::Unreachable("test"))
        } else if keys.iter().any(|key| key % 5 == 0) {
            Err(DatabaseError::Corrupt("test"))
        } else {
            Ok(keys.to_vec())
        };
        async move { answer }.boxed()
    }

    #[tokio::test]
    async fn unreadable_records_are_named_and_all_others_read_in_order() {
        let (mut queries, keys) = (0, [1, 2, 5, 3, 4, 10, 6]);
        let found = readable(&mut queries, &keys, load).await.unwrap();
        assert_eq!(found.records, [1, 2, 3, 4, 6]);
        assert_eq!(found.unreadable, [5, 10]);
        assert_eq!(queries, 11);
    }

    #[tokio::test]
    async fn what_can_be_read_is_read_with_one_query() {
        let mut queries = 0;
        let found = readable(&mut queries, &[1, 2, 3], load).await.unwrap();
        assert_eq!((found.records.len(), queries), (3, 1));
        assert!(found.unreadable.is_empty());
    }

    #[tokio::test]
    async fn a_database_that_cannot_be_reached_is_no_unreadable_record() {
        let found = readable(&mut 0, &[1, 100], load).await;
        assert_eq!(found, Err(DatabaseError::Unreachable("test")));
        let rows = [(1, Ok(1)), (100, Err(DatabaseError::Unreachable("test")))];
        assert!(sort_readable(rows).is_err());
    }
}
