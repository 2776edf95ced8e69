-- A creation that is sent again after the server applied it makes nothing, if it is the same one.
-- content: the SHA-256 of a command that creates its record; null for every other command, and for those settled before.
alter table settled_command add column content text;
create index settled_command_aggregate_of on settled_command (aggregate_kind, aggregate_id);
