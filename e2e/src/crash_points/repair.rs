//! Deaths in the middle of a repair: the streams are lost, every service notices, and dies at it.

use std::time::{Duration, Instant};

use bson::{Document, doc};
use common::{
    events::order::OrderStatus,
    failpoint::{Point, VARIABLE},
};
use futures::future::join_all;

use super::{
    cell::assert_aborted,
    flow::{OFFERED, ORDERED, RECOVERY},
};
use crate::market::{Market, Service, card, until_within};

/// Where a service can die while it repairs.
pub const REPAIR_POINTS: [Point; 3] = [Point::RepairUnbegun, Point::RepairPaged, Point::RepairUnrecorded];
/// How long it takes at most: the lease of whoever died, a minute, has to run out before it is taken up.
const REPAIRED_WITHIN: Duration = Duration::from_secs(150);

/// An order that one service alone knows of, since the streams were lost before another had heard; then all
/// die at one point of their repair. Tells how long it took until all states were published again.
pub async fn die_while_repairing(market: &Market, point: Point) -> Duration {
    let (seller, buyer) = market.two_people().await;
    let listing = market.list_seats(&seller, OFFERED, 5_000).await;
    market.settled_books().await;
    let before = join_all(Service::ALL.map(|service| epoch(market, service))).await;

    market.machinery.kill(Service::Tickets);
    let order = buyer.place_order(&listing, ORDERED).await;
    until_within(RECOVERY, "the order to be published", async || match market.books.unpublished().await {
        0 => Ok(()),
        waiting => Err(format!("{waiting} aggregates have something to publish")),
    })
    .await;
    market.machinery.kill_nats();
    market.machinery.delete_the_streams();
    // They wait for NATS when they start.
    for service in Service::ALL {
        market.machinery.start_with(service, VARIABLE, point.name());
    }
    market.machinery.start_nats_again().await;
    let died_at = Instant::now();
    join_all(Service::ALL.map(|service| die_and_return(market, service))).await;

    for (service, before) in Service::ALL.into_iter().zip(before) {
        until_within(REPAIRED_WITHIN, &format!("{} to have repaired", service.name()), async || {
            match watermark(market, service).await {
                Some(known) if !known.get_bool("repairing").unwrap_or(true) && epoch_in(&known) > before => {
                    Ok(())
                }
                known => Err(format!("{known:?}, the epoch was {before}")),
            }
        })
        .await;
    }
    let repaired = died_at.elapsed();
    market.until_seats_left(&listing, u64::from(OFFERED - ORDERED)).await;
    buyer.pay(&order, card::VISA).await;
    market.until_order_is_within(RECOVERY, &order, OrderStatus::Completed).await;
    market.audit(&[listing]).await;
    repaired
}

async fn die_and_return(market: &Market, service: Service) {
    let what = format!("{} to die at its repair", service.name());
    let ended = tokio::time::timeout(RECOVERY, market.machinery.until_ended(service)).await;
    assert_aborted(ended.expect(&what));
    market.machinery.start_with(service, VARIABLE, "");
    market.machinery.until_ready(service).await;
}

async fn epoch(market: &Market, service: Service) -> i64 {
    until_within(RECOVERY, &format!("{} to know its stream", service.name()), async || {
        watermark(market, service).await.as_ref().map(epoch_in).ok_or_else(|| "it does not".to_owned())
    })
    .await
}

fn epoch_in(watermark: &Document) -> i64 {
    watermark.get_i64("epoch").expect("an epoch")
}

/// What a service remembers of its stream.
async fn watermark(market: &Market, service: Service) -> Option<Document> {
    let watermarks = market.books.database(service).collection::<Document>("bus_streams");
    watermarks.find_one(doc! { "_id": service.name() }).await.expect("read the watermark")
}
