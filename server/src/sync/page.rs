//! One page of a response: what changed and the records it names, all read in one snapshot.
//!
//! A page is either a part of the bootstrap (streams by id, each as records in the order of kind and id; a large one goes
//! over several pages) or a part of the feed. Grants and purge orders appear in the feed as keys of the kinds [`GRANT`]
//! and [`PURGE`], in the party's own stream. The invariants: every page holds something new, so that every request makes
//! progress; a page of the feed holds whole transactions, so that a grant never arrives a page later than a change made
//! with it. What a page will weigh is known, approximately, before its records are read.

use std::collections::{BTreeMap, BTreeSet};

use mso_core::actor::Actor;
use mso_core::ids::StreamId;
use mso_core::protocol::records::RecordKind;
use mso_core::protocol::sync::{Change, Grant, PurgeOrder, RecordKey, ResetReason, WireRecord};
use uuid::Uuid;

use crate::database::{DatabaseError, Scoped};
use crate::feed::cursor::{Position, RecordPlace};
use crate::feed::read::{self as feed, FeedRow, Moment};
use crate::feed::scope::{self, Listed};
use crate::feed::write::{GRANT, PURGE};
use crate::projection;

/// Maximum number of feed rows on a page.
const MOST_ROWS: usize = 500;
/// Maximum number of streams examined for one page of the bootstrap, and of records listed.
const MOST_STREAMS: i64 = 256;
const MOST_LISTED: i64 = 1_000;
/// Transactions of the feed whose records are read at once.
const TRANSACTIONS_AT_ONCE: usize = 25;
/// Estimated bytes of a key and its feed row, besides the record.
const OVERHEAD: usize = 120;
/// Estimated bytes of a record besides its large columns.
const LEAST: usize = 300;

#[derive(Debug)]
pub(super) struct Page {
    pub(super) reset: Option<ResetReason>,
    pub(super) purge: Vec<PurgeOrder>,
    pub(super) grants: Vec<Grant>,
    pub(super) changes: Vec<Change>,
    pub(super) records: Vec<WireRecord>,
    pub(super) gone: Vec<RecordKey>,
    pub(super) unreadable: Vec<RecordKey>,
    pub(super) position: Position,
    pub(super) more: bool,
    /// For how long the oldest committed change that no page can include yet has been held back.
    pub(super) held_back_ms: Option<u64>,
    /// Nothing was read.
    pub(super) push_only: bool,
}

impl Page {
    /// For a phone that asks for no page.
    pub(super) fn none(position: Position) -> Self {
        Self {
            push_only: true,
            ..Contents::default().page(position, false)
        }
    }
}

/// Reads the page after this position (`None`: the first of the bootstrap), the records that the answered commands
/// `touched`, and those that the phone is `missing`.
pub(super) async fn read(
    tx: &mut Scoped,
    actor: &Actor,
    moment: Moment,
    position: Option<Position>,
    touched: &[RecordKey],
    missing: &[RecordKey],
    max_bytes: usize,
) -> Result<Page, DatabaseError> {
    let foreign = |position: &Position| position.generation != moment.generation || position.xid > moment.end;
    let mut reader = Reader {
        actor,
        moment,
        budget: max_bytes,
        contents: Contents::default(),
    };
    for asked in [touched, missing] {
        let found = projection::load(tx, actor, asked).await?;
        reader.contents.unreadable.extend(found.unreadable);
        found
            .records
            .into_iter()
            .for_each(|record| reader.contents.add(record));
    }
    reader.contents.named.extend(missing.iter().cloned());
    match position {
        Some(position) if foreign(&position) => {
            let start = Position::before(moment.generation, moment.watermark);
            Ok(Page {
                reset: Some(ResetReason::OtherGeneration),
                ..reader.contents.page(start, true)
            })
        }
        Some(position) => match position.boot {
            Some(after) => reader.bootstrap(tx, position, after).await,
            None => reader.feed(tx, position).await,
        },
        None => {
            let start = Position::before(moment.generation, moment.watermark);
            reader
                .bootstrap(tx, start, StreamId::from_uuid(Uuid::nil()))
                .await
        }
    }
}

struct Reader<'a> {
    actor: &'a Actor,
    moment: Moment,
    budget: usize,
    contents: Contents,
}

impl Reader<'_> {
    /// The streams after `after`, from the record that `start` names in the first of them. The position in the feed
    /// stays that of the first page.
    async fn bootstrap(
        mut self,
        tx: &mut Scoped,
        start: Position,
        after: StreamId,
    ) -> Result<Page, DatabaseError> {
        let streams = scope::streams_after(tx, self.actor, after, MOST_STREAMS).await?;
        let heads = scope::heads(tx, self.actor, &streams).await?;
        let begun = start.part.clone().filter(|part| streams.contains(&part.stream));
        let listed =
            scope::records_after(tx, self.actor, &streams, begun.as_ref(), Some(MOST_LISTED)).await?;
        let all_listed = i64::try_from(listed.len()).is_ok_and(|found| found < MOST_LISTED);
        let fitting = self.fitting(&listed);
        let (page, rest) = listed.split_at(fitting);
        let mut loaded = self.load(tx, page).await?;
        // The first stream that is not delivered to its end; later ones are not begun.
        let unfinished = match (rest.first(), all_listed) {
            (Some(next), _) => Some(next.stream),
            (None, false) => page.last().map(|last| last.stream),
            (None, true) => None,
        };
        let mut done = after;
        for head in heads {
            if unfinished.is_some_and(|unfinished| head.stream > unfinished) {
                break;
            }
            // Granted since the part before: it comes with the feed.
            if begun.as_ref().is_some_and(|part| head.stream < part.stream) {
                continue;
            }
            let of_stream = || page.iter().filter(|listed| listed.stream == head.stream);
            let is_unfinished = unfinished == Some(head.stream);
            let continues = begun.as_ref().is_some_and(|part| part.stream == head.stream);
            if is_unfinished && of_stream().next().is_none() {
                break;
            }
            if !continues {
                self.contents.grants.push(Grant {
                    stream: head.stream,
                    seq: head.seq,
                });
            }
            for listed in of_stream() {
                loaded
                    .remove(&listed.key)
                    .into_iter()
                    .for_each(|record| self.contents.add(record));
            }
            if !is_unfinished {
                done = head.stream;
            }
        }
        if unfinished.is_some() {
            let part = page.last().filter(|last| Some(last.stream) == unfinished);
            let part = part.map(|last| RecordPlace {
                stream: last.stream,
                kind: last.key.kind.clone(),
                id: last.key.id,
            });
            return Ok(self.contents.page(start.booting(done, part), true));
        }
        if i64::try_from(streams.len()).is_ok_and(|found| found == MOST_STREAMS) {
            return Ok(self.contents.page(start.booting(done, None), true));
        }
        let position = start.booted();
        let held_back_ms = feed::held_back_ms(tx, self.actor, &position).await?;
        Ok(Page {
            held_back_ms,
            ..self.contents.page(position, false)
        })
    }

    /// How many of these records fit on the page, at least one.
    fn fitting(&self, listed: &[Listed]) -> usize {
        let mut bytes = self.contents.bytes;
        let fit = listed.iter().take_while(|listed| {
            bytes += OVERHEAD + LEAST + 2 * listed.size;
            bytes <= self.budget
        });
        fit.count().max(1).min(listed.len())
    }

    async fn load(
        &mut self,
        tx: &mut Scoped,
        listed: &[Listed],
    ) -> Result<BTreeMap<RecordKey, WireRecord>, DatabaseError> {
        let keys: Vec<RecordKey> = listed.iter().map(|listed| listed.key.clone()).collect();
        let found = projection::load(tx, self.actor, &keys).await?;
        self.contents.unreadable.extend(found.unreadable);
        let by_key = found
            .records
            .into_iter()
            .map(|record| (record.key.clone(), record));
        Ok(by_key.collect())
    }

    /// Whole transactions after the position, as many as fit.
    async fn feed(mut self, tx: &mut Scoped, start: Position) -> Result<Page, DatabaseError> {
        let limit = i64::try_from(MOST_ROWS + 1).unwrap_or(i64::MAX);
        let mut rows = feed::rows(tx, self.actor, &start, self.moment, limit).await?;
        let mut more = rows.len() > MOST_ROWS;
        if more {
            drop_unfinished(&mut rows);
        }
        let mut position = start.clone();
        let transactions: Vec<&[FeedRow]> = rows.chunk_by(|one, next| one.xid == next.xid).collect();
        'page: for some in transactions.chunks(TRANSACTIONS_AT_ONCE) {
            let mut loaded = self.named_by(tx, some).await?;
            for rows in some {
                let mut records = Vec::new();
                for key in rows.iter().flat_map(|row| self.visible(row)) {
                    records.extend(loaded.remove(&key));
                }
                let granted = self.granted_by(tx, rows).await?;
                records.extend(granted.iter().flat_map(|(_, its)| its.iter().cloned()));
                if position != start && !self.fits(&records) {
                    more = true;
                    break 'page;
                }
                for row in *rows {
                    position = start.after(row.xid, row.id);
                    let changed = self.visible(row);
                    self.contents.change(Change {
                        stream: row.stream,
                        seq: row.seq,
                        changed,
                    });
                }
                self.contents
                    .grants
                    .extend(granted.into_iter().map(|(grant, _)| grant));
                records.into_iter().for_each(|record| self.contents.add(record));
                let purged: Vec<Uuid> = named(rows, PURGE).collect();
                if !purged.is_empty() {
                    self.contents
                        .purge
                        .extend(scope::purge_orders(tx, self.actor, &purged).await?);
                }
            }
        }
        let held_back_ms = if more {
            None
        } else {
            feed::held_back_ms(tx, self.actor, &position).await?
        };
        Ok(Page {
            held_back_ms,
            ..self.contents.page(position, more)
        })
    }

    /// The records that the rows name, each once.
    async fn named_by(
        &mut self,
        tx: &mut Scoped,
        transactions: &[&[FeedRow]],
    ) -> Result<BTreeMap<RecordKey, WireRecord>, DatabaseError> {
        let rows = transactions.iter().flat_map(|rows| rows.iter());
        let keys: BTreeSet<RecordKey> = rows.flat_map(|row| self.visible(row)).collect();
        let keys: Vec<RecordKey> = keys
            .into_iter()
            .filter(|key| !self.contents.records.contains_key(key))
            .collect();
        let found = projection::load(tx, self.actor, &keys).await?;
        self.contents.unreadable.extend(found.unreadable);
        Ok(found
            .records
            .into_iter()
            .map(|record| (record.key.clone(), record))
            .collect())
    }

    /// The streams granted by the rows, if the actor still reads them, with their records.
    async fn granted_by(
        &mut self,
        tx: &mut Scoped,
        rows: &[FeedRow],
    ) -> Result<Vec<(Grant, Vec<WireRecord>)>, DatabaseError> {
        let granted = &self.contents.grants;
        let streams: Vec<StreamId> = named(rows, GRANT)
            .map(StreamId::from_uuid)
            .filter(|stream| granted.iter().all(|grant| grant.stream != *stream))
            .collect();
        if streams.is_empty() {
            return Ok(Vec::new());
        }
        let heads = scope::heads(tx, self.actor, &streams).await?;
        let streams: Vec<StreamId> = heads.iter().map(|head| head.stream).collect();
        let mut records = self.records_of(tx, &streams).await?;
        let granted = heads.into_iter().map(|head| {
            let grant = Grant {
                stream: head.stream,
                seq: head.seq,
            };
            (grant, records.remove(&head.stream).unwrap_or_default())
        });
        Ok(granted.collect())
    }

    async fn records_of(
        &mut self,
        tx: &mut Scoped,
        streams: &[StreamId],
    ) -> Result<BTreeMap<StreamId, Vec<WireRecord>>, DatabaseError> {
        let listed = scope::records_after(tx, self.actor, streams, None, None).await?;
        let mut by_stream = BTreeMap::<_, Vec<_>>::new();
        for record in self.load(tx, &listed).await?.into_values() {
            by_stream.entry(record.stream).or_default().push(record);
        }
        Ok(by_stream)
    }

    /// The row's keys that the role may see.
    fn visible(&self, row: &FeedRow) -> Vec<RecordKey> {
        let role = self.actor.role();
        let seen = |name: &str| RecordKind::from_name(name).is_some_and(|kind| projection::sees(role, kind));
        let keys = row.changed.iter().filter(|(kind, _)| seen(kind));
        keys.map(|(kind, id)| RecordKey {
            kind: kind.clone(),
            id: *id,
        })
        .collect()
    }

    fn fits(&self, records: &[WireRecord]) -> bool {
        let new = records
            .iter()
            .filter(|record| !self.contents.records.contains_key(&record.key));
        self.contents.bytes + new.map(size).sum::<usize>() <= self.budget
    }
}

/// The page's contents so far.
#[derive(Debug, Default)]
struct Contents {
    purge: Vec<PurgeOrder>,
    grants: Vec<Grant>,
    changes: Vec<Change>,
    records: BTreeMap<RecordKey, WireRecord>,
    /// May name more than the page does: whoever asked for them once may ask again.
    unreadable: BTreeSet<RecordKey>,
    /// Keys that the page must account for, besides those of the changes.
    named: BTreeSet<RecordKey>,
    bytes: usize,
}

impl Contents {
    fn add(&mut self, record: WireRecord) {
        let bytes = size(&record);
        if self.records.insert(record.key.clone(), record).is_none() {
            self.bytes += bytes;
        }
    }

    fn change(&mut self, change: Change) {
        self.bytes += OVERHEAD * (1 + change.changed.len());
        self.changes.push(change);
    }

    fn page(self, position: Position, more: bool) -> Page {
        let changed = self.changes.iter().flat_map(|change| &change.changed);
        let named: BTreeSet<&RecordKey> = changed.chain(&self.named).collect();
        let gone = named
            .into_iter()
            .filter(|key| !self.records.contains_key(key) && !self.unreadable.contains(key))
            .cloned()
            .collect();
        Page {
            reset: None,
            purge: self.purge,
            grants: self.grants,
            gone,
            changes: self.changes,
            records: self.records.into_values().collect(),
            unreadable: self.unreadable.into_iter().collect(),
            position,
            more,
            held_back_ms: None,
            push_only: false,
        }
    }
}

fn size(record: &WireRecord) -> usize {
    OVERHEAD + record.body.len()
}

/// The ids of the rows' keys of this kind.
fn named<'a>(rows: &'a [FeedRow], kind: &'a str) -> impl Iterator<Item = Uuid> + 'a {
    rows.iter()
        .flat_map(|row| &row.changed)
        .filter(move |(name, _)| name == kind)
        .map(|(_, id)| *id)
}

/// Drops the last transaction, which may have more rows than were read; it goes to the next page.
fn drop_unfinished(rows: &mut Vec<FeedRow>) {
    let last = rows.last().map(|row| row.xid);
    let whole = rows.iter().filter(|row| Some(row.xid) != last).count();
    // A transaction that fills a page by itself has to be split.
    rows.truncate(if whole > 0 { whole } else { MOST_ROWS });
}
