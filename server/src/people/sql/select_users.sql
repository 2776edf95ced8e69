-- Users without their secrets: this one, or those after an email address, ordered by address.
select id, email, display_name, role, institution_id, provider_id, status, joined as "joined!", locale, time_zone, version
from mso_user
where ($1::uuid is null or id = $1) and ($2::text is null or lower(email) > lower($2))
order by lower(email)
limit $3
