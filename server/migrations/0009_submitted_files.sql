-- A case waits only for the files that it was submitted with: a file added later that never arrives delays nothing.
set role mso_owner;

alter table document add column of_submission boolean not null default false;

alter table document no force row level security; -- so that the owner sees the rows
alter table mso_case no force row level security;
update document d set of_submission = true from mso_case c where c.id = d.case_id and c.submitted_at = d.declared_at;
alter table mso_case force row level security;
alter table document force row level security;

reset role;
