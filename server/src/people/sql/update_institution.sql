update institution set
  name = $2, names = $3, language = $4, kind = $5, sector = $6, registration_number = $7, country = $8, tax_number = $9,
  licence_valid_to = $10, address = $11, contact = $12, time_zone = $13, currency = $14, deadlines = $15, active = $16,
  inactive_reason = $17, version = $18, updated_at = $19
where id = $1
