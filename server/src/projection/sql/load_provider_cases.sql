-- Cases that are currently assigned to one expert, with the patient's clinical part.
select c.id as "id!", c.number as "number!", c.institution_id as "institution_id!", c.patient_id as "patient_id!",
       c.requester_id as "requester_id!", c.request as "request!: Json<CaseRequest>", c.status as "status!",
       c.resume_status, c.closure, c.readiness as "readiness!", c.accept_by, c.start_by, c.finish_by,
       c.answer_by, c.read_by, c.paused_at, c.overdue as "overdue!", c.window_ends_at, c.window_closed as "window_closed!",
       c.version as "version!", c.submitted_at as "submitted_at!", c.done_at,
       a.id as "assignment_id!", i.name as "institution_name!", p.family_name as "family_name!", p.given_name,
       p.birth_date as "birth_date!", p.sex as "sex!", p.preferred_language,
       p.transliterations as "transliterations!: Json<BTreeMap<Language, Transliteration>>"
from mso_case c
join assignment a on a.case_id = c.id and a.provider_id = $2 and a.ended_at is null
join institution i on i.id = c.institution_id
join patient p on p.id = c.patient_id
where c.id = any($1)
