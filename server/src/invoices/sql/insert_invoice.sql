-- The invoice of a done case: the columns that a provider's transaction may write.
insert into invoice (
  id, seller_id, fiscal_year, number, case_id, institution_id, seller, buyer, issued_at, supply_date, due_date,
  currency, lines, net_minor, tax_minor, gross_minor, payment)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
