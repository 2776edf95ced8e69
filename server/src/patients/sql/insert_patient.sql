insert into patient (
  id, institution_id, family_name, given_name, name_key, birth_date, sex, preferred_language, no_identifier_reason,
  verification, active, version, created_by, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
