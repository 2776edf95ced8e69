create table chat_device (
    -- This phone's keys for chats, and its user's identity.
    only_one integer primary key check (only_one = 1),
    user_id text not null,
    device_id text not null,
    identity_seed blob not null,
    signing_seed blob not null,
    x25519_secret blob not null,
    xwing_secret blob not null,
    -- The device's keys, as the identity signed them.
    certificate blob not null,
    -- 'new', 'stored' by the server, or the code with which the server refused it at this time of its clock, in milliseconds.
    published text not null,
    answered_at integer not null default 0
) strict;

create table chat_stream (
    -- The stream of a case's chat, by which the server takes it away.
    stream text primary key,
    case_id text not null unique
) strict, without rowid;

create table chat_task (
    -- Cases whose chats may need something from this phone.
    case_id text primary key,
    -- The user wrote, opened the chat, or submitted the case here: it is founded if need be.
    wanted integer not null default 0,
    -- Why the server did not take what was sent last.
    code text,
    -- Not before this time of the server's clock, in milliseconds.
    try_at integer not null default 0
) strict, without rowid;

create table chat_consent (
    -- Whom this phone's user lets into a chat: a colleague, or the expert of an assignment.
    case_id text not null,
    user_id text not null,
    assignment_id text,
    -- The identity that was shown: another one of the same user is not let in by this.
    identity_key blob not null,
    primary key (case_id, user_id)
) strict, without rowid;

create table chat_outbox (
    -- What was written here and is not in the log yet, in the order of writing.
    number integer primary key autoincrement,
    case_id text not null,
    -- The key and the value of the put, and the stamp in the key.
    stamp text not null,
    key text not null,
    value blob not null,
    -- By the phone's clock, in milliseconds.
    written_at integer not null,
    -- The assignment and the identity of the expert for whom it was written; null if there was none.
    addressed text,
    -- Once sealed: its slot, the change, the link and the bytes, which then stay the same.
    device_seq integer,
    change blob,
    link blob,
    wire blob,
    -- How often its slot was burnt.
    burnt integer not null default 0,
    -- Why it does not go, and whether it is not even tried until its author does something.
    code text,
    held integer not null default 0,
    unique (case_id, stamp)
) strict;
create unique index chat_outbox_slot on chat_outbox (case_id, device_seq) where device_seq is not null;
create index chat_outbox_of_case on chat_outbox (case_id, number);

alter table chat add column epoch_seq integer;
alter table chat add column epoch_at integer;
-- The server has shown another log than this one.
alter table chat add column forked integer not null default 0;
