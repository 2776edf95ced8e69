-- Streams that grow without end are read in parts, in the order of ids; every list has an index in its order.
set role mso_owner;

create index patient_by_id on patient (institution_id, id);
create index user_by_id on mso_user (institution_id, id);
drop index user_institution;
create index notification_by_id on notification (user_id, id);
create index service_record_by_id on service_record (provider_id, id);

drop index case_institution;
create index case_institution on mso_case (institution_id, submitted_at, id);
create index case_of_expert on mso_case (provider_id, submitted_at, id);
create index case_newest on mso_case (submitted_at, id);

reset role;
