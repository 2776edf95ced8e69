-- Each expert's median time from assignment to opinion, in milliseconds.
select provider_id,
       (percentile_disc(0.5) within group (order by extract(epoch from completed_at - assigned_at)) * 1000)::bigint as "median!"
from assignment
where completed_at is not null
group by provider_id
