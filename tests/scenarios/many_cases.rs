//! Many cases are finished at the same time, on a server that is killed in between (S7). `make bench` does the same with
//! 10,000.

use anyhow::Result;
use mso_server::admin::demo::PASSWORD;
use mso_tests::many_cases::{Plan, bring_to_done};
use mso_tests::server::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_cases_are_done_at_once_with_repeats_and_kills_and_no_invoice_number_is_missing_or_given_twice()
-> Result<()> {
    let folder = tempfile::tempdir()?;
    let plan = Plan {
        cases: 80,
        at_once: 8,
        kills: 3,
        repeated_percent: 30,
    };
    let (server, figures) = bring_to_done(Server::start(folder.path())?, plan, PASSWORD).await?;
    // Of 400 requests.
    assert!((80..160).contains(&figures.repeats), "{figures:?}");
    assert!(
        figures.unanswered > 0,
        "a server that is killed leaves requests unanswered: {figures:?}"
    );
    server.stop()
}
