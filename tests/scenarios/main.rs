//! Scenarios named as sentences: real server, real PostgreSQL, phones as processes, a network that fails on
//! command.

mod after_the_opinion;
mod cast;
mod chat_killed;
mod chat_of_a_kotlin_and_a_swift_phone;
mod chat_of_two_phones;
mod chatting;
mod forms_are_kept;
mod kotlin_requester_and_swift_provider;
mod live;
mod lockstep;
mod main_job;
mod many_cases;
mod nobody_else_reads_the_chat;
mod nothing_typed_is_lost;
mod operator_tampers_with_the_chat;
mod phone_killed;
mod provider_accepts_offline;
mod races_at_the_institution;
mod races_for_the_expert;
mod races_on_the_line;
mod races_over_a_patient;
mod returned_and_answered;
mod server_killed;
mod stage;
mod stories_of_two_kotlin_phones;
