//! Downloads: whole or in ranges, for users who may see the case.

use mso_core::actor::Actor;
use mso_core::command::Command;
use mso_core::documents::{MarkDocumentScanned, Scan};
use mso_core::protocol::sync::Outcome;
use mso_server::commands::Request;
use mso_server::commands::execute::execute;

use crate::harness::{File, Server, User};

const LENGTH: usize = 200_000;

async fn stored(amal: &User<'_>) -> (crate::harness::Case, File) {
    let (case, file) = amal.submits_file(LENGTH).await;
    amal.uploads(&file).await;
    (case, file)
}

#[tokio::test]
async fn a_stored_file_comes_back_as_it_was_and_without_its_name() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = stored(&amal).await;
    let answer = amal.get(&file.content_path()).await.ok(200);
    assert_eq!(answer.body, file.bytes);
    let etag = format!("\"{}\"", mso_core::crypto::Sha256Hash::of(&file.bytes));
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("content-length", "200000"),
        ("content-disposition", "attachment"),
        ("cache-control", "private, no-store"),
        ("accept-ranges", "bytes"),
        ("etag", &etag),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert!(answer.headers.iter().all(|(_, value)| !value.contains("Haddad")));
    let head = amal
        .send(amal.unsigned("HEAD", &file.content_path()))
        .await
        .ok(200);
    assert_eq!(
        (head.header("content-length"), head.body.len()),
        (Some("200000"), 0)
    );
}

#[tokio::test]
async fn a_download_goes_on_where_it_was_cut() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = stored(&amal).await;
    let ask = |range: &str| amal.send(amal.unsigned("GET", &file.content_path()).header("range", range));
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=150000-", 150_000, LENGTH),
        ("bytes=100-199", 100, 200),
        ("bytes=-5", LENGTH - 5, LENGTH),
        ("bytes=199999-999999", LENGTH - 1, LENGTH),
    ] {
        let answer = ask(range).await.ok(206);
        assert_eq!(answer.body, file.bytes[from..to], "{range}");
        let expected = format!("bytes {from}-{}/{LENGTH}", to - 1);
        assert_eq!(answer.header("content-range"), Some(expected.as_str()));
    }
    let outside = ask("bytes=200000-").await;
    outside.refused(416, "range_not_satisfiable");
    assert_eq!(outside.header("content-range"), Some("bytes */200000"));
    for whole in ["bytes=5-2", "bytes=0-1,5-6", "lines=1-2", "bytes=x"] {
        assert_eq!(ask(whole).await.ok(200).body.len(), LENGTH, "{whole}");
    }
}

#[tokio::test]
async fn a_range_of_another_file_than_expected_is_the_whole_file() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = stored(&amal).await;
    let etag = format!("\"{}\"", mso_core::crypto::Sha256Hash::of(&file.bytes));
    let ask = |tag: &str| {
        let call = amal
            .unsigned("GET", &file.content_path())
            .header("range", "bytes=5-9")
            .header("if-range", tag);
        amal.send(call)
    };
    assert_eq!(ask(&etag).await.ok(206).body.len(), 5);
    assert_eq!(ask("\"other\"").await.ok(200).body.len(), LENGTH);
}

#[tokio::test]
async fn who_may_not_see_the_case_finds_no_file() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (case, file) = stored(&amal).await;
    let path = file.content_path();
    let (basma, noor, omar, rima) = (
        server.requester("basma").await,
        server.provider("noor").await,
        server.provider("omar").await,
        server.admin().await,
    );
    basma.get(&path).await.refused(404, "not_found");
    noor.get(&path).await.refused(404, "not_found");
    rima.assigns(&case, "noor").await;
    assert_eq!(noor.get(&path).await.ok(200).body, file.bytes);
    omar.get(&path).await.refused(404, "not_found");
    basma.get(&path).await.refused(404, "not_found");
    assert_eq!(rima.get(&path).await.ok(200).body, file.bytes);
    server
        .call("GET", &path)
        .send()
        .await
        .refused(401, "sign_in_needed");
}

#[tokio::test]
async fn a_provider_whose_assignment_ended_finds_no_file() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (case, file) = stored(&amal).await;
    let (noor, omar, rima) = (
        server.provider("noor").await,
        server.provider("omar").await,
        server.admin().await,
    );
    rima.assigns(&case, "noor").await;
    noor.get(&file.content_path()).await.ok(200);
    rima.reassigns(&case, "omar").await;
    noor.get(&file.content_path()).await.refused(404, "not_found");
    omar.get(&file.content_path()).await.ok(200);
}

#[tokio::test]
async fn a_file_that_has_not_arrived_cannot_be_downloaded() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (_, file) = amal.submits_file(LENGTH).await;
    amal.get(&file.content_path()).await.refused(404, "not_found");
    amal.send(amal.patch(&file, 0, &file.bytes[..100])).await.ok(204);
    amal.get(&file.content_path()).await.refused(404, "not_found");
}

#[tokio::test]
async fn each_reading_stands_in_the_cases_audit() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (case, file) = stored(&amal).await;
    let noor = server.provider("noor").await;
    noor.get(&file.content_path()).await.refused(404, "not_found");
    server.admin().await.assigns(&case, "noor").await;
    noor.get(&file.content_path()).await.ok(200);
    let mut tx = server.database().await;
    let readers = sqlx::query_scalar::<_, String>(
        "select role from audit_entry where stream = $1 and action = 'read_document' and entity_id = $2 order by seq",
    );
    let readers = readers
        .bind(case.id.as_uuid())
        .bind(file.id.as_uuid())
        .fetch_all(tx.conn())
        .await
        .unwrap();
    assert_eq!(readers, ["provider"]);
}

#[tokio::test]
async fn nobody_downloads_an_infected_file() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (case, file) = stored(&amal).await;
    let rima = server.admin().await;
    rima.assigns(&case, "noor").await;
    let noor = server.provider("noor").await;
    let scanned = Command::MarkDocumentScanned(MarkDocumentScanned {
        case_id: case.id,
        document_id: file.id,
        scan: Scan::Infected,
    });
    let request = Request::of_server(scanned, "a scanner", server.now());
    let done = execute(&server.state, &Actor::SYSTEM, request).await.unwrap();
    assert!(matches!(done.outcome, Outcome::Applied), "{:?}", done.outcome);
    for user in [&amal, &noor, &rima] {
        let answer = user.get(&file.content_path()).await;
        answer.refused(422, "document_infected");
    }
    let stranger = server.requester("basma").await;
    stranger.get(&file.content_path()).await.refused(404, "not_found");
}
