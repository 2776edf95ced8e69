-- A command offline writes fewer pages, each of which is encrypted.
drop index overlay_parent;
create index overlay_parent on overlay (parent, kind) where parent is not null;

-- Equal identifiers are found by their value alone.
delete from record_term where kind = 'patient' and term >= 'identifier ' and term < 'identifier!';
