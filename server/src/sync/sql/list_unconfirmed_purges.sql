-- Rows of the report, newest first, without the cases that the phone may hold again.
select r.purge_id, r.device_id, r.reported_at, o.stream as case_id, o.reason, o.created_at as ordered_at,
       d.user_id, d.name as device_name, d.last_sync_at, d.revoked_at
from unconfirmed_purge r
join purge_order o on o.id = r.purge_id
join device d on d.id = r.device_id
where r.confirmed_at is null
  and ($1::timestamptz is null or (r.reported_at, r.purge_id, r.device_id) < ($1, $2::uuid, $3::uuid))
  and not exists (select from membership m where m.stream = o.stream and m.party = o.party and m.to_seq is null)
order by r.reported_at desc, r.purge_id desc, r.device_id desc
limit $4
