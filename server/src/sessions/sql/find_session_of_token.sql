-- The session, user and device that an access token belongs to.
select s.id, s.user_id, s.ended_at, t.expires_at,
       u.role, u.institution_id, u.provider_id, u.status,
       d.id as "device_id?", d.sync_key as "sync_key?", d.state as "device_state?"
from access_token t
join session s on s.id = t.session_id
join mso_user u on u.id = s.user_id
left join device d on d.id = s.device_id
where t.sha256 = $1
