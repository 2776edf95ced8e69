-- Entries of a chat go to phones as records: what one weighs, and a chat's entries by id, for a bootstrap in parts.
set role mso_owner;

alter table chat_entry add column sealed_bytes integer not null default 0;
comment on column chat_entry.sealed_bytes is 'Bytes of the text, or of one wrap, beside what is signed.';
create index chat_entry_of_case on chat_entry (case_id, id);

reset role;
