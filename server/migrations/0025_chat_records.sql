-- Entries of a chat go to phones as records: what one weighs, and a chat's entries by id, for a bootstrap in parts. Who leaves
-- a team reads its chats no longer.
set role mso_owner;

alter table chat_entry add column sealed_bytes integer not null default 0;
comment on column chat_entry.sealed_bytes is 'Bytes of the text, or of one wrap, beside what is signed.';
create index chat_entry_of_case on chat_entry (case_id, id);

-- Of an institution only the case's team: who was taken from it reads no longer, before the chat's log says so.
drop policy member on chat;
create policy member on chat for select to mso_requester
  using ((select true from mso_case c where c.id = case_id and (select acting_user()) = any(c.team))
    and (select true from membership m
         where m.stream = chat.stream and m.party = (select acting_user()) and m.to_seq is null limit 1));
create policy member_of_case on chat for select to mso_provider
  using ((select true from mso_case c where c.id = case_id)
    and (select true from membership m
         where m.stream = chat.stream and m.party = (select acting_user()) and m.to_seq is null limit 1));

reset role;
