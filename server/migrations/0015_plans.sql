-- The questions of consequences in a language whose plans a connection keeps. PostgreSQL plans the body of a function in SQL
-- anew in each statement that calls it, which took most of a command's time. What they answer is as in version 13.
set role mso_owner;

create or replace function acting_in_case(of_case uuid) returns boolean language plpgsql stable as $$
begin
  return (select session_user in ('mso_admin', 'mso_system')
    or c.institution_id is not distinct from acting_institution()
    or coalesce((select true from assignment a
                 where a.case_id = c.id and a.provider_id = acting_provider() limit 1), false)
  from mso_case c where c.id = of_case);
end
$$;

create or replace function acting_reaches(a_stream uuid) returns boolean language plpgsql stable as $$
begin
  return coalesce(acting_in_case(a_stream),
    session_user in ('mso_admin', 'mso_system') or a_stream is not distinct from acting_institution()
    or (select true from institution i where i.id = a_stream) is null);
end
$$;

create or replace function acting_audits(a_stream uuid) returns boolean language plpgsql stable as $$
begin
  return coalesce(acting_in_case(a_stream), session_user in ('mso_admin', 'mso_system')
    or a_stream = acting_user() or a_stream = acting_institution() or a_stream = acting_provider());
end
$$;

reset role;
