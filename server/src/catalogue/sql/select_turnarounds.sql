-- Each expert's median time from assignment to opinion over the last 50 opinions, in milliseconds.
select p.id as provider_id, turnaround.median as "median!"
from provider p,
  lateral (
    select (percentile_disc(0.5) within group (order by latest.taken) * 1000)::bigint as median
    from (
      select extract(epoch from a.completed_at - a.assigned_at) as taken
      from assignment a
      where a.provider_id = p.id and a.completed_at is not null
      order by a.completed_at desc
      limit 50
    ) latest
  ) turnaround
where turnaround.median is not null
