-- What a requester wrote about a patient on a phone that was revoked meanwhile is kept for admins, as what an expert wrote is.
set role mso_owner;

grant insert on quarantine to mso_requester;
grant select (id, author, command_id) on quarantine to mso_requester; -- to keep each once; not the text
create policy requester_knows on quarantine for select to mso_requester using (author = (select acting_user()));
create policy requester_keeps on quarantine for insert to mso_requester
  with check (author = (select acting_user())
    and (select true from mso_case c where c.id = quarantine.case_id and c.institution_id = (select acting_institution())));

reset role;
