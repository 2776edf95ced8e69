-- A credit note, or the replacement of a credited invoice.
insert into invoice (
  id, seller_id, fiscal_year, number, case_id, institution_id, seller, buyer, issued_at, supply_date, due_date,
  currency, lines, net_minor, tax_minor, gross_minor, payment, credit_of, credit_reason, reissue_of)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
