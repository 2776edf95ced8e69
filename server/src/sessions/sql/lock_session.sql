-- A session to be refreshed, with its user and device. The row lock serialises concurrent refreshes. The session of
-- a revoked device, or of a user who may not act, does not count as ended: the device is to learn what to delete.
select s.user_id, s.refresh_generation, s.refreshed_at, s.expires_at,
       s.ended_at is not null and not coalesce(d.state = 'revoked' or d.id is not null and u.status <> 'active', false) as "ended!",
       u.role, u.institution_id, u.provider_id, u.status, u.display_name,
       d.id as "device_id?", d.sync_key as "sync_key?", d.state as "device_state?"
from session s
join mso_user u on u.id = s.user_id
left join device d on d.id = s.device_id
where s.id = $1
for update of s
