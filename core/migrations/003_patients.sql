-- Refused commands that their author may take up again, instead of typing everything anew.
create table refused_command (
    -- A new patient who is there already (D-11), an edit that met another (R6), and what was built on them. For 30 days.
    command_id text primary key,
    device_seq integer not null constraint refused_command_device_seq unique,
    -- The exact bytes that were sent.
    envelope blob not null,
    code text not null,
    -- The patient to use instead.
    existing text,
    -- The fields concerned, separated by spaces.
    fields text not null,
    refused_at integer not null
) strict;

create index refused_command_at on refused_command (refused_at);
