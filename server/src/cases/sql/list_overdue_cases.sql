-- The open cases of all institutions in which something is overdue, newest first.
select c.id, c.submitted_at
from mso_case c
where c.overdue <> '{}' and c.closure is null
  and ($1::timestamptz is null or (c.submitted_at, c.id) < ($1, $2::uuid))
order by c.submitted_at desc, c.id desc
limit $3
