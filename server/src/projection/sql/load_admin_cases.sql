-- Cases with patient, institution and current expert, for an admin.
select c.id as "id!", c.number as "number!", c.institution_id as "institution_id!", c.patient_id as "patient_id!",
       c.requester_id as "requester_id!", c.request as "request!: Json<CaseRequest>", c.status as "status!",
       c.resume_status, c.closure, c.closure_reason, c.readiness as "readiness!", c.accept_by, c.start_by, c.finish_by,
       c.answer_by, c.read_by, c.paused_at, c.overdue as "overdue!", c.window_ends_at, c.window_closed as "window_closed!",
       c.rejection, c.team as "team!",
       c.version as "version!", c.submitted_at as "submitted_at!", c.done_at,
       i.name as "institution_name!", c.assignment_id, e.id as "expert_id?", e.display_name as "expert_name?",
       p.family_name as "family_name!", p.given_name, p.birth_date as "birth_date!", p.sex as "sex!"
from mso_case c
join institution i on i.id = c.institution_id
join patient p on p.id = c.patient_id
left join provider e on e.id = c.provider_id
where c.id = any($1)
