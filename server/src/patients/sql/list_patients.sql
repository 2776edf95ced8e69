-- Patients by name: of one institution, or (null) of all; those that match word prefixes ($2) or a complete
-- identifier ($3), or (both null) all; after the patient $4. A merged patient is listed as its survivor.
with found as (
  select coalesce(p.duplicate_of, p.id) as id
  from patient p
  where ($1::uuid is null or p.institution_id = $1) and p.name_search like all($2::text[])
  union
  select coalesce(p.duplicate_of, p.id)
  from patient_identifier i join patient p on p.id = i.patient_id
  where ($1::uuid is null or i.institution_id = $1) and i.value = $3
)
select p.id, p.record
from patient p
where ($1::uuid is null or p.institution_id = $1)
  and p.duplicate_of is null
  and ($2::text[] is null or p.id in (select id from found))
  and ($4::uuid is null or (p.name_key collate "C", p.id) > (
    select a.name_key collate "C", a.id from patient a
    where a.id = $4 and ($1::uuid is null or a.institution_id = $1)))
order by p.name_key collate "C", p.id
limit $5
