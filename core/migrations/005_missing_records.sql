create table missing_record (
    -- Records that the server holds but could not read when it was asked. Asked for again in each cycle.
    kind text not null,
    id text not null,
    -- By the server's clock.
    since integer not null,
    -- How often it was asked for since then.
    asked integer not null default 0,
    primary key (kind, id)
) strict, without rowid;
