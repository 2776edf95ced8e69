//! The feed never skips a row, however slowly a writer commits.
//!
//! Writers hold their transactions open for different times, so that ids and commits come in different
//! orders. With `id > cursor` instead of the watermark this test fails.

use std::time::Duration;

use mso_core::actor::Actor;
use mso_core::ids::StreamId;
use mso_core::protocol::records::RecordKind;
use mso_core::protocol::sync::RecordKey;
use mso_server::State;
use mso_server::feed::write::touch;
use uuid::Uuid;

use super::Replica;
use crate::harness::{Case, Server};

const WRITERS: u64 = 12;
const ROWS_EACH: u64 = 25;

async fn write(state: State, writer: u64, streams: Vec<StreamId>) {
    for row in 0..ROWS_EACH {
        let mut tx = state.database.begin_scoped(&Actor::SYSTEM).await.unwrap();
        // No randomness, so that a failure is reproducible.
        let dice = (writer * 7 + row * 13) % 11;
        let stream = streams[usize::try_from((writer + row) % streams.len() as u64).unwrap()];
        let key = RecordKey {
            kind: RecordKind::Case.name().to_owned(),
            id: stream.as_uuid(),
        };
        touch(tx.conn(), stream, &[key]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(dice)).await;
        tx.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_row_is_skipped_beside_slow_writers() {
    let server = Server::start().await;
    let mut phone = Replica::of(server.requester("amal").await);
    let mut streams = Vec::new();
    for _ in 0..4 {
        let Case { id, .. } = phone.user.submits(Vec::new()).await;
        streams.push(StreamId::from(id));
    }
    phone.catches_up().await;
    let before = phone.heads.clone();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(server.state.clone(), writer, streams.clone())))
        .collect();
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        // `Replica` itself fails at a gap within a stream.
        phone.round(&phone.request()).await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    phone.catches_up().await;
    let written: u64 = streams
        .iter()
        .map(|stream| phone.heads[stream] - before[stream])
        .sum();
    assert_eq!(written, WRITERS * ROWS_EACH);
    let heads: Vec<(Uuid, i64)> = {
        let mut tx = server.database().await;
        sqlx::query_as("select stream, seq from stream_head")
            .fetch_all(tx.conn())
            .await
            .unwrap()
    };
    for (stream, head) in &phone.heads {
        let server = heads
            .iter()
            .find(|(id, _)| *id == stream.as_uuid())
            .map_or(0, |(_, seq)| *seq);
        assert_eq!(i64::try_from(*head).unwrap(), server);
    }
}
