-- These service records: of one provider, or (null) of any.
select s.id, s.case_id, s.case_number, s.provider_id, p.display_name as provider_name, s.service_code,
       s.performed_from, s.performed_at, s.turnaround_minutes, s.fee_minor, s.currency, s.state, s.approved_at,
       s.settled_at, s.version
from service_record s
join provider p on p.id = s.provider_id
where s.id = any($1) and ($2::uuid is null or s.provider_id = $2)
