-- What is over at $1: obligations that are not flagged yet, and windows that are not closed yet; after the place ($2 time,
-- $3 case, $4 what) and in its order.
select due.what as "what!", due.case_id as "case_id!", due.due_at as "due_at!"
from (
  select 'accept' as what, id as case_id, accept_by as due_at from mso_case
  where status = 'Assigned' and closure is null and not ('accept' = any (overdue)) and accept_by <= $1
  union all
  select 'start', id, start_by from mso_case
  where status = 'Accepted' and closure is null and not ('start' = any (overdue)) and start_by <= $1
  union all
  select 'finish', id, finish_by from mso_case
  where status = 'InProgress' and closure is null and not ('finish' = any (overdue)) and finish_by <= $1
  union all
  select 'answer', id, answer_by from mso_case
  where status = 'Returned' and closure is null and not ('answer' = any (overdue)) and answer_by <= $1
  union all
  select 'read', id, read_by from mso_case
  where status = 'Done' and closure is null and read_at is null and not ('read' = any (overdue)) and read_by <= $1
  union all
  select 'window', id, window_ends_at from mso_case
  where not window_closed and window_ends_at <= $1
) due
where $2::timestamptz is null or (due.due_at, due.case_id, due.what) > ($2, $3::uuid, $4::text)
order by due.due_at, due.case_id, due.what
limit $5
