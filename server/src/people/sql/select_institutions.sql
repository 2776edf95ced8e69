-- Institutions, complete: those with these ids, or those after a name, ordered by name.
select id, names, language, kind, sector, registration_number, country, tax_number, licence_valid_to, address, contact,
       time_zone, currency, active, inactive_reason, deadlines, version
from institution
where ($1::uuid[] is null or id = any($1)) and ($2::text is null or (name, id) > ($2, $3::uuid))
order by name, id
limit $4
