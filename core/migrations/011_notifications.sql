-- Notifications are listed, and the unread ones counted, by the terms of `store/terms.rs`, which reading all records again
-- writes.
delete from setting where key = 'app_version';
