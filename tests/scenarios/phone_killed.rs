//! kill -9 at any moment: what the phone confirmed is present after the restart, and takes effect exactly
//! once.
//!
//! 110 rounds over outbox, upload and download with a real process and a real SIGKILL. The moments come from
//! a fixed seed, so a failure is reproducible.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use mso_tests::binaries;
use mso_tests::phone::Phone;
use serde_json::{Value, json};

use crate::stage::{
    CARDIOLOGIST, LARGEST_PIECE, REQUESTER, Stage, all_documents, case_with, patient, present, stored,
};

/// SplitMix64 by Steele and Vigna: random enough to spread the moments.
pub(crate) struct Moments(pub(crate) u64);

impl Moments {
    pub(crate) fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % below
    }
}

/// Kills the process with this id after this time, whatever it is doing.
pub(crate) fn kill_after(process: u32, micros: u64) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_micros(micros));
        drop(
            Command::new("kill")
                .arg("-KILL")
                .arg(process.to_string())
                .status(),
        );
    })
}

pub(crate) fn restart(stage: &Stage, name: &str) -> Result<Phone> {
    let mut phone = stage.phone(&binaries::rust_phone()?, name)?;
    let check = phone.text("integrity_check", json!({}), "result")?;
    anyhow::ensure!(check == "ok", "after a kill the store says: {check}");
    Ok(phone)
}

fn listed(answer: &Value, field: &str) -> Vec<String> {
    let rows = answer.get(field).and_then(Value::as_array);
    rows.into_iter()
        .flatten()
        .filter_map(|row| row.as_str().map(str::to_owned))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_confirmed_before_a_kill_are_kept_and_take_effect_once() -> Result<()> {
    let stage = Stage::set().await?;
    let mut phone = stage.signed_in("requester", REQUESTER)?;
    let mut moments = Moments(20_261_123);
    let mut confirmed = Vec::new();
    for round in 0..50 {
        // In every second round the phone is sending when it is killed; otherwise it only writes.
        if round % 2 == 0 {
            phone.ok("go_online", json!({}))?;
        }
        // The kill is timed from a confirmed command, so that a slow machine confirms as many as a fast one.
        let armed_at = moments.next(6);
        let mut killer = None;
        for number in 0.. {
            if number == armed_at {
                killer = Some(kill_after(phone.process(), moments.next(60_000)));
            }
            let new = mso_tests::opinions::patient("Haddad", "Amal", &format!("R{round}-{number}"));
            match phone.ask("create_patient", new) {
                Ok(Ok(answer)) => {
                    let id = answer
                        .get("patient_id")
                        .and_then(Value::as_str)
                        .context("no id")?;
                    confirmed.push(id.to_owned());
                }
                Ok(Err(error)) => anyhow::bail!("a patient was not taken: {error:?}"),
                Err(_killed) => break,
            }
        }
        let killer = killer.context("the phone stopped before it was killed")?;
        assert!(killer.join().is_ok());
        drop(phone);
        phone = restart(&stage, "requester")?;
        let patients = listed(&phone.ok("patients", json!({}))?, "patients");
        let lost: Vec<_> = confirmed.iter().filter(|id| !patients.contains(id)).collect();
        assert!(lost.is_empty(), "round {round}: confirmed and lost: {lost:?}");
    }
    assert!(
        confirmed.len() > 50,
        "only {} commands in 50 rounds",
        confirmed.len()
    );

    phone.ok("sync", json!({}))?;
    assert_eq!(phone.ok("outbox", json!({}))?, json!({"outbox": []}));
    let on_phone = listed(&phone.ok("patients", json!({}))?, "patients").len();
    let database = stage.database().await?;
    let at_server = database.count("select count(*) from patient").await?;
    assert_eq!(
        at_server,
        i64::try_from(on_phone)?,
        "everything the phone shows, once each"
    );
    let repeated = "select count(*) - count(distinct entity_id) from audit_entry
                    where action = 'create_patient' and outcome = 'applied'";
    assert_eq!(database.count(repeated).await?, 0);
    assert!(database.refused_commands().await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_and_downloads_go_on_after_every_kill() -> Result<()> {
    let stage = Stage::set().await?;
    let mut moments = Moments(42);
    let mut phone = stage.signed_in("requester", REQUESTER)?;
    let patient_id = patient(&mut phone, "T22000129")?;
    let mut cases = vec![case_with(&mut phone, &patient_id, &["chest.dcm", "camera.jpg"])?];
    let is_stored = |phone: &mut Phone, case_id: &str| -> Result<bool> {
        Ok(all_documents(
            &phone.ok("case", json!({"case_id": case_id}))?,
            stored,
        ))
    };
    for round in 0..200 {
        phone.ok("go_online", json!({}))?;
        kill_after(phone.process(), 20_000 + moments.next(250_000))
            .join()
            .ok()
            .context("killer")?;
        drop(phone);
        phone = restart(&stage, "requester")?;
        let (case_id, _) = cases.last().context("no case")?;
        if is_stored(&mut phone, case_id)? {
            if round >= 29 {
                break;
            }
            cases.push(case_with(&mut phone, &patient_id, &["shoulder.dcm"])?);
        }
    }
    phone.ok("go_online", json!({}))?;
    for (case_id, _) in &cases {
        let request = json!({"case_id": case_id});
        phone.wait("the files at the server", 60, "case", &request, |case| {
            all_documents(case, stored)
        })?;
    }
    let most = stage.proxy.counts().most_resent_at_once;
    assert!(
        most <= LARGEST_PIECE,
        "{most} bytes were sent again after one kill"
    );

    let mut provider = stage.signed_in("provider", CARDIOLOGIST)?;
    for (case_id, _) in &cases {
        stage.assign_to_cardiologist(case_id).await?;
    }
    for _round in 0..30 {
        provider.ok("go_online", json!({}))?;
        kill_after(provider.process(), 20_000 + moments.next(150_000))
            .join()
            .ok()
            .context("killer")?;
        drop(provider);
        provider = restart(&stage, "provider")?;
    }
    provider.ok("go_online", json!({}))?;
    for (case_id, files) in &cases {
        let request = json!({"case_id": case_id});
        provider.wait("the files on the phone", 60, "case", &request, |case| {
            all_documents(case, present)
        })?;
        for file in files {
            let id = json!({"document_id": file.get("document_id")});
            let here = provider.text("document_sha256", id, "sha256")?;
            assert_eq!(Some(here.as_str()), file.get("sha256").and_then(Value::as_str));
        }
    }
    Ok(())
}
