//! What tickets audits while it runs: its passes, and what it shows of seats, by the predicates of the domain.

use std::collections::BTreeSet;

use common::{
    audit::{Audited, Audits, Found, OVERDUE, Violation, never_back},
    clock::Clock,
    ids::{ListingId, OrderId},
};

use crate::{
    domain::{
        admission::Admission,
        invariants::{l2, l3, l8, s1, s7},
        listing::Listing,
        show::Show,
    },
    store::{Admissions, Listings},
};

/// What is looked at.
#[derive(Debug, Clone)]
pub struct Context {
    /// The time.
    pub clock: Clock,
    /// The admissions.
    pub admissions: Admissions,
    /// The listings.
    pub listings: Listings,
}

/// The table.
pub fn table() -> Audits<Context> {
    Audits::new().of::<Admission>().of::<Listing>().of::<Show>()
}

impl Audited for Admission {
    type Context = Context;
    type Trace = u64;

    const INVARIANTS: &'static [&'static str] = &["S1", "S7", "S9", "L2", "L3"];

    async fn look(page: &[Self], context: &Context) -> Found {
        let mut found = [l2(page), l3(page), s7(page)].concat();
        let listings: BTreeSet<ListingId> = page.iter().map(|admission| admission.order.listing_id).collect();
        let listings: Vec<ListingId> = listings.into_iter().collect();
        let of_listings = context.admissions.of_listings(&listings).await?;
        found.extend(of_listings.values().flat_map(s7));
        for listing in context.listings.with_ids(&listings).await? {
            let kept = of_listings.get(&listing.snapshot.id);
            found.extend(kept.into_iter().flat_map(|kept| s1(&listing.snapshot, kept)));
        }
        Ok(found)
    }

    fn trace(&self) -> u64 {
        self.order.version
    }

    fn compare(&self, before: &u64) -> Vec<Violation> {
        never_back("the view of order", self.order.id, *before, self.order.version)
    }
}

impl Audited for Listing {
    type Context = Context;
    type Trace = u64;

    const INVARIANTS: &'static [&'static str] = &["S9", "L8"];

    async fn look(page: &[Self], context: &Context) -> Found {
        let wrong = context.admissions.unknown_to(page).await?;
        let misread: BTreeSet<OrderId> =
            wrong.iter().flat_map(|(listing, kept)| listing.misread(kept)).collect();
        let lately = context.admissions.saved_since(&misread, context.clock.now().minus(OVERDUE)).await?;
        Ok(wrong.iter().flat_map(|(listing, kept)| l8(listing, kept, &lately)).collect())
    }

    fn trace(&self) -> u64 {
        self.snapshot.version
    }

    fn compare(&self, before: &u64) -> Vec<Violation> {
        never_back("listing", self.snapshot.id, *before, self.snapshot.version)
    }
}

impl Audited for Show {
    type Context = Context;
    type Trace = u64;

    const INVARIANTS: &'static [&'static str] = &["S9"];

    async fn look(_: &[Self], _: &Context) -> Found {
        Ok(Vec::new())
    }

    fn trace(&self) -> u64 {
        self.snapshot.version
    }

    fn compare(&self, before: &u64) -> Vec<Violation> {
        never_back("show", self.snapshot.id, *before, self.snapshot.version)
    }
}
