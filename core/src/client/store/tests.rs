//! Opening the store, the bytes on disk, and the cases in which opening fails.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, StatementStatus};

use super::*;
use crate::client::key_vault::{KeyVault, VaultError};
use crate::client::testing::TestVault;

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("mso");
    (folder, directory)
}

fn note(store: &Store, text: &str) {
    store
        .transaction(|tx| settings::set_last_error(tx, text))
        .unwrap();
}

fn noted(store: &Store) -> Option<String> {
    store.read(settings::last_error).unwrap()
}

fn bytes_of(directory: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        all.extend(fs::read(entry.unwrap().path()).unwrap());
    }
    all
}

fn contains(bytes: &[u8], canary: &str) -> bool {
    bytes
        .windows(canary.len())
        .any(|window| window == canary.as_bytes())
}

#[test]
fn what_is_stored_is_read_back_with_the_same_vault() {
    let (_folder, directory) = folder();
    let vault = TestVault::new();
    note(&open(&directory, &vault).unwrap(), "offline");
    assert_eq!(
        noted(&open(&directory, &vault).unwrap()).as_deref(),
        Some("offline")
    );
}

#[test]
fn nothing_rests_in_the_clear_neither_in_the_database_nor_in_its_log() {
    const CANARY: &str = "canary-amal-haddad-1958";
    let (_folder, directory) = folder();
    let store = open(&directory, &TestVault::new()).unwrap();
    note(&store, CANARY);
    assert!(fs::metadata(directory.join("store.db-wal")).unwrap().len() > 0);
    assert!(!contains(&bytes_of(&directory), CANARY));
    drop(store);
    let at_rest = bytes_of(&directory);
    assert!(!contains(&at_rest, CANARY));
    assert!(!contains(&at_rest, "create table"));
    assert_ne!(
        &fs::read(directory.join("store.db")).unwrap()[..15],
        b"SQLite format 3"
    );
}

#[test]
fn the_pragmas_that_promises_rest_on_are_set() {
    let (_folder, directory) = folder();
    let store = open(&directory, &TestVault::new()).unwrap();
    let pragma = |name: &str| -> String {
        let sql = format!("select cast({name} as text) from pragma_{name}");
        store
            .read::<_, StoreError>(|conn| Ok(conn.query_row(&sql, [], |row| row.get(0))?))
            .unwrap()
    };
    assert_eq!(pragma("journal_mode"), "wal");
    assert_eq!(pragma("synchronous"), "2");
    assert_eq!(pragma("secure_delete"), "1");
    assert_eq!(pragma("temp_store"), "2");
    assert_eq!(pragma("foreign_keys"), "1");
    assert_eq!(store.integrity_check().unwrap(), "ok");
}

#[test]
fn a_statement_that_is_kept_is_not_prepared_anew_for_another_limit() {
    let (_folder, directory) = folder();
    let store = open(&directory, &TestVault::new()).unwrap();
    let again = |conn: &Connection| {
        let mut statement = conn.prepare("select purge_id from purge_ack order by purge_id limit ?1")?;
        for limit in 1..4 {
            assert!(statement.query([limit])?.next()?.is_none());
        }
        Ok::<_, StoreError>(statement.get_status(StatementStatus::RePrepare))
    };
    assert_eq!(store.read(again).unwrap(), 0);
    assert_eq!(store.transaction(|tx| again(tx)).unwrap(), 0);
}

#[test]
fn another_key_opens_nothing_and_changes_nothing() {
    let (_folder, directory) = folder();
    note(&open(&directory, &TestVault::new()).unwrap(), "offline");
    let before = fs::read(directory.join("store.db")).unwrap();
    assert!(matches!(
        open(&directory, &TestVault::new()),
        Err(OpenError::KeyInvalidated)
    ));
    assert_eq!(fs::read(directory.join("store.db")).unwrap(), before);
}

#[test]
fn a_database_without_its_wrapped_root_is_a_lost_key_and_not_a_new_phone() {
    let (_folder, directory) = folder();
    let vault = TestVault::new();
    drop(open(&directory, &vault).unwrap());
    fs::remove_file(directory.join("root.wrapped")).unwrap();
    assert!(matches!(open(&directory, &vault), Err(OpenError::KeyInvalidated)));
    assert!(!directory.join("root.wrapped").exists());
}

#[test]
fn a_phone_killed_between_key_and_database_begins_where_it_was() {
    let (_folder, directory) = folder();
    let vault = TestVault::new();
    drop(open(&directory, &vault).unwrap());
    let root = fs::read(directory.join("root.wrapped")).unwrap();
    fs::remove_file(directory.join("store.db")).unwrap();
    open(&directory, &vault).unwrap();
    assert_eq!(fs::read(directory.join("root.wrapped")).unwrap(), root);
}

#[test]
fn a_locked_vault_is_told_apart_from_a_lost_key() {
    let (_folder, directory) = folder();
    let vault = TestVault::new();
    drop(open(&directory, &vault).unwrap());
    vault.lock(true);
    assert!(matches!(
        open(&directory, &vault),
        Err(OpenError::Vault(VaultError::Unavailable))
    ));
    vault.lock(false);
    open(&directory, &vault).unwrap();
}

#[test]
fn a_database_of_a_newer_app_is_left_alone() {
    let (_folder, directory) = folder();
    let vault = TestVault::new();
    let store = open(&directory, &vault).unwrap();
    store
        .transaction::<_, StoreError>(|tx| Ok(tx.pragma_update(None, "user_version", 99)?))
        .unwrap();
    drop(store);
    assert!(matches!(open(&directory, &vault), Err(OpenError::NewerSchema)));
}

#[test]
fn reading_waits_for_no_transaction_and_writes_nothing() {
    let (_folder, directory) = folder();
    let store = open(&directory, &TestVault::new()).unwrap();
    note(&store, "before");
    store
        .transaction(|tx| {
            settings::set_last_error(tx, "after")?;
            assert_eq!(noted(&store).as_deref(), Some("before"));
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert_eq!(noted(&store).as_deref(), Some("after"));
    let written = store.read(|conn| settings::set_last_error(conn, "by a reader"));
    assert!(written.is_err());
    store.close();
    assert!(matches!(
        store.read(settings::last_error),
        Err(StoreError::Closed)
    ));
}

#[test]
fn a_transaction_that_fails_leaves_nothing() {
    let (_folder, directory) = folder();
    let store = open(&directory, &TestVault::new()).unwrap();
    let failed: Result<(), StoreError> = store.transaction(|tx| {
        settings::set_last_error(tx, "half")?;
        Err(StoreError::Unreadable("test"))
    });
    assert!(failed.is_err());
    assert_eq!(noted(&store), None);
}

#[test]
fn a_wipe_that_was_interrupted_is_finished_before_the_folder_is_used_again() {
    let (_folder, directory) = folder();
    let vault = TestVault::new();
    note(&open(&directory, &vault).unwrap(), "offline");
    let files = directory.join("files");
    fs::create_dir(&files).unwrap();
    fs::write(files.join("a.sealed"), b"noise").unwrap();
    // Killed just after the mark was written and the key was deleted.
    fs::write(directory.join("wipe.pending"), b"").unwrap();
    vault.wipe();

    finish_wipe(&directory, &files, &vault).unwrap();
    assert!(!files.exists() && !directory.join("wipe.pending").exists());
    assert_eq!(noted(&open(&directory, &vault).unwrap()), None);
    finish_wipe(&directory, &files, &vault).unwrap();
}

#[test]
fn a_closed_store_says_so() {
    assert!(matches!(
        Store::closed().integrity_check(),
        Err(StoreError::Closed)
    ));
}

#[test]
fn the_schema_is_reviewed() {
    let (_folder, directory) = folder();
    let store = open(&directory, &TestVault::new()).unwrap();
    let schema: Vec<String> = store
        .read::<_, StoreError>(|conn| {
            let mut statement =
                conn.prepare("select sql from sqlite_schema where sql is not null order by name")?;
            let rows = statement
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            Ok(rows)
        })
        .unwrap();
    insta::assert_snapshot!("schema", schema.join(";\n\n"));
}

#[test]
fn a_commit_reaches_the_medium_on_every_platform() {
    let (_folder, directory) = folder();
    let store = open(&directory, &TestVault::new()).unwrap();
    for (pragma, value) in [("synchronous", 2), ("fullfsync", 1), ("checkpoint_fullfsync", 1)] {
        let found: i64 = store
            .read(|conn| Ok::<_, StoreError>(conn.pragma_query_value(None, pragma, |row| row.get(0))?))
            .unwrap();
        assert_eq!(found, value, "{pragma}");
    }
}
