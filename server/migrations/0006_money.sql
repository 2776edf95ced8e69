-- Money: what becomes of an invoice (verified, disputed, paid, credited), series in which no login can leave a gap, and
-- service records that are approved and settled.
set role mso_owner;

-- Sellers -----------------------------------------------------------------------------------------------------

alter table seller
  add column bank_details text,
  add column payment_days integer not null default 30
    constraint seller_payment_days_range check (payment_days between 0 and 365),
  -- Two sellers of one prefix would write the same number on two invoices.
  add constraint seller_prefix_unique unique (prefix),
  add constraint seller_currency_unique unique (id, currency);

-- Invoices ----------------------------------------------------------------------------------------------------

alter table mso_case add constraint case_institution_unique unique (id, institution_id);
alter table invoice
  drop constraint invoice_one_per_case,
  drop column verification,
  add column version bigint not null default 1,
  -- The whole state; its name beside it, to filter by.
  add column verification jsonb not null default '{"state": "pending"}',
  add column verification_state text generated always as (verification ->> 'state') stored
    constraint invoice_verification_known check (verification_state in ('pending', 'verified', 'flagged')),
  add column past_flags jsonb not null default '[]',
  add constraint invoice_payment_known check (payment in ('open', 'partly', 'paid', 'written_off')),
  add column write_off jsonb,
  add constraint invoice_written_off_has_reason check ((payment = 'written_off') = (write_off is not null)),
  -- What was credited of the gross amount, above zero.
  add column credited_minor bigint not null default 0,
  add column fully_credited boolean not null default false,
  add column credit_of uuid references invoice,
  add column credit_reason text,
  add column reissue_of uuid references invoice,
  add constraint invoice_credit_has_reason check ((credit_of is null) = (credit_reason is null)),
  add constraint invoice_credit_or_reissue check (credit_of is null or reissue_of is null),
  add constraint invoice_sign_fits_kind check (
    case when credit_of is null then net_minor >= 0 and tax_minor >= 0 else net_minor <= 0 and tax_minor <= 0 end),
  add constraint invoice_never_over_credited check (
    credited_minor between 0 and greatest(gross_minor, 0) and (credit_of is null or not fully_credited)),
  -- One currency: that of the seller. One payer: the institution that asked.
  add constraint invoice_currency_of_seller foreign key (seller_id, currency) references seller (id, currency),
  add constraint invoice_institution_of_case
    foreign key (case_id, institution_id) references mso_case (id, institution_id);

-- The invoice of Done: one for each case, for good (R14). Whatever is issued again stands in for one that was credited
-- in full, once; so at any time a case has at most one invoice that is not.
create unique index invoice_of_done on invoice (case_id) where credit_of is null and reissue_of is null;
create unique index invoice_one_per_case on invoice (case_id) where credit_of is null and not fully_credited;
create unique index invoice_reissued_once on invoice (reissue_of);
create index invoice_case on invoice (case_id);
create index invoice_credits on invoice (credit_of);
create index invoice_newest on invoice (issued_at, id);
drop index invoice_institution;
create index invoice_institution on invoice (institution_id, issued_at, id);
create index invoice_unpaid on invoice (issued_at, id) where payment in ('open', 'partly');

create table payment (
  -- Money that arrived for an invoice.
  id uuid primary key,
  invoice_id uuid not null references invoice,
  amount_minor bigint not null constraint payment_above_zero check (amount_minor > 0),
  received_on date not null,
  reference text,
  recorded_by uuid not null,
  recorded_at timestamptz not null,
  created_at timestamptz not null default now()
);
create index payment_invoice on payment (invoice_id, recorded_at);

-- Series ------------------------------------------------------------------------------------------------------
-- Gapless, whoever writes: a counter begins at 1 and is raised by one, only when the invoice that bears its number is
-- there; and an invoice takes no other number than the counter's. The row is locked from the first look to the end of
-- the transaction, so the next invoice waits; what is rolled back gives its number back.

alter table invoice_series
  add column last_number bigint generated always as (nullif(next_number - 1, 0)) stored,
  add constraint invoice_series_last_is_issued
    foreign key (seller_id, fiscal_year, last_number) references invoice (seller_id, fiscal_year, number);

create function invoice_series_goes_in_steps() returns trigger language plpgsql as $$
begin
  if (tg_op = 'INSERT' and new.next_number = 1)
    or (tg_op = 'UPDATE' and new.seller_id = old.seller_id and new.fiscal_year = old.fiscal_year
        and new.next_number = old.next_number + 1) then
    return new;
  end if;
  raise exception 'a series begins at 1 and is raised by one'
    using errcode = 'check_violation', constraint = 'invoice_series_steps', table = 'invoice_series';
end
$$;
create trigger invoice_series_steps before insert or update on invoice_series
  for each row execute function invoice_series_goes_in_steps();

create function invoice_takes_the_next_number() returns trigger language plpgsql as $$
begin
  if new.number = (select next_number from invoice_series
                   where seller_id = new.seller_id and fiscal_year = new.fiscal_year) then
    return new;
  end if;
  raise exception 'an invoice takes the next number of its series'
    using errcode = 'check_violation', constraint = 'invoice_number_next', table = 'invoice';
end
$$;
create trigger invoice_number_next before insert on invoice
  for each row execute function invoice_takes_the_next_number();

-- Service records ---------------------------------------------------------------------------------------------

alter table service_record
  add column version bigint not null default 1,
  add column performed_from timestamptz,
  add column turnaround_minutes bigint
    constraint service_record_turnaround_not_negative check (turnaround_minutes >= 0),
  add column approved_at timestamptz,
  add column settled_at timestamptz,
  add constraint service_record_state_has_times check (
    (approved_at is not null) = (state in ('approved', 'settled')) and (settled_at is not null) = (state = 'settled'));
create index service_record_newest on service_record (performed_at, id);
drop index service_record_provider;
create index service_record_provider on service_record (provider_id, performed_at, id);

-- Rights ------------------------------------------------------------------------------------------------------
-- Nobody may change what was issued, the server itself included: only what became of it.

alter table payment enable row level security;
alter table payment force row level security;

revoke update on invoice from mso_system;
grant update (verification, past_flags, payment, write_off, credited_minor, fully_credited, version)
  on invoice to mso_system;
revoke insert, update on invoice_series from mso_system;
grant insert (seller_id, fiscal_year, created_at), update (next_number) on invoice_series to mso_system;
grant select, insert on payment to mso_system;
create policy system_all on payment to mso_system
  using (acting_user() is not null) with check (acting_user() is not null);

grant insert on invoice to mso_admin;
grant update (verification, past_flags, payment, write_off, credited_minor, fully_credited, version)
  on invoice to mso_admin;
grant insert (seller_id, fiscal_year, created_at), update (next_number) on invoice_series to mso_admin;
grant select, insert on payment to mso_admin;
create policy admin_all on payment to mso_admin
  using (acting_user() is not null) with check (acting_user() is not null);
grant update (state, approved_at, settled_at, version) on service_record to mso_admin;

-- A requester may dispute what the own institution pays, in the own name, and change nothing else.
grant update (verification, version) on invoice to mso_requester;
create policy requester_disputes on invoice for update to mso_requester
  using (institution_id = any ((select acting_parties())::uuid[]))
  with check (institution_id = any ((select acting_parties())::uuid[])
              and verification ->> 'state' = 'flagged' and verification ->> 'by' = acting_user()::text);
grant select on payment to mso_requester;
create policy requester_own on payment for select to mso_requester
  using (invoice_id in (select id from invoice where institution_id = any ((select acting_parties())::uuid[])));

-- A provider's transaction issues the invoice of Done and records the service, and can do nothing else with either: no
-- state is written, and the case and the currency are those of a quote that the provider's cases have. A counter it can
-- raise only for the invoice that it has just issued. The look-up is correlated, unlike those of reads: it is for one
-- row, while the next invoice waits.
revoke insert on invoice from mso_provider;
grant insert (id, seller_id, fiscal_year, number, case_id, institution_id, seller, buyer, issued_at, supply_date,
              due_date, currency, lines, net_minor, tax_minor, gross_minor, payment)
  on invoice to mso_provider;
drop policy provider_issues on invoice;
create policy provider_issues on invoice for insert to mso_provider
  with check (
    exists (select from case_quote q where q.case_id = invoice.case_id and q.currency = invoice.currency)
    and payment = case when gross_minor > 0 then 'open' else 'paid' end);
revoke insert, update on invoice_series from mso_provider;
grant insert (seller_id, fiscal_year, created_at), update (next_number) on invoice_series to mso_provider;
revoke insert on service_record from mso_provider;
grant insert (id, case_id, case_number, provider_id, service_code, performed_from, performed_at, turnaround_minutes,
              fee_minor, currency)
  on service_record to mso_provider;

reset role;
