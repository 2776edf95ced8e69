-- Orders to delete that a phone has not confirmed in time: admins are told once, and list them until it has (D-30).
set role mso_owner;

alter table purge_order add column checked_at timestamptz;
create index purge_order_unchecked on purge_order (created_at, id) where checked_at is null;
grant update (checked_at) on purge_order to mso_system;

create table unconfirmed_purge (
  -- A phone that had not carried out an order when its time was over, and when it did.
  purge_id uuid not null references purge_order,
  device_id uuid not null references device,
  reported_at timestamptz not null,
  confirmed_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (purge_id, device_id)
);
create index unconfirmed_purge_device on unconfirmed_purge (device_id) where confirmed_at is null;
create index unconfirmed_purge_listed on unconfirmed_purge (reported_at desc, purge_id desc, device_id desc)
  where confirmed_at is null;

alter table unconfirmed_purge enable row level security;
alter table unconfirmed_purge force row level security;
grant select, insert on unconfirmed_purge to mso_system;
create policy system_all on unconfirmed_purge to mso_system
  using (acting_user() is not null) with check (acting_user() is not null);
grant select on unconfirmed_purge to mso_admin;
create policy admin_reads on unconfirmed_purge for select to mso_admin using (acting_user() is not null);
grant select (purge_id, device_id, confirmed_at), update (confirmed_at) on unconfirmed_purge to mso_requester, mso_provider;
create policy own on unconfirmed_purge to mso_requester, mso_provider
  using ((select true from device d where d.id = device_id and d.user_id = (select acting_user())));

reset role;
