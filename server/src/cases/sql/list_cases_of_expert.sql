-- An expert's cases, newest first; of one status, or overdue.
select c.id, c.submitted_at
from mso_case c
where c.provider_id = $1
  and ($2::timestamptz is null or (c.submitted_at, c.id) < ($2, $3::uuid))
  and ($5::text is null or (c.status = $5 and c.closure is null))
  and (not $6 or (c.overdue <> '{}' and c.closure is null))
order by c.submitted_at desc, c.id desc
limit $4
