-- Patients and cases number $from to $to of one institution: copies of a patient and a case that the server made. Every row
-- that the server wrote for those is copied, with other ids, names and times.
create or replace function pg_temp.setting(name text) returns text language sql stable as
  $$ select current_setting('bench.' || name) $$;
-- A UUID of version 7, with a time in 2025.
create or replace function pg_temp.record_id(kind integer, n bigint) returns uuid language sql immutable as
  $$ select (lpad(to_hex(1735689600000 + n * 100), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
             || '8' || lpad(to_hex(n), 15, '0'))::uuid $$;
create or replace function pg_temp.renamed(row_of jsonb, n bigint) returns jsonb language sql stable as
  $$ select replace(replace(replace(replace(replace(replace(replace(row_of::text,
       pg_temp.setting('case'), pg_temp.record_id(2, n)::text),
       pg_temp.setting('patient'), pg_temp.record_id(1, n)::text),
       'Zzpattern', 'Pat' || translate(n::text, '0123456789', 'abcdefghij')),
       'zzpattern', 'pat' || translate(n::text, '0123456789', 'abcdefghij')),
       'ZZ-NUMBER', 'BENCH-' || n),
       '1901-02-03', (date '1930-01-01' + (n * 7919 % 25000)::integer)::text),
       pg_temp.setting('number'), 'MSO-2025-' || lpad(n::text, 6, '0'))::jsonb $$;
create temporary table n on commit drop as
  select n::bigint from generate_series(pg_temp.setting('from')::bigint, pg_temp.setting('to')::bigint) n;

insert into patient select copy.*
from n, patient p, jsonb_populate_record(null::patient, pg_temp.renamed(to_jsonb(p), n)) copy
where p.id = pg_temp.setting('patient')::uuid;
insert into patient_identifier select copy.*
from n, patient_identifier p, jsonb_populate_record(null::patient_identifier, pg_temp.renamed(to_jsonb(p), n)) copy
where p.patient_id = pg_temp.setting('patient')::uuid;

insert into mso_case select copy.*
from n, mso_case c, jsonb_populate_record(null::mso_case, pg_temp.renamed(to_jsonb(c), n) || jsonb_build_object('submitted_at', c.submitted_at - make_interval(secs => n))) copy
where c.id = pg_temp.setting('case')::uuid;
insert into case_timeline select copy.*
from n, case_timeline t, jsonb_populate_record(null::case_timeline, pg_temp.renamed(to_jsonb(t), n)) copy
where t.case_id = pg_temp.setting('case')::uuid;
insert into case_quote select copy.*
from n, case_quote q, jsonb_populate_record(null::case_quote, pg_temp.renamed(to_jsonb(q), n)) copy
where q.case_id = pg_temp.setting('case')::uuid;

insert into stream_head select copy.*
from n, stream_head h, jsonb_populate_record(null::stream_head, pg_temp.renamed(to_jsonb(h), n)) copy
where h.stream = pg_temp.setting('case')::uuid;
insert into membership select copy.*
from n, membership m, jsonb_populate_record(null::membership, pg_temp.renamed(to_jsonb(m), n)) copy
where m.stream = pg_temp.setting('case')::uuid;
-- In a transaction long ago: phones that are up to date have read them.
insert into feed (party, xid, id, stream, seq, changed)
select f.party, '3', nextval('feed_id'), pg_temp.record_id(2, n), f.seq, pg_temp.renamed(f.changed, n)
from n, feed f where f.stream = pg_temp.setting('case')::uuid;
insert into feed (party, xid, id, stream, seq, changed)
select h.stream, '3', nextval('feed_id'), h.stream, h.seq + 2 * (n - min(n) over ()) + k.place,
  jsonb_build_array(jsonb_build_array(k.kind, pg_temp.record_id(k.place, n)))
from n, stream_head h, (values (1, 'patient'), (2, 'grant')) k (place, kind)
where h.stream = pg_temp.setting('institution')::uuid;
-- A head is raised one by one.
alter table stream_head disable trigger stream_head_steps;
update stream_head set seq = seq + 2 * (select count(*) from n) where stream = pg_temp.setting('institution')::uuid;
alter table stream_head enable trigger stream_head_steps;
-- Entries before the heads that name them.
alter table audit_entry disable trigger audit_entry_follows;
insert into audit_entry select copy.*
from n, audit_entry e, jsonb_populate_record(null::audit_entry, pg_temp.renamed(to_jsonb(e), n)) copy
where e.stream = pg_temp.setting('case')::uuid;
alter table audit_entry enable trigger audit_entry_follows;
insert into audit_head (stream, seq, hash, created_at, last_at)
select copy.stream, copy.seq, copy.hash, copy.created_at, copy.last_at
from n, audit_head h, jsonb_populate_record(null::audit_head, pg_temp.renamed(to_jsonb(h), n)) copy
where h.stream = pg_temp.setting('case')::uuid;
