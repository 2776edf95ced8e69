insert into institution
  (id, name, names, language, kind, sector, registration_number, country, tax_number, licence_valid_to, address, contact,
   time_zone, currency, deadlines, active, inactive_reason, version, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19)
