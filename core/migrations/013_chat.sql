create table chat (
    -- A case's chat as of the newest entry of its log that was checked.
    case_id text primary key,
    seq integer not null,
    head blob not null,
    -- The newest epoch: number, hash of its record, revision of the roster that it is for.
    epoch integer,
    epoch_hash blob,
    epoch_rev integer,
    roster blob not null,
    -- Why the next entry, which is here, does not continue the log.
    fault text
) strict, without rowid;

create table chat_entry (
    -- The log, as received. Entries above chat.seq wait for those before them.
    case_id text not null,
    seq integer not null,
    wire blob not null,
    -- The log's head after it, once it was checked.
    head blob,
    -- Why its text, or its wrap for this phone, was set aside.
    fault text,
    primary key (case_id, seq)
) strict;
create index chat_entry_fault on chat_entry (case_id, seq) where fault is not null;

create table chat_chain (
    -- The newest envelope of each device.
    case_id text not null,
    device_id text not null,
    seq integer not null,
    link blob not null,
    primary key (case_id, device_id)
) strict, without rowid;

create table chat_burnt (
    -- Slots that the server refused.
    case_id text not null,
    device_id text not null,
    seq integer not null,
    primary key (case_id, device_id, seq)
) strict, without rowid;

create table chat_epoch_key (
    -- Keys of epochs that were addressed to this phone, by the hash of the epoch's record.
    case_id text not null,
    epoch_hash blob not null,
    key blob not null,
    primary key (case_id, epoch_hash)
) strict, without rowid;

create table chat_change (
    -- Changes that were accepted, by their stamp, for the document of their segment.
    case_id text not null,
    stamp text not null,
    segment_rev integer not null,
    segment_number integer not null,
    -- The how manieth of the segment, and of the device in it.
    number integer not null,
    device_id text not null,
    device_number integer not null,
    hash blob not null,
    bytes blob not null,
    primary key (case_id, stamp)
) strict;
create unique index chat_change_number on chat_change (case_id, segment_rev, segment_number, number);
create unique index chat_change_of_device on chat_change (case_id, segment_rev, segment_number, device_id, device_number);
create index chat_change_hash on chat_change (case_id, segment_rev, segment_number, hash);

create table chat_message (
    case_id text not null,
    stamp text not null,
    -- Its entry in the log.
    seq integer not null,
    user_id text not null,
    device_id text not null,
    -- When the server stored it, in milliseconds.
    at integer not null,
    -- The newest text; null once withdrawn.
    text text,
    reply_to text,
    -- Stamp of the edit that the text is from.
    edit text,
    withdrawn integer not null default 0,
    primary key (case_id, stamp)
) strict, without rowid;
create index chat_message_seq on chat_message (case_id, seq);

create table chat_reaction (
    case_id text not null,
    message text not null,
    user_id text not null,
    -- The newest counts; without a text it was taken back.
    stamp text not null,
    reaction text,
    primary key (case_id, message, user_id)
) strict, without rowid;

create table chat_read_mark (
    case_id text not null,
    user_id text not null,
    stamp text not null,
    -- The entry of the log up to which the user has read.
    seq integer not null,
    primary key (case_id, user_id)
) strict, without rowid;
