//! The server is killed repeatedly while a phone works: nothing confirmed is lost, nothing happens twice, and
//! the orphaned database is taken over again.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::stage::{REQUESTER, Stage, all_documents, case_with, patient, stored};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_in_the_middle_of_uploads_goes_on_with_the_same_data() -> Result<()> {
    let mut stage = Stage::set().await?;
    let mut requester = stage.signed_in("requester", REQUESTER)?;
    let patient_id = patient(&mut requester, "T22000129")?;
    let (case_id, files) = case_with(&mut requester, &patient_id, &["chest.dcm", "camera.jpg"])?;
    requester.ok("go_online", json!({}))?;
    for round in 0..5_u64 {
        tokio::time::sleep(Duration::from_millis(150 + 130 * round)).await;
        stage.server = stage.server.kill_and_restart()?;
    }
    let case = json!({"case_id": case_id});
    requester.wait("the files at the server", 120, "case", &case, |case| {
        all_documents(case, stored)
    })?;

    let database = stage.database().await?;
    let documents = database.documents(case_id.parse()?).await?;
    assert_eq!(documents.len(), files.len());
    for (_, _, _, sha256) in documents {
        let bytes = std::fs::read(stage.server.object(&sha256))?;
        assert_eq!(mso_core::crypto::Sha256Hash::of(&bytes).to_string(), sha256);
    }
    assert_eq!(database.count("select count(*) from mso_case").await?, 1);
    assert_eq!(database.count("select count(*) from patient").await?, 1);
    let stored =
        "select count(*) from audit_entry where action = 'mark_document_stored' and outcome = 'applied'";
    assert_eq!(database.count(stored).await?, i64::try_from(files.len())?);
    requester.quit()?;
    stage.server.stop()
}
