//! Tables `chat_change`, `chat_message`, `chat_reaction` and `chat_read_mark`: the accepted changes and what they say.
//!
//! Invariant: whatever order changes are accepted in, the rows are the same.

use std::cell::{Cell, RefCell};

use automerge::ChangeHash;
use rusqlite::{Connection, OptionalExtension, params};

use crate::chat::SegmentId;
use crate::client::chat::change::{Accepted, Stamp, Written};
use crate::client::chat::content::{Content, ReactionText};
use crate::client::store::{StoreError, Stored};
use crate::ids::{CaseId, DeviceId, UserId};
use crate::time::Timestamp;

/// A message as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageRow {
    pub(crate) stamp: Stamp,
    pub(crate) seq: u64,
    pub(crate) user_id: UserId,
    /// When the server stored it.
    pub(crate) at: Timestamp,
    /// `None` once withdrawn.
    pub(crate) text: Option<String>,
    pub(crate) reply_to: Option<Stamp>,
    pub(crate) edited: bool,
}

/// What was accepted in a segment, asked of the store. A store that fails answers as if everything were forbidden, and the
/// failure is kept.
pub(crate) struct InSegment<'a> {
    conn: &'a Connection,
    case_id: CaseId,
    segment: SegmentId,
    failure: RefCell<Option<StoreError>>,
    /// Of the segment, and of the device asked for in it: the number of the newest change.
    newest: Cell<Option<i64>>,
    newest_of: Cell<Option<(DeviceId, i64)>>,
}

impl<'a> InSegment<'a> {
    pub(crate) const fn new(conn: &'a Connection, case_id: CaseId, segment: SegmentId) -> Self {
        Self {
            conn,
            case_id,
            segment,
            failure: RefCell::new(None),
            newest: Cell::new(None),
            newest_of: Cell::new(None),
        }
    }

    /// Returns the failure of the store, if there was one.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        self.failure.borrow_mut().take().map_or(Ok(()), Err)
    }

    fn ask<T>(&self, found: Result<T, rusqlite::Error>, otherwise: T) -> T {
        found.unwrap_or_else(|error| {
            *self.failure.borrow_mut() = Some(error.into());
            otherwise
        })
    }

    fn last(&self) -> Result<i64, rusqlite::Error> {
        if let Some(number) = self.newest.get() {
            return Ok(number);
        }
        let SegmentId { member_rev, number } = self.segment;
        let mut statement = self.conn.prepare_cached(
            "select coalesce(max(number), 0) from chat_change
             where case_id = ?1 and segment_rev = ?2 and segment_number = ?3",
        )?;
        let last = statement.query_row(params![Stored(self.case_id), member_rev, number], |row| {
            row.get(0)
        })?;
        self.newest.set(Some(last));
        Ok(last)
    }

    fn last_of(&self, device_id: DeviceId) -> Result<i64, rusqlite::Error> {
        if let Some((of, number)) = self.newest_of.get()
            && of == device_id
        {
            return Ok(number);
        }
        let SegmentId { member_rev, number } = self.segment;
        let mut statement = self.conn.prepare_cached(
            "select coalesce(max(device_number), 0) from chat_change
             where case_id = ?1 and segment_rev = ?2 and segment_number = ?3 and device_id = ?4",
        )?;
        let last = statement.query_row(
            params![Stored(self.case_id), member_rev, number, Stored(device_id)],
            |row| row.get(0),
        )?;
        self.newest_of.set(Some((device_id, last)));
        Ok(last)
    }

    /// Stores an accepted change of this device, for the segment's document.
    pub(crate) fn put(self, device_id: DeviceId, written: &Written) -> Result<(), StoreError> {
        let (number, device_number) = (self.last()? + 1, self.last_of(device_id)? + 1);
        let mut statement = self.conn.prepare_cached(
            "insert into chat_change (case_id, stamp, segment_rev, segment_number, number, device_id, device_number, hash, bytes)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        statement.execute(params![
            Stored(self.case_id),
            written.key.stamp().as_str(),
            self.segment.member_rev,
            self.segment.number,
            number,
            Stored(device_id),
            device_number,
            written.change.hash().0,
            written.change.raw_bytes(),
        ])?;
        Ok(())
    }

    fn find_author(&self, message: &Stamp) -> Result<Option<UserId>, rusqlite::Error> {
        let user: Option<Stored<UserId>> = self
            .conn
            .prepare_cached(
                "select m.user_id from chat_message m join chat_change c using (case_id, stamp)
                 where m.case_id = ?1 and m.stamp = ?2 and c.segment_rev = ?3",
            )?
            .query_row(
                params![Stored(self.case_id), message.as_str(), self.segment.member_rev],
                |row| row.get(0),
            )
            .optional()?;
        Ok(user.map(|user| user.0))
    }

    fn find_stamp(&self, stamp: &Stamp) -> Result<bool, rusqlite::Error> {
        self.conn
            .prepare_cached("select 1 from chat_change where case_id = ?1 and stamp = ?2")?
            .exists(params![Stored(self.case_id), stamp.as_str()])
    }

    fn find_hash(&self, hash: &ChangeHash) -> Result<bool, rusqlite::Error> {
        let SegmentId { member_rev, number } = self.segment;
        self.conn
            .prepare_cached(
                "select 1 from chat_change
                 where case_id = ?1 and segment_rev = ?2 and segment_number = ?3 and hash = ?4",
            )?
            .exists(params![Stored(self.case_id), member_rev, number, hash.0])
    }
}

impl Accepted for InSegment<'_> {
    fn author_of(&self, message: &Stamp) -> Option<UserId> {
        self.ask(self.find_author(message), None)
    }

    fn is_used(&self, stamp: &Stamp) -> bool {
        self.ask(self.find_stamp(stamp), true)
    }

    fn changes(&self) -> u64 {
        u64::try_from(self.ask(self.last(), 0)).unwrap_or(0)
    }

    fn changes_of(&self, device_id: DeviceId) -> u64 {
        u64::try_from(self.ask(self.last_of(device_id), 0)).unwrap_or(0)
    }

    fn has_change(&self, hash: &ChangeHash) -> bool {
        self.ask(self.find_hash(hash), false)
    }
}

/// Who wrote something, and where it stands in the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    pub(crate) case_id: CaseId,
    pub(crate) user_id: UserId,
    pub(crate) device_id: DeviceId,
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
}

/// Shows what an accepted change says.
pub(crate) fn put_content(
    conn: &Connection,
    of: Source,
    own: &Stamp,
    content: &Content,
) -> Result<(), StoreError> {
    let case_id = Stored(of.case_id);
    let seq = i64::try_from(of.seq).map_err(|_| StoreError::Unreadable("chat seq"))?;
    let own = own.as_str();
    match content {
        Content::Message { text, reply_to } => conn
            .prepare_cached(
                "insert into chat_message (case_id, stamp, seq, user_id, device_id, at, text, reply_to)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                case_id,
                own,
                seq,
                Stored(of.user_id),
                Stored(of.device_id),
                of.at.unix_millis(),
                text.as_str(),
                reply_to.as_ref().map(Stamp::as_str),
            ])?,
        Content::Edit { message, text } => conn
            .prepare_cached(
                "update chat_message set text = ?3, edit = ?4
                 where case_id = ?1 and stamp = ?2 and withdrawn = 0 and (edit is null or edit < ?4)",
            )?
            .execute(params![case_id, message.as_str(), text.as_str(), own])?,
        Content::Withdrawal { message } => conn
            .prepare_cached("update chat_message set text = null, withdrawn = 1 where case_id = ?1 and stamp = ?2")?
            .execute(params![case_id, message.as_str()])?,
        Content::Reaction { message, reaction } => conn
            .prepare_cached(
                "insert into chat_reaction (case_id, message, user_id, stamp, reaction) values (?1, ?2, ?3, ?4, ?5)
                 on conflict (case_id, message, user_id) do update set stamp = excluded.stamp, reaction = excluded.reaction
                 where stamp < excluded.stamp",
            )?
            .execute(params![
                case_id,
                message.as_str(),
                Stored(of.user_id),
                own,
                reaction.as_ref().map(ReactionText::as_str),
            ])?,
        Content::ReadMark { seq } => conn
            .prepare_cached(
                "insert into chat_read_mark (case_id, user_id, stamp, seq) values (?1, ?2, ?3, ?4)
                 on conflict (case_id, user_id) do update set stamp = excluded.stamp, seq = excluded.seq
                 where seq < excluded.seq",
            )?
            .execute(params![
                case_id,
                Stored(of.user_id),
                own,
                i64::try_from(*seq).unwrap_or(i64::MAX),
            ])?,
    };
    Ok(())
}

/// The messages before this one, newest first.
pub(crate) fn messages(
    conn: &Connection,
    case_id: CaseId,
    before: Option<&Stamp>,
    limit: u32,
) -> Result<Vec<MessageRow>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select stamp, seq, user_id, at, text, reply_to, edit from chat_message
         where case_id = ?1 and stamp < coalesce(?2, 'g') order by stamp desc limit ?3",
    )?;
    let mut rows = statement.query(params![Stored(case_id), before.map(Stamp::as_str), limit])?;
    let stamp = |text: String| Stamp::parse(&text).ok_or(StoreError::Unreadable("stamp"));
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        let text: Option<String> = row.get("text")?;
        messages.push(MessageRow {
            stamp: stamp(row.get("stamp")?)?,
            seq: u64::try_from(row.get::<_, i64>("seq")?).map_err(|_| StoreError::Unreadable("chat seq"))?,
            user_id: row.get::<_, Stored<UserId>>("user_id")?.0,
            at: Timestamp::from_unix_millis(row.get("at")?),
            edited: text.is_some() && row.get::<_, Option<String>>("edit")?.is_some(),
            text,
            reply_to: row.get::<_, Option<String>>("reply_to")?.map(stamp).transpose()?,
        });
    }
    Ok(messages)
}

/// The reactions to a message that were not taken back, by user.
pub(crate) fn reactions(
    conn: &Connection,
    case_id: CaseId,
    message: &Stamp,
) -> Result<Vec<(UserId, String)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select user_id, reaction from chat_reaction
         where case_id = ?1 and message = ?2 and reaction is not null order by user_id",
    )?;
    let rows = statement.query_map(params![Stored(case_id), message.as_str()], |row| {
        Ok((row.get::<_, Stored<UserId>>(0)?.0, row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Number of messages of others above the user's read mark.
pub(crate) fn unread(conn: &Connection, case_id: CaseId, user_id: UserId) -> Result<u32, StoreError> {
    let mut statement = conn.prepare_cached(
        "select count(*) from chat_message where case_id = ?1 and user_id <> ?2 and withdrawn = 0
           and seq > coalesce((select seq from chat_read_mark where case_id = ?1 and user_id = ?2), 0)",
    )?;
    Ok(statement.query_row(params![Stored(case_id), Stored(user_id)], |row| row.get(0))?)
}

/// Whether this change, with this stamp, was accepted.
pub(crate) fn is_accepted(
    conn: &Connection,
    case_id: CaseId,
    stamp: &Stamp,
    change: &[u8],
) -> Result<bool, StoreError> {
    let mut statement =
        conn.prepare_cached("select 1 from chat_change where case_id = ?1 and stamp = ?2 and bytes = ?3")?;
    Ok(statement.exists(params![Stored(case_id), stamp.as_str(), change])?)
}

/// The changes of a segment, in the order in which they were accepted.
pub(crate) fn changes(
    conn: &Connection,
    case_id: CaseId,
    segment: SegmentId,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select bytes from chat_change where case_id = ?1 and segment_rev = ?2 and segment_number = ?3 order by number",
    )?;
    let rows = statement.query_map(
        params![Stored(case_id), segment.member_rev, segment.number],
        |row| row.get(0),
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest document of these readers that has a change; the first if none has.
pub(crate) fn newest_segment(conn: &Connection, case_id: CaseId, member_rev: u32) -> Result<u32, StoreError> {
    let mut statement = conn.prepare_cached(
        "select coalesce(max(segment_number), 0) from chat_change where case_id = ?1 and segment_rev = ?2",
    )?;
    Ok(statement.query_row(params![Stored(case_id), member_rev], |row| row.get(0))?)
}

/// Who wrote a message that is in the log.
pub(crate) fn author(
    conn: &Connection,
    case_id: CaseId,
    message: &Stamp,
) -> Result<Option<UserId>, StoreError> {
    let mut statement =
        conn.prepare_cached("select user_id from chat_message where case_id = ?1 and stamp = ?2")?;
    let found = statement.query_row(params![Stored(case_id), message.as_str()], |row| {
        row.get::<_, Stored<UserId>>(0)
    });
    Ok(found.optional()?.map(|user| user.0))
}

/// The time of the newest put here, in the log or waiting, in milliseconds.
pub(crate) fn newest_hlc(conn: &Connection, case_id: CaseId) -> Result<Option<u64>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select max(coalesce((select max(stamp) from chat_change where case_id = ?1), ''),
                    coalesce((select max(stamp) from chat_outbox where case_id = ?1), ''))",
    )?;
    let newest: String = statement.query_row([Stored(case_id)], |row| row.get(0))?;
    Ok(Stamp::parse(&newest).map(|stamp| stamp.hlc()))
}

/// The entry of the newest message of another user.
pub(crate) fn newest_of_others(
    conn: &Connection,
    case_id: CaseId,
    user_id: UserId,
) -> Result<Option<u64>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select seq from chat_message where case_id = ?1 and user_id <> ?2 order by seq desc limit 1",
    )?;
    let seq = statement.query_row(params![Stored(case_id), Stored(user_id)], |row| {
        row.get::<_, i64>(0)
    });
    let seq = seq.optional()?.map(u64::try_from).transpose();
    seq.map_err(|_| StoreError::Unreadable("chat seq"))
}

/// The entry of the log up to which the user has read; 0 if none.
pub(crate) fn read_up_to(conn: &Connection, case_id: CaseId, user_id: UserId) -> Result<u64, StoreError> {
    let mut statement =
        conn.prepare_cached("select seq from chat_read_mark where case_id = ?1 and user_id = ?2")?;
    let seq = statement.query_row(params![Stored(case_id), Stored(user_id)], |row| {
        row.get::<_, i64>(0)
    });
    u64::try_from(seq.optional()?.unwrap_or(0)).map_err(|_| StoreError::Unreadable("chat seq"))
}

/// The entry of the log up to which each user has read.
pub(crate) fn read_marks(conn: &Connection, case_id: CaseId) -> Result<Vec<(UserId, u64)>, StoreError> {
    let mut statement = conn.prepare_cached("select user_id, seq from chat_read_mark where case_id = ?1")?;
    let mut rows = statement.query([Stored(case_id)])?;
    let mut marks = Vec::new();
    while let Some(row) = rows.next()? {
        let seq = u64::try_from(row.get::<_, i64>("seq")?).map_err(|_| StoreError::Unreadable("chat seq"))?;
        marks.push((row.get::<_, Stored<UserId>>("user_id")?.0, seq));
    }
    Ok(marks)
}

/// For which readers the document of a message was begun.
pub(crate) fn segment_rev(
    conn: &Connection,
    case_id: CaseId,
    message: &Stamp,
) -> Result<Option<u32>, StoreError> {
    let mut statement =
        conn.prepare_cached("select segment_rev from chat_change where case_id = ?1 and stamp = ?2")?;
    let found = statement.query_row(params![Stored(case_id), message.as_str()], |row| row.get(0));
    Ok(found.optional()?)
}

/// Counts the messages up to this entry as read at once, before the mark is in the log.
pub(crate) fn note_read(
    conn: &Connection,
    case_id: CaseId,
    user_id: UserId,
    seq: u64,
) -> Result<(), StoreError> {
    let seq = i64::try_from(seq).map_err(|_| StoreError::Unreadable("chat seq"))?;
    conn.prepare_cached(
        "insert into chat_read_mark (case_id, user_id, stamp, seq) values (?1, ?2, '', ?3)
         on conflict (case_id, user_id) do update set seq = max(seq, excluded.seq)",
    )?
    .execute(params![Stored(case_id), Stored(user_id), seq])?;
    Ok(())
}

/// Messages that contain a text, newest first, with their ids.
pub(crate) fn search(
    conn: &Connection,
    case_id: Option<CaseId>,
    wanted: &str,
    limit: u32,
) -> Result<Vec<(CaseId, String)>, StoreError> {
    let wanted = wanted.to_lowercase();
    if wanted.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare_cached(
        "select case_id, stamp, text from chat_message
         where (?1 is null or case_id = ?1) and text is not null order by stamp desc",
    )?;
    let mut rows = statement.query([case_id.map(Stored)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if row.get::<_, String>("text")?.to_lowercase().contains(&wanted) {
            found.push((row.get::<_, Stored<CaseId>>("case_id")?.0, row.get("stamp")?));
        }
        if found.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
            break;
        }
    }
    Ok(found)
}
