-- Patients who look like this one ($3 names, $4 birth date, $5 sex), are flagged with it ($6), or were merged
-- into it. If very many look alike, a part of them is enough to ask a person; those that a decision must
-- change come first.
select record
from patient
where institution_id = $1 and id <> $2
  and (name_keys && $3::text[] and birth_date = $4 and sex = $5 and duplicate_of is null
       or id = any($6) or duplicate_of = $2)
order by id = any($6) or duplicate_of is not null desc, id
limit 50
for update
