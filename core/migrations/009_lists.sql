-- Cases, invoices and service records are listed by an index too, and patients are searched by one.
drop trigger record_terms;
drop trigger overlay_terms;
drop table patient_term;

create table record_term (
    -- What records are listed and found by: the place in the list of their kind, words of names, numbers of identifiers. The
    -- record and its overlay have terms of their own; where there is an overlay, its terms count (`store/terms.rs`).
    kind text not null,
    term text not null,
    id text not null,
    -- 0: of the record. 1: of the overlay that is laid over it.
    laid integer not null constraint record_term_laid check (laid in (0, 1)),
    primary key (kind, term, id, laid)
) strict, without rowid;

create index record_term_of on record_term (kind, id, term);

create trigger record_terms after delete on record begin
    delete from record_term where kind = old.kind and id = old.id and laid = 0;
end;

create trigger overlay_terms after delete on overlay begin
    delete from record_term where kind = old.kind and id = old.id and laid = 1;
end;

-- All records are read again when the app's version is not the known one, and their terms written.
delete from setting where key = 'app_version';
