-- A session to be refreshed, with its user and device. The row lock serialises concurrent refreshes.
select s.user_id, s.refresh_generation, s.refreshed_at, s.expires_at, s.ended_at,
       u.role, u.institution_id, u.provider_id, u.status, u.display_name,
       d.id as "device_id?", d.sync_key as "sync_key?", d.state as "device_state?"
from session s
join mso_user u on u.id = s.user_id
left join device d on d.id = s.device_id
where s.id = $1
for update of s
