-- The owner of all tables and the login roles, one per kind of actor. Roles belong to the cluster: made only if missing.
do $$
declare
  name text;
begin
  if not exists (select from pg_roles where rolname = 'mso_owner') then
    create role mso_owner nologin;
  end if;
  foreach name in array array['mso_requester', 'mso_provider', 'mso_admin', 'mso_system'] loop
    if not exists (select from pg_roles where rolname = name) then
      execute format('create role %I login noinherit', name);
    end if;
    -- A writer that sleeps inside a transaction would hold back the feed's watermark for everybody.
    execute format('alter role %I set statement_timeout = ''5s''', name);
    execute format('alter role %I set idle_in_transaction_session_timeout = ''5s''', name);
  end loop;
end
$$;

-- Whoever migrates must be able to act as the owner.
grant mso_owner to current_user;
grant usage, create on schema public to mso_owner;
grant usage on schema public to mso_requester, mso_provider, mso_admin, mso_system;
