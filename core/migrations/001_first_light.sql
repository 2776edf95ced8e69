-- The phone's database as first released: records and overlay, outbox, place in the feed, notices, session, files.

create table setting (
    -- Single values: cursor, device_seq, app_version, last_sync_at. Nothing that has a table of its own.
    key text primary key,
    value any not null
) strict;

create table record (
    -- What the server decided, as sent for this user's role. Replaced whole, never changed by the phone.
    kind text not null,
    id text not null,
    stream text not null,
    -- The case that it is listed under; a case is its own.
    parent text,
    version integer not null,
    -- CBOR, exactly as received.
    body blob not null,
    -- 0: this build cannot read it; tried again when the app's version changes.
    known integer not null constraint record_known check (known in (0, 1)),
    -- 1: seen before a reset and not confirmed since.
    stale integer not null default 0 constraint record_stale check (stale in (0, 1)),
    constraint record_key primary key (kind, id)
) strict;

create index record_stream on record (stream);
create index record_parent on record (parent, kind);

create table overlay (
    -- What pending commands make of the records: shown in place of them, dropped and laid again after each page.
    kind text not null,
    id text not null,
    parent text,
    body blob not null,
    constraint overlay_key primary key (kind, id)
) strict;

create index overlay_parent on overlay (parent, kind);

create table outbox (
    -- Commands that were confirmed to the user and not answered by the server yet. Sent in the order of device_seq.
    device_seq integer primary key,
    command_id text not null constraint outbox_command_id unique,
    command text not null,
    aggregate_kind text not null constraint outbox_aggregate check (aggregate_kind in ('patient', 'case')),
    aggregate_id text not null,
    -- The exact bytes: a repeated command must have the same hash.
    envelope blob not null,
    -- Ids of earlier commands, separated by spaces.
    depends_on text not null,
    issued_at integer not null,
    -- sent: on its way at least once, answer unknown.
    state text not null constraint outbox_state check (state in ('waiting', 'sent')),
    attempts integer not null default 0
) strict;

create index outbox_aggregate_of on outbox (aggregate_kind, aggregate_id);

create table settled_command (
    -- How commands ended, for 30 days. No content: that would outlive the case it belongs to.
    command_id text primary key,
    command text not null,
    aggregate_kind text not null,
    aggregate_id text not null,
    -- Null: applied.
    refusal_code text,
    settled_at integer not null
) strict;

create index settled_command_at on settled_command (settled_at);

create table stream (
    -- Streams that this phone reads, and the next change expected in each.
    id text primary key,
    next_seq integer not null constraint stream_seq check (next_seq > 0)
) strict;

create table parked (
    -- Changes that came before an earlier one of their stream.
    stream text not null,
    seq integer not null,
    constraint parked_key primary key (stream, seq)
) strict;

create table purge_ack (
    -- Purge orders carried out. Kept after the server heard of it, so that an order seen twice is done once.
    purge_id text primary key,
    purged_at integer not null,
    acknowledged integer not null default 0 constraint purge_ack_acknowledged check (acknowledged in (0, 1))
) strict;

create table notice (
    -- What the user must be told: commands that were refused, cases that left the phone. No patient text.
    id text primary key,
    kind text not null constraint notice_kind check (kind in ('command_refused', 'case_given_away')),
    code text not null,
    command text,
    command_id text constraint notice_command_id unique,
    case_id text,
    case_number text,
    created_at integer not null,
    is_read integer not null default 0 constraint notice_is_read check (is_read in (0, 1))
) strict;

create index notice_case on notice (case_id);

create table kept_text (
    -- An expert's own refused words, readable to their author for 30 days (R3). No patient identifiers.
    command_id text primary key,
    case_id text not null,
    case_number text,
    body blob not null,
    created_at integer not null
) strict;

create table session (
    -- Who uses this phone, its signing key, and the tokens.
    only_one integer primary key constraint session_only_one check (only_one = 1),
    device_id text,
    device_seed blob constraint session_device_seed check (length(device_seed) = 32),
    user_id text,
    role text,
    party_id text,
    display_name text,
    session_id text,
    access_token text,
    access_expires_at integer,
    refresh_token text,
    server_url text
) strict;

create table file (
    -- Clinical files at rest beside this database, sealed; each with a key of its own, which goes when the row goes.
    document_id text primary key,
    -- Null until a staged file is sent with a case.
    case_id text,
    stream text,
    -- What the user called it, until it is declared.
    kind text,
    title text,
    name text not null,
    media_type text not null,
    size integer not null,
    sha256 text not null,
    -- Relative to the folder of files.
    path text not null,
    key blob not null constraint file_key check (length(key) = 32),
    state text not null constraint file_state check (state in (
        'staged', 'waiting_upload', 'uploading', 'uploaded', 'waiting_download', 'downloading', 'present')),
    transferred integer not null default 0,
    attempts integer not null default 0,
    last_error text,
    created_at integer not null
) strict;

create index file_case on file (case_id);
create index file_stream on file (stream);
create index file_state_of on file (state);
