-- Whether an expert has ever accepted a case: its files may have been read since then, also if another expert reviews it now.
set role mso_owner;

alter table mso_case add column ever_accepted boolean not null default false;
grant update (ever_accepted) on mso_case to mso_system, mso_requester, mso_provider, mso_admin;

alter table mso_case no force row level security; -- so that the owner sees the rows
alter table assignment no force row level security;
update mso_case c set ever_accepted = true
where exists (select from assignment a where a.case_id = c.id and a.accepted_at is not null);
alter table mso_case force row level security;
alter table assignment force row level security;

reset role;
