-- The service of a provider. `performed_from` is when the case was accepted; the turnaround counts from the
-- assignment.
insert into service_record (
  id, case_id, case_number, provider_id, service_code, performed_at, fee_minor, currency, performed_from,
  turnaround_minutes)
values (
  $1, $2, $3, $4, $5, $6, $7, $8,
  (select accepted_at from assignment where id = $9 and provider_id = $4),
  (select greatest(floor(extract(epoch from $6 - assigned_at) / 60)::bigint, 0)
   from assignment where id = $9 and provider_id = $4))
