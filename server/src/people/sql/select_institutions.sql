-- Institutions, complete, by name.
select id, names, language, kind, sector, registration_number, country, tax_number, licence_valid_to, address, contact,
       time_zone, currency, active, inactive_reason, deadlines, version
from institution
where id = any($1)
order by name, id
