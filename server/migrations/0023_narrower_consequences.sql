-- Only the side that withdraws files has their uploads discarded, and what a requester keeps is what a revoked phone sent.
set role mso_owner;

drop policy effects_queues on job;
create policy effects_queues on job for insert to mso_effects
  with check (session_user in ('mso_admin', 'mso_system')
    or (kind = 'render_report' and acting_in_case((payload ->> 'case')::uuid))
    or (kind = 'discard_upload' and session_user = 'mso_requester' and acting_in_case((payload ->> 'case')::uuid)));

drop policy requester_keeps on quarantine;
create policy requester_keeps on quarantine for insert to mso_requester
  with check (author = (select acting_user()) and refusal = 'actor_revoked' and discarded_at is null
    and (select true from mso_case c where c.id = quarantine.case_id and c.institution_id = (select acting_institution())));

reset role;
