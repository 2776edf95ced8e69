-- The next feed rows of these parties' live streams after a position and below the watermark. Positions are
-- selected first and rows last, so that a party in many streams costs one short index scan for each.
with page as (
  select distinct f.xid, f.id
  from membership m
  cross join lateral (
    select e.xid, e.id from feed e
    where e.stream = m.stream
      and (e.xid, e.id) > ($1::text::xid8, $2::bigint)
      and e.xid < $3::text::xid8
      and e.xid >= m.from_xid
    order by e.xid, e.id
    limit $5
  ) f
  where m.party = any($4) and m.to_xid is null
  order by f.xid, f.id
  limit $5
)
select e.xid::text as "xid!", e.id, e.stream, e.seq, e.changed as "changed: Json<Vec<(String, Uuid)>>"
from page p join feed e using (xid, id)
order by e.xid, e.id
