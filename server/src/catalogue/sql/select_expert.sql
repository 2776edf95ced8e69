select
  p.active and exists (select from mso_user u where u.provider_id = p.id and u.status = 'active') as "active!",
  exists (
    select from provider_licence l
    where l.provider_id = p.id and l.verified_at is not null and $2 between l.valid_from and l.valid_to
  ) as "licence_valid!",
  array(select s.code from provider_specialty s where s.provider_id = p.id) as "specialties!",
  array(select a.institution_id from provider_affiliation a where a.provider_id = p.id) as "affiliations!",
  p.accepting,
  p.max_open,
  (select count(*) from assignment a
   where a.provider_id = p.id and a.ended_at is null and a.state <> 'completed') as "open_cases!",
  exists (
    select from assignment a where a.provider_id = p.id and a.case_id = $3 and a.end_reason = 'rejected'
  ) as "rejected_this_case!"
from provider p
where p.id = $1
