-- What the two sides have beyond what their commands wrote, for every pair of a done case and its people.
create function pg_temp.new_id() returns uuid language sql as
  $$ select overlay(gen_random_uuid()::text placing '7' from 15)::uuid $$;
create temporary table side as
  select c.id as case_id, c.institution_id, c.provider_id, c.requester_id,
    (select id from mso_user where provider_id = c.provider_id) as expert_id,
    (select id from invoice where case_id = c.id) as invoice_id
  from mso_case c where c.status = 'Done';

insert into document (id, case_id, kind, title, file_name, media_type, size, sha256, state, after_opinion, declared_by, declared_at)
select pg_temp.new_id(), case_id, 'imaging', 'scan', 'scan.png', 'image/png', 1, sha256('x'), 'declared', true, requester_id, now()
from side;
insert into issue (id, case_id, kind, state, author, author_role, record, version)
select pg_temp.new_id(), case_id, 'quality', 'open', expert_id, 'provider', '{}', 1 from side;
insert into clarification (id, case_id, asked_at, record, version) select pg_temp.new_id(), case_id, now(), '{}', 1 from side;
insert into feedback (id, case_id, recommendation_version, institution_id, shared_with_provider, record, version)
select pg_temp.new_id(), case_id, version, institution_id, version = 1, '{}', 1 from side, generate_series(1, 2) as version;
insert into quarantine (id, case_id, author, command_id, refusal, payload, kept_at)
select pg_temp.new_id(), case_id, expert_id, pg_temp.new_id(), 'x', '{}', now() from side;
insert into payment (id, invoice_id, amount_minor, received_on, recorded_by, recorded_at)
select pg_temp.new_id(), invoice_id, 1, '2026-11-23', requester_id, now() from side;
insert into purge_order (id, party, stream, reason) select pg_temp.new_id(), provider_id, case_id, 'rejected' from side;
insert into purge_order (id, party, stream, reason) select pg_temp.new_id(), requester_id, case_id, 'revoked' from side;
insert into device (id, user_id, sync_key, platform, app_version, name)
select pg_temp.new_id(), id, sha256(id::text::bytea), 'linux', '1', 'phone' from mso_user;
insert into purge_confirmation (purge_id, device_id) select o.id, d.id from purge_order o, device d;
insert into unconfirmed_purge (purge_id, device_id, reported_at) select o.id, d.id, now() from purge_order o, device d;
insert into chat_certificate (device_id, user_id, signed, created_at) select id, user_id, 'x', now() from device;
insert into chat (case_id, stream, seq, head, roster, created_at) select case_id, pg_temp.new_id(), 0, 'x', 'x', now() from side;
insert into stream_head (stream, seq) select stream, 0 from chat;
insert into membership (party, stream, from_seq)
select u, c.stream, 0 from side s join chat c using (case_id), lateral (values (requester_id), (expert_id)) reader (u);
insert into chat_entry (id, case_id, seq, kind, device_id, device_seq, digest, signed, head, at)
select pg_temp.new_id(), s.case_id, 1, 'envelope', d.id, 1, 'x', 'x', 'x', now()
from side s join lateral (select id from device where user_id = s.requester_id limit 1) d on true;
insert into chat_text (entry_id, nonce, ciphertext) select id, 'x', 'x' from chat_entry;
insert into chat_wrap (entry_id, certificate, user_id, sealed)
select e.id, u::text::bytea, u, 'x' from side s join chat_entry e using (case_id),
  lateral (values (requester_id), (expert_id)) reader (u);
insert into chat_chain (case_id, device_id, seq, link)
select case_id, device_id, device_seq, 'x' from chat_entry;
insert into session (id, user_id, device_id, refreshed_at, expires_at)
select pg_temp.new_id(), user_id, id, now(), now() + interval '1 day' from device;
insert into access_token (sha256, session_id, expires_at) select sha256(id::text::bytea), id, now() from session;
insert into invite (id, user_id, expires_at) select pg_temp.new_id(), id, now() from mso_user;
insert into mail (kind, user_id, invite_id) select 'invite', user_id, id from invite;
insert into job (kind, payload, run_at) select 'render_report', jsonb_build_object('case', case_id), now() from side;
insert into provider_affiliation (provider_id, institution_id) select provider_id, institution_id from side;
insert into price (price_list_id, service_type, urgency, institution_id, net_minor, fee_minor, currency, tax_rate_bp)
select distinct p.price_list_id, 'one_specialist', 'urgent', s.institution_id, 1, 1, 'EUR', 0 from price p, side s;
insert into notification (id, user_id, kind, case_id, priority, at)
select pg_temp.new_id(), u, 'x', case_id, 'normal', now() from side, lateral (values (requester_id), (expert_id)) told (u);
insert into notification (id, user_id, kind, invoice_id, priority, at)
select pg_temp.new_id(), requester_id, 'x', invoice_id, 'normal', now() from side;
