-- These invoices, complete: of one institution, or (null) of any.
select i.id, i.case_id, c.number as case_number, i.institution_id, i.seller as "seller: Json<Seller>",
       i.buyer as "buyer: Json<Buyer>", i.fiscal_year, i.number, i.issued_at, i.supply_date, i.due_date, i.currency,
       i.lines as "lines: Json<Vec<InvoiceLine>>", i.net_minor, i.tax_minor, i.gross_minor,
       i.verification as "verification: Json<InvoiceVerification>", i.past_flags as "past_flags: Json<Vec<Flag>>",
       i.payment, i.write_off as "write_off: Json<WriteOff>", i.credited_minor, i.fully_credited,
       i.credit_of, i.credit_reason, o.seller ->> 'prefix' as "credited_prefix?", o.fiscal_year as "credited_year?",
       o.number as "credited_number?", i.reissue_of,
       (select n.id from invoice n where n.reissue_of = i.id) as reissued_as, i.version
from invoice i
join mso_case c on c.id = i.case_id
left join invoice o on o.id = i.credit_of
where i.id = any($1) and ($2::uuid is null or i.institution_id = $2)
