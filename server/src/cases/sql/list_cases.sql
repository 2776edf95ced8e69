-- Newest cases first: of one institution, of one expert's live assignments, or (both null) of all.
select c.id, c.submitted_at
from mso_case c
where ($1::uuid is null or c.institution_id = $1)
  and ($2::uuid is null or c.id in (select a.case_id from assignment a where a.provider_id = $2 and a.ended_at is null))
  and ($3::timestamptz is null or (c.submitted_at, c.id) < ($3, $4::uuid))
order by c.submitted_at desc, c.id desc
limit $5
