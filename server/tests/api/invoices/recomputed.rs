//! Every stored invoice is recomputed by an independent path: PostgreSQL's exact decimals, which round half
//! away from zero, over the raw lines, without any of the code that produced them.

use mso_core::command::Command;
use mso_core::ids::{AssignmentId, CaseId, InvoiceId, SellerId};
use mso_core::invoices::{CreditLine, CreditScope, LineItem, Quantity, ReissueInvoice, TaxCategory};
use mso_core::money::{Currency, Money};
use uuid::Uuid;

use super::{credit, finished, in_progress, payment, reissue, stored};
use crate::commands::world::World;

/// Counts invoices whose amounts do not add up.
const WRONG: &str = include_str!("wrong_invoices.sql");

/// Counts series with gaps.
const GAPS: &str = include_str!("gaps_in_series.sql");

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
