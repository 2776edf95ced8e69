-- Workload and status of all experts, or of one ($2), in relation to one case ($1) or to none. An open case
-- is a live assignment that is not completed.
select p.id,
  exists (select from mso_user u where u.provider_id = p.id and u.status = 'active') as "user_active!",
  (select count(*) from assignment a
   where a.provider_id = p.id and a.ended_at is null and a.state <> 'completed') as "open_cases!",
  (select count(*) from assignment a join mso_case c on c.id = a.case_id
   where a.provider_id = p.id and a.ended_at is null and a.state <> 'completed' and c.urgency = 'urgent') as "open_urgent!",
  exists (
    select from assignment a where a.provider_id = p.id and a.case_id = $1::uuid and a.end_reason = 'rejected'
  ) as "rejected_this_case!"
from provider p
where $2::uuid is null or p.id = $2
