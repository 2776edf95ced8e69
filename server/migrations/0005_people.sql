-- People and organisations in full: institutions, users who are invited, experts' profiles, price list versions.
set role mso_owner;

-- Institutions ------------------------------------------------------------------------------------------------
-- What was made before was made by hand and in development: it gets placeholders that an admin corrects.

alter table institution
  add column names jsonb not null default '{}',
  add column language text not null default 'en',
  add column kind text not null default 'other' constraint institution_kind_known check (
    kind in ('hospital', 'clinic', 'pharmacy', 'insurer', 'government', 'laboratory', 'other')),
  add column sector text not null default 'secondary' constraint institution_sector_known check (
    sector in ('primary', 'secondary', 'tertiary', 'diagnostic')),
  add column country text not null default 'DE' constraint institution_country_form check (country ~ '^[A-Z]{2}$'),
  add column licence_valid_to date,
  add column contact jsonb not null default '{}',
  add column time_zone text not null default 'UTC',
  add column currency text not null default 'EUR' constraint institution_currency_form check (currency ~ '^[A-Z]{3}$'),
  add column inactive_reason text,
  add column deadlines jsonb,
  add column version bigint not null default 1,
  add column updated_at timestamptz not null default now();
alter table institution no force row level security; -- so that the owner sees the rows
update institution set names = jsonb_build_object(language, name), registration_number = coalesce(registration_number, id::text);
alter table institution force row level security;
alter table institution
  alter column names drop default,
  alter column language drop default,
  alter column kind drop default,
  alter column sector drop default,
  alter column country drop default,
  alter column time_zone drop default,
  alter column currency drop default,
  alter column version drop default,
  alter column registration_number set not null,
  add constraint institution_named check (names ? language),
  add constraint institution_registration_unique unique (country, registration_number);

-- Experts -----------------------------------------------------------------------------------------------------
-- Nobody deletes: what an expert offers no more is marked as removed.

alter table provider
  add column title text,
  add column languages text[] not null default '{}',
  add column max_urgent integer not null default 0,
  add column availability jsonb,
  add column version bigint not null default 1,
  add column updated_at timestamptz not null default now();
alter table provider no force row level security;
update provider set
  max_urgent = max_open,
  availability = jsonb_build_object('time_zone', 'UTC', 'weekly', '[]'::jsonb, 'exceptions', '[]'::jsonb, 'accepting', accepting);
alter table provider force row level security;
alter table provider
  drop column accepting,
  alter column availability set not null,
  alter column languages drop default,
  alter column max_urgent drop default,
  alter column version drop default,
  add constraint provider_max_urgent_range check (max_urgent between 0 and max_open);

alter table provider_specialty
  add column ordinal integer not null default 0,
  add column subspecialties text[] not null default '{}',
  add column board text,
  add column since text,
  add column removed_at timestamptz,
  add constraint provider_specialty_known foreign key (code) references specialty;
create index provider_specialty_code on provider_specialty (code);

alter table provider_affiliation
  add column ordinal integer not null default 0,
  add column removed_at timestamptz;

alter table provider_licence
  add column verified_by uuid,
  add constraint provider_licence_days check (valid_from <= valid_to);
-- The server's own id: checked by the operator.
alter table provider_licence no force row level security;
update provider_licence set verified_by = '00000000-0000-8000-8000-000000000003' where verified_at is not null;
alter table provider_licence force row level security;
alter table provider_licence
  add constraint provider_licence_checked_by_somebody check ((verified_at is null) = (verified_by is null));

-- Users -------------------------------------------------------------------------------------------------------

alter table mso_user
  alter column password_hash drop not null,
  -- Has chosen a password. For who may not read the hash.
  add column joined boolean not null generated always as (password_hash is not null) stored,
  add column locale text,
  add column time_zone text,
  add column version bigint not null default 1,
  add column updated_at timestamptz not null default now(),
  drop constraint user_status_known,
  add constraint user_status_known check (status in ('invited', 'active', 'suspended', 'deactivated')),
  add constraint user_active_has_password check (status <> 'active' or password_hash is not null),
  add constraint user_invited_has_none check (status <> 'invited' or password_hash is null);
alter table mso_user alter column version drop default;
create index user_active_admin on mso_user (id) where role = 'admin' and status = 'active';

alter table device
  add column revoked_at timestamptz,
  add column revoked_reason text;

create table invite (
  -- A link that lets a user choose a password, once. The link is made from the id and the server's secret: nothing in
  -- this database is enough to make or to check one.
  id uuid primary key,
  user_id uuid not null references mso_user,
  expires_at timestamptz not null,
  used_at timestamptz,
  replaced_at timestamptz,
  created_at timestamptz not null default now(),
  constraint invite_spent_once check (used_at is null or replaced_at is null)
);
create index invite_user on invite (user_id);
create unique index invite_one_open on invite (user_id) where used_at is null and replaced_at is null;

create table mail (
  -- Mail to be sent: to whom and about what, never its text and never a secret.
  id bigint generated always as identity primary key,
  kind text not null constraint mail_kind_known check (kind in ('invite')),
  user_id uuid not null references mso_user,
  invite_id uuid references invite,
  sent_at timestamptz,
  created_at timestamptz not null default now(),
  constraint mail_invite_names_one check ((kind = 'invite') = (invite_id is not null))
);
create index mail_user on mail (user_id);
create index mail_invite on mail (invite_id);
create index mail_unsent on mail (id) where sent_at is null;

-- Price lists -------------------------------------------------------------------------------------------------

alter table price_list
  add column valid_to timestamptz,
  add constraint price_list_ends_later check (valid_to > valid_from);
create index price_list_begin on price_list (valid_from);

-- Rights ------------------------------------------------------------------------------------------------------

alter table invite enable row level security;
alter table invite force row level security;
alter table mail enable row level security;
alter table mail force row level security;

grant select, insert, update on invite to mso_system;
create policy system_all on invite to mso_system using (acting_user() is not null) with check (acting_user() is not null);
grant select, insert, update on mail to mso_system;
create policy system_all on mail to mso_system using (acting_user() is not null) with check (acting_user() is not null);

-- Admins set people up. They choose nobody's password and end nobody's invitation as used.
grant insert, update on institution to mso_admin;
grant insert, update on provider to mso_admin;
grant insert, update on provider_specialty to mso_admin;
grant insert, update on provider_affiliation to mso_admin;
grant insert, update on provider_licence to mso_admin;
grant select (joined, locale, time_zone, version, updated_at) on mso_user to mso_admin;
grant insert (id, email, display_name, role, institution_id, provider_id, status, locale, time_zone, version, created_at, updated_at)
  on mso_user to mso_admin;
grant update (display_name, status, locale, time_zone, version, updated_at) on mso_user to mso_admin;
grant select (id, user_id, expires_at, used_at, replaced_at, created_at), insert (id, user_id, expires_at, created_at),
  update (replaced_at) on invite to mso_admin;
create policy admin_all on invite to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant insert (kind, user_id, invite_id, created_at) on mail to mso_admin;
create policy admin_asks on mail for insert to mso_admin with check (acting_user() is not null);
grant select (id, user_id, platform, app_version, name, state, enrolled_at, last_sync_at, revoked_at, revoked_reason),
  update (state, revoked_at, revoked_reason) on device to mso_admin;
create policy admin_all on device to mso_admin using (acting_user() is not null) with check (acting_user() is not null);
grant insert, update (display, active, version) on specialty to mso_admin;
grant insert on price_list to mso_admin;
grant insert on price to mso_admin;

-- Requesters know the public part of the experts of their cases. Whether a case shows its expert yet, the query asks.
grant select (title, languages) on provider to mso_requester;
grant select (provider_id, code, ordinal, removed_at) on provider_specialty to mso_requester;
create policy requester_of_cases on provider_specialty for select to mso_requester
  using (provider_id in (select provider_id from mso_case));

-- Requesters know their colleagues by name, for the teams of cases, and their own phones.
grant select (id, display_name, role, institution_id, status, version) on mso_user to mso_requester;
create policy requester_colleagues on mso_user for select to mso_requester
  using (institution_id = any ((select acting_parties())::uuid[]));
grant select (id, user_id, platform, app_version, name, state, enrolled_at, last_sync_at, revoked_at, revoked_reason),
  update (state, revoked_at, revoked_reason) on device to mso_requester;
create policy requester_own on device to mso_requester using (user_id = acting_user()) with check (user_id = acting_user());

-- Providers know the own profile whole; they change when they can be asked, and hand in licences that nobody has
-- checked yet.
grant select on provider_licence to mso_provider;
create policy provider_own on provider_licence for select to mso_provider
  using (provider_id = any ((select acting_parties())::uuid[]));
grant insert (provider_id, number, authority, country, valid_from, valid_to, created_at) on provider_licence to mso_provider;
create policy provider_hands_in on provider_licence for insert to mso_provider
  with check (provider_id = any ((select acting_parties())::uuid[]) and verified_at is null);
grant select on provider_affiliation to mso_provider;
create policy provider_own on provider_affiliation for select to mso_provider
  using (provider_id = any ((select acting_parties())::uuid[]));
grant update (availability, version, updated_at) on provider to mso_provider;
create policy provider_changes_own on provider for update to mso_provider
  using (id = any ((select acting_parties())::uuid[]))
  with check (id = any ((select acting_parties())::uuid[]));
grant select (id, user_id, platform, app_version, name, state, enrolled_at, last_sync_at, revoked_at, revoked_reason),
  update (state, revoked_at, revoked_reason) on device to mso_provider;
create policy provider_own on device to mso_provider using (user_id = acting_user()) with check (user_id = acting_user());

reset role;
