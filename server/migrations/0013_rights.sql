-- Who may read and write which rows, whole and in one place; all earlier grants and policies end here.
--
-- How a table gets its rights, here and in every later migration:
--   1. A row that belongs to a party is compared with the acting party: `institution_id = (select acting_institution())`.
--   2. A row of a case is seen by whoever sees the case: `(select true from mso_case c where c.id = case_id)`. Only the
--      policies of `mso_case` say who that is. A scalar sub-select is one look-up by the key for each row of the answer;
--      EXISTS and IN may be planned as a hash of all cases of the caller.
--   3. A row of a stream (feed, heads, audit) is seen by the stream's live members.
--   4. What may change at all is listed below, column by column. Everything else is fixed once written, for every login:
--      ids, parties, what was signed, issued, audited or told.
--   5. A row of a case names no other case's parties: composite keys say so where two columns of a row must agree.
-- Consequences (`mso_effects`) are bounded by what the acting party has to do with the case, and by the login
-- (`session_user`, which `set role` leaves as it is).
set role mso_owner;

create function acting_institution() returns uuid language sql stable as
  $$ select nullif(current_setting('mso.institution', true), '')::uuid $$;
create function acting_provider() returns uuid language sql stable as
  $$ select nullif(current_setting('mso.provider', true), '')::uuid $$;

do $$
declare
  of record;
begin
  for of in select tablename, policyname from pg_policies where schemaname = 'public' loop
    execute format('drop policy %I on %I', of.policyname, of.tablename);
  end loop;
  for of in
    select relname, relkind from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'S') and relowner = 'mso_owner'::regrole
  loop
    execute format('revoke all on %s %I from mso_requester, mso_provider, mso_admin, mso_system, mso_effects',
                   case of.relkind when 'S' then 'sequence' else 'table' end, of.relname);
    if of.relkind = 'r' then
      execute format('alter table %I no force row level security', of.relname); -- until the keys are checked
    end if;
  end loop;
end
$$;

-- Keys: the parties of a row are those of its case --------------------------------------------------------------

alter table patient add constraint patient_of_institution unique (id, institution_id);
alter table patient_identifier
  drop constraint patient_identifier_patient_id_fkey,
  add constraint patient_identifier_institution_of_patient
    foreign key (patient_id, institution_id) references patient (id, institution_id);
alter table patient
  add constraint patient_duplicate_of_same_institution
    foreign key (duplicate_of, institution_id) references patient (id, institution_id);
alter table assignment add constraint assignment_of_case unique (id, case_id, provider_id);
alter table mso_case
  drop constraint mso_case_patient_id_fkey,
  add constraint case_patient_of_institution
    foreign key (patient_id, institution_id) references patient (id, institution_id),
  -- The expert is the one of the case's own assignment, which is written after the case.
  add constraint case_expert_of_assignment
    foreign key (assignment_id, id, provider_id) references assignment (id, case_id, provider_id)
    deferrable initially deferred;
alter table document
  add constraint document_of_case unique (id, case_id),
  drop constraint document_replaces_fkey,
  add constraint document_replaces_one_of_its_case foreign key (replaces, case_id) references document (id, case_id);
alter table feedback add constraint feedback_institution_of_case
  foreign key (case_id, institution_id) references mso_case (id, institution_id);
alter table invoice
  add constraint invoice_of_case unique (id, case_id),
  drop constraint invoice_credit_of_fkey,
  drop constraint invoice_reissue_of_fkey,
  add constraint invoice_credits_one_of_its_case foreign key (credit_of, case_id) references invoice (id, case_id),
  add constraint invoice_reissues_one_of_its_case foreign key (reissue_of, case_id) references invoice (id, case_id);
drop index case_provider;
create index case_provider on mso_case (provider_id, institution_id);
create index assignment_case on assignment (case_id, provider_id);

-- Ids that senders choose are of version 7: none of the reserved ones, and none that sorts anywhere at will.
do $$
declare
  named text;
begin
  foreach named in array array['institution', 'provider', 'mso_user', 'device', 'price_list', 'patient', 'mso_case',
    'assignment', 'document', 'recommendation', 'issue', 'clarification', 'feedback', 'quarantine', 'notification',
    'invoice', 'payment', 'service_record', 'purge_order'] loop
    execute format('alter table %I add constraint %I check (substr(id::text, 15, 1) = ''7'') not valid',
                   named, named || '_id_version');
  end loop;
end
$$;

-- Counters go one step at a time, whoever writes ------------------------------------------------------------------

create function refuse_step() returns trigger language plpgsql as $$
begin
  raise exception '% goes forward by one', tg_table_name using errcode = 'check_violation', table = tg_table_name,
    constraint = tg_table_name || '_steps';
end
$$;
create trigger stream_head_steps before update on stream_head for each row
  when (new.seq <> old.seq + 1) execute function refuse_step();
create trigger audit_head_steps before update on audit_head for each row
  when (new.seq <> old.seq + 1) execute function refuse_step();
-- The head of a chain names an entry that is there …
alter table audit_head
  add column last_seq bigint generated always as (nullif(seq, 0)) stored,
  add constraint audit_head_names_an_entry foreign key (stream, last_seq) references audit_entry (stream, seq);
-- … and a new entry continues from the head.
create function audit_entry_follows() returns trigger language plpgsql as $$
begin
  if (new.seq, new.prev_hash) = (select h.seq + 1, h.hash from audit_head h where h.stream = new.stream) then
    return new;
  end if;
  raise exception 'an audit entry continues its chain'
    using errcode = 'check_violation', constraint = 'audit_entry_follows', table = 'audit_entry';
end
$$;
create trigger audit_entry_follows before insert on audit_entry for each row execute function audit_entry_follows();

-- What may change ------------------------------------------------------------------------------------------------

create temporary table may_change (of_table text primary key, columns text) on commit drop;
insert into may_change values
  ('institution', 'name, names, language, kind, sector, country, registration_number, address, tax_number,
    licence_valid_to, contact, time_zone, currency, inactive_reason, active, deadlines, version, updated_at'),
  ('provider', 'display_name, title, languages, max_open, max_urgent, availability, active, version, updated_at'),
  ('provider_specialty', 'ordinal, subspecialties, board, since, removed_at'),
  ('provider_affiliation', 'ordinal, removed_at'),
  ('provider_licence', 'country, valid_from, valid_to, verified_at, verified_by'),
  ('mso_user', 'display_name, status, locale, time_zone, version, updated_at'),
  ('device', 'state, revoked_at, revoked_reason'),
  ('specialty', 'display, active, version'),
  ('patient', 'family_name, given_name, transliterations, name_key, name_keys, name_search, birth_date, sex,
    preferred_language, active, duplicate_of, record, version, updated_at'),
  ('mso_case', 'request, specialty, urgency, status, resume_status, closure, readiness, assignment_id, provider_id,
    accept_by, start_by, finish_by, answer_by, read_by, paused_at, overdue, rejection, pending_resubmission, team,
    window_ends_at, window_closed, read_at, version, done_at, updated_at'),
  ('assignment', 'state, accepted_at, started_at, completed_at, ended_at, end_reason, end_text'),
  ('document', 'state, scan, struck, version, after_opinion, stored_at'),
  ('recommendation', 'entered_in_error, updated_version'),
  ('issue', 'state, record, version, updated_at'),
  ('clarification', 'escalated_at, answered_at, record, version, updated_at'),
  ('feedback', 'shared_with_provider, record, version, updated_at'),
  ('quarantine', 'discarded_at'),
  ('notification', 'delivered_at, read_at'),
  ('invoice', 'verification, past_flags, payment, write_off, credited_minor, fully_credited, version'),
  ('invoice_series', 'next_number'),
  ('service_record', 'state, approved_at, settled_at, version'),
  ('command_log', 'outcome'),
  ('audit_head', 'seq, hash, last_at'),
  ('stream_head', 'seq'),
  ('membership', 'to_seq'),
  ('invite', 'used_at, replaced_at'),
  ('mail', 'sent_at'),
  ('job', 'run_at, attempts, done_at, last_error'),
  ('session', 'refresh_generation, refreshed_at, expires_at, ended_at'),
  ('deployment', 'generation');
create function pg_temp.let_change(login text, variadic tables text[]) returns void language plpgsql as $$
declare
  named text;
begin
  foreach named in array tables loop
    execute format('grant update (%s) on %I to %I',
      (select columns from may_change where of_table = named), named, login);
  end loop;
end
$$;
create function pg_temp.let_see_all(login text, variadic tables text[]) returns void language plpgsql as $$
declare
  named text;
begin
  foreach named in array tables loop
    execute format('create policy %I on %I to %I using (acting_user() is not null) with check (acting_user() is not null)',
      replace(login, 'mso_', '') || '_all', named, login);
  end loop;
end
$$;

-- The server itself ----------------------------------------------------------------------------------------------
-- It sees every row once it has said who acts. Like everybody it adds to what only grows, and rewrites nothing of it.

grant select, insert on institution, provider, provider_specialty, provider_licence, provider_affiliation, mso_user, device,
  session, access_token, specialty, price_list, price, seller, patient, patient_identifier, mso_case, case_timeline,
  case_quote, assignment, document, recommendation, issue, clarification, feedback, quarantine, notification, invoice, payment,
  service_record, stream_head, feed, membership, purge_order, purge_confirmation, command_log, audit_head, audit_entry,
  invite, mail, job to mso_system;
grant select, insert (seller_id, fiscal_year, created_at) on invoice_series to mso_system;
grant select on deployment to mso_system;
select pg_temp.let_change('mso_system', variadic array_agg(of_table)) from may_change;
grant update (password_hash) on mso_user to mso_system;
grant update (platform, app_version, name, last_sync_at, signed_out_at) on device to mso_system;
grant delete on access_token, patient_identifier to mso_system;
grant usage on sequence feed_id to mso_system;
select pg_temp.let_see_all('mso_system', 'institution', 'provider', 'provider_specialty', 'provider_licence',
  'provider_affiliation', 'mso_user', 'device', 'session', 'access_token', 'specialty', 'price_list', 'price', 'seller',
  'invoice_series', 'patient', 'patient_identifier', 'mso_case', 'case_timeline', 'case_quote', 'document',
  'recommendation', 'issue', 'clarification', 'feedback', 'quarantine', 'notification', 'invoice', 'payment',
  'service_record', 'deployment', 'stream_head', 'purge_order', 'purge_confirmation', 'audit_head', 'audit_entry', 'invite',
  'mail', 'job');

-- Admins ---------------------------------------------------------------------------------------------------------
-- They see every row of the tables they may use at all: no password, token or session, and nobody's chat.

grant select on institution, provider, provider_specialty, provider_licence, provider_affiliation, specialty, price_list,
  price, seller, invoice_series, patient, patient_identifier, mso_case, case_timeline, case_quote, assignment, document,
  recommendation, issue, clarification, feedback, quarantine, notification, invoice, payment, service_record, deployment,
  stream_head, feed, membership, purge_order, purge_confirmation, audit_head, audit_entry, command_log to mso_admin;
grant select (id, email, display_name, role, institution_id, provider_id, status, joined, locale, time_zone, version,
    created_at, updated_at),
  insert (id, email, display_name, role, institution_id, provider_id, status, locale, time_zone, version, created_at,
    updated_at)
  on mso_user to mso_admin;
grant select (id, user_id, platform, app_version, name, state, enrolled_at, last_sync_at, signed_out_at, revoked_at,
    revoked_reason) on device to mso_admin;
grant select (id, user_id, expires_at, used_at, replaced_at, created_at), insert (id, user_id, expires_at, created_at),
  update (replaced_at) on invite to mso_admin;
grant insert (kind, user_id, invite_id, created_at) on mail to mso_admin;
grant insert on institution, provider, provider_specialty, provider_licence, provider_affiliation, specialty, price_list,
  price, patient, patient_identifier, case_timeline, issue, invoice, payment, stream_head, membership, command_log, audit_head,
  audit_entry to mso_admin;
grant insert (seller_id, fiscal_year, created_at) on invoice_series to mso_admin;
grant delete on patient_identifier to mso_admin;
select pg_temp.let_change('mso_admin', 'institution', 'provider', 'provider_specialty', 'provider_affiliation',
  'provider_licence', 'mso_user', 'device', 'specialty', 'patient', 'mso_case', 'assignment', 'document', 'recommendation',
  'issue', 'quarantine', 'invoice', 'invoice_series', 'service_record', 'command_log', 'audit_head');
grant update (read_at) on notification to mso_admin;
select pg_temp.let_see_all('mso_admin', 'institution', 'provider', 'provider_specialty', 'provider_licence',
  'provider_affiliation', 'mso_user', 'device', 'specialty', 'price_list', 'price', 'seller', 'invoice_series', 'patient',
  'patient_identifier', 'mso_case', 'case_timeline', 'case_quote', 'document', 'recommendation', 'issue', 'clarification',
  'feedback', 'quarantine', 'invoice', 'payment', 'service_record', 'deployment', 'stream_head', 'feed', 'purge_order',
  'purge_confirmation', 'audit_head', 'invite', 'mail');
create policy admin_own on notification to mso_admin using (user_id = acting_user()) with check (user_id = acting_user());
create policy admin_reads on audit_entry for select to mso_admin using (acting_user() is not null);
create policy admin_appends on audit_entry for insert to mso_admin with check (user_id = acting_user());

-- Both: streams, assignments and answers change in one way each.
create policy system_reads on membership for select to mso_system using (acting_user() is not null);
create policy admin_reads on membership for select to mso_admin using (acting_user() is not null);
create policy opens_own_streams on membership for insert to mso_system, mso_admin
  with check (acting_user() is not null and (stream = party
    or (party, stream) = ('00000000-0000-8000-8000-000000000001', '00000000-0000-8000-8000-000000000002')));
create policy system_reads on feed for select to mso_system using (acting_user() is not null);
create policy system_tells_members on feed for insert to mso_system
  with check (seq = (select h.seq + 1 from stream_head h where h.stream = feed.stream)
    and (select true from membership m where m.party = feed.party and m.stream = feed.stream and m.to_seq is null));
create policy system_reads on assignment for select to mso_system using (acting_user() is not null);
create policy admin_reads on assignment for select to mso_admin using (acting_user() is not null);
create policy moves_the_live_one on assignment for update to mso_system, mso_admin
  using (acting_user() is not null and ended_at is null) with check (acting_user() is not null);

-- Everybody's own commands: answered once.
create policy own_reads on command_log for select to mso_requester, mso_provider, mso_admin, mso_system, mso_effects
  using (user_id = acting_user());
create policy own_begins on command_log for insert to mso_requester, mso_provider, mso_admin, mso_system
  with check (user_id = acting_user() and outcome is null);
create policy own_settles on command_log for update
  to mso_requester, mso_provider, mso_admin, mso_system, mso_effects
  using (user_id = acting_user() and outcome is null) with check (user_id = acting_user());

-- Requesters -----------------------------------------------------------------------------------------------------

grant select on mso_case, case_timeline, case_quote, document, recommendation, issue, clarification, feedback, patient,
  patient_identifier, institution, invoice, payment, price_list, price, specialty, deployment, notification, membership,
  stream_head, feed, purge_order, purge_confirmation, command_log, audit_head to mso_requester;
grant select (id, display_name, title, languages) on provider to mso_requester;
grant select (provider_id, code, ordinal, removed_at) on provider_specialty to mso_requester;
grant select (id, case_id, provider_id, ended_at) on assignment to mso_requester;
grant select (id, display_name, role, institution_id, status, version) on mso_user to mso_requester;
grant select (id, user_id, platform, app_version, name, state, enrolled_at, last_sync_at, signed_out_at, revoked_at,
    revoked_reason) on device to mso_requester;
grant select (id, currency) on seller to mso_requester;
grant insert on mso_case, case_timeline, case_quote, document, issue, clarification, feedback, patient, patient_identifier,
  purge_confirmation, command_log, audit_head, audit_entry to mso_requester;
select pg_temp.let_change('mso_requester', 'mso_case', 'document', 'issue', 'clarification', 'feedback', 'patient',
  'device', 'command_log', 'audit_head');
grant update (read_at) on notification to mso_requester;
grant update (verification, version) on invoice to mso_requester;
grant delete on patient_identifier to mso_requester;
grant usage on sequence case_number to mso_requester;

create policy requester_own on mso_case for all to mso_requester
  using (institution_id = (select acting_institution()))
  with check (institution_id = (select acting_institution()));
create policy requester_of_case on case_timeline for all to mso_requester
  using ((select true from mso_case c where c.id = case_id));
create policy requester_of_case on case_quote for all to mso_requester
  using ((select true from mso_case c where c.id = case_id));
create policy requester_of_case on document for all to mso_requester
  using ((select true from mso_case c where c.id = case_id));
create policy requester_of_case on recommendation for select to mso_requester
  using ((select true from mso_case c where c.id = case_id));
create policy requester_of_case on issue for all to mso_requester
  using ((select true from mso_case c where c.id = case_id));
create policy requester_of_case on clarification for all to mso_requester
  using ((select true from mso_case c where c.id = case_id));
create policy requester_of_case on assignment for select to mso_requester
  using ((select true from mso_case c where c.id = case_id));
create policy requester_own on feedback for all to mso_requester
  using (institution_id = (select acting_institution()));
create policy requester_own on patient for all to mso_requester
  using (institution_id = (select acting_institution()));
create policy requester_own on patient_identifier for all to mso_requester
  using (institution_id = (select acting_institution()));
create policy requester_own on institution for select to mso_requester
  using (id = (select acting_institution()));
create policy requester_own on invoice for select to mso_requester
  using (institution_id = (select acting_institution()));
-- A requester may dispute what the own institution pays, in the own name, and change nothing else.
create policy requester_disputes on invoice for update to mso_requester
  using (institution_id = (select acting_institution()))
  with check (institution_id = (select acting_institution())
              and verification ->> 'state' = 'flagged' and verification ->> 'by' = acting_user()::text);
create policy requester_of_invoice on payment for select to mso_requester
  using ((select true from invoice i where i.id = invoice_id));
create policy requester_own on price for select to mso_requester
  using (acting_user() is not null and (institution_id is null or institution_id = (select acting_institution())));
create policy requester_reads on price_list for select to mso_requester using (acting_user() is not null);
create policy requester_reads on seller for select to mso_requester using (acting_user() is not null);
-- The public part of the experts of own cases. Whether a case shows its expert yet, the query asks.
create policy requester_of_cases on provider for select to mso_requester
  using ((select true from mso_case c
          where c.provider_id = provider.id and c.institution_id = (select acting_institution()) limit 1));
create policy requester_of_cases on provider_specialty for select to mso_requester
  using ((select true from mso_case c
          where c.provider_id = provider_specialty.provider_id and c.institution_id = (select acting_institution()) limit 1));
create policy requester_colleagues on mso_user for select to mso_requester
  using (institution_id = (select acting_institution()));

-- Providers ------------------------------------------------------------------------------------------------------

grant select on mso_case, case_timeline, case_quote, document, recommendation, issue, clarification, feedback, institution,
  assignment, provider, provider_specialty, provider_licence, provider_affiliation, service_record, invoice_series, seller,
  specialty, deployment, quarantine, notification, membership, stream_head, feed, purge_order, purge_confirmation,
  command_log, audit_head to mso_provider;
grant select (id, institution_id, family_name, given_name, birth_date, sex, preferred_language, transliterations, version)
  on patient to mso_provider;
grant select (id, user_id, platform, app_version, name, state, enrolled_at, last_sync_at, signed_out_at, revoked_at,
    revoked_reason) on device to mso_provider;
grant insert on case_timeline, recommendation, issue, quarantine, purge_confirmation, command_log, audit_head, audit_entry
  to mso_provider;
grant insert (provider_id, number, authority, country, valid_from, valid_to, created_at) on provider_licence to mso_provider;
grant insert (id, seller_id, fiscal_year, number, case_id, institution_id, seller, buyer, issued_at, supply_date,
              due_date, currency, lines, net_minor, tax_minor, gross_minor, payment)
  on invoice to mso_provider;
grant insert (seller_id, fiscal_year, created_at) on invoice_series to mso_provider;
grant insert (id, case_id, case_number, provider_id, service_code, performed_from, performed_at, turnaround_minutes,
              fee_minor, currency)
  on service_record to mso_provider;
select pg_temp.let_change('mso_provider', 'mso_case', 'issue', 'clarification', 'device', 'invoice_series', 'command_log',
  'audit_head');
grant update (state, accepted_at, started_at, completed_at) on assignment to mso_provider;
grant update (availability, version, updated_at) on provider to mso_provider;
grant update (read_at) on notification to mso_provider;

-- A case is the expert's as long as the expert reads its stream: the membership ends with the assignment, at the end of
-- the same transaction.
create policy provider_member on mso_case for all to mso_provider
  using ((select true from membership m
          where m.party = (select acting_provider()) and m.stream = mso_case.id and m.to_seq is null));
create policy provider_of_case on case_timeline for all to mso_provider
  using ((select true from mso_case c where c.id = case_id));
create policy provider_of_case on case_quote for select to mso_provider
  using ((select true from mso_case c where c.id = case_id));
create policy provider_of_case on document for select to mso_provider
  using ((select true from mso_case c where c.id = case_id));
create policy provider_of_case on recommendation for select to mso_provider
  using ((select true from mso_case c where c.id = case_id));
create policy provider_writes on recommendation for insert to mso_provider
  with check (author = (select acting_provider()) and (select true from mso_case c where c.id = case_id));
create policy provider_of_case on issue for all to mso_provider
  using ((select true from mso_case c where c.id = case_id));
create policy provider_of_case on clarification for all to mso_provider
  using ((select true from mso_case c where c.id = case_id));
create policy provider_shared on feedback for select to mso_provider
  using (shared_with_provider and (select true from mso_case c where c.id = case_id));
create policy provider_of_cases on patient for select to mso_provider
  using ((select true from mso_case c
          where c.patient_id = patient.id and c.provider_id = (select acting_provider()) limit 1));
create policy provider_of_cases on institution for select to mso_provider
  using ((select true from mso_case c
          where c.institution_id = institution.id and c.provider_id = (select acting_provider()) limit 1));
create policy provider_own on assignment for select to mso_provider
  using (provider_id = (select acting_provider()));
create policy provider_moves on assignment for update to mso_provider
  using (provider_id = (select acting_provider()) and ended_at is null);
create policy provider_own on provider for all to mso_provider using (id = (select acting_provider()));
create policy provider_own on provider_specialty for select to mso_provider
  using (provider_id = (select acting_provider()));
create policy provider_own on provider_licence for select to mso_provider
  using (provider_id = (select acting_provider()));
create policy provider_hands_in on provider_licence for insert to mso_provider
  with check (provider_id = (select acting_provider()) and verified_at is null);
create policy provider_own on provider_affiliation for select to mso_provider
  using (provider_id = (select acting_provider()));
-- The author reads what was kept of the own texts, whoever has the case now.
create policy provider_own on quarantine for select to mso_provider using (author = acting_user());
create policy provider_keeps on quarantine for insert to mso_provider
  with check (author = acting_user()
    and (select true from assignment a
         where a.case_id = quarantine.case_id and a.provider_id = (select acting_provider()) limit 1));
-- A provider's transaction issues the invoice of Done and records the service, as the quote of the case says, and can do
-- nothing else with either. A counter it can raise only for the invoice that it has just issued.
create policy provider_issues on invoice for insert to mso_provider
  with check (
    (select true from case_quote q join mso_case c on c.id = q.case_id
     where q.case_id = invoice.case_id and c.status = 'Done' and q.currency = invoice.currency
       and q.net_minor = invoice.net_minor)
    and payment = case when gross_minor > 0 then 'open' else 'paid' end);
create policy provider_draws on invoice_series for all to mso_provider using (acting_user() is not null);
create policy provider_reads on seller for select to mso_provider using (acting_user() is not null);
create policy provider_own on service_record for select to mso_provider
  using (provider_id = (select acting_provider()));
create policy provider_records on service_record for insert to mso_provider
  with check (provider_id = (select acting_provider())
    and (select true from case_quote q join mso_case c on c.id = q.case_id
         where q.case_id = service_record.case_id and c.status = 'Done' and c.number = service_record.case_number
           and c.provider_id = service_record.provider_id
           and (q.fee_minor, q.currency) = (service_record.fee_minor, service_record.currency)));

-- Requesters and providers alike: what all read, what is theirs, and the streams they are members of ------------------

create policy all_read on specialty for select to mso_requester, mso_provider using (acting_user() is not null);
create policy all_read on deployment for select to mso_requester, mso_provider using (acting_user() is not null);
create policy own on notification to mso_requester, mso_provider using (user_id = acting_user());
create policy own on device to mso_requester, mso_provider using (user_id = acting_user());
create policy own on membership for select to mso_requester, mso_provider
  using (party = any ((select acting_parties())::uuid[]));
create policy own on purge_order for select to mso_requester, mso_provider
  using (party = any ((select acting_parties())::uuid[]));
create policy own on purge_confirmation for all to mso_requester, mso_provider
  using ((select true from purge_order o where o.id = purge_id));
create policy member on stream_head for select to mso_requester, mso_provider
  using ((select true from membership m where m.stream = stream_head.stream
            and m.party = any ((select acting_parties())::uuid[]) and m.to_seq is null limit 1));
-- A row was written for a reader; it is read as long as the reader is a member.
create policy member on feed for select to mso_requester, mso_provider
  using (party = any ((select acting_parties())::uuid[])
    and (select true from membership m
         where m.party = feed.party and m.stream = feed.stream and m.to_seq is null and m.from_seq < feed.seq));
-- Acts stand in the own streams, and not in those that everybody reads.
create policy member on audit_head for all to mso_requester, mso_provider
  using (stream = acting_user() or (select true from membership m where m.stream = audit_head.stream
            and m.party in (acting_institution(), acting_provider()) and m.to_seq is null limit 1));
create policy member_appends on audit_entry for insert to mso_requester, mso_provider
  with check (user_id = acting_user()
    and (stream = acting_user() or (select true from membership m where m.stream = audit_entry.stream
            and m.party in (acting_institution(), acting_provider()) and m.to_seq is null limit 1)));

-- Consequences ---------------------------------------------------------------------------------------------------
-- Reads next to nothing, and only to write.

grant select (id, role, status, provider_id, institution_id) on mso_user to mso_effects;
grant select (id, institution_id, provider_id, requester_id, team) on mso_case to mso_effects;
grant select (id, case_id, provider_id, ordinal, ended_at), insert, update (ended_at, end_reason, end_text)
  on assignment to mso_effects;
grant select (id, user_id) on device to mso_effects;
grant select (device_id, ended_at), update (ended_at) on session to mso_effects;
grant select (id) on institution to mso_effects;
grant select (id, case_id) on invoice to mso_effects;
grant insert on notification, job, purge_order to mso_effects;
grant select, insert, update (to_seq) on membership to mso_effects;
grant select, insert, update (seq) on stream_head to mso_effects;
grant insert on feed to mso_effects;
grant usage on sequence feed_id to mso_effects;
grant select, insert, update (seq, hash, last_at) on audit_head to mso_effects;
grant insert on audit_entry to mso_effects;
grant select, update (outcome) on command_log to mso_effects;

create policy effects_resolves on mso_user for select to mso_effects using (acting_user() is not null);
create policy effects_resolves on mso_case for select to mso_effects using (acting_user() is not null);
create policy effects_resolves on assignment for select to mso_effects using (acting_user() is not null);
create policy effects_resolves on device for select to mso_effects using (acting_user() is not null);
create policy effects_resolves on invoice for select to mso_effects using (acting_user() is not null);
create policy effects_resolves on institution for select to mso_effects using (acting_user() is not null);
create policy effects_reads on membership for select to mso_effects using (acting_user() is not null);
create policy effects_reads on stream_head for select to mso_effects using (acting_user() is not null);
create policy effects_reads on audit_head for select to mso_effects using (acting_user() is not null);

-- What the acting party has to do with a case: it is the institution's own, or the expert was once asked. Null if there is
-- no such case.
create function acting_in_case(of_case uuid) returns boolean language sql stable as $$
  select session_user in ('mso_admin', 'mso_system')
    or c.institution_id is not distinct from acting_institution()
    or coalesce((select true from assignment a
                 where a.case_id = c.id and a.provider_id = acting_provider() limit 1), false)
  from mso_case c where c.id = of_case
$$;
-- Whether a consequence may reach a stream: of cases those just named, of institutions the own; users and experts are told.
create function acting_reaches(a_stream uuid) returns boolean language sql stable as $$
  select coalesce(acting_in_case(a_stream),
    session_user in ('mso_admin', 'mso_system') or a_stream is not distinct from acting_institution()
    or (select true from institution i where i.id = a_stream) is null)
$$;
-- Whether an act is recorded in a stream: of cases those just named, and the own.
create function acting_audits(a_stream uuid) returns boolean language sql stable as $$
  select coalesce(acting_in_case(a_stream), session_user in ('mso_admin', 'mso_system')
    or a_stream = acting_user() or a_stream = acting_institution() or a_stream = acting_provider())
$$;

create policy effects_tells on notification for insert to mso_effects
  with check (acting_in_case(coalesce(case_id, (select i.case_id from invoice i where i.id = invoice_id))));
create policy effects_queues on job for insert to mso_effects
  with check (session_user in ('mso_admin', 'mso_system')
    or (kind = 'render_report' and acting_in_case((payload ->> 'case')::uuid)));
create policy effects_starts on assignment for insert to mso_effects
  with check (acting_user() is not null and session_user in ('mso_admin', 'mso_system'));
create policy effects_ends on assignment for update to mso_effects
  using (acting_user() is not null and ended_at is null and acting_in_case(case_id)) with check (ended_at is not null);
-- An institution reads its new case; an expert reads a case when an admin has assigned it.
create policy effects_grants on membership for insert to mso_effects
  with check (to_seq is null
    and ((party = acting_institution()
          and party = (select c.institution_id from mso_case c where c.id = membership.stream))
      or (session_user in ('mso_admin', 'mso_system')
          and party = (select a.provider_id from assignment a where a.case_id = membership.stream and a.ended_at is null))));
create policy effects_revokes on membership for update to mso_effects
  using (acting_user() is not null and to_seq is null and acting_in_case(stream)) with check (to_seq is not null);
create policy effects_orders on purge_order for insert to mso_effects
  with check (acting_in_case(stream) and (select true from assignment a
    where a.case_id = purge_order.stream and a.provider_id = purge_order.party limit 1));
create policy effects_ends on session for all to mso_effects
  using (acting_user() is not null and (session_user in ('mso_admin', 'mso_system')
    or acting_user() = (select d.user_id from device d where d.id = device_id)));
create policy effects_opens on stream_head for insert to mso_effects with check (acting_reaches(stream));
create policy effects_raises on stream_head for update to mso_effects using (acting_reaches(stream));
create policy effects_tells_members on feed for insert to mso_effects
  with check (acting_reaches(stream)
    and seq = (select h.seq + 1 from stream_head h where h.stream = feed.stream)
    and (select true from membership m where m.party = feed.party and m.stream = feed.stream and m.to_seq is null));
create policy effects_opens on audit_head for insert to mso_effects with check (seq = 0 and acting_audits(stream));
create policy effects_raises on audit_head for update to mso_effects using (acting_audits(stream));
create policy effects_appends on audit_entry for insert to mso_effects
  with check (user_id = acting_user() and acting_audits(stream));

do $$
declare
  named text;
begin
  for named in
    select relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and relowner = 'mso_owner'::regrole
  loop
    execute format('alter table %I enable row level security', named);
    execute format('alter table %I force row level security', named);
  end loop;
end
$$;

reset role;
