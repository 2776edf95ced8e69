-- Timeline since one expert's own assignment, starting with the status that the case had then.
select t.case_id, t.status, greatest(t.at, a.assigned_at) as "at!", t.action, t.role
from assignment a join case_timeline t on t.case_id = a.case_id
where a.case_id = any($1) and a.provider_id = $2 and a.ended_at is null
  and t.action <> 'discard_quarantine'
  and t.version >= (
    select max(n.version) from case_timeline n where n.case_id = a.case_id and n.at <= a.assigned_at)
order by t.case_id, t.version
