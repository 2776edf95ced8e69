-- The price for a request: the newest version that has begun, both of the institution's own prices and of the
-- general ones. A version with an end date is ignored once it has ended. The institution's own price takes
-- precedence.
with newest as (
  select distinct on (p.institution_id)
         p.price_list_id, p.institution_id, p.net_minor, p.fee_minor, p.currency, p.tax_rate_bp, l.valid_to
  from price p join price_list l on l.id = p.price_list_id
  where l.valid_from <= $1
    and p.service_type = $2
    and p.urgency = $3
    and (p.institution_id is null or p.institution_id = $4)
  order by p.institution_id, l.valid_from desc, l.id desc
)
select price_list_id, net_minor, fee_minor, currency, tax_rate_bp
from newest
where valid_to is null or valid_to > $1
order by institution_id nulls last
limit 1
