insert into document (
  id, case_id, kind, title, file_name, media_type, size, sha256, state, after_opinion, declared_by, declared_at,
  pages, captured_at, body_site, sequence, replaces, of_submission)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
