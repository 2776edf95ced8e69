//! One folder, one workspace; and a folder whose workspace cannot be opened.

use super::*;
use crate::client::testing::phone::{Phone, open};
use crate::client::testing::store_and_files::photo;
use crate::documents::DocumentKind;
use crate::testing::text;

fn again(phone: &Phone) -> Result<Arc<Workspace>, WorkspaceError> {
    open(
        phone.folder.path(),
        "1",
        phone.vault.clone(),
        phone.clock.clone(),
        phone.server.clone(),
    )
}

#[test]
fn a_second_workspace_on_one_folder_is_refused_until_the_first_is_closed() {
    let phone = Phone::of_requester();
    phone
        .workspace
        .stage_bytes(&photo(2_000), "a.jpg", DocumentKind::Photo, &text("Photo"))
        .unwrap();
    assert!(matches!(again(&phone), Err(WorkspaceError::InUse)));
    let erased = Workspace::erase(&phone.folder.path().join("mso"), phone.vault.as_ref());
    assert!(matches!(erased, Err(WorkspaceError::InUse)));
    assert_eq!(phone.workspace.staged_files().unwrap().len(), 1);
    phone.workspace.close();
    assert_eq!(again(&phone).unwrap().staged_files().unwrap().len(), 1);
}

#[test]
fn a_store_that_does_not_open_can_be_told_of_erased_and_begun_anew() {
    let phone = Phone::of_requester();
    phone
        .workspace
        .stage_bytes(&photo(2_000), "a.jpg", DocumentKind::Photo, &text("Photo"))
        .unwrap();
    phone.workspace.close();
    let folder = phone.folder.path().join("mso");
    std::fs::write(
        folder.join("store.db"),
        b"not a database at all, and long enough to be read",
    )
    .unwrap();
    assert!(again(&phone).is_err());
    let remains = Workspace::remains(&folder).unwrap();
    assert_eq!(remains.sealed_files, 1);
    assert!(remains.database_bytes > 0 && remains.changed_at.is_some());
    Workspace::erase(&folder, phone.vault.as_ref()).unwrap();
    assert_eq!(Workspace::remains(&folder).unwrap(), StoreRemains::default());
    assert_eq!(again(&phone).unwrap().session().unwrap(), None);
}
