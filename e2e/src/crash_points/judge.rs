//! Whether everything ended as if nothing had happened.

use bson::{Document, doc};
use common::events::order::{OrderSnapshot, OrderStatus};

use super::flow::{Flow, OFFERED, ORDERED, RECOVERY, Scene, TOTAL_CENTS};
use crate::market::{Market, Service, until_within};

/// How many listeners of each service are given nonsense.
const FOLLOWERS: [(Service, u64); 4] =
    [(Service::Tickets, 2), (Service::Orders, 1), (Service::Expiration, 1), (Service::Payments, 2)];

/// What must have become of an order.
struct Right {
    status: OrderStatus,
    /// How much was charged, and given back, for all of its payments.
    charged_cents: i64,
    refunded_cents: i64,
    /// What the seller is told of the money.
    payout: Option<&'static str>,
}

impl Right {
    const fn of(flow: Flow) -> Option<Self> {
        let (status, charged_cents, refunded_cents, payout) = match flow {
            Flow::Buy | Flow::Decline => (OrderStatus::Completed, TOTAL_CENTS, 0, Some("scheduled")),
            Flow::Refund => (OrderStatus::Refunded, TOTAL_CENTS, TOTAL_CENTS, Some("cancelled")),
            Flow::Cancel => (OrderStatus::Cancelled, 0, 0, None),
            Flow::Expire | Flow::LatePay | Flow::Forget | Flow::ForgetMany | Flow::Hurry | Flow::Outage => {
                (OrderStatus::Expired, 0, 0, None)
            }
            Flow::Visit | Flow::Poison => return None,
        };
        Some(Self { status, charged_cents, refunded_cents, payout })
    }

    const fn sold(&self) -> u32 {
        match self.status {
            OrderStatus::Completed => ORDERED,
            OrderStatus::AwaitingPayment
            | OrderStatus::Confirmed
            | OrderStatus::Expired
            | OrderStatus::Cancelled
            | OrderStatus::Refunding
            | OrderStatus::Refunded => 0,
        }
    }
}

impl Scene {
    /// Waits until everything is right, and panics if it does not become so or if it is more than right.
    pub async fn judge(&self, flow: Flow, market: &Market, order: Option<&OrderSnapshot>) {
        match (Right::of(flow), order) {
            (Some(right), Some(order)) => self.judge_order(market, order, &right).await,
            (None, _) | (_, None) if flow == Flow::Poison => judge_dead_letters(market).await,
            (None, _) | (_, None) => {}
        }
        until_within(RECOVERY, "the outboxes to be empty", async || match market.books.unpublished().await {
            0 => Ok(()),
            waiting => Err(format!("{waiting} aggregates have something to publish")),
        })
        .await;
    }

    async fn judge_order(&self, market: &Market, order: &OrderSnapshot, right: &Right) {
        let order = &market.until_order_is_within(RECOVERY, order, right.status).await;
        until_heard(market, order).await;
        self.until_passes(order, right.sold()).await;
        self.until_payout(order, right.payout).await;
        let left = u64::from(OFFERED - right.sold());
        until_within(RECOVERY, &format!("{left} seats on sale"), async || {
            match market.seats_left(&self.listing).await? {
                seats if seats == left => Ok(()),
                seats => Err(format!("{seats} seats are on sale")),
            }
        })
        .await;
        let findings = market.audit_books(std::slice::from_ref(&self.listing)).await;
        // That there are dead letters is true: nonsense is one of the flows.
        let mut alarms = market.alarms().await;
        alarms.retain(|alarm| !alarm.contains(" L7 "));
        assert_eq!(alarms, Vec::<String>::new());
        assert_eq!(findings.orders.len(), 1, "one key, one order: {:?}", findings.orders);
        let money = findings.money_of(order.id);
        let charged: i64 = money.iter().map(|money| money.captured_cents).sum();
        let refunded: i64 = money.iter().map(|money| money.refunded_cents).sum();
        assert_eq!((charged, refunded), (right.charged_cents, right.refunded_cents), "{money:?}");
        assert!(money.iter().map(|money| money.captures).sum::<u32>() <= 1, "charged twice: {money:?}");
    }

    async fn until_passes(&self, order: &OrderSnapshot, wanted: u32) {
        until_within(RECOVERY, &format!("{wanted} valid passes"), async || {
            let passes = self.buyer.passes_of(order).await?;
            let valid = passes.iter().filter(|pass| pass["status"] == "valid").count();
            if u32::try_from(valid).is_ok_and(|valid| valid == wanted) {
                Ok(())
            } else {
                Err(format!("{passes:?}"))
            }
        })
        .await;
    }

    async fn until_payout(&self, order: &OrderSnapshot, wanted: Option<&str>) {
        until_within(RECOVERY, &format!("the payout to be {wanted:?}"), async || {
            let payout = self.seller.payout_for(order).await?;
            let status = payout.as_ref().and_then(|payout| payout["status"].as_str());
            if status == wanted { Ok(()) } else { Err(format!("{payout:?}")) }
        })
        .await;
    }
}

/// Waits until all who follow an order have heard its end, whatever else they had heard: what follows would
/// make up for a message that was lost, but nothing follows the last one.
async fn until_heard(market: &Market, order: &OrderSnapshot) {
    let version = i64::try_from(order.version).expect("a version");
    let ends = [
        (Service::Tickets, "admissions", doc! { "_id": order.id, "state.order.version": version }),
        (Service::Payments, "orders", doc! { "_id": order.id, "state.order.version": version }),
        (Service::Expiration, "timers", doc! { "_id": order.id, "state.status": "cleared" }),
    ];
    for (service, collection, end) in ends {
        let what = format!("{} to hear that the order is {:?}", service.name(), order.status);
        until_within(RECOVERY, &what, async || {
            match market.books.count(service, collection, end.clone()).await {
                0 => Err("it has not".to_owned()),
                _ => Ok(()),
            }
        })
        .await;
    }
}

/// Every listener that was given nonsense has kept it, once. After that it counts as looked at: deleted, it
/// would come back with a message that is delivered again because its end was not told.
#[expect(clippy::disallowed_methods, reason = "an operator's hand, past the service")]
async fn judge_dead_letters(market: &Market) {
    let nonsense = doc! { "body": "nonsense", "status": "open" };
    for (service, listeners) in FOLLOWERS {
        let what = format!("{} to keep what it cannot read", service.name());
        until_within(RECOVERY, &what, async || {
            match market.books.count(service, "dead_letters", nonsense.clone()).await {
                kept if kept == listeners => Ok(()),
                kept => Err(format!("{kept} dead letters of {listeners}")),
            }
        })
        .await;
    }
    market.settled_books().await;
    for (service, listeners) in FOLLOWERS {
        let letters = market.books.database(service).collection::<Document>("dead_letters");
        let seen = letters.update_many(nonsense.clone(), doc! { "$set": { "status": "replayed" } }).await;
        let seen = seen.expect("look at the dead letters").modified_count;
        assert_eq!(seen, listeners, "dead letters of {}", service.name());
    }
}
