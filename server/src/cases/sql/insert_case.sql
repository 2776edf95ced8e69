insert into mso_case (
  id, number, institution_id, patient_id, requester_id, specialty, urgency, request, status, readiness, version,
  submitted_at, updated_at, team)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13)
