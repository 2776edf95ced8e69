-- Experts with what an admin asks before assigning. An open case is a live assignment that is not completed.
select p.id, p.display_name, p.max_open, p.accepting, p.active,
       array(select s.code from provider_specialty s where s.provider_id = p.id order by s.code) as "specialties!",
       (select count(*) from assignment a
        where a.provider_id = p.id and a.ended_at is null and a.state <> 'completed') as "open_cases!"
from provider p
order by p.display_name, p.id
