-- Entries of a chat's log with their sealed texts, where their sender's chain stands, and the log's new state: one statement,
-- since every message takes it.
with entry as (
  insert into chat_entry (id, case_id, seq, kind, device_id, device_seq, digest, signed, head, at, sealed_bytes)
  select id, $1, seq, kind, $2, device_seq, digest, signed, head, $3, sealed_bytes
  from unnest($4::uuid[], $5::bigint[], $6::text[], $7::bigint[], $8::bytea[], $9::bytea[], $10::bytea[], $11::integer[])
    as e (id, seq, kind, device_seq, digest, signed, head, sealed_bytes)
), sealed as (
  insert into chat_text (entry_id, nonce, ciphertext)
  select id, nonce, ciphertext
  from unnest($4::uuid[], $12::bytea[], $13::bytea[]) as t (id, nonce, ciphertext)
  where nonce is not null
), moved as (
  insert into chat_chain (case_id, device_id, seq, link) select $1, $2, $14, $15::bytea where $15::bytea is not null
  on conflict (case_id, device_id) do update set seq = excluded.seq, link = excluded.link
)
update chat set seq = $16, head = $17, epoch = $18, epoch_hash = $19, epoch_rev = $20, roster = coalesce($21, roster)
where case_id = $1
