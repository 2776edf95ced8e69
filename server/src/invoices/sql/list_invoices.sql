-- Newest invoices first: of one institution, or (null) of all.
select i.id, i.issued_at
from invoice i
where ($1::uuid is null or i.institution_id = $1)
  and ($2::text is null or i.verification_state = $2)
  and ($3::text is null or i.payment = $3)
  and ($4::boolean is null or (i.credit_of is not null) = $4)
  and ($5::uuid is null or i.case_id = $5)
  and ($6::timestamptz is null or (i.issued_at, i.id) < ($6, $7::uuid))
order by i.issued_at desc, i.id desc
limit $8
