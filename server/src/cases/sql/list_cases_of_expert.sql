-- An expert's cases, newest first.
select c.id, c.submitted_at
from mso_case c
where c.provider_id = $1
  and ($2::timestamptz is null or (c.submitted_at, c.id) < ($2, $3::uuid))
order by c.submitted_at desc, c.id desc
limit $4
