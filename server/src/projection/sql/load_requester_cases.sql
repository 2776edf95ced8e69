-- Cases of one institution, with the expert's name. The caller decides by both statuses whether the name may be shown.
select c.id as "id!", c.number as "number!", c.institution_id as "institution_id!", c.patient_id as "patient_id!",
       c.requester_id as "requester_id!", c.request as "request!: Json<CaseRequest>", c.status as "status!",
       c.resume_status, c.closure, c.closure_reason, c.readiness as "readiness!", c.accept_by, c.start_by, c.finish_by,
       c.answer_by, c.read_by, c.paused_at, c.overdue as "overdue!", c.window_ends_at, c.window_closed as "window_closed!",
       c.ever_accepted as "ever_accepted!", c.rejection, c.pending_resubmission as "pending_resubmission: Json<PendingResubmission>", c.team as "team!", c.read_at,
       c.version as "version!", c.submitted_at as "submitted_at!", c.done_at,
       p.id as "expert_id?", p.display_name as "expert_name?"
from mso_case c
left join provider p on p.id = c.provider_id
where c.id = any($1) and c.institution_id = $2
