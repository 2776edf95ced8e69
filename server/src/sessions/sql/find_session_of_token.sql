-- The session, user and device that an access token belongs to. The session of a revoked device, or of a user
-- who may not act, does not count as ended: the device is to learn what to delete.
select s.id, s.user_id, t.expires_at,
       s.ended_at is not null and not coalesce(d.state = 'revoked' or d.id is not null and u.status <> 'active', false) as "ended!",
       u.role, u.institution_id, u.provider_id, u.status,
       d.id as "device_id?", d.sync_key as "sync_key?", d.state as "device_state?", d.last_sync_at as "last_sync_at?"
from access_token t
join session s on s.id = t.session_id
join mso_user u on u.id = s.user_id
left join device d on d.id = s.device_id
where t.sha256 = $1
