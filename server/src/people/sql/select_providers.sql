-- Profiles without the parts in other tables, by name.
select id, display_name, title, languages, max_open, max_urgent, availability, active, version
from provider
where id = any($1)
order by display_name, id
