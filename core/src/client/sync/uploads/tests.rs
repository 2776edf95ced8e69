use std::fs;
use std::time::Duration;

use futures::FutureExt;

use super::*;
use crate::client::sync::piece::{FIRST, SMALLEST};
use crate::client::testing::between::Between;
use crate::client::testing::server::{Break, Server};
use crate::client::testing::store_and_files::{open, photo, queued, row, signed_in, trouble};
use crate::time::Clock;

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
        4,
        "each up to four times as large as the one before"
    );
    let row = row(&shared, file.document_id);
    assert_eq!(
        (row.state, row.transferred, row.trouble),
        (FileState::Uploaded, SIZE as u64, None)
    );
    assert_eq!(run(&shared, &Cancel::new()).await.files, 0);
}

#[tokio::test]
async fn a_cut_line_costs_at_most_one_piece_wherever_it_is_cut() {
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
            assert_eq!(trouble(&shared, file.document_id).as_deref(), Some("interrupted"));

            assert_eq!(run(&shared, &Cancel::new()).await.files, 1, "{how:?} {at}");
            assert!(server.state().uploads[&file.document_id] == bytes);
            let resent = server.state().carried - SHORT as u64;
            let piece = if at < FIRST { FIRST } else { SHORT as u64 - FIRST };
            assert!(resent <= piece, "{how:?} {at}: {resent} bytes sent again");
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
    assert!(server.state().carried - SIZE as u64 <= 2 * 4 * FIRST);
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
    assert_eq!(
        trouble(&shared, file.document_id).as_deref(),
        Some("hash_mismatch")
    );
    assert_eq!(row(&shared, file.document_id).attempts, 1);
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
        trouble(&shared, damaged.document_id).as_deref(),
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
    assert_eq!(trouble(&shared, refused.document_id), None);
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
    assert_eq!(pass.await.bytes, FIRST);
}

#[tokio::test(start_paused = true)]
async fn an_upload_uses_four_fifths_of_the_line_and_a_cut_costs_at_most_two_seconds_of_it() {
    let answer = Duration::from_millis(80);
    for (rate, size) in [
        (100_000, 3_000_000),
        (1_000_000, 12_000_000),
        (4_000_000, 20_000_000),
    ] {
        let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
        let shared = signed_in(directory.path(), &server).await;
        queued(&shared, &server, &photo(size));
        server.state().line = Some((rate, answer));
        let begun = Instant::now();
        assert_eq!(run(&shared, &Cancel::new()).await.files, 1);
        let carried = server.state().carried as f64 / begun.elapsed().as_secs_f64();
        assert!(carried >= 0.8 * rate as f64, "{carried} of {rate} bytes a second");

        let at = server.state().carried + size as u64 * 2 / 3;
        queued(&shared, &server, &photo(size));
        server.state().break_at = Some((at, Break::Lost));
        assert_eq!(run(&shared, &Cancel::new()).await.failed, 1);
        assert_eq!(run(&shared, &Cancel::new()).await.files, 1);
        let again = server.state().carried - 2 * size as u64;
        assert!(again <= 2 * rate, "{again} bytes sent again at {rate} a second");
    }
}

#[tokio::test]
async fn the_size_of_a_piece_is_kept_over_files_and_passes() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let patches = || {
        let seen = &server.state().seen;
        seen.iter().filter(|line| line.starts_with("PATCH")).count()
    };
    queued(&shared, &server, &photo(SIZE));
    run(&shared, &Cancel::new()).await;
    let before = patches();
    queued(&shared, &server, &photo(SIZE));
    queued(&shared, &server, &photo(SIZE));
    run(&shared, &Cancel::new()).await;
    assert_eq!(patches() - before, 2, "one for each");
}

#[tokio::test]
async fn a_proxy_that_takes_small_bodies_only_gets_smaller_pieces() {
    for most in [1_000_000, 100_000, SMALLEST] {
        let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
        let shared = signed_in(directory.path(), &server).await;
        let bytes = photo(SHORT);
        let file = queued(&shared, &server, &bytes);
        server.state().in_between.most_bytes = Some(most);
        let report = run(&shared, &Cancel::new()).await;
        assert_eq!((report.files, report.failed), (1, 0), "{most}");
        assert!(server.state().uploads[&file.document_id] == bytes);
    }
}

#[tokio::test]
async fn a_proxy_that_takes_not_even_16_kib_is_told() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let file = queued(&shared, &server, &photo(SIZE));
    server.state().in_between.most_bytes = Some(SMALLEST - 1);
    let report = run(&shared, &Cancel::new()).await;
    assert_eq!((report.files, report.failed), (0, 1));
    assert_eq!(
        trouble(&shared, file.document_id).as_deref(),
        Some("piece_refused")
    );
}

#[tokio::test]
async fn a_proxy_that_refuses_patch_gets_a_post_that_stands_for_it_from_then_on() {
    for status in [400, 403, 405, 501] {
        let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
        let shared = signed_in(directory.path(), &server).await;
        let files = [photo(SIZE), photo(SHORT)];
        let sent = files.each_ref().map(|bytes| queued(&shared, &server, bytes));
        server.state().in_between.to_patch = Some(status);
        let report = run(&shared, &Cancel::new()).await;
        assert_eq!((report.files, report.failed), (2, 0), "{status}");
        for (file, bytes) in sent.iter().zip(&files) {
            assert!(server.state().uploads[&file.document_id] == *bytes);
        }
        queued(&shared, &server, &photo(1_000));
        assert_eq!(run(&shared, &Cancel::new()).await.files, 1, "in the next pass");
        let seen = server.state().seen.clone();
        let refused = seen.iter().filter(|line| line.starts_with("PATCH"));
        assert_eq!(refused.count(), 1, "remembered: {seen:?}");
    }
}

#[tokio::test]
async fn a_refusal_of_the_server_itself_does_not_change_the_method() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let file = queued(&shared, &server, &photo(1_000));
    server.state().patch_problem = Some(403);
    assert_eq!(run(&shared, &Cancel::new()).await.failed, 1);
    assert_eq!(trouble(&shared, file.document_id).as_deref(), Some("code_403"));
    assert_eq!(shared.pieces().appending(), Appending::Patch);
}

#[tokio::test]
async fn a_proxy_that_lets_no_method_through_is_told_and_both_are_tried_next_time() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let file = queued(&shared, &server, &photo(1_000));
    server.state().in_between = Between {
        to_patch: Some(405),
        to_override: Some(403),
        ..Between::default()
    };
    assert_eq!(run(&shared, &Cancel::new()).await.failed, 1);
    assert_eq!(
        trouble(&shared, file.document_id).as_deref(),
        Some("method_refused")
    );
    server.state().in_between = Between::default();
    assert_eq!(run(&shared, &Cancel::new()).await.files, 1);
}

#[tokio::test]
async fn a_stuck_file_says_since_when_until_it_gets_further_than_ever() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let file = queued(&shared, &server, &photo(SIZE));
    let id = file.document_id;
    let since = || row(&shared, id).trouble.unwrap().since;
    let first = server.clock.now();
    server.state().problem.insert(id, 503);
    run(&shared, &Cancel::new()).await;
    server.clock.advance_millis(60_000);
    server.state().unreachable = true;
    run(&shared, &Cancel::new()).await;
    let told = row(&shared, id).trouble.unwrap();
    assert_eq!((told.code.as_str(), told.since), ("unreachable", first));
    server.state().unreachable = false;
    run(&shared, &Cancel::new()).await;
    let told = row(&shared, id).trouble.unwrap();
    assert_eq!(
        (told.code.as_str(), told.reference.as_str(), told.since),
        ("code_503", "r-1", first)
    );

    server.state().problem.clear();
    server.state().break_at = Some((300_000, Break::Lost));
    run(&shared, &Cancel::new()).await;
    let second = server.clock.now();
    assert_eq!(since(), second, "it got on before it failed");
    server.clock.advance_millis(60_000);
    server.state().uploads.clear();
    let carried = server.state().carried;
    server.state().break_at = Some((carried + 50_000, Break::Lost));
    let report = run(&shared, &Cancel::new()).await;
    assert!(!report.advanced);
    assert_eq!(since(), second, "it began anew and got less far");
    assert_eq!(run(&shared, &Cancel::new()).await.files, 1);
    assert_eq!(row(&shared, id).trouble, None);
}
