//! The ids of the story: version 7, from the time and a name.
//!
//! The invariant: the same name at the same time is the same id, so the same month has the same ids. A name must not be
//! used twice.

use mso_core::crypto::Sha256Hash;
use mso_core::time::Timestamp;
use uuid::{Builder, Uuid};

/// The id of what has this name.
pub(super) fn named(name: &str, at: Timestamp) -> Uuid {
    let hash = Sha256Hash::of(name.as_bytes());
    let (bytes, _) = hash
        .as_bytes()
        .split_first_chunk::<10>()
        .unwrap_or((&[0; 10], &[]));
    let millis = u64::try_from(at.unix_millis()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_is_one_id_of_version_7() {
        let now = Timestamp::from_unix_millis(1_795_428_000_000);
        let id = named("case 1", now);
        assert_eq!(id, named("case 1", now));
        assert_ne!(id, named("case 2", now));
        assert_eq!(id.get_version_num(), 7);
    }
}
