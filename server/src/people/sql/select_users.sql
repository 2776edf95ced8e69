-- Users without their secrets, by email address.
select id, email, display_name, role, institution_id, provider_id, status, joined as "joined!", locale, time_zone, version
from mso_user
where id = any($1)
order by lower(email)
