-- Series whose numbers are not 1 to n, or whose counter is not at n + 1.
select count(*) from (
  select seller_id, fiscal_year, count(*) as n, max(number) as last, min(number) as first
  from invoice group by seller_id, fiscal_year) s
full join invoice_series c using (seller_id, fiscal_year)
where s.n is null or s.n <> s.last or s.first <> 1 or c.next_number <> s.last + 1
