update mso_case
set status = $2,
    resume_status = $3,
    closure = $4,
    readiness = $5,
    assignment_id = $6,
    provider_id = $7,
    accept_by = $8,
    start_by = $9,
    finish_by = $10,
    version = $11,
    done_at = $12,
    updated_at = $13
where id = $1
