-- Another patient of the institution with one of these identifiers; for a merged one, its survivor.
select coalesce(p.duplicate_of, p.id) as "id!"
from patient_identifier i join patient p on p.id = i.patient_id
where i.institution_id = $1
  and (i.kind, i.issuer, i.value) in (select * from unnest($2::text[], $3::text[], $4::text[]))
  and coalesce(p.duplicate_of, p.id) <> $5
order by 1
limit 1
