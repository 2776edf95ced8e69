//! Properties that hold for every invoice and all its credit notes.

use proptest::prelude::*;

use super::fixtures::{a_hundred, an_invoice, euros, item};
use super::*;
use crate::command::Operation;
use crate::decision::{Decision, Effect, Event};
use crate::facts::{Context, Fact, Facts};
use crate::ids::{InvoiceId, PaymentId};
use crate::money::{Currency, Money};
use crate::refusal::Refusal;
use crate::testing::{Fixture, text};

pub(super) fn facts(invoice: &Invoice, credit_notes: &[Invoice]) -> Facts {
    Facts {
        invoice: Fact::Known(Some(invoice.clone())),
        credit_notes: Fact::Known(credit_notes.to_vec()),
        ..Facts::default()
    }
}

/// The invoice after the decision.
pub(super) fn after(decision: &Decision) -> Invoice {
    let [Event::Invoice(invoice)] = decision.events.as_slice() else {
        panic!("not one changed invoice: {decision:?}")
    };
    (**invoice).clone()
}

/// The further invoice that the decision issues.
pub(super) fn issued(decision: &Decision) -> FurtherInvoice {
    let further = |effect: &Effect| {
        let Effect::IssueFurtherInvoice(invoice) = effect else {
            return None;
        };
        Some((**invoice).clone())
    };
    let mut issued = decision.effects.iter().filter_map(further);
    let one = issued.next().expect("no further invoice");
    assert!(issued.next().is_none());
    one
}

/// The credit note as stored by a server.
fn stored(invoice: &Invoice, note: FurtherInvoice) -> Invoice {
    let FollowUp::Credits { reason } = note.follows else {
        panic!("no credit note")
    };
    Invoice {
        id: note.id,
        number: "MSO-2026-2".to_owned(),
        amounts: note.amounts,
        credit_of: Some(CreditOf {
            invoice_id: note.of,
            number: invoice.number.clone(),
            reason,
        }),
        payment: PaymentState::Paid,
        ..invoice.clone()
    }
}

/// An invoice and its credit notes so far.
struct Account {
    fixture: Fixture,
    invoice: Invoice,
    notes: Vec<Invoice>,
}

impl Account {
    fn credit(&mut self, scope: CreditScope) -> Result<InvoiceAmounts, Refusal> {
        let command = IssueCreditNote {
            invoice_id: self.invoice.id,
            credit_note_id: InvoiceId::generate(self.fixture.now),
            scope,
            reason: text("wrong"),
        };
        let decision = command.decide(&facts(&self.invoice, &self.notes), &self.fixture.as_admin())?;
        let note = stored(&self.invoice, issued(&decision));
        let amounts = note.amounts.clone();
        self.invoice = after(&decision);
        self.notes.push(note);
        Ok(amounts)
    }

    fn pay(&mut self, amount: Money) -> Result<(), Refusal> {
        let command = RecordPayment {
            invoice_id: self.invoice.id,
            payment_id: PaymentId::generate(self.fixture.now),
            amount,
            received_on: self.fixture.now.date(),
            reference: None,
        };
        self.invoice = after(&command.decide(&facts(&self.invoice, &self.notes), &self.fixture.as_admin())?);
        Ok(())
    }

    /// The sums over the invoice and all its credit notes.
    fn balance(&self) -> [i64; 3] {
        let all = [&self.invoice].into_iter().chain(&self.notes);
        all.fold([0; 3], |[net, tax, gross], invoice| {
            let amounts = &invoice.amounts;
            [
                net + amounts.net.minor,
                tax + amounts.tax.minor,
                gross + amounts.gross.minor,
            ]
        })
    }
}

/// `round(a / b)`, half away from zero, computed differently from [`Money::times`]: by remainder.
fn rounded(a: i128, b: i128) -> i128 {
    let (whole, rest) = (a / b, a % b);
    if 2 * rest.abs() >= b {
        whole + a.signum()
    } else {
        whole
    }
}

fn currencies() -> impl Strategy<Value = Currency> {
    prop_oneof![
        Just(Currency::EUR),
        Just(Currency::USD),
        Just(Currency::JPY),
        Just(Currency::KWD)
    ]
}

fn items() -> impl Strategy<Value = Vec<LineItem>> {
    let rate = prop_oneof![
        Just(0_u32),
        Just(500),
        Just(700),
        Just(1_900),
        Just(10_000),
        0..=10_000_u32
    ];
    let amount = prop_oneof![4 => 0..200_i64, 4 => 0..1_000_000_i64, 1 => 0..1_000_000_000_000_i64];
    let line = (1..5_000_i64, amount, 0..=100_i64, rate);
    (currencies(), prop::collection::vec(line, 1..6)).prop_map(|(currency, lines)| {
        let item = |(quantity, unit, percent, rate): (i64, i64, i64, u32)| {
            let most = unit.saturating_mul(quantity) / 1_000;
            item(
                quantity,
                Money {
                    minor: unit,
                    currency,
                },
                most / 100 * percent,
                rate,
            )
        };
        lines.into_iter().map(item).collect()
    })
}

/// The line to credit and the share of its rest in per mille; or the rest of the invoice.
#[derive(Debug, Clone)]
enum Step {
    Part {
        line: prop::sample::Index,
        per_mille: i64,
    },
    Rest {
        line: prop::sample::Index,
    },
    Whole,
    Pay {
        per_mille: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (any::<prop::sample::Index>(), 1..=1_100_i64).prop_map(|(line, per_mille)| Step::Part { line, per_mille }),
        2 => any::<prop::sample::Index>().prop_map(|line| Step::Rest { line }),
        1 => Just(Step::Whole),
        2 => (1..=1_100_i64).prop_map(|per_mille| Step::Pay { per_mille }),
    ]
}

proptest! {
    #[test]
    fn every_total_is_the_sum_of_lines_that_are_rounded_once(items in items()) {
        for item in &items {
            prop_assert_eq!(item.check(), Ok(()));
        }
        let amounts = InvoiceAmounts::of_items(items).unwrap();
        let (mut net, mut tax) = (0_i128, 0_i128);
        for line in &amounts.lines {
            let item = &line.item;
            let full = i128::from(item.unit_net.minor) * i128::from(item.quantity.thousandths());
            let line_net = rounded(full, 1_000) - item.discount.map_or(0, |discount| i128::from(discount.minor));
            let line_tax = rounded(line_net * i128::from(item.tax_rate_bp), 10_000);
            prop_assert_eq!((i128::from(line.net.minor), i128::from(line.tax.minor)), (line_net, line_tax));
            net += line_net;
            tax += line_tax;
        }
        let sums = [amounts.net, amounts.tax, amounts.gross].map(|sum| i128::from(sum.minor));
        prop_assert_eq!(sums, [net, tax, net + tax]);
        let by_rate = amounts.tax_by_rate.iter().fold((0, 0), |(net, tax), at| {
            (net + i128::from(at.net.minor), tax + i128::from(at.tax.minor))
        });
        prop_assert_eq!(by_rate, (net, tax));
    }

    #[test]
    fn an_invoice_and_its_whole_credit_are_nothing(items in items()) {
        let fixture = Fixture::new();
        let mut account = Account { invoice: an_invoice(&fixture, items), fixture, notes: Vec::new() };
        let credit = account.credit(CreditScope::Whole).unwrap();
        prop_assert_eq!(account.balance(), [0; 3]);
        for (line, mirrored) in account.invoice.amounts.lines.iter().zip(&credit.lines) {
            prop_assert_eq!((mirrored.net, mirrored.tax), (line.net.negated().unwrap(), line.tax.negated().unwrap()));
            // The mirrored line satisfies the same formula as any other.
            prop_assert_eq!(mirrored.item.clone().line(mirrored.seq).map(|line| (line.net, line.tax)),
                            Ok((mirrored.net, mirrored.tax)));
        }
        prop_assert!(account.invoice.fully_credited);
        prop_assert_eq!(account.invoice.payment, PaymentState::Paid);
        prop_assert_eq!(account.credit(CreditScope::Whole), Err(Refusal::NothingToCredit));
    }

    #[test]
    fn no_order_of_credits_and_payments_takes_more_than_there_is(
        items in items(),
        steps in prop::collection::vec(step(), 1..20),
    ) {
        let fixture = Fixture::new();
        let mut account = Account { invoice: an_invoice(&fixture, items), fixture, notes: Vec::new() };
        let currency = account.invoice.amounts.gross.currency;
        for step in steps {
            let before = (account.invoice.clone(), account.notes.clone());
            let left: Vec<i64> =
                Left::of(&before.0, &before.1).unwrap().lines.iter().map(|left| left.net.minor).collect();
            let outcome = match step {
                Step::Whole => account.credit(CreditScope::Whole).map(drop),
                Step::Rest { line } => {
                    let seq = u32::try_from(line.index(left.len())).unwrap() + 1;
                    account.credit(CreditScope::Lines { lines: vec![CreditLine { seq, net: None }] }).map(drop)
                }
                Step::Part { line, per_mille } => {
                    let line = line.index(left.len());
                    let minor = rounded(i128::from(left[line]) * i128::from(per_mille), 1_000);
                    let net = Money { minor: i64::try_from(minor).unwrap(), currency };
                    let seq = u32::try_from(line).unwrap() + 1;
                    let credited = account.credit(CreditScope::Lines {
                        lines: vec![CreditLine { seq, net: Some(net) }],
                    });
                    if net.minor > left[line] && left[line] > 0 {
                        prop_assert_eq!(&credited, &Err(Refusal::CreditAboveLeft));
                    }
                    credited.map(drop)
                }
                Step::Pay { per_mille } => {
                    let left = account.invoice.left_to_pay().unwrap().minor;
                    let minor = rounded(i128::from(left) * i128::from(per_mille), 1_000);
                    let amount = Money { minor: i64::try_from(minor).unwrap(), currency };
                    let paid = account.pay(amount);
                    prop_assert_eq!(paid.is_ok(), (1..=left).contains(&amount.minor));
                    paid
                }
            };
            if outcome.is_err() {
                prop_assert_eq!((&account.invoice, &account.notes), (&before.0, &before.1));
                continue;
            }
            // The rest bears the tax that an invoice over it would bear, line by line.
            let left = Left::of(&account.invoice, &account.notes).unwrap();
            for (line, left) in account.invoice.amounts.lines.iter().zip(&left.lines) {
                prop_assert!(left.net.minor >= 0 && left.net.minor <= line.net.minor);
                let tax = rounded(i128::from(left.net.minor) * i128::from(line.item.tax_rate_bp), 10_000);
                prop_assert_eq!(i128::from(left.tax.minor), tax);
            }
            for note in &account.notes {
                let sums = [note.amounts.net, note.amounts.tax, note.amounts.gross];
                prop_assert!(sums.iter().all(|sum| sum.minor <= 0));
            }
            let [_, _, gross] = account.balance();
            prop_assert_eq!(account.invoice.owed().unwrap().minor, gross);
            prop_assert!(gross >= 0);
            prop_assert_eq!(account.invoice.fully_credited, left.is_nothing());
            let paid = account.invoice.paid().unwrap().minor;
            prop_assert!(paid <= account.invoice.amounts.gross.minor);
            let state = match account.invoice.left_to_pay().unwrap().minor {
                0 => PaymentState::Paid,
                _ if paid > 0 => PaymentState::Partly,
                _ => PaymentState::Open,
            };
            prop_assert_eq!(account.invoice.payment, state);
        }
    }
}

#[test]
fn halves_of_a_line_credited_apart_bear_the_lines_tax_and_no_more() {
    let fixture = Fixture::new();
    // 19 % of 1.00 is 0.19; of 0.50 separately 0.095, which would give 0.10 twice.
    let mut account = Account {
        invoice: an_invoice(&fixture, vec![item(1_000, euros(100), 0, 1_900)]),
        fixture,
        notes: Vec::new(),
    };
    let half = || CreditScope::Lines {
        lines: vec![CreditLine {
            seq: 1,
            net: Some(euros(50)),
        }],
    };
    assert_eq!(account.credit(half()).unwrap().tax, euros(-9));
    assert_eq!(account.credit(half()).unwrap().tax, euros(-10));
    assert_eq!(account.balance(), [0; 3]);
    assert_eq!(account.credit(half()), Err(Refusal::NothingToCredit));
}

#[test]
fn a_phone_that_has_not_seen_the_invoice_refuses_nothing() {
    let fixture = Fixture::new();
    let invoice = a_hundred(&fixture);
    let flag = FlagInvoice {
        invoice_id: invoice.id,
        reason: text("not ordered"),
    };
    let unseen = Facts::default();
    let as_requester: Context = fixture.as_requester();
    assert_eq!(flag.decide(&unseen, &as_requester), Ok(Decision::noop()));
    let missing = Facts {
        invoice: Fact::Known(None),
        ..Facts::default()
    };
    assert_eq!(flag.decide(&missing, &as_requester), Err(Refusal::NotFound));
}
