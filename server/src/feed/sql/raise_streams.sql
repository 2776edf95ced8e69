-- The next change of each of these streams, whose heads are locked: a row for each live member, and the head raised by one.
-- All members of a stream read it under the same id. They are looked up stream by stream (`offset 0` keeps it so): a plan made
-- while there were few memberships would otherwise read them all.
with touched as materialized (
  select t.stream, t.changed, h.seq + 1 as seq, nextval('feed_id') as id
  from unnest($1::uuid[], $2::jsonb[]) as t (stream, changed)
  join stream_head h on h.stream = t.stream
), raised as (
  update stream_head h set seq = t.seq from touched t where h.stream = t.stream
), readers as materialized (
  select m.party, t.id, t.stream, t.seq, t.changed
  from touched t
  cross join lateral (select party from membership where stream = t.stream and to_seq is null offset 0) m
), told as (
  insert into feed (party, id, stream, seq, changed) select party, id, stream, seq, changed from readers
)
select distinct party as "party!" from readers
