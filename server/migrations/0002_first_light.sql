-- Everything the first release holds: people, catalogue, patients, cases, documents, money, feed, commands, audit.
set role mso_owner;

-- Who acts, as the transaction said. Null, never an error, when it said nothing: no row matches then.
-- A plain expression in each policy would be the same; as functions they are named once. Invoker's rights, inlined.
create function acting_user() returns uuid language sql stable as
  $$ select nullif(current_setting('mso.user', true), '')::uuid $$;
create function acting_parties() returns uuid[] language sql stable as
  $$ select string_to_array(nullif(current_setting('mso.parties', true), ''), ',')::uuid[] $$;

-- People and organisations ------------------------------------------------------------------------------------

create table institution (
  -- A hospital, clinic or other organisation that asks for opinions.
  id uuid primary key,
  name text not null constraint institution_name_length check (length(name) between 1 and 300),
  registration_number text,
  address text,
  tax_number text,
  active boolean not null default true,
  created_at timestamptz not null default now()
);

create table provider (
  -- An expert's profile: what assignment needs to know.
  id uuid primary key,
  display_name text not null constraint provider_name_length check (length(display_name) between 1 and 300),
  active boolean not null default true,
  accepting boolean not null default true,
  max_open integer not null default 10 constraint provider_max_open_range check (max_open between 1 and 200),
  created_at timestamptz not null default now()
);

create table provider_specialty (
  -- What an expert offers opinions in.
  provider_id uuid not null references provider,
  code text not null,
  created_at timestamptz not null default now(),
  primary key (provider_id, code)
);

create table provider_licence (
  -- A licence to practise; counts when verified and valid today.
  provider_id uuid not null references provider,
  number text not null,
  authority text not null,
  country text not null,
  valid_from date not null,
  valid_to date not null,
  verified_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (provider_id, authority, number)
);

create table provider_affiliation (
  -- Institutions an expert belongs to: no second opinion for those (D-32).
  provider_id uuid not null references provider,
  institution_id uuid not null references institution,
  created_at timestamptz not null default now(),
  primary key (provider_id, institution_id)
);
create index provider_affiliation_institution on provider_affiliation (institution_id);

create table mso_user (
  -- A person who signs in. Exactly one role.
  id uuid primary key,
  email text not null,
  display_name text not null,
  role text not null constraint user_role_known check (role in ('requester', 'provider', 'admin')),
  institution_id uuid references institution,
  provider_id uuid references provider,
  password_hash text not null,
  status text not null default 'active' constraint user_status_known check (status in ('active', 'suspended', 'deactivated')),
  created_at timestamptz not null default now(),
  constraint user_party_fits_role check (
    (role = 'requester') = (institution_id is not null) and (role = 'provider') = (provider_id is not null))
);
create unique index user_email_unique on mso_user (lower(email));
create index user_institution on mso_user (institution_id);
create unique index user_provider_unique on mso_user (provider_id);

create table device (
  -- An enrolled phone and the key it signs with.
  id uuid primary key,
  user_id uuid not null references mso_user,
  sync_key bytea not null constraint device_sync_key_length check (length(sync_key) = 32),
  platform text not null,
  app_version text not null,
  name text not null,
  state text not null default 'active' constraint device_state_known check (state in ('active', 'revoked')),
  enrolled_at timestamptz not null default now(),
  last_sync_at timestamptz,
  created_at timestamptz not null default now()
);
create index device_user on device (user_id);

create table session (
  -- A signed-in period: on a phone (with device) or in a browser or program (without).
  id uuid primary key,
  user_id uuid not null references mso_user,
  device_id uuid references device,
  refresh_generation integer not null default 0,
  refreshed_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  created_at timestamptz not null default now()
);
create index session_by_user on session (user_id);
create index session_by_device on session (device_id);

create table access_token (
  -- Short-lived bearer tokens, as hashes.
  sha256 bytea primary key,
  session_id uuid not null references session,
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);
create index access_token_session on access_token (session_id);
create index access_token_expiry on access_token (expires_at);

-- Catalogue and money -----------------------------------------------------------------------------------------

create table specialty (
  -- A field of medicine that opinions are offered in.
  code text primary key,
  id uuid not null unique,
  display text not null,
  active boolean not null default true,
  version bigint not null default 1,
  created_at timestamptz not null default now()
);

create table price_list (
  -- A version of the price list; edited only by adding one (D-26).
  id uuid primary key,
  valid_from timestamptz not null,
  created_at timestamptz not null default now()
);

create table price (
  -- One price: for one institution, or for all that have none of their own.
  price_list_id uuid not null references price_list,
  service_type text not null,
  urgency text not null constraint price_urgency_known check (urgency in ('routine', 'urgent')),
  institution_id uuid references institution,
  net_minor bigint not null constraint price_net_not_negative check (net_minor >= 0),
  fee_minor bigint not null constraint price_fee_not_negative check (fee_minor >= 0),
  currency text not null,
  tax_rate_bp integer not null constraint price_tax_range check (tax_rate_bp between 0 and 10000),
  created_at timestamptz not null default now()
);
create unique index price_unique on price (price_list_id, service_type, urgency, institution_id) nulls not distinct;
create index price_institution on price (institution_id);

create table seller (
  -- The legal entity that issues invoices.
  id uuid primary key,
  legal_name text not null,
  address text not null,
  registration_number text not null,
  tax_number text not null,
  currency text not null,
  prefix text not null constraint seller_prefix_form check (prefix ~ '^[A-Z]{2,8}$'),
  created_at timestamptz not null default now()
);

create table invoice_series (
  -- The next number of a seller's year. A counter row, not a sequence: a sequence leaves gaps on rollback.
  seller_id uuid not null references seller,
  fiscal_year integer not null,
  next_number bigint not null default 1,
  created_at timestamptz not null default now(),
  primary key (seller_id, fiscal_year)
);

-- Patients and cases ------------------------------------------------------------------------------------------

create table patient (
  -- A patient of one institution.
  id uuid primary key,
  institution_id uuid not null references institution,
  family_name text not null,
  given_name text,
  name_key text not null,
  birth_date text not null,
  sex text not null constraint patient_sex_known check (sex in ('female', 'male', 'other', 'unknown')),
  preferred_language text,
  no_identifier_reason text,
  verification jsonb not null,
  active boolean not null default true,
  version bigint not null,
  created_by uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index patient_institution on patient (institution_id, name_key);

create table patient_identifier (
  -- A number somebody gave the patient; one institution never holds the same one twice (D-11).
  patient_id uuid not null references patient,
  institution_id uuid not null,
  ordinal integer not null,
  kind text not null,
  issuer text not null,
  value text not null,
  created_at timestamptz not null default now(),
  primary key (patient_id, ordinal),
  constraint patient_identifier_unique unique (institution_id, kind, issuer, value)
);

create sequence case_number;

create table mso_case (
  -- A case: what is asked, for whom, and where it stands. Its id is also its stream.
  id uuid primary key,
  number text not null,
  institution_id uuid not null references institution,
  patient_id uuid not null references patient,
  requester_id uuid not null references mso_user,
  specialty text not null,
  urgency text not null,
  request jsonb not null,
  status text not null constraint case_status_known check (
    status in ('New', 'Assigned', 'Accepted', 'InProgress', 'Rejected', 'Returned', 'Done')),
  resume_status text,
  closure text constraint case_closure_known check (closure in ('withdrawn', 'cancelled')),
  readiness text not null constraint case_readiness_known check (readiness in ('awaiting_uploads', 'ready')),
  assignment_id uuid,
  provider_id uuid,
  accept_by timestamptz,
  start_by timestamptz,
  finish_by timestamptz,
  version bigint not null,
  submitted_at timestamptz not null,
  done_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint case_has_expert_while_with_one check (
    status in ('New', 'Rejected', 'Returned') or (assignment_id is not null and provider_id is not null)),
  constraint case_has_no_expert_while_without check (status not in ('New', 'Rejected') or assignment_id is null),
  constraint case_done_has_time check ((status = 'Done') = (done_at is not null))
);
create index case_institution on mso_case (institution_id, submitted_at);
create index case_provider on mso_case (provider_id);
create index case_patient on mso_case (patient_id);
create index case_requester on mso_case (requester_id);
create index case_status on mso_case (status, submitted_at);

create table case_timeline (
  -- The statuses a case reached, by the server's clock.
  case_id uuid not null references mso_case,
  version bigint not null,
  status text not null,
  at timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (case_id, version)
);

create table case_quote (
  -- Price and tax as frozen at submit (D-16).
  case_id uuid primary key references mso_case,
  price_list_id uuid not null references price_list,
  service_code text not null,
  net_minor bigint not null,
  fee_minor bigint not null,
  currency text not null,
  tax_rate_bp integer not null,
  created_at timestamptz not null default now()
);
create index case_quote_price_list on case_quote (price_list_id);

create table assignment (
  -- One attempt by one provider; its id fences that provider's commands (D-14). Unchanged once ended.
  id uuid primary key,
  case_id uuid not null references mso_case,
  provider_id uuid not null references provider,
  ordinal integer not null,
  assigned_by uuid not null,
  assigned_at timestamptz not null,
  reason text,
  overrides jsonb not null default '[]',
  state text not null constraint assignment_state_known check (state in ('offered', 'accepted', 'in_review', 'completed')),
  accepted_at timestamptz,
  started_at timestamptz,
  completed_at timestamptz,
  ended_at timestamptz,
  end_reason text constraint assignment_end_known check (end_reason in ('reassigned')),
  created_at timestamptz not null default now(),
  constraint assignment_ended_has_reason check ((ended_at is null) = (end_reason is null))
);
create unique index assignment_one_live on assignment (case_id) where ended_at is null;
create index assignment_provider on assignment (provider_id);

create table document (
  -- A clinical file of a case. Its id is also its upload's.
  id uuid primary key,
  case_id uuid not null references mso_case,
  kind text not null,
  title text not null,
  file_name text not null,
  media_type text not null,
  size bigint not null constraint document_size_range check (size between 1 and 2147483648),
  sha256 bytea not null constraint document_sha256_length check (length(sha256) = 32),
  state text not null constraint document_state_known check (state in ('declared', 'stored')),
  after_opinion boolean not null,
  declared_by uuid not null,
  declared_at timestamptz not null,
  stored_at timestamptz,
  created_at timestamptz not null default now()
);
create index document_case on document (case_id);

create table recommendation (
  -- One version of an opinion, frozen with the hash of its content.
  id uuid primary key,
  case_id uuid not null references mso_case,
  version integer not null,
  author uuid not null references provider,
  signed_at timestamptz not null,
  content jsonb not null,
  content_sha256 bytea not null,
  created_at timestamptz not null default now(),
  constraint recommendation_version_unique unique (case_id, version)
);
create index recommendation_author on recommendation (author);

create table invoice (
  -- An invoice: never edited, never deleted.
  id uuid primary key,
  seller_id uuid not null references seller,
  fiscal_year integer not null,
  number bigint not null,
  case_id uuid not null references mso_case,
  institution_id uuid not null references institution,
  seller jsonb not null,
  buyer jsonb not null,
  issued_at timestamptz not null,
  supply_date date not null,
  due_date date not null,
  currency text not null,
  lines jsonb not null,
  net_minor bigint not null,
  tax_minor bigint not null,
  gross_minor bigint not null,
  verification text not null default 'pending',
  payment text not null default 'open',
  created_at timestamptz not null default now(),
  constraint invoice_number_unique unique (seller_id, fiscal_year, number),
  constraint invoice_one_per_case unique (case_id),
  constraint invoice_adds_up check (gross_minor = net_minor + tax_minor)
);
create index invoice_institution on invoice (institution_id);

create table service_record (
  -- What a provider did, for the provider's settlement.
  id uuid primary key,
  case_id uuid not null references mso_case,
  case_number text not null,
  provider_id uuid not null references provider,
  service_code text not null,
  performed_at timestamptz not null,
  fee_minor bigint,
  currency text not null,
  state text not null default 'recorded' constraint service_record_state_known check (state in ('recorded', 'approved', 'settled')),
  created_at timestamptz not null default now(),
  constraint service_record_one_per_case unique (case_id, provider_id)
);
create index service_record_provider on service_record (provider_id);

-- Feed, scope, commands, audit --------------------------------------------------------------------------------

create table deployment (
  -- One row: the generation of this history. Bumped after a restore, so that phones notice.
  only_one boolean primary key default true constraint deployment_single check (only_one),
  generation bigint not null default 1,
  created_at timestamptz not null default now()
);
insert into deployment default values;

create table stream_head (
  -- The newest sequence number of each stream; its row lock orders the stream's writers.
  stream uuid primary key,
  seq bigint not null default 0,
  created_at timestamptz not null default now()
) with (fillfactor = 70);

create table feed (
  -- What changed, never how: [[kind, id], …] per touched stream and transaction.
  xid xid8 not null default pg_current_xact_id(),
  id bigint generated always as identity,
  stream uuid not null,
  seq bigint not null,
  changed jsonb not null,
  created_at timestamptz not null default now(),
  primary key (xid, id),
  constraint feed_seq_unique unique (stream, seq)
);
create index feed_stream_position on feed (stream, xid, id);

create table membership (
  -- Which party reads which stream, from and to which transaction.
  party uuid not null,
  stream uuid not null,
  from_xid xid8 not null default pg_current_xact_id(),
  to_xid xid8,
  created_at timestamptz not null default now(),
  primary key (party, stream, from_xid)
);
create index membership_live on membership (party, stream) where to_xid is null;
create index membership_stream on membership (stream);

create table purge_order (
  -- A stream that a party's phones must forget.
  id uuid primary key,
  party uuid not null,
  stream uuid not null,
  reason text not null,
  created_at timestamptz not null default now()
);
create index purge_order_party on purge_order (party);

create table purge_confirmation (
  -- A phone that did.
  purge_id uuid not null references purge_order,
  device_id uuid not null,
  confirmed_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  primary key (purge_id, device_id)
);

create table command_log (
  -- Every command answered, with its answer: the same id gets the same answer for 400 days.
  user_id uuid not null,
  command_id uuid not null,
  request_sha256 bytea not null,
  name text not null,
  outcome jsonb,
  at timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (user_id, command_id)
);
create index command_log_age on command_log (created_at);

create table audit_head (
  -- The end of each stream's chain of audit entries.
  stream uuid primary key,
  seq bigint not null,
  hash bytea not null,
  created_at timestamptz not null default now()
);

create table audit_entry (
  -- What was done or refused, chained by hash within its stream. Never clinical text.
  stream uuid not null,
  seq bigint not null,
  prev_hash bytea not null,
  hash bytea not null,
  at timestamptz not null,
  user_id uuid not null,
  device_id uuid,
  role text not null,
  action text not null,
  entity text not null,
  entity_id uuid not null,
  outcome text not null,
  request_id text,
  digest_key bytea,
  payload_digest bytea,
  created_at timestamptz not null default now(),
  primary key (stream, seq)
);
create index audit_entry_user on audit_entry (user_id);

-- Rights ------------------------------------------------------------------------------------------------------
-- The second net under the queries' own filters. Grants say which tables a kind of actor may touch at all,
-- policies say which rows. Nobody may delete.

alter table institution enable row level security;
alter table institution force row level security;
alter table provider enable row level security;
alter table provider force row level security;
alter table provider_specialty enable row level security;
alter table provider_specialty force row level security;
alter table provider_licence enable row level security;
alter table provider_licence force row level security;
alter table provider_affiliation enable row level security;
alter table provider_affiliation force row level security;
alter table mso_user enable row level security;
alter table mso_user force row level security;
alter table device enable row level security;
alter table device force row level security;
alter table session enable row level security;
alter table session force row level security;
alter table access_token enable row level security;
alter table access_token force row level security;
alter table specialty enable row level security;
alter table specialty force row level security;
alter table price_list enable row level security;
alter table price_list force row level security;
alter table price enable row level security;
alter table price force row level security;
alter table seller enable row level security;
alter table seller force row level security;
alter table invoice_series enable row level security;
alter table invoice_series force row level security;
alter table patient enable row level security;
alter table patient force row level security;
alter table patient_identifier enable row level security;
alter table patient_identifier force row level security;
alter table mso_case enable row level security;
alter table mso_case force row level security;
alter table case_timeline enable row level security;
alter table case_timeline force row level security;
alter table case_quote enable row level security;
alter table case_quote force row level security;
alter table assignment enable row level security;
alter table assignment force row level security;
alter table document enable row level security;
alter table document force row level security;
alter table recommendation enable row level security;
alter table recommendation force row level security;
alter table invoice enable row level security;
alter table invoice force row level security;
alter table service_record enable row level security;
alter table service_record force row level security;
alter table deployment enable row level security;
alter table deployment force row level security;
alter table stream_head enable row level security;
alter table stream_head force row level security;
alter table feed enable row level security;
alter table feed force row level security;
alter table membership enable row level security;
alter table membership force row level security;
alter table purge_order enable row level security;
alter table purge_order force row level security;
alter table purge_confirmation enable row level security;
alter table purge_confirmation force row level security;
alter table command_log enable row level security;
alter table command_log force row level security;
alter table audit_head enable row level security;
alter table audit_head force row level security;
alter table audit_entry enable row level security;
alter table audit_entry force row level security;

-- The server itself and its admins see every row once they have said who they are; admins see no secret table.
grant select, insert, update on institution to mso_system;
create policy system_all on institution to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on provider to mso_system;
create policy system_all on provider to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on provider_specialty to mso_system;
create policy system_all on provider_specialty to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on provider_licence to mso_system;
create policy system_all on provider_licence to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on provider_affiliation to mso_system;
create policy system_all on provider_affiliation to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on mso_user to mso_system;
create policy system_all on mso_user to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on device to mso_system;
create policy system_all on device to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on session to mso_system;
create policy system_all on session to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on access_token to mso_system;
create policy system_all on access_token to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on specialty to mso_system;
create policy system_all on specialty to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on price_list to mso_system;
create policy system_all on price_list to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on price to mso_system;
create policy system_all on price to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on seller to mso_system;
create policy system_all on seller to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on invoice_series to mso_system;
create policy system_all on invoice_series to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on patient to mso_system;
create policy system_all on patient to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on patient_identifier to mso_system;
create policy system_all on patient_identifier to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on mso_case to mso_system;
create policy system_all on mso_case to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on case_timeline to mso_system;
create policy system_all on case_timeline to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on case_quote to mso_system;
create policy system_all on case_quote to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on assignment to mso_system;
create policy system_all on assignment to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on document to mso_system;
create policy system_all on document to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on recommendation to mso_system;
create policy system_all on recommendation to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on invoice to mso_system;
create policy system_all on invoice to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on service_record to mso_system;
create policy system_all on service_record to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on deployment to mso_system;
create policy system_all on deployment to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on stream_head to mso_system;
create policy system_all on stream_head to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on feed to mso_system;
create policy system_all on feed to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on membership to mso_system;
create policy system_all on membership to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on purge_order to mso_system;
create policy system_all on purge_order to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on purge_confirmation to mso_system;
create policy system_all on purge_confirmation to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on command_log to mso_system;
create policy system_all on command_log to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on audit_head to mso_system;
create policy system_all on audit_head to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on audit_entry to mso_system;
create policy system_all on audit_entry to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant delete on access_token to mso_system;

grant select on institution to mso_admin;
create policy admin_all on institution to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on provider to mso_admin;
grant update (active) on provider to mso_admin; -- row locks at assignment need an update right
create policy admin_all on provider to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on provider_specialty to mso_admin;
create policy admin_all on provider_specialty to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on provider_licence to mso_admin;
create policy admin_all on provider_licence to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on provider_affiliation to mso_admin;
create policy admin_all on provider_affiliation to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select (id, email, display_name, role, institution_id, provider_id, status, created_at) on mso_user to mso_admin;
create policy admin_all on mso_user to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on specialty to mso_admin;
create policy admin_all on specialty to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on price_list to mso_admin;
create policy admin_all on price_list to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on price to mso_admin;
create policy admin_all on price to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on seller to mso_admin;
create policy admin_all on seller to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on invoice_series to mso_admin;
create policy admin_all on invoice_series to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select, update on patient to mso_admin;
create policy admin_all on patient to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on patient_identifier to mso_admin;
create policy admin_all on patient_identifier to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select, update on mso_case to mso_admin;
create policy admin_all on mso_case to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert on case_timeline to mso_admin;
create policy admin_all on case_timeline to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on case_quote to mso_admin;
create policy admin_all on case_quote to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on assignment to mso_admin;
create policy admin_all on assignment to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on document to mso_admin;
create policy admin_all on document to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on recommendation to mso_admin;
create policy admin_all on recommendation to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on invoice to mso_admin;
create policy admin_all on invoice to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on service_record to mso_admin;
create policy admin_all on service_record to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on deployment to mso_admin;
create policy admin_all on deployment to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on stream_head to mso_admin;
create policy admin_all on stream_head to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert on feed to mso_admin;
create policy admin_all on feed to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on membership to mso_admin;
create policy admin_all on membership to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert on purge_order to mso_admin;
create policy admin_all on purge_order to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on purge_confirmation to mso_admin;
create policy admin_all on purge_confirmation to mso_admin using (acting_user() is not null) with check (acting_user() is not null);

-- Everybody's own: answered commands, the audit's chains of streams they may see.
grant usage on sequence case_number to mso_requester;
grant select, insert, update on command_log to mso_requester;
create policy requester_own on command_log to mso_requester using (user_id = acting_user()) with check (user_id = acting_user());
grant select, insert, update on audit_head to mso_requester;
grant insert on audit_entry to mso_requester;
create policy requester_appends on audit_entry for insert to mso_requester with check (user_id = acting_user());
grant select, insert, update on command_log to mso_provider;
create policy provider_own on command_log to mso_provider using (user_id = acting_user()) with check (user_id = acting_user());
grant select, insert, update on audit_head to mso_provider;
grant insert on audit_entry to mso_provider;
create policy provider_appends on audit_entry for insert to mso_provider with check (user_id = acting_user());
grant select, insert, update on command_log to mso_admin;
create policy admin_own on command_log to mso_admin using (user_id = acting_user()) with check (user_id = acting_user());
grant select, insert, update on audit_head to mso_admin;
grant insert on audit_entry to mso_admin;
create policy admin_appends on audit_entry for insert to mso_admin with check (user_id = acting_user());
create policy admin_all on audit_head to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant select on audit_entry to mso_admin;
create policy admin_reads on audit_entry for select to mso_admin using (acting_user() is not null);

-- Requesters and providers: the streams of their parties. A hashed sub-select, never a correlated one.

-- requester
grant select, insert on membership to mso_requester;
create policy requester_reads on membership for select to mso_requester
  using (party = any ((select acting_parties())::uuid[]));
create policy requester_adds on membership for insert to mso_requester
  with check (party = any ((select acting_parties())::uuid[]));
grant select, insert, update on stream_head to mso_requester;
create policy requester_streams on stream_head for all to mso_requester
  using (stream in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (stream in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select, insert on feed to mso_requester;
create policy requester_reads on feed for select to mso_requester
  using (stream in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
create policy requester_appends on feed for insert to mso_requester
  with check (stream in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
create policy requester_streams on audit_head for all to mso_requester
  using (stream in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (stream in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select on purge_order to mso_requester;
create policy requester_reads on purge_order for select to mso_requester
  using (party = any ((select acting_parties())::uuid[]));
grant select, insert on purge_confirmation to mso_requester;
create policy requester_own on purge_confirmation for all to mso_requester
  using (purge_id in (select id from purge_order))
  with check (purge_id in (select id from purge_order));
grant select on deployment to mso_requester;
create policy requester_reads on deployment for select to mso_requester
  using (acting_user() is not null);
grant select on specialty to mso_requester;
create policy requester_reads on specialty for select to mso_requester
  using (acting_user() is not null);
grant select, update, insert on mso_case to mso_requester;
create policy requester_reads on mso_case for select to mso_requester
  using (id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
create policy requester_changes on mso_case for update to mso_requester
  using (id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
create policy requester_adds on mso_case for insert to mso_requester
  with check (institution_id = any ((select acting_parties())::uuid[]));
grant select, insert on case_timeline to mso_requester;
create policy requester_streams on case_timeline for all to mso_requester
  using (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select, insert on document to mso_requester;
create policy requester_streams on document for all to mso_requester
  using (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select on recommendation to mso_requester;
create policy requester_streams on recommendation for all to mso_requester
  using (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select, insert on case_quote to mso_requester;
create policy requester_streams on case_quote for all to mso_requester
  using (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select, insert, update on patient to mso_requester;
create policy requester_own on patient for all to mso_requester
  using (institution_id = any ((select acting_parties())::uuid[]))
  with check (institution_id = any ((select acting_parties())::uuid[]));
grant select, insert on patient_identifier to mso_requester;
create policy requester_own on patient_identifier for all to mso_requester
  using (institution_id = any ((select acting_parties())::uuid[]))
  with check (institution_id = any ((select acting_parties())::uuid[]));
grant select on institution to mso_requester;
create policy requester_own on institution for select to mso_requester
  using (id = any ((select acting_parties())::uuid[]));
grant select on invoice to mso_requester;
create policy requester_streams on invoice for select to mso_requester
  using (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select on price_list to mso_requester;
create policy requester_reads on price_list for select to mso_requester
  using (acting_user() is not null);
grant select on price to mso_requester;
create policy requester_own on price for select to mso_requester
  using (acting_user() is not null and (institution_id is null or institution_id = any ((select acting_parties())::uuid[])));
grant select (id, display_name) on provider to mso_requester;
create policy requester_of_cases on provider for select to mso_requester
  using (id in (select provider_id from mso_case));
grant select (id, case_id, provider_id, ended_at) on assignment to mso_requester;
create policy requester_streams on assignment for select to mso_requester
  using (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));

-- provider
grant select on membership to mso_provider;
create policy provider_reads on membership for select to mso_provider
  using (party = any ((select acting_parties())::uuid[]));
grant select, insert, update on stream_head to mso_provider;
create policy provider_streams on stream_head for all to mso_provider
  using (stream in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (stream in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select, insert on feed to mso_provider;
create policy provider_reads on feed for select to mso_provider
  using (stream in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
create policy provider_appends on feed for insert to mso_provider
  with check (stream in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
create policy provider_streams on audit_head for all to mso_provider
  using (stream in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (stream in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select on purge_order to mso_provider;
create policy provider_reads on purge_order for select to mso_provider
  using (party = any ((select acting_parties())::uuid[]));
grant select, insert on purge_confirmation to mso_provider;
create policy provider_own on purge_confirmation for all to mso_provider
  using (purge_id in (select id from purge_order))
  with check (purge_id in (select id from purge_order));
grant select on deployment to mso_provider;
create policy provider_reads on deployment for select to mso_provider
  using (acting_user() is not null);
grant select on specialty to mso_provider;
create policy provider_reads on specialty for select to mso_provider
  using (acting_user() is not null);
grant select, update on mso_case to mso_provider;
create policy provider_reads on mso_case for select to mso_provider
  using (id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
create policy provider_changes on mso_case for update to mso_provider
  using (id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select, insert on case_timeline to mso_provider;
create policy provider_streams on case_timeline for all to mso_provider
  using (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select on document to mso_provider;
create policy provider_streams on document for all to mso_provider
  using (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select, insert on recommendation to mso_provider;
create policy provider_streams on recommendation for all to mso_provider
  using (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select on case_quote to mso_provider;
create policy provider_streams on case_quote for all to mso_provider
  using (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null))
  with check (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select (id, institution_id, family_name, given_name, birth_date, sex, preferred_language, version) on patient to mso_provider;
create policy provider_of_cases on patient for select to mso_provider
  using (id in (select patient_id from mso_case));
grant select on institution to mso_provider;
create policy provider_of_cases on institution for select to mso_provider
  using (id in (select institution_id from mso_case));
grant select, update on assignment to mso_provider;
create policy provider_own on assignment for all to mso_provider
  using (provider_id = any ((select acting_parties())::uuid[]))
  with check (provider_id = any ((select acting_parties())::uuid[]));
grant select on provider to mso_provider;
create policy provider_own on provider for select to mso_provider
  using (id = any ((select acting_parties())::uuid[]));
grant select on provider_specialty to mso_provider;
create policy provider_own on provider_specialty for select to mso_provider
  using (provider_id = any ((select acting_parties())::uuid[]));
grant select, insert on service_record to mso_provider;
create policy provider_own on service_record for all to mso_provider
  using (provider_id = any ((select acting_parties())::uuid[]))
  with check (provider_id = any ((select acting_parties())::uuid[]));
-- The invoice is issued in the transaction of Done, which is a provider's; none may read one.
grant insert on invoice to mso_provider;
create policy provider_issues on invoice for insert to mso_provider
  with check (case_id in (select stream from membership where party = any ((select acting_parties())::uuid[]) and to_xid is null));
grant select, insert, update on invoice_series to mso_provider;
create policy provider_draws on invoice_series for all to mso_provider
  using (acting_user() is not null)
  with check (acting_user() is not null);
grant select on seller to mso_provider;
create policy provider_reads on seller for select to mso_provider
  using (acting_user() is not null);

reset role;
