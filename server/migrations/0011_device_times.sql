-- The device's time beside the server's: how far its clock is off, or how long the command waited on it.
set role mso_owner;

alter table command_log add column issued_at timestamptz;

reset role;
