-- The records in these streams that one expert reads.
with own as (select case_id as id from assignment where case_id = any($1) and provider_id = $2 and ended_at is null)
select 'case' as "kind!", id as "id!" from own
union all select 'document', id from document where case_id in (select id from own)
union all select 'recommendation', id from recommendation where case_id in (select id from own)
union all select 'provider', id from provider where id = any($1) and id = $2
union all select 'service_record', id from service_record where provider_id = any($1) and provider_id = $2
union all select 'specialty', id from specialty where active and $3::uuid = any($1)
union all select 'issue', id from issue where case_id in (select id from own)
union all select 'clarification', id from clarification where case_id in (select id from own)
union all select 'feedback', id from feedback where shared_with_provider and case_id in (select id from own)
union all select 'notification', id from notification where user_id = any($1)
