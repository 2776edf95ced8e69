-- Patients of one institution, identifiers in the order given.
select p.id, p.institution_id, p.family_name, p.given_name, p.birth_date, p.sex, p.preferred_language,
       p.no_identifier_reason, p.verification as "verification: Json<Verification>", p.active, p.version,
       (select coalesce(jsonb_agg(jsonb_build_object('kind', i.kind, 'issuer', i.issuer, 'value', i.value)
                                  order by i.ordinal), '[]'::jsonb)
        from patient_identifier i where i.patient_id = p.id) as "identifiers!: Json<Vec<Identifier>>"
from patient p
where p.id = any($1) and p.institution_id = $2
