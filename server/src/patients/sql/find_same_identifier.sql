-- Another patient of the institution with one of these identifiers; for a merged one, its survivor. Each identifier is
-- looked up by its key (`offset 0` keeps it so): a plan made while there were few would otherwise read them all.
select coalesce(p.duplicate_of, p.id) as "id!"
from unnest($2::text[], $3::text[], $4::text[]) as wanted (kind, issuer, value)
cross join lateral (
  select patient_id from patient_identifier i
  where i.institution_id = $1 and i.kind = wanted.kind and i.issuer = wanted.issuer and i.value = wanted.value
  offset 0
) i
join patient p on p.id = i.patient_id
where coalesce(p.duplicate_of, p.id) <> $5
order by 1
limit 1
