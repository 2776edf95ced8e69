-- A requester who withdraws a file, or the case, has the part of it that arrived discarded.
set role mso_owner;

drop policy effects_queues on job;
create policy effects_queues on job for insert to mso_effects
  with check (session_user in ('mso_admin', 'mso_system')
    or (kind in ('render_report', 'discard_upload') and acting_in_case((payload ->> 'case')::uuid)));

reset role;
