select p.price_list_id, p.net_minor, p.fee_minor, p.currency, p.tax_rate_bp
from price p
where p.price_list_id = (select id from price_list where valid_from <= $1 order by valid_from desc, id desc limit 1)
  and p.service_type = $2
  and p.urgency = $3
  and (p.institution_id is null or p.institution_id = $4)
order by p.institution_id nulls last
limit 1
