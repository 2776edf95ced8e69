-- Newest service records first: of one provider, or (null) of all.
select s.id, s.performed_at
from service_record s
where ($1::uuid is null or s.provider_id = $1)
  and ($2::text is null or s.state = $2)
  and ($3::uuid is null or s.provider_id = $3)
  and ($4::timestamptz is null or (s.performed_at, s.id) < ($4, $5::uuid))
order by s.performed_at desc, s.id desc
limit $6
