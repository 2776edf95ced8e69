-- An entry, then the chain's head that names it, and the answer ($17) to the command ($16) that it records, if it records one.
-- The head is raised after the entry is inserted: PostgreSQL runs what nothing refers to last. In another order the
-- trigger `audit_entry_follows` would refuse the entry.
with raised as (
  update audit_head set seq = $2, hash = $4, last_at = greatest(last_at, $5) where stream = $1
), answered as (
  update command_log set outcome = $17 where user_id = $6 and command_id = $16
)
insert into audit_entry (
  stream, seq, prev_hash, hash, at, user_id, device_id, role, action, entity, entity_id, outcome, request_id,
  digest_key, payload_digest)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
