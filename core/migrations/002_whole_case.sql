-- The outbox takes commands on every kind of record: the table is made anew, since SQLite cannot change a check.
create table outbox_next (
    -- Commands that were confirmed to the user and not answered by the server yet. Sent in the order of device_seq.
    device_seq integer primary key,
    command_id text not null constraint outbox_command_id unique,
    command text not null,
    aggregate_kind text not null,
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

insert into outbox_next select * from outbox;
drop table outbox;
alter table outbox_next rename to outbox;
create index outbox_aggregate_of on outbox (aggregate_kind, aggregate_id);
