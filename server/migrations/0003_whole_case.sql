-- The whole life of a case: issues, questions, feedback, quarantine, deadlines, notifications, jobs; and the role that
-- carries an accepted command's consequences across parties.
set role mso_owner;

-- Consequences ------------------------------------------------------------------------------------------------
-- An accepted command has consequences for others: a purge order for the expert, a notification for an admin. Each kind
-- of actor reads and judges under its own login role; only then does `commands/persist.rs` take this role, for the
-- rest of the transaction. It can add rows and end memberships, and read next to nothing.
reset role;
do $$
begin
  if not exists (select from pg_roles where rolname = 'mso_effects') then
    create role mso_effects nologin;
  end if;
end
$$;
grant mso_effects to mso_requester, mso_provider, mso_admin, mso_system;
grant usage on schema public to mso_effects;
set role mso_owner;

-- Cases -------------------------------------------------------------------------------------------------------

alter table mso_case
  add column answer_by timestamptz,
  add column read_by timestamptz,
  add column paused_at timestamptz,
  add column overdue text[] not null default '{}',
  add column rejection text,
  add column pending_resubmission jsonb,
  add column team uuid[] not null default '{}',
  add column window_ends_at timestamptz,
  add column window_closed boolean not null default false,
  add column read_at timestamptz;
alter table mso_case
  drop constraint case_has_expert_while_with_one,
  drop constraint case_has_no_expert_while_without,
  add constraint case_has_expert_while_with_one check (
    closure is not null or status in ('New', 'Rejected', 'Returned') or (assignment_id is not null and provider_id is not null)),
  add constraint case_has_no_expert_while_without check (
    (closure is null and status not in ('New', 'Rejected')) or assignment_id is null),
  add constraint case_returned_knows_where_to check ((status = 'Returned') = (resume_status is not null)),
  add constraint case_has_team check (cardinality(team) > 0) not valid;
update mso_case set team = array[requester_id] where cardinality(team) = 0;
alter table mso_case validate constraint case_has_team;
-- What the overdue and window jobs look for.
create index case_accept_by on mso_case (accept_by) where status = 'Assigned' and closure is null;
create index case_start_by on mso_case (start_by) where status = 'Accepted' and closure is null;
create index case_finish_by on mso_case (finish_by) where status = 'InProgress' and closure is null;
create index case_answer_by on mso_case (answer_by) where status = 'Returned' and closure is null;
create index case_read_by on mso_case (read_by) where status = 'Done' and read_at is null;
create index case_window_ends_at on mso_case (window_ends_at) where not window_closed;

alter table case_timeline
  add column action text not null default '',
  add column role text not null default '';

alter table assignment
  add column end_text text,
  drop constraint assignment_end_known,
  add constraint assignment_end_known check (end_reason in (
    'reassigned', 'unassigned', 'rejected', 'withdrawn', 'cancelled', 'completed', 'provider_deactivated'));

alter table recommendation add column entered_in_error jsonb;
alter table recommendation add column updated_version integer not null default 1;

alter table document
  add column pages integer,
  add column captured_at timestamptz,
  add column body_site text,
  add column sequence integer,
  add column replaces uuid references document,
  add column scan text not null default 'not_scanned' constraint document_scan_known check (scan in ('not_scanned', 'clean', 'infected')),
  add column struck jsonb,
  add column version bigint not null default 1,
  drop constraint document_state_known,
  add constraint document_state_known check (state in ('declared', 'stored', 'withdrawn'));
create index document_replaces on document (replaces);

create table issue (
  -- Something about a case that must be answered or settled (D-9).
  id uuid primary key,
  case_id uuid not null references mso_case,
  kind text not null constraint issue_kind_known check (
    kind in ('return', 'quality', 'technical', 'compliance', 'release', 'cancel_request', 'other')),
  state text not null constraint issue_state_known check (state in ('open', 'answered', 'resolved', 'deleted')),
  author uuid not null,
  author_role text not null,
  record jsonb not null,
  version bigint not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index issue_case on issue (case_id, created_at);

create table clarification (
  -- A question about an opinion, and its answer.
  id uuid primary key,
  case_id uuid not null references mso_case,
  asked_at timestamptz not null,
  escalated_at timestamptz,
  answered_at timestamptz,
  record jsonb not null,
  version bigint not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index clarification_case on clarification (case_id, asked_at);
create index clarification_waiting on clarification (asked_at) where answered_at is null and escalated_at is null;

create table feedback (
  -- An institution's judgement of one version of an opinion.
  id uuid primary key,
  case_id uuid not null references mso_case,
  recommendation_version integer not null,
  institution_id uuid not null references institution,
  shared_with_provider boolean not null,
  record jsonb not null,
  version bigint not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint feedback_one_per_version unique (case_id, recommendation_version, institution_id)
);
create index feedback_institution on feedback (institution_id);

create table quarantine (
  -- A clinical text that came too late, kept for its author and the admins (D-19).
  id uuid primary key,
  case_id uuid not null references mso_case,
  author uuid not null references mso_user,
  command_id uuid not null,
  assignment_id uuid,
  refusal text not null,
  payload jsonb not null,
  kept_at timestamptz not null,
  discarded_at timestamptz,
  created_at timestamptz not null default now(),
  constraint quarantine_once unique (author, command_id)
);
create index quarantine_case on quarantine (case_id);

create table notification (
  -- One thing told to one person: ids and a kind, never a word of a case (D-24).
  id uuid primary key,
  user_id uuid not null references mso_user,
  kind text not null,
  case_id uuid references mso_case,
  invoice_id uuid references invoice,
  priority text not null constraint notification_priority_known check (priority in ('normal', 'high')),
  at timestamptz not null,
  delivered_at timestamptz,
  read_at timestamptz,
  created_at timestamptz not null default now()
);
create index notification_inbox on notification (user_id, at desc, id desc);
create index notification_unsent on notification (at) where delivered_at is null;
create index notification_case on notification (case_id);
create index notification_invoice on notification (invoice_id);

create table job (
  -- Work to be done after the transaction that asked for it, at least once.
  id bigint generated always as identity primary key,
  kind text not null,
  payload jsonb not null,
  run_at timestamptz not null,
  attempts integer not null default 0,
  done_at timestamptz,
  last_error text,
  created_at timestamptz not null default now()
);
create index job_due on job (run_at) where done_at is null;

-- Rights ------------------------------------------------------------------------------------------------------

alter table issue enable row level security;
alter table issue force row level security;
alter table clarification enable row level security;
alter table clarification force row level security;
alter table feedback enable row level security;
alter table feedback force row level security;
alter table quarantine enable row level security;
alter table quarantine force row level security;
alter table notification enable row level security;
alter table notification force row level security;
alter table job enable row level security;
alter table job force row level security;

grant select, insert, update on issue, clarification, feedback, quarantine, notification, job to mso_system;
create policy system_all on issue to mso_system using (acting_user() is not null) with check (acting_user() is not null);
create policy system_all on clarification to mso_system using (acting_user() is not null) with check (acting_user() is not null);
create policy system_all on feedback to mso_system using (acting_user() is not null) with check (acting_user() is not null);
create policy system_all on quarantine to mso_system using (acting_user() is not null) with check (acting_user() is not null);
create policy system_all on notification to mso_system using (acting_user() is not null) with check (acting_user() is not null);
create policy system_all on job to mso_system using (acting_user() is not null) with check (acting_user() is not null);

grant select, insert, update on issue to mso_admin;
create policy admin_all on issue to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on clarification, feedback to mso_admin;
create policy admin_reads on clarification for select to mso_admin using (acting_user() is not null);
create policy admin_reads on feedback for select to mso_admin using (acting_user() is not null);
grant select, update (discarded_at) on quarantine to mso_admin;
create policy admin_all on quarantine to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select, update (read_at) on notification to mso_admin;
create policy admin_own on notification to mso_admin using (user_id = acting_user()) with check (user_id = acting_user());
grant update (entered_in_error, updated_version) on recommendation to mso_admin;
create policy admin_marks on recommendation for update to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant update (state, scan, struck, version, after_opinion, stored_at) on document to mso_admin;
create policy admin_strikes on document for update to mso_admin using (acting_user() is not null) with check (acting_user() is not null);

grant select, insert, update on issue to mso_requester;
create policy requester_streams on issue for all to mso_requester
  using (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select, insert, update on clarification to mso_requester;
create policy requester_streams on clarification for all to mso_requester
  using (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select, insert, update on feedback to mso_requester;
create policy requester_own on feedback for all to mso_requester
  using (institution_id = any ((select acting_parties())::uuid[]))
  with check (institution_id = any ((select acting_parties())::uuid[])
    and case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select, update (read_at) on notification to mso_requester;
create policy requester_own on notification to mso_requester using (user_id = acting_user()) with check (user_id = acting_user());
grant update on document to mso_requester;
grant update (entered_in_error) on recommendation to mso_requester; -- row locks need an update right; no policy lets it write
grant select (id, currency) on seller to mso_requester;
create policy requester_reads on seller for select to mso_requester using (acting_user() is not null);

grant select, insert, update on issue to mso_provider;
create policy provider_streams on issue for all to mso_provider
  using (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select, update on clarification to mso_provider;
create policy provider_streams on clarification for all to mso_provider
  using (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select on feedback to mso_provider;
create policy provider_shared on feedback for select to mso_provider
  using (shared_with_provider
    and case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
-- The author reads what was kept of the own texts, whoever has the case now.
grant select, insert on quarantine to mso_provider;
create policy provider_own on quarantine to mso_provider using (author = acting_user()) with check (author = acting_user());
grant select, update (read_at) on notification to mso_provider;
create policy provider_own on notification to mso_provider using (user_id = acting_user()) with check (user_id = acting_user());

-- What consequences may do.
grant select (id, role, status, provider_id, institution_id) on mso_user to mso_effects;
create policy effects_resolves on mso_user for select to mso_effects using (acting_user() is not null);
grant select (id, team) on mso_case to mso_effects;
create policy effects_resolves on mso_case for select to mso_effects using (acting_user() is not null);
grant insert on notification to mso_effects;
create policy effects_tells on notification for insert to mso_effects with check (acting_user() is not null);
grant insert on job to mso_effects;
create policy effects_queues on job for insert to mso_effects with check (acting_user() is not null);
grant select, insert, update (to_xid) on membership to mso_effects;
create policy effects_all on membership to mso_effects using (acting_user() is not null) with check (acting_user() is not null);
grant insert on purge_order to mso_effects;
create policy effects_orders on purge_order for insert to mso_effects with check (acting_user() is not null);
grant select (id, case_id, ordinal, ended_at), insert, update (ended_at, end_reason, end_text) on assignment to mso_effects;
create policy effects_starts on assignment for insert to mso_effects with check (acting_user() is not null);
create policy effects_reads on assignment for select to mso_effects using (acting_user() is not null);
create policy effects_ends on assignment for update to mso_effects using (acting_user() is not null and ended_at is null) with check (acting_user() is not null);
grant select, insert, update on stream_head to mso_effects;
create policy effects_all on stream_head to mso_effects using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert on feed to mso_effects;
create policy effects_appends on feed for insert to mso_effects with check (acting_user() is not null);
grant select, insert, update on audit_head to mso_effects;
create policy effects_all on audit_head to mso_effects using (acting_user() is not null) with check (acting_user() is not null);
grant insert on audit_entry to mso_effects;
create policy effects_appends on audit_entry for insert to mso_effects with check (user_id = acting_user());
grant select, update (outcome) on command_log to mso_effects;
create policy effects_settles on command_log to mso_effects using (user_id = acting_user()) with check (user_id = acting_user());

reset role;
