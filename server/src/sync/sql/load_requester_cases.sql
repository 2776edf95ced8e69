-- Cases of one institution, with the name of the expert; whether it may be shown, the caller decides by status.
select c.id as "id!", c.number as "number!", c.institution_id as "institution_id!", c.patient_id as "patient_id!",
       c.requester_id as "requester_id!", c.request as "request!: Json<CaseRequest>", c.status as "status!",
       c.resume_status, c.closure, c.readiness as "readiness!", c.accept_by, c.start_by, c.finish_by,
       c.version as "version!", c.submitted_at as "submitted_at!", c.done_at,
       p.id as "expert_id?", p.display_name as "expert_name?"
from mso_case c
left join provider p on p.id = c.provider_id
where c.id = any($1) and c.institution_id = $2
