-- 100,000 more cases, each with a patient and a stream, of the institution of this case: $case.
set session_replication_role = replica;
create function pg_temp.record_id(kind integer, n bigint) returns uuid language sql immutable as
  $$ select (lpad(to_hex(1735689600000 + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8'
             || lpad(to_hex(n), 15, '0'))::uuid $$;
create temporary table pattern as select * from mso_case limit 1;
create temporary table n as select n::bigint from generate_series(1, 100000) n;

insert into patient (id, institution_id, family_name, name_key, birth_date, sex, record, version, created_by, name_search)
select pg_temp.record_id(1, n), c.institution_id, 'P' || n, 'p' || n, (1930 + n % 70)::text, 'male',
  jsonb_build_object('id', pg_temp.record_id(1, n), 'institution_id', c.institution_id, 'version', 1, 'active', true),
  1, c.requester_id, ' p' || n
from n, pattern c;
insert into mso_case (id, number, institution_id, patient_id, requester_id, specialty, urgency, request, status, readiness,
  version, submitted_at, team)
select pg_temp.record_id(2, n), 'N-' || n, c.institution_id, pg_temp.record_id(1, n), c.requester_id, c.specialty, c.urgency,
  c.request, 'New', 'ready', 1, c.submitted_at - make_interval(secs => n), c.team
from n, pattern c;
insert into case_timeline (case_id, version, status, at) select pg_temp.record_id(2, n), 1, 'New', now() from n;
insert into assignment (id, case_id, provider_id, ordinal, assigned_by, assigned_at, state, completed_at)
select pg_temp.record_id(5, n), pg_temp.record_id(2, n), p.id, 1, c.requester_id, c.submitted_at - make_interval(secs => n),
  'completed', c.submitted_at
from n, pattern c, (select id from provider where display_name = 'Dr Noor Saleh') p;
insert into stream_head (stream, seq) select pg_temp.record_id(2, n), 1 from n;
insert into membership (party, stream, from_seq) select c.institution_id, pg_temp.record_id(2, n), 0 from n, pattern c;
insert into feed (party, xid, id, stream, seq, changed)
select c.institution_id, '3', nextval('feed_id'), pg_temp.record_id(2, n), 1,
  jsonb_build_array(jsonb_build_array('case', pg_temp.record_id(2, n)))
from n, pattern c;
insert into audit_head (stream, seq, hash) select pg_temp.record_id(2, n), 1, sha256(n::text::bytea) from n;
insert into notification (id, user_id, kind, case_id, priority, at)
select pg_temp.record_id(3, n), c.requester_id, 'case_assigned', pg_temp.record_id(2, n), 'normal', now() from n, pattern c;
insert into command_log (user_id, command_id, request_sha256, name, outcome, at)
select c.requester_id, pg_temp.record_id(4, n), 'x', 'submit_case', '{"outcome": "applied"}', now() from n, pattern c;
reset session_replication_role;
analyze;
-- What this connection counted is reported now, and its temporary tables are not among those counted later.
discard temp;
select pg_stat_force_next_flush();
