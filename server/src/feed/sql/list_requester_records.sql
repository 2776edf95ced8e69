-- The records in these streams that the users of one institution read, after a place in the order of stream, kind and id,
-- each with its approximate size in bytes. Branches that grow without end read no more than the page takes.
with own as (
  select id, pg_column_size(request) as size from mso_case where id = any($1) and institution_id = $2
), listed as (
  select id as stream, 'case' as kind, id, size from own
  union all select case_id, 'document', id, 0 from document where case_id in (select id from own)
  union all select case_id, 'recommendation', id, pg_column_size(content)
    from recommendation where case_id in (select id from own)
  union all select case_id, 'invoice', id, pg_column_size(lines) from invoice where case_id in (select id from own)
  union all select case_id, 'issue', id, pg_column_size(record) from issue where case_id in (select id from own)
  union all select case_id, 'clarification', id, pg_column_size(record)
    from clarification where case_id in (select id from own)
  union all select case_id, 'feedback', id, pg_column_size(record)
    from feedback where institution_id = $2 and case_id in (select id from own)
  union all select $3::uuid, 'specialty', id, 0 from specialty where active and $3::uuid = any($1)
  union all select id, 'institution', id, 0 from institution where id = any($1) and id = $2
  union all (
    select institution_id, 'colleague', id, 0 from mso_user
    where institution_id = $2 and $2 = any($1) and id > case when $4::uuid = $2 and $5::text = 'colleague' then $6::uuid else $8::uuid end
    order by id limit $7::bigint)
  union all (
    select institution_id, 'patient', id, pg_column_size(record) from patient
    where institution_id = $2 and $2 = any($1) and id > case when $4::uuid = $2 and $5::text = 'patient' then $6::uuid else $8::uuid end
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
