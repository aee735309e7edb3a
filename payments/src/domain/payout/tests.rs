use common::events::listing::Fees;

use super::*;
use crate::domain::fixture::{ORDER_STATUSES, at, later, order};

fn payout(status: PayoutStatus, order: &OrderSnapshot) -> Payout {
    Payout {
        id: payout_id(order.id),
        version: 1,
        order_id: order.id,
        seller_id: order.seller_id,
        amount: order.total,
        status,
        order_version: order.version,
        created_at: at(0),
        changed_at: at(0),
    }
}

#[test]
fn every_payout_answers_every_state_of_its_order() {
    use PayoutStatus::{Cancelled, Paid, Scheduled};
    for known in [None, Some(Scheduled), Some(Paid), Some(Cancelled)] {
        for status in ORDER_STATUSES {
            let order = order();
            let before = known.map(|known| payout(known, &order));
            let decision = decide_payout(before.as_ref(), &later(&order, status, None), at(5));
            let becomes = match decision {
                PayoutDecision::Next(next, fact) => {
                    assert_eq!(next.version, before.map_or(1, |before| before.version + 1));
                    assert_eq!(next.current_fact(), fact);
                    assert_eq!((next.seller_id, next.amount), (order.seller_id, order.total));
                    Some(next.status)
                }
                PayoutDecision::Skipped(_) => None,
            };
            let expected = match (known, status) {
                (None, OrderStatus::Completed) => Some(Scheduled),
                (None | Some(Scheduled), OrderStatus::Refunding | OrderStatus::Refunded) => Some(Cancelled),
                _ => None,
            };
            assert_eq!(becomes, expected, "{known:?} and {status:?}");
        }
    }
}

#[test]
fn a_completion_that_comes_after_the_refund_schedules_nothing() {
    let completed = later(&order(), OrderStatus::Completed, None);
    let refunding = later(&completed, OrderStatus::Refunding, None);
    let PayoutDecision::Next(cancelled, _) = decide_payout(None, &refunding, at(5)) else {
        panic!("the refund left no trace");
    };
    assert_eq!(decide_payout(Some(&cancelled), &completed, at(6)), PayoutDecision::Skipped("stale"));
    assert_eq!(decide_payout(Some(&cancelled), &refunding, at(6)), PayoutDecision::Skipped("stale"));
}

#[test]
fn a_seller_is_owed_the_proceeds_and_not_what_the_buyer_pays() {
    let fees =
        Fees { buyer_fee_cents: 500, total_cents: 5_500, seller_fee_cents: 250, proceeds_cents: 4_750 };
    let order = later(&order(), OrderStatus::Completed, None);
    let seats = i64::try_from(order.seats.len()).unwrap();
    let PayoutDecision::Next(payout, _) = decide_payout(None, &order, at(5)) else {
        panic!("nothing is owed")
    };
    assert_eq!(payout.amount, order.total, "an order of an older build has no fees");
    let order = OrderSnapshot { fees: Some(fees), ..order };
    let PayoutDecision::Next(payout, _) = decide_payout(None, &order, at(5)) else {
        panic!("nothing is owed")
    };
    assert_eq!(payout.amount, Money::new(4_750 * seats, order.total.currency));
}

#[test]
fn an_order_has_one_payout_whoever_asks() {
    let order = OrderId::generate();
    assert_eq!(payout_id(order), payout_id(order));
    assert_ne!(payout_id(order), payout_id(OrderId::generate()));
}
