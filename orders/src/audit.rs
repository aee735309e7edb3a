//! What orders audits while it runs: its own orders and inventories, by the predicates of the domain.

use std::collections::BTreeSet;

use common::{
    audit::{Audited, Audits, Found, OVERDUE, Violation, never_back},
    clock::Timestamp,
    ids::{ListingId, OrderId, UserId},
};

use crate::{
    app::Context,
    domain::{
        invariants::{Sight, s1, s2, s6, s10, s11, s12, s13, since},
        inventory::Inventory,
        order::Order,
    },
};

/// Of so many listings or buyers at a time all orders are read; no query then brings more than 1,000.
const CHUNK: usize = 20;
/// How many overdue orders one look tells of.
const OVERDUE_AT_A_LOOK: i64 = 100;

/// The table.
pub fn table() -> Audits<Context> {
    Audits::new().of::<Order>().of::<Inventory>().overdue(&["L1"], overdue)
}

impl Audited for Order {
    type Context = Context;
    type Trace = Sight;

    const INVARIANTS: &'static [&'static str] = &["S1", "S2", "S6", "S8", "S9", "S10", "S11", "S12", "S13"];

    async fn look(page: &[Self], context: &Context) -> Found {
        let mut found = [s2(page), s6(page), s13(page)].concat();
        found.extend(page.iter().flat_map(|order| s11(&[order.snapshot()])));
        found.extend(seats(page, context).await?);
        found.extend(buyers(page, context).await?);
        found.extend(requests(page, context).await?);
        Ok(found)
    }

    fn trace(&self) -> Sight {
        (self.version, self.status)
    }

    fn compare(&self, before: &Sight) -> Vec<Violation> {
        since(self.id, *before, self.trace())
    }
}

impl Audited for Inventory {
    type Context = Context;
    type Trace = u64;

    const INVARIANTS: &'static [&'static str] = &["S9"];

    async fn look(_: &[Self], _: &Context) -> Found {
        Ok(Vec::new())
    }

    fn trace(&self) -> u64 {
        self.listing.version
    }

    fn compare(&self, before: &u64) -> Vec<Violation> {
        never_back("inventory", self.listing.id, *before, self.listing.version)
    }
}

/// S1 of the listings that the page is about.
async fn seats(page: &[Order], context: &Context) -> Found {
    let listings: BTreeSet<ListingId> = page.iter().map(|order| order.listing_id).collect();
    let mut found = Vec::new();
    for chunk in chunks(listings) {
        let orders = context.orders.live_of_listings(&chunk).await?;
        for inventory in context.inventories.of_listings(&chunk).await? {
            found.extend(s1(&inventory.listing, &orders));
        }
    }
    Ok(found)
}

/// S12 of the buyers that the page is about.
async fn buyers(page: &[Order], context: &Context) -> Found {
    let buyers: BTreeSet<UserId> = page.iter().map(|order| order.buyer_id).collect();
    let mut found = Vec::new();
    for chunk in chunks(buyers) {
        found.extend(s12(&context.orders.open_of_buyers(&chunk).await?, context.terms.max_open_orders));
    }
    Ok(found)
}

/// S10 of the requests that the page answers.
async fn requests(page: &[Order], context: &Context) -> Found {
    let mut found = Vec::new();
    for chunk in page.chunks(CHUNK) {
        found.extend(s10(&context.orders.with_requests_of(chunk).await?));
    }
    Ok(found)
}

/// L1: every order ends, or is within its hold.
async fn overdue(now: Timestamp, context: Context) -> Found {
    let by = now.minus(OVERDUE);
    let unpaid = context.orders.overdue(by, OVERDUE_AT_A_LOOK).await?;
    let halfway = context.orders.halfway_since(by, OVERDUE_AT_A_LOOK).await?;
    let late = |id: OrderId, what: &str| Violation::of("L1", format!("order {id} is {what}"));
    let unpaid = unpaid.into_iter().map(|id| late(id, "neither paid nor expired, though its time is over"));
    let halfway =
        halfway.into_iter().map(|order| late(order.id, &format!("{:?} for too long", order.status)));
    Ok(unpaid.chain(halfway).collect())
}

fn chunks<T: Copy>(ids: BTreeSet<T>) -> Vec<Vec<T>> {
    let ids: Vec<T> = ids.into_iter().collect();
    ids.chunks(CHUNK).map(<[T]>::to_vec).collect()
}
