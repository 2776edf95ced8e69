create table patient_term (
    -- What patients are found by: identifiers, and name with birth date and sex. An index only: a hit is compared with the
    -- patient as shown. The record and its overlay have terms of their own; the store writes both (`store/terms.rs`).
    term text not null,
    patient text not null,
    source text not null constraint patient_term_source check (source in ('record', 'overlay')),
    primary key (term, patient, source)
) strict, without rowid;

create index patient_term_patient on patient_term (patient, source);

create trigger record_terms after delete on record when old.kind = 'patient' begin
    delete from patient_term where patient = old.id and source = 'record';
end;

create trigger overlay_terms after delete on overlay when old.kind = 'patient' begin
    delete from patient_term where patient = old.id and source = 'overlay';
end;

-- All records are read again when the app's version is not the known one, and their terms written.
delete from setting where key = 'app_version';
