-- A page of the feed costs what is new to its reader, however many streams the reader has: the feed holds a row for each
-- reader of a change, and memberships say from and to which change of the stream they last.
set role mso_owner;

alter table membership no force row level security; -- so that the owner sees the rows
alter table feed no force row level security;
alter table stream_head no force row level security;

-- Transaction ids mean nothing in another cluster; a stream's sequence numbers do.
alter table membership
  add column from_seq bigint,
  add column to_seq bigint;
update membership m set
  from_seq = coalesce((select max(f.seq) from feed f where f.stream = m.stream and f.xid < m.from_xid), 0),
  to_seq = case when m.to_xid is not null then
    coalesce((select max(f.seq) from feed f where f.stream = m.stream and f.xid <= m.to_xid), 0) end;

create table feed_of_reader (
  -- What changed, never how, for a party that reads the stream: [[kind, id], …] per touched stream and transaction.
  party uuid not null,
  xid xid8 not null default pg_current_xact_id(),
  id bigint not null,
  stream uuid not null,
  seq bigint not null,
  changed jsonb not null,
  created_at timestamptz not null default now(),
  primary key (party, xid, id),
  constraint feed_seq_once unique (party, stream, seq)
);
insert into feed_of_reader (party, xid, id, stream, seq, changed, created_at)
select m.party, f.xid, f.id, f.stream, f.seq, f.changed, f.created_at
from membership m join feed f on f.stream = m.stream and f.seq > m.from_seq and f.seq <= coalesce(m.to_seq, f.seq)
on conflict do nothing;
-- One number for all readers of a change.
create sequence feed_id;
select setval('feed_id', coalesce((select max(id) from feed), 0) + 1, false);

drop table feed;
alter table feed_of_reader rename to feed;
alter table feed rename constraint feed_of_reader_pkey to feed_pkey;
alter table feed enable row level security;

-- What names the columns that go.
do $$
declare
  of record;
begin
  for of in
    select schemaname, tablename, policyname from pg_policies
    where schemaname = 'public' and (qual like '%membership%' or with_check like '%membership%')
  loop
    execute format('drop policy %I on %I', of.policyname, of.tablename);
  end loop;
end
$$;
alter table membership
  alter column from_seq set not null,
  add constraint membership_ends_after_it_begins check (to_seq >= from_seq),
  drop constraint membership_pkey,
  drop column from_xid,
  drop column to_xid,
  add primary key (party, stream, from_seq);
create unique index membership_live on membership (party, stream) where to_seq is null;

alter table feed force row level security;
alter table membership force row level security;
alter table stream_head force row level security;

reset role;
