insert into patient (
  id, institution_id, family_name, given_name, transliterations, name_key, name_keys, name_search, birth_date, sex,
  preferred_language, active, duplicate_of, record, version, created_by, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
