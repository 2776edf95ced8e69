-- Finds amounts that do not add up. `line`: for each line of an invoice and its credit notes, in the order
-- of their numbers, the net amount by itself, and the tax of all so far, which is that of the remaining
-- amount. `total`: sums, currencies, states.
with line as (
  select coalesce(i.credit_of, i.id) as root, i.id, i.credit_of is not null as credit, i.seller_id, i.fiscal_year, i.number,
         i.currency, coalesce((l ->> 'credits')::int, (l ->> 'seq')::int) as of, (l ->> 'seq')::int as seq,
         (l -> 'net' ->> 'minor')::numeric as net, (l -> 'tax' ->> 'minor')::numeric as tax,
         (l ->> 'tax_rate_bp')::numeric as rate, (l ->> 'quantity')::numeric as quantity,
         (l -> 'unit_net' ->> 'minor')::numeric as unit, coalesce((l -> 'discount' ->> 'minor')::numeric, 0) as discount,
         array[l -> 'net' ->> 'currency', l -> 'tax' ->> 'currency', l -> 'unit_net' ->> 'currency'] as currencies
  from invoice i, jsonb_array_elements(i.lines) l
), left_of as (
  select *, sum(net) over so_far as net_left, sum(tax) over so_far as tax_left
  from line window so_far as (partition by root, of order by fiscal_year, number, seq)
), wrong_line as (
  select id from left_of
  where net <> round(quantity * unit / 1000) - discount
     or tax_left <> round(net_left * rate / 10000)
     or net_left < 0
     or currencies <> array[currency, currency, currency]
     or (not credit and (net < 0 or tax <> round(net * rate / 10000)))
), sums as (
  select id, sum(net) as net, sum(tax) as tax, array_agg(seq order by seq) as seqs from line group by id
), wrong_total as (
  select i.id from invoice i left join sums s using (id)
  where s.id is null or (i.net_minor, i.tax_minor, i.gross_minor) <> (s.net, s.tax, s.net + s.tax)
     or s.seqs <> array(select generate_series(1, cardinality(s.seqs)))
), wrong_state as (
  select i.id
  from invoice i
  cross join lateral (
    select coalesce(-sum(n.gross_minor), 0) as credited, count(*) as notes from invoice n where n.credit_of = i.id) c
  cross join lateral (select coalesce(sum(amount_minor), 0) as paid from payment where invoice_id = i.id) p
  where i.credit_of is null and (
    i.credited_minor <> c.credited
    or (i.fully_credited and c.credited <> i.gross_minor)
    or (not i.fully_credited and c.notes > 0 and c.credited = i.gross_minor)
    or p.paid > i.gross_minor
    or i.payment <> case when i.write_off is not null then 'written_off'
                         when i.gross_minor - c.credited <= p.paid then 'paid'
                         when p.paid > 0 then 'partly'
                         else 'open' end)
)
select count(*) from (
  select id from wrong_line union all select id from wrong_total union all select id from wrong_state) wrong
