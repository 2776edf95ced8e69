-- The records in these streams that one expert reads, in the same order and form as those of a requester.
with own as (
  select a.case_id as id, (select pg_column_size(c.request) from mso_case c where c.id = a.case_id) as size
  from assignment a where a.case_id = any($1) and a.provider_id = $2 and a.ended_at is null
), listed as (
  select id as stream, 'case' as kind, id, coalesce(size, 0) as size from own
  union all select case_id, 'document', id, 0 from document where case_id in (select id from own)
  union all select case_id, 'recommendation', id, pg_column_size(content)
    from recommendation where case_id in (select id from own)
  union all select case_id, 'issue', id, pg_column_size(record) from issue where case_id in (select id from own)
  union all select case_id, 'clarification', id, pg_column_size(record)
    from clarification where case_id in (select id from own)
  union all select case_id, 'feedback', id, pg_column_size(record)
    from feedback where shared_with_provider and case_id in (select id from own)
  union all select $3::uuid, 'specialty', id, 0 from specialty where active and $3::uuid = any($1)
  union all select id, 'provider', id, 0 from provider where id = any($1) and id = $2
  union all (
    select provider_id, 'service_record', id, 0 from service_record
    where provider_id = $2 and $2 = any($1) and id > case when $4::uuid = $2 and $5::text = 'service_record' then $6::uuid else $8::uuid end
    order by id limit $7::bigint)
  union all (
    select user_id, 'notification', id, 0 from notification
    where user_id = $9::uuid and $9::uuid = any($1) and id > case when $4::uuid = $9 and $5::text = 'notification' then $6::uuid else $8::uuid end
    order by id limit $7::bigint)
  union all (
    select c.stream, 'chat_entry', e.id, greatest(octet_length(e.signed) + e.sealed_bytes - 300, 0) / 2
    from chat c
    cross join lateral (
      select e.id, e.signed, e.sealed_bytes from chat_entry e
      where e.case_id = c.case_id
        and e.id > case when $4::uuid = c.stream and $5::text = 'chat_entry' then $6::uuid else $8::uuid end
      order by e.id limit $7::bigint) e
    where c.stream = any($1)
    order by c.stream, e.id limit $7::bigint)
)
select stream as "stream!", kind as "kind!", id as "id!", size as "size!"
from listed
where $4::uuid is null or (stream, kind, id) > ($4, $5::text, $6::uuid)
order by stream, kind, id limit $7::bigint
