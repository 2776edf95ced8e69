-- What an expert has open, and the latest opinions given, without a look at all assignments the expert ever had.
set role mso_owner;

create index assignment_open on assignment (provider_id) where ended_at is null and state <> 'completed';
create index assignment_completed on assignment (provider_id, completed_at desc) where completed_at is not null;

reset role;
