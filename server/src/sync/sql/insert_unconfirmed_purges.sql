-- Notes the phones that have not carried out these orders, and returns the orders that any phone has not. A phone owes what
-- was ordered while it was enrolled, unless the stream was granted again, or the phone confirmed this or a later order
-- about it. Orders of reason $3 are made when a revoked phone asks, again and again until it has confirmed: none of them is
-- about a phone that stays away.
with late as (
  insert into unconfirmed_purge (purge_id, device_id, reported_at)
  select o.id, d.id, $2
  from purge_order o
  join mso_user u on u.provider_id = o.party or u.institution_id = o.party
  join device d on d.user_id = u.id and d.enrolled_at <= o.created_at
  where o.id = any($1) and o.reason <> $3
    and not exists (select from membership m where m.stream = o.stream and m.party = o.party and m.to_seq is null)
    and not exists (select from purge_confirmation c join purge_order done on done.id = c.purge_id
                    where c.device_id = d.id and done.stream = o.stream and done.created_at >= o.created_at)
  returning purge_id
)
select o.id as "purge_id!", o.stream as "case_id!"
from purge_order o
where o.id in (select purge_id from late)
order by o.created_at, o.id
