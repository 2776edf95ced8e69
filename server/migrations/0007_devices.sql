-- A counted resource has a way back: a phone that signed out no longer counts, and revoking a phone ends its sessions.
set role mso_owner;

alter table device
  add column signed_out_at timestamptz,
  drop constraint device_state_known,
  add constraint device_state_known check (state in ('active', 'signed_out', 'revoked')),
  add constraint device_signed_out_at_known check (state <> 'signed_out' or signed_out_at is not null);

grant select (signed_out_at) on device to mso_requester, mso_provider, mso_admin;

-- What consequences may do.
grant select (device_id, ended_at), update (ended_at) on session to mso_effects;
create policy effects_ends on session to mso_effects using (acting_user() is not null) with check (acting_user() is not null);

reset role;
