-- Text that is compared in SQL in its canonical form (core/src/text.rs), where an earlier version stored it as it was typed.
set role mso_owner;

-- What is already there twice in two spellings stays: people decide which record counts. The id of a record stays in
-- lower case.
alter table patient_identifier no force row level security; -- so that the owner sees the rows
update patient_identifier i set issuer = c.issuer
from (
  select patient_id, ordinal, upper(regexp_replace(btrim(normalize(issuer, NFKC)), '\s+', ' ', 'g')) as issuer
  from patient_identifier
  where issuer !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
) c
where c.patient_id = i.patient_id and c.ordinal = i.ordinal and c.issuer <> i.issuer and char_length(c.issuer) between 2 and 64
  and (i.merged or not exists (
    select from patient_identifier o
    where not o.merged and o.institution_id = i.institution_id and o.kind = i.kind and o.value = i.value
      and (o.patient_id, o.ordinal) <> (i.patient_id, i.ordinal)
      and upper(regexp_replace(btrim(normalize(o.issuer, NFKC)), '\s+', ' ', 'g')) = c.issuer));
alter table patient_identifier force row level security;

alter table institution no force row level security;
update institution i set registration_number = c.number
from (
  select id, upper(regexp_replace(btrim(normalize(registration_number, NFKC)), '\s+', ' ', 'g')) as number
  from institution
  where registration_number !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
) c
where c.id = i.id and c.number <> i.registration_number and char_length(c.number) between 1 and 100
  and not exists (
    select from institution o
    where o.country = i.country and o.id <> i.id
      and upper(regexp_replace(btrim(normalize(o.registration_number, NFKC)), '\s+', ' ', 'g')) = c.number);
alter table institution force row level security;

-- A licence is found by its authority and number as they are read: one line, single spaces.
alter table provider_licence no force row level security;
update provider_licence l set
  authority = regexp_replace(btrim(l.authority), '\s+', ' ', 'g'),
  number = regexp_replace(btrim(l.number), '\s+', ' ', 'g')
where (l.authority ~ '\s\s|[^\S ]' or l.number ~ '\s\s|[^\S ]')
  and not exists (
    select from provider_licence o
    where o.provider_id = l.provider_id and (o.authority, o.number) <> (l.authority, l.number)
      and regexp_replace(btrim(o.authority), '\s+', ' ', 'g') = regexp_replace(btrim(l.authority), '\s+', ' ', 'g')
      and regexp_replace(btrim(o.number), '\s+', ' ', 'g') = regexp_replace(btrim(l.number), '\s+', ' ', 'g'));
alter table provider_licence force row level security;

reset role;
