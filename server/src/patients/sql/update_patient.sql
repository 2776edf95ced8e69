update patient set
  family_name = $2, given_name = $3, transliterations = $4, name_key = $5, name_keys = $6, name_search = $7,
  birth_date = $8, sex = $9, preferred_language = $10, active = $11, duplicate_of = $12, record = $13, version = $14::bigint,
  updated_at = $15
where id = $1 and version = $14::bigint - 1
