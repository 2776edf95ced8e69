//! `AddPriceListVersion`: an admin sets prices from now or a later time on. This is the only way to change
//! prices (D-26).
//!
//! Submitted cases keep their price (D-16), so a version may begin immediately, but not in the past. Every price
//! is in a currency that a seller issues invoices in: a price without one could not be charged.

use serde::{Deserialize, Serialize};

use super::{PriceKey, PriceListEntry, PriceListVersion};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::PriceListId;
use crate::refusal::Refusal;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddPriceListVersion {
    pub price_list_id: PriceListId,
    /// `None`: from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Exclusive; `None`: until another version follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Timestamp>,
    /// Prices, each for a different request.
    pub entries: Vec<PriceListEntry>,
}

/// Maximum number of prices per version.
const MOST_ENTRIES: usize = 1000;

impl Operation for AddPriceListVersion {
    const SPEC: Spec = Spec::online("add_price_list_version", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Catalogue
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::PriceLists, Need::Seller]
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let version = PriceListVersion {
            id: self.price_list_id,
            valid_from: self.starts(ctx.now),
            valid_to: self.valid_to,
            entries: self.entries.clone(),
        };
        let versions = facts.price_lists.known().map(Vec::as_slice).unwrap_or_default();
        if let Some(known) = versions.iter().find(|known| known.id == version.id) {
            return self.again(known);
        }
        let keys: Vec<PriceKey> = version.entries.iter().map(|entry| entry.key).collect();
        let twice = keys
            .iter()
            .enumerate()
            .any(|(at, key)| keys.iter().take(at).any(|earlier| earlier == key));
        let counted = (1..=MOST_ENTRIES).contains(&keys.len());
        let ends_later = version.valid_to.is_none_or(|end| end > version.valid_from);
        if twice || !counted || !ends_later || !version.entries.iter().all(PriceListEntry::is_valid) {
            return Err(Refusal::PriceInvalid);
        }
        if !version
            .entries
            .iter()
            .all(|entry| facts.sells_in(entry.net.currency))
        {
            return Err(Refusal::NoSeller);
        }
        if version.valid_from < ctx.now {
            return Err(Refusal::PriceBackdated);
        }
        if versions.iter().any(|known| known.overlaps(&version)) {
            return Err(Refusal::PriceListOverlap);
        }
        Ok(Decision::of(Event::PriceList(Box::new(version))))
    }
}

/// A start this far in the past, in hours, means now: the sender's clock is slow, or the request was.
const SLOW_CLOCK_HOURS: i64 = 24;

impl AddPriceListVersion {
    /// When the prices start, if it is `now`.
    fn starts(&self, now: Timestamp) -> Timestamp {
        match self.valid_from {
            Some(from) if from < now && from >= now.plus_hours(-SLOW_CLOCK_HOURS) => now,
            Some(from) => from,
            None => now,
        }
    }

    /// Decides a version whose id already exists: a noop for the same version, otherwise refused.
    fn again(&self, known: &PriceListVersion) -> Result<Decision, Refusal> {
        let same = known.entries == self.entries
            && known.valid_to == self.valid_to
            && self
                .valid_from
                .is_none_or(|_| self.starts(known.valid_from) == known.valid_from);
        if same {
            Ok(Decision::noop())
        } else {
            Err(Refusal::PriceListExists)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::{ServiceType, UrgencyLevel};
    use crate::facts::Fact;
    use crate::ids::InstitutionId;
    use crate::money::{Currency, Money};
    use crate::testing::Fixture;

    fn entry(urgency: UrgencyLevel, institution_id: Option<InstitutionId>) -> PriceListEntry {
        let euros = |minor| Money {
            minor,
            currency: Currency::EUR,
        };
        PriceListEntry {
            key: PriceKey {
                service_type: ServiceType::OneSpecialist,
                urgency,
                institution_id,
            },
            net: euros(45_000),
            tax_rate_bp: 1_900,
            provider_fee: euros(30_000),
        }
    }

    fn add(from_hours: i64, to_hours: Option<i64>, entries: Vec<PriceListEntry>) -> AddPriceListVersion {
        let now = Fixture::new().now;
        AddPriceListVersion {
            price_list_id: PriceListId::generate(now),
            valid_from: Some(now.plus_hours(from_hours)),
            valid_to: to_hours.map(|hours| now.plus_hours(hours)),
            entries,
        }
    }

    /// The decision on a new version next to an existing one.
    fn beside(there: &AddPriceListVersion, new: &AddPriceListVersion) -> Result<Decision, Refusal> {
        let ctx = Fixture::new().as_admin();
        let there = PriceListVersion {
            id: there.price_list_id,
            valid_from: there.valid_from.unwrap(),
            valid_to: there.valid_to,
            entries: there.entries.clone(),
        };
        let facts = Facts {
            price_lists: Fact::Known(vec![there]),
            ..Facts::default()
        };
        new.decide(&facts, &ctx)
    }

    #[test]
    fn one_request_never_has_two_prices_at_one_time() {
        let routine = || vec![entry(UrgencyLevel::Routine, None)];
        let open = add(0, None, routine());
        assert!(beside(&open, &add(1, None, routine())).is_ok());
        assert_eq!(
            beside(&open, &add(0, None, routine())),
            Err(Refusal::PriceListOverlap)
        );

        let ended = add(10, Some(20), routine());
        assert!(beside(&ended, &add(20, None, routine())).is_ok());
        assert_eq!(
            beside(&ended, &add(19, None, routine())),
            Err(Refusal::PriceListOverlap)
        );
        assert!(beside(&ended, &add(5, Some(10), routine())).is_ok());
        assert_eq!(
            beside(&ended, &add(5, Some(11), routine())),
            Err(Refusal::PriceListOverlap)
        );
        // Open-ended until the other begins.
        assert!(beside(&ended, &add(5, None, routine())).is_ok());

        let others = [
            vec![entry(UrgencyLevel::Urgent, None)],
            vec![entry(UrgencyLevel::Routine, Some(Fixture::new().institution))],
        ];
        for entries in others {
            assert!(beside(&ended, &add(15, None, entries)).is_ok());
        }
    }

    #[test]
    fn prices_are_not_negative_in_one_currency_and_each_for_another_request() {
        let ctx = Fixture::new().as_admin();
        let decide = |entries| add(0, None, entries).decide(&Facts::default(), &ctx);
        let base = entry(UrgencyLevel::Routine, None);
        let with = |change: fn(&mut PriceListEntry)| {
            let mut changed = base.clone();
            change(&mut changed);
            decide(vec![changed])
        };
        assert!(with(|_| {}).is_ok());
        assert!(with(|e| e.net.minor = 0).is_ok());
        assert_eq!(with(|e| e.net.minor = -1), Err(Refusal::PriceInvalid));
        assert_eq!(with(|e| e.provider_fee.minor = -1), Err(Refusal::PriceInvalid));
        assert_eq!(
            with(|e| e.provider_fee.currency = Currency::USD),
            Err(Refusal::PriceInvalid)
        );
        assert!(with(|e| e.tax_rate_bp = 10_000).is_ok());
        assert_eq!(with(|e| e.tax_rate_bp = 10_001), Err(Refusal::PriceInvalid));
        assert_eq!(decide(vec![]), Err(Refusal::PriceInvalid));
        assert_eq!(
            decide(vec![base.clone(), base.clone()]),
            Err(Refusal::PriceInvalid)
        );
        let never = add(5, Some(5), vec![base]);
        assert_eq!(never.decide(&Facts::default(), &ctx), Err(Refusal::PriceInvalid));
    }

    #[test]
    fn a_price_is_in_a_currency_that_somebody_issues_invoices_in() {
        let ctx = Fixture::new().as_admin();
        let mut dollars = entry(UrgencyLevel::Urgent, None);
        dollars.net.currency = Currency::USD;
        dollars.provider_fee.currency = Currency::USD;
        let both = add(0, None, vec![entry(UrgencyLevel::Routine, None), dollars]);
        let sold_in = |currencies| {
            let facts = Facts {
                sellers: Fact::Known(currencies),
                ..Facts::default()
            };
            both.decide(&facts, &ctx)
        };
        assert_eq!(sold_in(vec![]), Err(Refusal::NoSeller));
        assert_eq!(sold_in(vec![Currency::EUR]), Err(Refusal::NoSeller));
        assert!(sold_in(vec![Currency::USD, Currency::EUR]).is_ok());
    }

    #[test]
    fn a_version_begins_now_or_later_and_the_same_one_twice_is_one() {
        let ctx = Fixture::new().as_admin();
        let routine = vec![entry(UrgencyLevel::Routine, None)];
        let mut now = add(0, None, routine.clone());
        now.valid_from = None;
        let decision = now.decide(&Facts::default(), &ctx).unwrap();
        let [Event::PriceList(version)] = decision.events.as_slice() else {
            panic!("{decision:?}");
        };
        assert_eq!(version.valid_from, ctx.now);
        let mut past = add(0, None, routine);
        past.valid_from = Some(ctx.now.plus_hours(-24));
        let slow = past.decide(&Facts::default(), &ctx).unwrap();
        let [Event::PriceList(begun)] = slow.events.as_slice() else {
            panic!("{slow:?}");
        };
        assert_eq!(begun.valid_from, ctx.now, "by a slow clock, now");
        past.valid_from = Some(ctx.now.plus_hours(-24).plus_millis(-1));
        assert_eq!(past.decide(&Facts::default(), &ctx), Err(Refusal::PriceBackdated));

        let facts = Facts {
            price_lists: Fact::Known(vec![(**version).clone()]),
            ..Facts::default()
        };
        assert_eq!(now.decide(&facts, &ctx), Ok(Decision::noop()));
        now.entries[0].net.minor += 1;
        assert_eq!(now.decide(&facts, &ctx), Err(Refusal::PriceListExists));
    }
}
