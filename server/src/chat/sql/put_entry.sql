-- One entry of a chat's log with its sealed text, where its sender's chain stands, and the log's new state: one statement, since
-- every message takes it.
with entry as (
  insert into chat_entry (id, case_id, seq, kind, device_id, device_seq, digest, signed, head, at, sealed_bytes)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
), sealed as (
  insert into chat_text (entry_id, nonce, ciphertext) select $1, $12, $13 where $12::bytea is not null
), moved as (
  insert into chat_chain (case_id, device_id, seq, link) select $2, $5, $6, $14::bytea where $14::bytea is not null
  on conflict (case_id, device_id) do update set seq = excluded.seq, link = excluded.link
)
update chat set seq = $3, head = $9, epoch = $15, epoch_hash = $16, epoch_rev = $17, roster = coalesce($18, roster)
where case_id = $2
