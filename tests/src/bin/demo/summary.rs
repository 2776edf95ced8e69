//! `summary.json`: read back from the database, the phones' stores and the proxy at the end.

use std::path::Path;

use anyhow::{Context, Result};
use mso_tests::database::Database;
use serde_json::{Value, json};

use crate::Stage;
use crate::late_accept::{LateAccept, holds};
use crate::timeline::Timeline;

pub(crate) async fn write(
    stage: &Stage,
    timeline: &Timeline,
    late: LateAccept,
    detour: &str,
    chat: Value,
    path: &Path,
) -> Result<()> {
    timeline.chapter("Read back");
    let LateAccept {
        mut job,
        case_id: late_case,
    } = late;
    let database = Database::of_server(stage.server.data()).await?;
    let case_id = job.case_id.parse().context("case id")?;
    let (case_number, statuses) = database.case(case_id).await?;

    let (_, detour) = database.case(detour.parse().context("case id")?).await?;
    let mut documents = Vec::new();
    for (id, name, bytes, on_server) in database.documents(case_id).await? {
        let document = json!({"document_id": id});
        documents.push(json!({
            "name": name,
            "bytes": bytes,
            "sha256_on_phone": job.requester.text("document_sha256", document.clone(), "sha256")?,
            "sha256_on_server": on_server_disk(stage, &on_server)?,
            "sha256_on_provider_phone": job.provider.text("document_sha256", document, "sha256")?,
        }));
    }
    let notices = job.provider.ok("notices", json!({}))?;
    let notice = notices
        .get("notices")
        .and_then(Value::as_array)
        .and_then(|all| {
            all.iter()
                .find(|notice| notice.get("code") == Some(&json!("assignment_superseded")))
        })
        .cloned();
    let refused = database.refused_commands().await?;
    let late_refused = refused.iter().any(|row| {
        row.get("command") == Some(&json!("accept_case"))
            && row.get("code") == Some(&json!("assignment_superseded"))
    });
    let counts = stage.proxy.counts();
    let summary = json!({
        "case_number": case_number,
        "statuses": statuses,
        "documents": documents,
        "connection_cuts": counts.cuts,
        "bytes_resent": counts.bytes_resent,
        "invoice": database.invoice(case_id).await?,
        "service_record": database.service_record(case_id).await?,
        "audit_entries": database.count("select count(*) from audit_entry").await?,
        "commands_refused": refused,
        "chat": chat,
        "detour": {
            "statuses": detour,
        },
        "late_accept": {
            "refused": late_refused,
            "purged": !holds(&job.provider.ok("cases", json!({}))?, &late_case),
            "notice": notice,
        },
    });
    std::fs::write(path, serde_json::to_vec_pretty(&summary)?)?;
    let text = |pointer: &str| summary.pointer(pointer).map(Value::to_string).unwrap_or_default();
    timeline.say(
        "summary",
        &format!(
            "case {}, invoice {}",
            text("/case_number"),
            text("/invoice/number")
        ),
    );
    timeline.say(
        "summary",
        &format!(
            "{} cuts, {} bytes resent, {} audit entries, {} command refused",
            counts.cuts,
            counts.bytes_resent,
            text("/audit_entries"),
            refused.len()
        ),
    );
    job.requester.quit()?;
    job.provider.quit()
}

/// The hash of the file as stored in the server's object store.
fn on_server_disk(stage: &Stage, sha256: &str) -> Result<String> {
    let path = stage.server.object(sha256);
    let bytes = std::fs::read(&path).with_context(|| format!("no object {}", path.display()))?;
    Ok(mso_core::crypto::Sha256Hash::of(&bytes).to_string())
}
