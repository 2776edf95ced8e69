-- Messages of one device that follow each other are stored by one statement: the log and the device's chain go several steps
-- forward at once, and never back, to an entry that is there (of a log since migration 0024).
set role mso_owner;

create function refuse_step_back() returns trigger language plpgsql as $$
begin
  raise exception '% goes forward', tg_table_name using errcode = 'check_violation', table = tg_table_name,
    constraint = tg_table_name || '_steps';
end
$$;
drop trigger chat_steps on chat;
drop trigger chat_chain_steps on chat_chain;
create trigger chat_steps before update on chat for each row when (new.seq <= old.seq) execute function refuse_step_back();
create trigger chat_chain_steps before update on chat_chain for each row
  when (new.seq <= old.seq) execute function refuse_step_back();
alter table chat_chain add constraint chat_chain_names_an_entry
  foreign key (case_id, device_id, seq) references chat_entry (case_id, device_id, device_seq);

reset role;
