-- Patients whole: the record as JSON beside the columns that are searched, merged records, identifiers that change.
set role mso_owner;

-- The record holds all that is said of a patient; every other column is an index of it, written with it. Experts are
-- granted single columns and never the record.
alter table patient
  add column record jsonb,
  add column duplicate_of uuid references patient,
  -- The reduced name in every script, to find who looks like the same person.
  add column name_keys text[] not null default '{}',
  -- The words of all of them, each after a space, to find patients by beginnings of words.
  add column name_search text not null default '',
  add column transliterations jsonb not null default '{}';
update patient p set
  name_keys = array[p.name_key],
  name_search = ' ' || p.name_key,
  record = jsonb_strip_nulls(jsonb_build_object(
    'id', p.id, 'institution_id', p.institution_id, 'no_identifier_reason', p.no_identifier_reason,
    'name', jsonb_build_object('family', p.family_name, 'given', p.given_name),
    'birth_date', p.birth_date, 'sex', p.sex, 'preferred_language', p.preferred_language,
    'verification', p.verification, 'active', p.active, 'version', p.version,
    'identifiers', coalesce((
      select jsonb_agg(jsonb_build_object('kind', i.kind, 'issuer', i.issuer, 'value', i.value) order by i.ordinal)
      from patient_identifier i where i.patient_id = p.id), '[]')));
alter table patient
  alter column record set not null,
  drop column no_identifier_reason,
  drop column verification,
  add constraint patient_merged_into_another check (duplicate_of <> id),
  add constraint patient_merged_is_inactive check (duplicate_of is null or not active),
  add constraint patient_columns_of_record check (
    record ->> 'id' = id::text and record ->> 'institution_id' = institution_id::text
    and (record -> 'version')::bigint = version and (record -> 'active')::boolean = active
    and record ->> 'duplicate_of' is not distinct from duplicate_of::text);
drop index patient_institution;
create index patient_institution on patient (institution_id, name_key collate "C", id);
create index patient_name_key on patient (name_key collate "C", id);
create index patient_duplicate_of on patient (duplicate_of);
create index patient_similar on patient (institution_id, birth_date, sex);
grant insert, update on patient to mso_admin;
grant select (transliterations) on patient to mso_provider;

-- The rows of identifiers are an index of the record too: they go when an identifier is taken off it. What a merged
-- record says may be said of its survivor.
alter table patient_identifier
  add column valid_to date,
  add column merged boolean not null default false,
  drop constraint patient_identifier_unique;
create unique index patient_identifier_unique on patient_identifier (institution_id, kind, issuer, value) where not merged;
create index patient_identifier_value on patient_identifier (value, institution_id);
create index patient_identifier_institution on patient_identifier (institution_id, kind, issuer, value);
grant delete on patient_identifier to mso_requester, mso_admin, mso_system;
grant select, insert on patient_identifier to mso_admin;

reset role;
