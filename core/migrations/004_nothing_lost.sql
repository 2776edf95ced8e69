-- Refused commands stay with their author, and one command that cannot go holds up only what builds on it.
create table draft (
    -- A refused command, whole, for its author: to send again, change or discard. Nothing else deletes it before its time.
    command_id text primary key,
    device_seq integer not null constraint draft_device_seq unique,
    -- The operation's name. Empty: refused before this table existed; then only the envelope has it.
    command text not null,
    -- The bytes that were sent. They may be of a form that this build cannot read.
    envelope blob not null,
    -- Ids of earlier commands, separated by spaces.
    depends_on text not null,
    code text not null,
    -- The patient to use instead.
    existing text,
    -- The fields concerned, separated by spaces.
    fields text not null,
    refused_at integer not null,
    -- By the server's clock. Null: until its author sends or discards it.
    kept_until integer
) strict;

create index draft_kept_until on draft (kept_until);

insert into draft (command_id, device_seq, command, envelope, depends_on, code, existing, fields, refused_at)
    select command_id, device_seq, '', envelope, '', code, existing, fields, refused_at from refused_command;
drop table refused_command;

create table outbox_next (
    -- Commands that were confirmed to the user and not answered by the server yet. Sent in the order of device_seq; one
    -- that cannot go holds up the later ones on its record, and those that depend on it.
    device_seq integer primary key,
    command_id text not null constraint outbox_command_id unique,
    command text not null,
    aggregate_kind text not null,
    aggregate_id text not null,
    -- The exact bytes: a repeated command must have the same hash.
    envelope blob not null,
    -- Ids of earlier commands, separated by spaces.
    depends_on text not null,
    -- Ids of the documents that it declares, separated by spaces.
    files text not null default '',
    issued_at integer not null,
    -- sent: on its way at least once, answer unknown. held: the server cannot process it.
    state text not null constraint outbox_state check (state in ('waiting', 'sent', 'held')),
    attempts integer not null default 0,
    -- Why it has not been answered, with a reference for support, since when (the phone's clock), and when to try again
    -- (the server's clock).
    trouble_code text,
    trouble_reference text,
    trouble_since integer,
    try_at integer
) strict;

insert into outbox_next (device_seq, command_id, command, aggregate_kind, aggregate_id, envelope, depends_on, issued_at,
                         state, attempts)
    select device_seq, command_id, command, aggregate_kind, aggregate_id, envelope, depends_on, issued_at, state, attempts
    from outbox;
drop table outbox;
alter table outbox_next rename to outbox;
create index outbox_aggregate_of on outbox (aggregate_kind, aggregate_id);
