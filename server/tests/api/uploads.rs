//! Uploads: resumed where they stopped, one writer at a time, and stored only if they match the declaration.

use std::time::Duration;

use mso_core::actor::Actor;
use mso_core::documents::MAX_BYTES;
use mso_core::protocol::uploads::METHOD_OVERRIDE;
use tokio::io::AsyncWriteExt;

use crate::harness::{Answer, File, Server, User};

const LENGTH: usize = 300_000;
const HALF: usize = 150_000;

/// Waits until this many bytes of an upload have reached the folder.
async fn arrived(server: &Server, file: &File, bytes: usize) {
    let here = || std::fs::metadata(server.part(file.id)).map_or(0, |part| part.len());
    let arriving = async {
        while here() < bytes as u64 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arriving)
        .await
        .expect("the bytes did not arrive");
    assert_eq!(here(), bytes as u64);
}

async fn is_stored(server: &Server, file: &File) -> bool {
    let mut tx = server.database().await;
    let state =
        sqlx::query_scalar::<_, String>("select state from document where id = $1").bind(file.id.as_uuid());
    state.fetch_one(tx.conn()).await.unwrap() == "stored"
}

async fn readiness(server: &Server) -> String {
    let mut tx = server.database().await;
    sqlx::query_scalar("select readiness from mso_case")
        .fetch_one(tx.conn())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_file_arrives_in_pieces_and_makes_its_case_ready() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = amal.submits_file(LENGTH).await;
    let created = amal.creates_upload(&file).await.ok(201);
    assert_eq!(created.header("location"), Some(file.upload_path().as_str()));
    assert_eq!(created.header("tus-resumable"), Some("1.0.0"));
    assert_eq!(created.offset(), 0);

    let half = amal.send(amal.patch(&file, 0, &file.bytes[..HALF])).await.ok(204);
    assert_eq!(half.offset(), HALF as u64);
    let head = amal.head(&file).await.ok(200);
    assert_eq!(
        (head.offset(), head.header("upload-length")),
        (HALF as u64, Some("300000"))
    );
    assert_eq!(head.header("cache-control"), Some("no-store"));
    assert_eq!(amal.creates_upload(&file).await.ok(201).offset(), HALF as u64);
    assert!(!is_stored(&server, &file).await);
    assert_eq!(readiness(&server).await, "awaiting_uploads");

    let whole = amal
        .send(amal.patch(&file, HALF, &file.bytes[HALF..]))
        .await
        .ok(204);
    assert_eq!(whole.offset(), LENGTH as u64);
    assert!(is_stored(&server, &file).await);
    assert_eq!(readiness(&server).await, "ready");
    assert!(!server.part(file.id).exists());
    assert_eq!(amal.head(&file).await.ok(200).offset(), LENGTH as u64);
    assert_eq!(amal.creates_upload(&file).await.ok(201).offset(), LENGTH as u64);
}

/// For a caller behind a box that lets no PATCH or DELETE through.
#[tokio::test]
async fn a_post_that_stands_for_patch_or_delete_is_taken_as_such_and_no_box_can_make_one() {
    let server = Server::start().await;
    let (amal, basma) = (server.requester("amal").await, server.requester("basma").await);
    let (_, file) = amal.submits_file(LENGTH).await;
    let plain = |user: &User<'_>, offset: usize, bytes: &[u8]| {
        user.tus("POST", &file.upload_path())
            .header("content-type", "application/offset+octet-stream")
            .header("upload-offset", offset)
            .body(bytes)
    };
    let post = |offset, bytes| plain(&amal, offset, bytes).header(METHOD_OVERRIDE, "PATCH");
    let half = amal.send(post(0, &file.bytes[..HALF])).await.ok(204);
    assert_eq!(half.offset(), HALF as u64);
    amal.send(post(0, &file.bytes))
        .await
        .refused(409, "upload_offset_mismatch");

    // Added, removed or changed on the way.
    let rest = &file.bytes[HALF..];
    let added = amal
        .sign(plain(&amal, HALF, rest))
        .header(METHOD_OVERRIDE, "PATCH");
    added.send().await.refused(401, "signature_invalid");
    let removed = amal.sign(post(HALF, rest)).without(METHOD_OVERRIDE);
    removed.send().await.refused(401, "signature_invalid");
    let changed = removed.header(METHOD_OVERRIDE, "DELETE");
    changed.send().await.refused(401, "signature_invalid");
    // The same checks as for PATCH, and nothing else becomes one.
    let stranger = plain(&basma, HALF, rest).header(METHOD_OVERRIDE, "PATCH");
    basma.send(stranger).await.refused(404, "not_found");
    let get = plain(&amal, HALF, rest).header(METHOD_OVERRIDE, "GET");
    for call in [plain(&amal, HALF, rest), get] {
        amal.send(call).await.refused(405, "method_not_allowed");
    }
    assert_eq!(amal.head(&file).await.ok(200).offset(), HALF as u64);

    let delete = amal
        .tus("POST", &file.upload_path())
        .header(METHOD_OVERRIDE, "DELETE");
    amal.send(delete).await.ok(204);
    assert_eq!(amal.head(&file).await.ok(200).offset(), 0);
    amal.send(post(0, &file.bytes)).await.ok(204);
    assert!(is_stored(&server, &file).await);
}

#[tokio::test]
async fn what_arrived_before_the_connection_was_cut_counts() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = amal.submits_file(LENGTH).await;
    let connection = amal
        .sign(amal.patch(&file, 0, &file.bytes[..HALF]))
        .announced(LENGTH)
        .open()
        .await;
    arrived(&server, &file, HALF).await;
    drop(connection);
    assert_eq!(amal.head(&file).await.ok(200).offset(), HALF as u64);
    amal.send(amal.patch(&file, HALF, &file.bytes[HALF..]))
        .await
        .ok(204);
    assert!(is_stored(&server, &file).await);
}

#[tokio::test]
async fn a_phone_on_a_new_connection_takes_the_upload_over_from_the_dead_one() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = amal.submits_file(LENGTH).await;
    let first = amal
        .sign(amal.patch(&file, 0, &file.bytes[..HALF]))
        .announced(LENGTH)
        .open()
        .await;
    arrived(&server, &file, HALF).await;
    // The first connection is open and silent. A request that starts over learns the upload's offset.
    amal.send(amal.patch(&file, 0, &file.bytes))
        .await
        .refused(409, "upload_offset_mismatch");
    Answer::read(first).await.refused(423, "upload_locked");
    assert_eq!(amal.head(&file).await.ok(200).offset(), HALF as u64);
    amal.send(amal.patch(&file, HALF, &file.bytes[HALF..]))
        .await
        .ok(204);
    assert!(is_stored(&server, &file).await);
}

#[tokio::test]
async fn of_two_patches_at_once_one_writes_at_a_time_and_nothing_is_mixed_up() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = amal.submits_file(LENGTH).await;
    let patch = || amal.send(amal.patch(&file, 0, &file.bytes));
    let (first, second) = tokio::join!(patch(), patch());
    let statuses = [first.status, second.status];
    assert!(
        statuses.iter().all(|status| [204, 409, 423].contains(status)),
        "{statuses:?}"
    );
    // The first writer may have been interrupted; what it wrote is a prefix of the file.
    let there = amal.head(&file).await.ok(200).offset() as usize;
    amal.send(amal.patch(&file, there, &file.bytes[there..]))
        .await
        .ok(204);
    assert!(is_stored(&server, &file).await);
}

#[tokio::test]
async fn another_process_that_writes_the_part_is_respected() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = amal.submits_file(LENGTH).await;
    let part = std::fs::File::create(server.part(file.id)).unwrap();
    part.lock().unwrap();
    amal.send(amal.patch(&file, 0, &file.bytes))
        .await
        .refused(423, "upload_locked");
    part.unlock().unwrap();
    amal.send(amal.patch(&file, 0, &file.bytes)).await.ok(204);
}

#[tokio::test]
async fn bytes_that_were_not_declared_are_refused_and_asked_for_again() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = amal.submits_file(LENGTH).await;
    let mut wrong = file.bytes.clone();
    wrong[HALF] ^= 1;
    let refused = amal.send(amal.patch(&file, 0, &wrong)).await;
    refused.refused(460, "hash_mismatch");
    assert!(!is_stored(&server, &file).await);
    assert!(!server.part(file.id).exists());
    assert_eq!(amal.head(&file).await.ok(200).offset(), 0);
    amal.uploads(&file).await;
    assert!(is_stored(&server, &file).await);
}

#[tokio::test]
async fn an_upload_that_was_whole_when_the_server_died_is_completed_by_the_next_request() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    for asked in ["HEAD", "POST", "PATCH"] {
        let (_, file) = amal.submits_file(LENGTH).await;
        std::fs::write(server.part(file.id), &file.bytes).unwrap();
        let answer = match asked {
            "HEAD" => amal.head(&file).await.ok(200),
            "POST" => amal.creates_upload(&file).await.ok(201),
            _ => amal.send(amal.patch(&file, LENGTH, &[])).await.ok(204),
        };
        assert_eq!(answer.offset(), LENGTH as u64);
        assert!(is_stored(&server, &file).await, "{asked}");
    }
}

#[tokio::test]
async fn a_wrong_file_left_by_a_dead_server_starts_again() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = amal.submits_file(LENGTH).await;
    std::fs::write(server.part(file.id), vec![0; LENGTH + 1]).unwrap();
    assert_eq!(amal.head(&file).await.ok(200).offset(), 0);
    amal.uploads(&file).await;
}

#[tokio::test]
async fn the_hash_of_a_file_that_somebody_else_stored_is_not_enough() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = amal.submits_file(LENGTH).await;
    amal.uploads(&file).await;
    let basma = server.requester("basma").await;
    let same = File {
        bytes: file.bytes.clone(),
        ..File::of(&basma, 1)
    };
    basma.submits(vec![same.clone()]).await;
    assert_eq!(basma.creates_upload(&same).await.ok(201).offset(), 0);
    basma.get(&same.content_path()).await.refused(404, "not_found");
    basma.uploads(&same).await;
    assert_eq!(basma.get(&same.content_path()).await.ok(200).body, same.bytes);
}

#[tokio::test]
async fn a_stored_file_takes_no_more_bytes_and_cannot_be_taken_back() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = amal.submits_file(LENGTH).await;
    amal.uploads(&file).await;
    amal.send(amal.patch(&file, 0, &file.bytes))
        .await
        .refused(409, "upload_offset_mismatch");
    amal.send(amal.patch(&file, LENGTH, b"x"))
        .await
        .refused(413, "payload_too_large");
    amal.send(amal.patch(&file, LENGTH, b"")).await.ok(204);
    amal.send(amal.tus("DELETE", &file.upload_path()))
        .await
        .refused(409, "invalid_state");
    assert_eq!(amal.get(&file.content_path()).await.ok(200).body, file.bytes);
}

#[tokio::test]
async fn an_upload_that_is_terminated_starts_again() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = amal.submits_file(LENGTH).await;
    amal.send(amal.patch(&file, 0, &file.bytes[..HALF])).await.ok(204);
    amal.send(amal.tus("DELETE", &file.upload_path())).await.ok(204);
    assert_eq!(amal.head(&file).await.ok(200).offset(), 0);
    amal.uploads(&file).await;
}

#[tokio::test]
async fn requests_that_do_not_keep_to_the_protocol_change_nothing() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = amal.submits_file(LENGTH).await;
    let patch = |offset: &str| {
        let call = amal.tus("PATCH", &file.upload_path()).body(&file.bytes[..HALF]);
        call.header("content-type", "application/offset+octet-stream")
            .header("upload-offset", offset)
    };
    amal.send(patch("1")).await.refused(409, "upload_offset_mismatch");
    amal.send(patch("-1")).await.refused(400, "bad_request");
    amal.send(patch("+0")).await.refused(400, "bad_request");
    amal.send(patch("0").without("upload-offset"))
        .await
        .refused(400, "bad_request");
    amal.send(patch("0").without("content-type"))
        .await
        .refused(415, "unsupported_media_type");
    let version = amal.send(patch("0").without("tus-resumable")).await;
    version.refused(412, "upload_version");
    assert_eq!(version.header("tus-version"), Some("1.0.0"));
    amal.send(patch("0").body([]).announced(LENGTH + 1))
        .await
        .refused(413, "payload_too_large");
    // Signed for another offset.
    let signed = amal.sign(patch("0"));
    signed
        .without("upload-offset")
        .header("upload-offset", 7)
        .send()
        .await
        .refused(401, "signature_invalid");

    let create = amal.tus("POST", "/v1/uploads");
    amal.send(create.clone()).await.refused(400, "bad_request");
    amal.send(create.clone().header("upload-metadata", "document_id ???"))
        .await
        .refused(400, "bad_request");
    let longer = File {
        bytes: vec![0; LENGTH + 1],
        ..file.clone()
    };
    amal.creates_upload(&longer).await.refused(400, "bad_request");
    assert_eq!(amal.head(&file).await.ok(200).offset(), 0);
}

#[tokio::test]
async fn one_patch_brings_at_most_64_mebibytes() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let length = 64 * 1024 * 1024 + 2;
    let (_, file) = amal.submits_file(length).await;
    let call = amal.patch(&file, 0, &[]).announced(length);
    amal.send(call).await.refused(413, "payload_too_large");
    assert_eq!(amal.head(&file).await.ok(200).offset(), 0);
}

#[tokio::test]
async fn a_body_that_does_not_say_its_length_is_read_to_the_files_end() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = amal.submits_file(LENGTH).await;
    let call = amal.patch(&file, 0, &[]).header("transfer-encoding", "chunked");
    let mut connection = amal.sign(call).open().await;
    for piece in file.bytes.chunks(10_000) {
        connection
            .write_all(format!("{:x}\r\n", piece.len()).as_bytes())
            .await
            .unwrap();
        connection.write_all(piece).await.unwrap();
        connection.write_all(b"\r\n").await.unwrap();
    }
    connection.write_all(b"0\r\n\r\n").await.unwrap();
    assert_eq!(Answer::read(connection).await.ok(204).offset(), LENGTH as u64);
    assert!(is_stored(&server, &file).await);
}

#[tokio::test]
async fn an_upload_is_nobody_elses() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (case, file) = amal.submits_file(LENGTH).await;
    let basma = server.requester("basma").await;
    let rima = server.admin().await;
    let noor = server.provider("noor").await;
    for (user, status, code) in [
        (&basma, 404, "not_found"),
        (&rima, 403, "forbidden"),
        (&noor, 403, "forbidden"),
    ] {
        user.creates_upload(&file).await.refused(status, code);
        assert_eq!(user.head(&file).await.status, status);
        user.send(user.patch(&file, 0, &file.bytes))
            .await
            .refused(status, code);
        user.send(user.tus("DELETE", &file.upload_path()))
            .await
            .refused(status, code);
    }
    let adam = User::in_session(&server, "adam").await;
    adam.uploads(&file).await;
    assert!(is_stored(&server, &file).await);
    rima.assigns(&case, "noor").await;
}

#[tokio::test]
async fn a_file_that_was_not_declared_has_no_upload() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let file = File::of(&amal, 10);
    amal.creates_upload(&file).await.refused(404, "not_found");
    assert_eq!(amal.head(&file).await.status, 404);
    amal.send(amal.patch(&file, 0, &file.bytes))
        .await
        .refused(404, "not_found");
    amal.send(amal.tus("PATCH", "/v1/uploads/no-id"))
        .await
        .refused(404, "not_found");
    assert!(!server.part(file.id).exists());
}

#[tokio::test]
async fn anybody_may_ask_what_the_protocol_offers() {
    let server = Server::start().await;
    let answer = server.call("OPTIONS", "/v1/uploads").send().await.ok(204);
    assert_eq!(answer.header("tus-version"), Some("1.0.0"));
    assert_eq!(answer.header("tus-extension"), Some("creation,termination"));
    assert_eq!(
        answer.header("tus-max-size"),
        Some(MAX_BYTES.to_string().as_str())
    );
}

#[tokio::test]
async fn completing_is_told_to_the_feed_by_the_server_itself() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (case, file) = amal.submits_file(LENGTH).await;
    amal.uploads(&file).await;
    let mut tx = server.database().await;
    let by = sqlx::query_scalar::<_, uuid::Uuid>(
        "select user_id from audit_entry where stream = $1 and action = 'mark_document_stored' and outcome = 'applied'",
    );
    let by = by.bind(case.id.as_uuid()).fetch_all(tx.conn()).await.unwrap();
    assert_eq!(by, [Actor::SYSTEM.user.as_uuid()]);
}
