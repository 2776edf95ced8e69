use std::fs;

use futures::FutureExt;

use super::*;
use crate::client::testing::server::{Break, Server};
use crate::client::testing::store_and_files::{open, photo, queued, row, signed_in};
use crate::client::transport::TransportError;

const SIZE: usize = 1_500_000;
const SHORT: usize = 600_000;

#[tokio::test]
async fn a_file_goes_up_in_acknowledged_pieces() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let bytes = photo(SIZE);
    let file = queued(&shared, &server, &bytes);
    let report = run(&shared, &Cancel::new()).await;
    assert_eq!((report.files, report.bytes, report.failed), (1, SIZE as u64, 0));
    assert!(server.state().uploads[&file.document_id] == bytes);
    assert_eq!(
        server
            .state()
            .seen
            .iter()
            .filter(|line| line.starts_with("PATCH"))
            .count(),
        6
    );
    let row = row(&shared, file.document_id);
    assert_eq!(
        (row.state, row.transferred, row.last_error),
        (FileState::Uploaded, SIZE as u64, None)
    );
    assert_eq!(run(&shared, &Cancel::new()).await.files, 0);
}

#[tokio::test]
async fn a_cut_line_costs_at_most_256_kib_wherever_it_is_cut() {
    for how in [Break::Kept, Break::Lost, Break::Unanswered] {
        for at in [1, 262_143, 262_144, 450_000, SHORT as u64 - 1] {
            let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
            let shared = signed_in(directory.path(), &server).await;
            let bytes = photo(SHORT);
            let file = queued(&shared, &server, &bytes);
            server.state().break_at = Some((at, how));
            let report = run(&shared, &Cancel::new()).await;
            assert_eq!((report.files, report.failed), (0, 1), "{how:?} {at}");
            assert!(report.stopped.is_none(), "a cut line stops nobody else");
            assert_eq!(
                row(&shared, file.document_id).last_error.as_deref(),
                Some("interrupted")
            );

            assert_eq!(run(&shared, &Cancel::new()).await.files, 1, "{how:?} {at}");
            assert!(server.state().uploads[&file.document_id] == bytes);
            let resent = server.state().carried - SHORT as u64;
            assert!(resent <= PIECE_BYTES, "{how:?} {at}: {resent} bytes sent again");
        }
    }
}

#[tokio::test]
async fn a_killed_process_goes_on_where_the_server_is() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let bytes = photo(SIZE);
    let file = queued(&shared, &server, &bytes);
    for at in [300_000, 900_000] {
        server.state().break_at = Some((at, Break::Hangs));
        let shared = open(directory.path(), &server);
        assert!(
            run(&shared, &Cancel::new()).now_or_never().is_none(),
            "killed while it waits"
        );
        assert!(row(&shared, file.document_id).transferred > 0);
    }
    drop(shared);
    let shared = open(directory.path(), &server);
    assert_eq!(run(&shared, &Cancel::new()).await.files, 1);
    assert!(server.state().uploads[&file.document_id] == bytes);
    assert!(server.state().carried - SIZE as u64 <= 2 * PIECE_BYTES);
}

#[tokio::test]
async fn bytes_that_arrive_altered_are_sent_again() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let bytes = photo(SIZE);
    let file = queued(&shared, &server, &bytes);
    server.state().corrupt = true;
    assert_eq!(run(&shared, &Cancel::new()).await.files, 1);
    assert!(server.state().uploads[&file.document_id] == bytes);
    assert_eq!(server.state().carried, 2 * SIZE as u64);
}

#[tokio::test]
async fn a_hash_that_never_fits_is_given_up_for_now() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let file = queued(&shared, &server, &photo(1_000));
    server.state().declared.insert(
        file.document_id,
        (1_000, crate::crypto::Sha256Hash::of(b"something else")),
    );
    let report = run(&shared, &Cancel::new()).await;
    assert_eq!((report.files, report.failed), (0, 1));
    let row = row(&shared, file.document_id);
    assert_eq!(
        (row.attempts, row.last_error.as_deref()),
        (1, Some("hash_mismatch"))
    );
}

#[tokio::test]
async fn a_file_damaged_on_the_phone_stops_no_other() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let damaged = queued(&shared, &server, &photo(1_000));
    let whole = queued(&shared, &server, &photo(2_000));
    let path = shared
        .files_directory()
        .join(row(&shared, damaged.document_id).path);
    fs::write(path, [0; 1_016]).unwrap();
    let report = run(&shared, &Cancel::new()).await;
    assert_eq!((report.files, report.failed), (1, 1));
    assert_eq!(
        row(&shared, damaged.document_id).last_error.as_deref(),
        Some("file_damaged")
    );
    assert_eq!(row(&shared, whole.document_id).state, FileState::Uploaded);
}

#[tokio::test]
async fn an_upload_that_the_server_forgot_is_created_again() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let file = queued(&shared, &server, &photo(SIZE));
    server.state().break_at = Some((700_000, Break::Kept));
    run(&shared, &Cancel::new()).await;
    server.state().uploads.clear();
    assert_eq!(run(&shared, &Cancel::new()).await.files, 1);
    assert_eq!(server.state().uploads[&file.document_id].len(), SIZE);
}

#[tokio::test]
async fn a_file_refused_for_itself_stops_no_other_and_comes_last_next_time() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let refused = queued(&shared, &server, &photo(1_000));
    let taken = queued(&shared, &server, &photo(2_000));
    server.state().problem.insert(refused.document_id, 503);
    let report = run(&shared, &Cancel::new()).await;
    assert_eq!((report.files, report.failed), (1, 1));
    assert!(report.stopped.is_none());
    assert_eq!(row(&shared, taken.document_id).state, FileState::Uploaded);
    assert_eq!(row(&shared, refused.document_id).attempts, 1);
    server.state().problem.clear();
    assert_eq!(run(&shared, &Cancel::new()).await.files, 1);
    assert_eq!(row(&shared, refused.document_id).last_error, None);
}

#[tokio::test]
async fn without_a_line_one_file_is_tried_and_the_others_wait() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    for _ in 0..3 {
        queued(&shared, &server, &photo(1_000));
    }
    server.state().unreachable = true;
    let report = run(&shared, &Cancel::new()).await;
    assert_eq!(report.failed, 1);
    assert!(matches!(
        report.stopped,
        Some(CallError::Transport(TransportError::Unreachable))
    ));
}

#[tokio::test]
async fn what_the_server_does_not_know_yet_is_not_sent() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    queued(&shared, &server, &photo(1_000));
    shared
        .store()
        .transaction::<_, crate::client::store::StoreError>(|tx| Ok(tx.execute("delete from record", [])?))
        .unwrap();
    let report = run(&shared, &Cancel::new()).await;
    assert_eq!((report.files, report.failed), (0, 0));
}

#[tokio::test]
async fn a_wish_to_stop_is_seen_in_the_middle_of_a_piece() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    queued(&shared, &server, &photo(SIZE));
    server.state().break_at = Some((300_000, Break::Hangs));
    let cancel = Cancel::new();
    let pass = run(&shared, &cancel);
    tokio::pin!(pass);
    assert!(futures::poll!(&mut pass).is_pending());
    cancel.cancel();
    assert_eq!(pass.await.bytes, PIECE_BYTES);
}
