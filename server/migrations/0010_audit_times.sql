-- When a stream's last entry was made: what is decided later is never dated earlier.
set role mso_owner;

alter table audit_head add column last_at timestamptz;

reset role;
