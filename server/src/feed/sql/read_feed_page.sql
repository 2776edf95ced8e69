-- The next feed rows of these parties after a position and below the watermark, of streams that they are still members of.
-- Each party's rows stand in the order of positions, so a page costs what is new.
select distinct on (f.xid, f.id)
  f.xid::text as "xid!", f.id as "id!", f.stream as "stream!", f.seq as "seq!",
  f.changed as "changed!: Json<Vec<(String, Uuid)>>"
from unnest($4::uuid[]) as reader (party)
cross join lateral (
  select e.* from feed e
  where e.party = reader.party
    and (e.xid, e.id) > ($1::text::xid8, $2::bigint)
    and e.xid < $3::text::xid8
    and (select true from membership m
         where m.party = e.party and m.stream = e.stream and m.to_seq is null and m.from_seq < e.seq)
  order by e.xid, e.id
  limit $5
) f
order by f.xid, f.id
limit $5
