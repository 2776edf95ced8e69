-- Profiles without the parts in other tables: those with these ids, or those after a name, ordered by name.
select id, display_name, title, languages, max_open, max_urgent, availability, active, version
from provider
where ($1::uuid[] is null or id = any($1)) and ($2::text is null or (display_name, id) > ($2, $3::uuid))
order by display_name, id
limit $4
