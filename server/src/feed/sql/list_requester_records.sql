-- The records in these streams that the users of one institution read.
with own as (select id from mso_case where id = any($1) and institution_id = $2)
select 'case' as "kind!", id as "id!" from own
union all select 'document', id from document where case_id in (select id from own)
union all select 'recommendation', id from recommendation where case_id in (select id from own)
union all select 'invoice', id from invoice where case_id in (select id from own)
union all select 'institution', id from institution where id = any($1) and id = $2
union all select 'colleague', id from mso_user where institution_id = any($1) and institution_id = $2
union all select 'patient', id from patient where institution_id = any($1) and institution_id = $2
union all select 'specialty', id from specialty where active and $3::uuid = any($1)
union all select 'issue', id from issue where case_id in (select id from own)
union all select 'clarification', id from clarification where case_id in (select id from own)
union all select 'feedback', id from feedback where institution_id = $2 and case_id in (select id from own)
union all select 'notification', id from notification where user_id = any($1)
