-- Newest cases first: of one institution, or (null) of all.
select c.id, c.submitted_at
from mso_case c
where ($1::uuid is null or c.institution_id = $1)
  and ($2::timestamptz is null or (c.submitted_at, c.id) < ($2, $3::uuid))
order by c.submitted_at desc, c.id desc
limit $4
