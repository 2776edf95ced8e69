create table form (
    -- What a person is entering and has not sent: a case, a patient, an opinion. On this phone only (D-33).
    kind text not null constraint form_kind check (kind in ('case', 'patient', 'recommendation')),
    -- Of the case or the patient.
    id text not null,
    -- As the app wrote it.
    content blob not null,
    saved_at integer not null,
    -- By the server's clock, once the case has left this phone. Null: until it is sent or discarded.
    kept_until integer,
    primary key (kind, id)
) strict, without rowid;
