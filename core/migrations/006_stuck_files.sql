-- A file that does not get on says why, since when, and with which reference for support.
alter table file rename column last_error to trouble_code;
alter table file add column trouble_reference text;
-- The first failure since it last got on, by the phone's clock.
alter table file add column trouble_since integer;
-- The most plain bytes that a transfer ever reached. Only beyond this a file gets on: one that begins anew again and again
-- moves bytes and stays where it is.
alter table file add column furthest integer not null default 0;
update file set furthest = transferred, trouble_code = null;
