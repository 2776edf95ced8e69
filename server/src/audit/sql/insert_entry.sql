insert into audit_entry (
  stream, seq, prev_hash, hash, at, user_id, device_id, role, action, entity, entity_id, outcome, request_id,
  digest_key, payload_digest)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
