-- The chat of a case: a log of what participants signed, and beside it what only they can open.
--
-- Only the server's own login writes here, after it has checked every signature; a participant's login reads, as long as its
-- user is a member of the chat and its party sees the case. Admins have no grant at all.
set role mso_owner;

create table chat_certificate (
  -- A device's keys, as its user's identity signed them.
  device_id uuid primary key references device,
  user_id uuid not null references mso_user,
  signed bytea not null,
  created_at timestamptz not null
);
create index chat_certificate_user on chat_certificate (user_id, created_at);

create table chat (
  case_id uuid primary key references mso_case,
  -- A stream of its own, whose readers are users.
  stream uuid not null unique constraint chat_stream_version check (substr(stream::text, 15, 1) = '7'),
  seq bigint not null,
  head bytea not null,
  -- The newest epoch, and the roster as the core encodes it.
  epoch integer,
  epoch_hash bytea,
  epoch_rev integer,
  roster bytea not null,
  created_at timestamptz not null,
  constraint chat_epoch_whole check (num_nulls(epoch, epoch_hash, epoch_rev) in (0, 3))
);

create table chat_entry (
  id uuid primary key constraint chat_entry_id_version check (substr(id::text, 15, 1) = '7'),
  case_id uuid not null references chat,
  seq bigint not null,
  kind text not null constraint chat_entry_kind
    check (kind in ('device', 'roster', 'removal', 'epoch', 'envelope', 'refused')),
  -- Of an envelope: who sent it, and its number among the device's.
  device_id uuid references device,
  device_seq bigint,
  -- What the log's chain covers of it.
  digest bytea not null,
  -- The payload without what only participants can open.
  signed bytea not null,
  -- The log's head after it.
  head bytea not null,
  at timestamptz not null,
  unique (case_id, seq),
  unique (case_id, device_id, device_seq)
);
-- Nothing that was signed stands in a log twice. Who was removed may come back and be removed again.
create unique index chat_entry_digest on chat_entry (case_id, digest) where kind <> 'removal';
alter table chat
  add column last_seq bigint generated always as (nullif(seq, 0)) stored,
  add constraint chat_head_names_an_entry foreign key (case_id, last_seq) references chat_entry (case_id, seq);

create table chat_text (
  -- An envelope's sealed text.
  entry_id uuid primary key references chat_entry,
  nonce bytea not null,
  ciphertext bytea not null
);

create table chat_wrap (
  -- An epoch's key, sealed to one device.
  entry_id uuid not null references chat_entry,
  certificate bytea not null,
  user_id uuid not null references mso_user,
  sealed bytea not null,
  primary key (entry_id, certificate)
);

create table chat_chain (
  -- The newest envelope of each device.
  case_id uuid not null references chat,
  device_id uuid not null references device,
  seq bigint not null,
  link bytea not null,
  primary key (case_id, device_id)
);

create trigger chat_steps before update on chat for each row when (new.seq <> old.seq + 1) execute function refuse_step();
create trigger chat_chain_steps before update on chat_chain for each row
  when (new.seq <> old.seq + 1) execute function refuse_step();

-- A reader of a chat is a user who requests or gives opinions: never an admin, an institution or everybody.
create function refuse_reader_of_chat() returns trigger language plpgsql as $$
begin
  raise exception 'only a requester or provider reads a chat'
    using errcode = 'check_violation', constraint = 'membership_of_chat', table = 'membership';
end
$$;
create function reads_no_chat(of_party uuid, of_stream uuid) returns boolean language sql stable as $$
  select coalesce((select true from chat c where c.stream = of_stream), false)
    and (select true from mso_user u where u.id = of_party and u.role in ('requester', 'provider')) is null
$$;
create trigger membership_of_chat before insert on membership for each row
  when (reads_no_chat(new.party, new.stream)) execute function refuse_reader_of_chat();

do $$
declare
  named text;
begin
  foreach named in array array['chat_certificate', 'chat', 'chat_entry', 'chat_text', 'chat_wrap', 'chat_chain'] loop
    execute format('alter table %I enable row level security', named);
    execute format('alter table %I force row level security', named);
    execute format('create policy system_all on %I to mso_system
      using (acting_user() is not null) with check (acting_user() is not null)', named);
  end loop;
end
$$;

-- The server writes, and reads what it needs to check the next entry: no text and no wrap.
grant select, insert on chat_certificate, chat, chat_entry, chat_chain to mso_system;
grant insert on chat_text, chat_wrap to mso_system;
grant update (seq, head, epoch, epoch_hash, epoch_rev, roster) on chat to mso_system;
grant update (seq, link) on chat_chain to mso_system;
create policy system_joins_chats on membership for insert to mso_system
  with check (to_seq is null and (select true from chat c where c.stream = membership.stream));
create policy system_leaves_chats on membership for update to mso_system
  using (to_seq is null and (select true from chat c where c.stream = membership.stream)) with check (to_seq is not null);

-- Who writes to memberships must be told which streams are chats.
grant select (stream) on chat to mso_effects, mso_admin;
create policy effects_resolves on chat for select to mso_effects using (acting_user() is not null);
create policy admin_resolves on chat for select to mso_admin using (acting_user() is not null);

-- Participants.
grant select (case_id, stream, seq, head) on chat to mso_requester, mso_provider;
create policy member on chat for select to mso_requester, mso_provider
  using ((select true from mso_case c where c.id = case_id)
    and (select true from membership m
         where m.stream = chat.stream and m.party = (select acting_user()) and m.to_seq is null limit 1));
grant select on chat_entry, chat_text, chat_wrap to mso_requester, mso_provider;
create policy member on chat_entry for select to mso_requester, mso_provider
  using ((select true from chat c where c.case_id = chat_entry.case_id));
-- Texts since the reader came, and wraps to the reader's own devices.
create policy member on chat_text for select to mso_requester, mso_provider
  using ((select true from chat_entry e join chat c on c.case_id = e.case_id
            join membership m on m.stream = c.stream and m.party = (select acting_user()) and m.to_seq is null
          where e.id = entry_id and e.seq > m.from_seq limit 1));
create policy own on chat_wrap for select to mso_requester, mso_provider
  using (user_id = (select acting_user()) and (select true from chat_entry e where e.id = entry_id));

reset role;
