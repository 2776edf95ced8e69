-- What falls due is found without a look at what was found before: a case that is flagged for good leaves the index.
set role mso_owner;

drop index case_accept_by, case_start_by, case_finish_by, case_answer_by, case_read_by;
create index case_accept_by on mso_case (accept_by)
  where status = 'Assigned' and closure is null and not ('accept' = any (overdue));
create index case_start_by on mso_case (start_by)
  where status = 'Accepted' and closure is null and not ('start' = any (overdue));
create index case_finish_by on mso_case (finish_by)
  where status = 'InProgress' and closure is null and not ('finish' = any (overdue));
create index case_answer_by on mso_case (answer_by)
  where status = 'Returned' and closure is null and not ('answer' = any (overdue));
create index case_read_by on mso_case (read_by)
  where status = 'Done' and closure is null and read_at is null and not ('read' = any (overdue));

reset role;
