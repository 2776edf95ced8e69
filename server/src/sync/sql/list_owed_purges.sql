-- The orders that this phone has not carried out: those made because it is revoked, and older ones about streams that
-- were taken from its parties while it was enrolled.
select o.id, o.stream, o.reason
from purge_order o
where o.party = any($1)
  and not exists (select from purge_confirmation c where c.purge_id = o.id and c.device_id = $3)
  and (o.party = $2 and o.reason = $4
       or o.created_at >= (select d.enrolled_at from device d where d.id = $3)
          and not exists (select from membership m
                          where m.stream = o.stream and m.party = any($1) and m.to_seq is null))
order by o.created_at, o.id
limit $5
