-- A stored file that the caller may read: of their own institution ($2), under a live assignment ($3), or any
-- ($4).
select d.case_id, d.media_type, d.size, d.sha256, d.scan
from document d
join mso_case c on c.id = d.case_id
where d.id = $1
  and d.state = 'stored'
  and ($4
    or c.institution_id = $2
    or exists (select from assignment a where a.id = c.assignment_id and a.provider_id = $3 and a.ended_at is null))
