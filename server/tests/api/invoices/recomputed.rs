//! Every stored invoice is recomputed by an independent path: PostgreSQL's exact decimals, which round half
//! away from zero, over the raw lines, without any of the code that produced them.

use mso_core::command::Command;
use mso_core::ids::{AssignmentId, CaseId, InvoiceId, SellerId};
use mso_core::invoices::{CreditLine, CreditScope, LineItem, Quantity, ReissueInvoice, TaxCategory};
use mso_core::money::{Currency, Money};
use uuid::Uuid;

use super::{credit, finished, in_progress, payment, reissue, stored};
use crate::commands::world::World;

/// Finds amounts that do not add up. `line`: for each line of an invoice and its credit notes, in the order
/// of their numbers, the net amount by itself, and the tax of all so far, which is that of the remaining
/// amount. `total`: sums, currencies, states.
const WRONG: &str = "
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
  select id from wrong_line union all select id from wrong_total union all select id from wrong_state) wrong";

/// The numbers of each series are 1 to n, and its counter is at n + 1.
const GAPS: &str = "
select count(*) from (
  select seller_id, fiscal_year, count(*) as n, max(number) as last, min(number) as first
  from invoice group by seller_id, fiscal_year) s
full join invoice_series c using (seller_id, fiscal_year)
where s.n is null or s.n <> s.last or s.first <> 1 or c.next_number <> s.last + 1";

/// Reproducible random numbers (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn amount(&mut self) -> i64 {
        let digits = self.below(9) + 1;
        i64::try_from(self.below(10_u64.pow(u32::try_from(digits).unwrap()))).unwrap()
    }

    fn rate(&mut self) -> u32 {
        let usual = [0, 500, 700, 1_000, 1_900, 725, 10_000];
        let pick = usize::try_from(self.below(10)).unwrap();
        usual
            .get(pick)
            .copied()
            .unwrap_or_else(|| u32::try_from(self.below(10_001)).unwrap())
    }
}

const CURRENCIES: [Currency; 4] = [Currency::EUR, Currency::USD, Currency::JPY, Currency::KWD];

async fn more_sellers(world: &World) {
    for currency in &CURRENCIES[1..] {
        let sql =
            "insert into seller (id, legal_name, address, registration_number, tax_number, currency, prefix)
                   values ($1, 'mso ' || $2, '2 Long Street', 'R-1', 'T-1', $2, $2)";
        let insert = sqlx::query(sql).bind(SellerId::generate(world.fixture.now).as_uuid());
        insert.bind(currency.code()).execute(&world.root).await.unwrap();
    }
}

/// Replaces the quote by another price, as if another price list had been valid at submission.
async fn requote(world: &World, case: CaseId, chance: &mut Chance) {
    let currency = CURRENCIES[usize::try_from(chance.below(4)).unwrap()];
    let sql = "update case_quote set net_minor = $2, tax_rate_bp = $3, currency = $4 where case_id = $1";
    let update = sqlx::query(sql).bind(case.as_uuid()).bind(chance.amount());
    let update = update
        .bind(i32::try_from(chance.rate()).unwrap())
        .bind(currency.code());
    update.execute(&world.root).await.unwrap();
}

fn items(chance: &mut Chance, currency: Currency) -> Vec<LineItem> {
    let item = |chance: &mut Chance| {
        let (unit, rate) = (chance.amount(), chance.rate());
        let quantity = i64::try_from(chance.below(5_000)).unwrap() + 1;
        let money = |minor| Money { minor, currency };
        LineItem {
            description: std::collections::BTreeMap::new(),
            service_code: "one_specialist".to_owned(),
            quantity: Quantity::of_thousandths(quantity),
            unit_net: money(unit),
            discount: (chance.below(3) == 0).then(|| money(unit * quantity / 3_000)),
            tax_rate_bp: rate,
            tax_category: TaxCategory::of_rate(rate),
        }
    };
    (0..=chance.below(4)).map(|_| item(chance)).collect()
}

/// A random admin action on an invoice. It may be refused.
async fn happens(world: &World, id: InvoiceId, chance: &mut Chance) -> Option<InvoiceId> {
    let invoice = stored(world, id).await;
    let currency = invoice.amounts.gross.currency;
    let part = |chance: &mut Chance| {
        let line = &invoice.amounts.lines
            [usize::try_from(chance.below(invoice.amounts.lines.len() as u64)).unwrap()];
        let per_mille = i64::try_from(chance.below(700)).unwrap() + 1;
        let minor = line.net.minor / 1_000 * per_mille + 1;
        CreditLine {
            seq: line.seq,
            net: (chance.below(4) > 0).then_some(Money { minor, currency }),
        }
    };
    match chance.below(10) {
        0..=4 => {
            let lines = (0..=chance.below(2)).map(|_| part(chance)).collect();
            world
                .run(
                    &world.admin,
                    credit(world, id, CreditScope::Lines { lines }).1,
                    None,
                )
                .await;
            None
        }
        5 | 6 => {
            let left = invoice.left_to_pay().unwrap().minor;
            let minor = if chance.below(2) == 0 { left } else { left / 3 + 1 };
            world
                .run(&world.admin, payment(world, id, Money { minor, currency }), None)
                .await;
            None
        }
        _ => {
            world
                .run(&world.admin, credit(world, id, CreditScope::Whole).1, None)
                .await;
            let (new, mut command) = reissue(world, id);
            if let (Command::ReissueInvoice(ReissueInvoice { items: given, .. }), true) =
                (&mut command, chance.below(2) == 0)
            {
                *given = Some(items(chance, currency));
            }
            (world.run(&world.admin, command, None).await == "applied").then_some(new)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stored_invoice_adds_up_to_the_last_smallest_unit() {
    let world = World::new().await;
    more_sellers(&world).await;
    let patient = world.verified_patient("1").await;
    let mut chance = Chance(0x006d_736f_2026_1123);
    let mut cases: Vec<(CaseId, AssignmentId)> = Vec::new();
    for _ in 0..40 {
        let case = in_progress(&world, patient).await;
        requote(&world, case.0, &mut chance).await;
        cases.push(case);
    }
    let mut invoices = Vec::new();
    for (case, token) in cases {
        invoices.push(finished(&world, case, token).await);
        let mut current = *invoices.last().unwrap();
        for _ in 0..chance.below(5) {
            if let Some(new) = happens(&world, current, &mut chance).await {
                invoices.push(new);
                current = new;
            }
        }
    }
    assert_eq!(world.count(WRONG).await, 0);
    assert_eq!(world.count(GAPS).await, 0);
    for (what, least) in [
        (
            "select count(*) from invoice where credit_of is null and reissue_of is null",
            40,
        ),
        ("select count(*) from invoice where credit_of is not null", 30),
        ("select count(*) from invoice where reissue_of is not null", 5),
        ("select count(*) from payment", 5),
        ("select count(distinct currency) from invoice", 4),
        ("select count(distinct payment) from invoice", 3),
    ] {
        let found = world.count(what).await;
        assert!(found >= least, "{found}: {what}");
    }

    // The invoices that users read match the stored ones.
    let ids: Vec<Uuid> = sqlx::query_scalar("select id from invoice")
        .fetch_all(&world.root)
        .await
        .unwrap();
    for id in ids {
        let invoice = stored(&world, InvoiceId::from_uuid(id)).await;
        let by_rate = invoice.amounts.tax_by_rate.iter().map(|at| at.tax);
        let nothing = Money::zero(invoice.amounts.tax.currency);
        assert_eq!(
            Money::sum([nothing].into_iter().chain(by_rate)),
            Ok(invoice.amounts.tax)
        );
        assert_eq!(
            invoice.amounts.net.plus(invoice.amounts.tax),
            Ok(invoice.amounts.gross)
        );
    }

    // The check detects a difference of one minor unit.
    for spoil in [
        "update invoice set lines = jsonb_set(lines, '{0,tax,minor}', ((lines #>> '{0,tax,minor}')::bigint + 1)::text::jsonb)
         where number = 1 and fiscal_year = 2026",
        "update invoice set tax_minor = tax_minor + 1, gross_minor = gross_minor + 1 where number = 1 and credit_of is null",
        "update payment set amount_minor = amount_minor + 1000000000000000",
        "update invoice set credited_minor = credited_minor + 1 where gross_minor > credited_minor",
    ] {
        let mut tx = world.root.begin().await.unwrap();
        sqlx::query(spoil).execute(&mut *tx).await.unwrap();
        let wrong: i64 = sqlx::query_scalar(WRONG).fetch_one(&mut *tx).await.unwrap();
        assert!(wrong > 0, "{spoil}");
        tx.rollback().await.unwrap();
    }
}
