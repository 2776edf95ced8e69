-- Hashes of a chat's texts and wraps, so that `mso audit verify` compares them with what was signed and reads neither.
set role mso_owner;

alter table chat_text add column content_hash bytea not null generated always as (sha256(nonce || ciphertext)) stored;
comment on column chat_text.content_hash is 'What the signed envelope says of the text.';
alter table chat_wrap add column hash bytea not null generated always as (sha256(sealed)) stored;
comment on column chat_wrap.hash is 'What the signed epoch says of the wrap.';

-- Still no text and no wrap.
grant select (entry_id, content_hash) on chat_text to mso_system;
grant select (entry_id, certificate, user_id, hash) on chat_wrap to mso_system;

reset role;
