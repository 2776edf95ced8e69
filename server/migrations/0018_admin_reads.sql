-- Why a case was closed, and the lists of cases that an admin works through: by status, and what is overdue.
set role mso_owner;

alter table mso_case add column closure_reason text,
  add constraint mso_case_reason_of_closure check (closure_reason is null or closure is not null);
grant update (closure_reason) on mso_case to mso_system, mso_requester, mso_provider, mso_admin;

create index case_in_status on mso_case (status, submitted_at desc, id desc) where closure is null;
create index case_overdue on mso_case (submitted_at desc, id desc) where closure is null and overdue <> '{}';

reset role;
