//! The main job with Rust phones: offline submission with files, cuts, assignment, offline opinion, invoice.
//! And that nobody else sees any of it, neither in a log nor on a phone's disk.

use std::path::{Path, PathBuf};

use anyhow::Result;
use mso_tests::opinions;
use serde_json::json;

use crate::stage::{
    CARDIOLOGIST, LARGEST_PIECE, REQUESTER, Stage, all_documents, case_with, patient, present, status, stored,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_goes_from_an_offline_phone_to_recommendation_and_invoice() -> Result<()> {
    let stage = Stage::set().await?;
    let mut requester = stage.signed_in("requester", REQUESTER)?;
    stage.proxy.set_refusing(true);
    let patient_id = patient(&mut requester, "T22000129")?;
    let (case_id, files) = case_with(&mut requester, &patient_id, &["shoulder.dcm", "letter.pdf"])?;
    let case = json!({"case_id": case_id});
    assert!(requester.ask("sync", json!({}))?.is_err());

    stage.proxy.set_refusing(false);
    let largest = files
        .iter()
        .max_by_key(|file| file.get("size").and_then(serde_json::Value::as_u64))
        .unwrap();
    let size = largest.get("size").and_then(serde_json::Value::as_u64).unwrap();
    let path = format!(
        "/v1/uploads/{}",
        largest
            .get("document_id")
            .and_then(serde_json::Value::as_str)
            .unwrap()
    );
    stage.proxy.cut_upload_at(&path, size * 3 / 10);
    stage.proxy.cut_upload_at(&path, size * 7 / 10);
    requester.ok("go_online", json!({}))?;
    requester.wait("the files at the server", 60, "case", &case, |case| {
        all_documents(case, stored)
    })?;
    let counts = stage.proxy.counts();
    assert_eq!(counts.cuts, 2);
    assert!(
        counts.most_resent_at_once <= LARGEST_PIECE,
        "{} bytes were sent again",
        counts.most_resent_at_once
    );

    stage.assign_to_cardiologist(&case_id).await?;
    let mut provider = stage.signed_in("provider", CARDIOLOGIST)?;
    provider.ok("sync", json!({}))?;
    let shown = provider.ok("case", case.clone())?;
    assert!(all_documents(&shown, present), "{shown}");
    for file in &files {
        let id = file.get("document_id").unwrap();
        let here = provider.text("document_sha256", json!({"document_id": id}), "sha256")?;
        assert_eq!(
            Some(here.as_str()),
            file.get("sha256").and_then(serde_json::Value::as_str)
        );
        let at_server = std::fs::read(stage.server.object(&here))?;
        assert_eq!(mso_core::crypto::Sha256Hash::of(&at_server).to_string(), here);
    }
    assert_eq!(
        shown.get("invoice"),
        Some(&json!(null)),
        "a provider sees no invoice"
    );

    stage.proxy.set_refusing(true);
    for verb in ["accept", "start_review"] {
        provider.ok(verb, case.clone())?;
    }
    let opinion = json!({"case_id": case_id, "opinion": opinions::opinion()});
    provider.ok("submit_recommendation", opinion)?;
    stage.proxy.set_refusing(false);
    provider.ok("sync", json!({}))?;

    requester.ok("sync", json!({}))?;
    let shown = requester.ok("case", case)?;
    assert_eq!(status(&shown), "Done");
    assert_eq!(shown.pointer("/invoice/number"), Some(&json!("MSO-2026-1")));
    assert_eq!(shown.pointer("/invoice/gross/minor"), Some(&json!(29_750)));
    assert!(
        shown
            .pointer("/recommendation/opinion/answer_to_question")
            .is_some()
    );

    let log = std::fs::read_to_string(stage.server.data().join("server.log"))?;
    for canary in ["Haddad", "T22000129", "regurgitation", "Bearer"] {
        assert!(!log.contains(canary), "the server's log holds {canary}");
    }
    for canary in [
        b"Haddad".as_slice(),
        b"T22000129",
        b"regurgitation",
        b"DICM",
        b"%PDF-",
    ] {
        for phone in [&requester, &provider] {
            let found = holding(phone.store(), canary)?;
            assert!(
                found.is_empty(),
                "{} lies open in {found:?}",
                String::from_utf8_lossy(canary)
            );
        }
    }

    let mut stranger = stage.signed_in("stranger", "colleague@demo.example")?;
    assert_eq!(stranger.ok("cases", json!({}))?, json!({"cases": []}));
    assert_eq!(stranger.ok("patients", json!({}))?, json!({"patients": []}));
    Ok(())
}

/// The files below a folder that contain these bytes.
fn holding(folder: &Path, bytes: &[u8]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(holding(&path, bytes)?);
        } else if std::fs::read(&path)?
            .windows(bytes.len())
            .any(|window| window == bytes)
        {
            found.push(path);
        }
    }
    Ok(found)
}
