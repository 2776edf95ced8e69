-- The streams that these parties read and that the phone has not been ordered to delete: no order is open, and none was
-- carried out since its last sync.
select distinct m.stream
from membership m
where m.party = any($1) and m.to_seq is null
  and not exists (
    select from purge_order o
    left join purge_confirmation c on c.purge_id = o.id and c.device_id = $3
    where o.party = $2 and o.stream = m.stream and o.reason = $4
      and (c.purge_id is null
           or c.confirmed_at > (select coalesce(d.last_sync_at, d.enrolled_at) from device d where d.id = $3)))
order by m.stream
limit $5
