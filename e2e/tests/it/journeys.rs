//! What people do, from the beginning to the end.

use std::time::Duration;

use common::{
    clock::Clock,
    events::{order::OrderStatus, payment::PaymentStatus},
};

use e2e::market::{Market, Person, card, new_key, on_a_busy_market, on_a_hasty_market, until, until_within};

#[test]
fn a_ticket_is_bought_from_the_offer_to_the_pass() {
    on_a_busy_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 4, 12_500).await;

        let order = buyer.place_order(&listing, 2).await;
        assert_eq!(order.total.amount_cents, 27_500);
        market.until_seats_left(&listing, 2).await;

        let payment = buyer.pay(&order, card::VISA).await;
        assert_eq!(payment.status, PaymentStatus::Authorized);
        assert_eq!(payment.card.unwrap().last4, "4242");

        market.until_order_is(&order, OrderStatus::Completed).await;
        let passes = passes_of(&buyer, &order, 2).await;
        for pass in &passes {
            let pass = buyer.get(&format!("/api/passes/{}", pass["id"].as_str().unwrap())).await.expect(200);
            assert_eq!(pass.json()["status"], "valid");
            assert!(pass.json()["code"].as_str().is_some_and(|code| code.len() > 20), "{pass:?}");
        }
        let payout =
            until("the payout", async || seller.payout_for(&order).await?.ok_or("none".into())).await;
        assert_eq!(payout["status"], "scheduled");
        assert_eq!(payout["amount"]["amountCents"], 23_750, "the price less the seller's fee");
        market.until_seats_left(&listing, 2).await;

        let findings = market.audit(&[listing]).await;
        assert_eq!(findings.money_of(order.id)[0].captured_cents, 27_500);
    });
}

#[test]
fn when_the_hold_is_over_the_seats_are_on_sale_again() {
    on_a_hasty_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 2, 5_000).await;
        let order = buyer.place_order(&listing, 2).await;
        market.until_seats_left(&listing, 0).await;

        let expired = market.until_order_is(&order, OrderStatus::Expired).await;
        assert!(expired.changed_at >= order.expires_at, "S11: {expired:?}");
        let late = expired.changed_at.since(order.expires_at);
        assert!(late < Duration::from_secs(2), "it expired {late:?} late");

        market.until_seats_left(&listing, 2).await;
        market.sign_up().await.place_order(&listing, 2).await;
    });
}

#[test]
fn a_cancelled_order_gives_its_seats_back_at_once() {
    on_a_busy_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 2, 5_000).await;
        let order = buyer.place_order(&listing, 2).await;

        assert_eq!(buyer.cancel(&order).await.status, OrderStatus::Cancelled);
        assert_eq!(buyer.cancel(&order).await.status, OrderStatus::Cancelled, "again changes nothing");

        let other = market.sign_up().await;
        let second = other.place_order(&listing, 2).await;
        market.until_seats_left(&listing, 0).await;
        other.cancel(&second).await;
        market.until_seats_left(&listing, 2).await;
        let findings = market.audit(&[listing]).await;
        assert_eq!(findings.count(OrderStatus::Cancelled), 2);
    });
}

#[test]
fn after_a_decline_another_card_pays_the_same_order() {
    on_a_busy_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 2, 5_000).await;
        let order = buyer.place_order(&listing, 2).await;

        let declined = buyer.pay(&order, card::DECLINED).await;
        assert_eq!(declined.status, PaymentStatus::Declined);
        let paid = buyer.pay(&order, card::MASTERCARD).await;
        assert_eq!(paid.status, PaymentStatus::Authorized);

        let completed = market.until_order_is(&order, OrderStatus::Completed).await;
        assert_eq!(completed.payment_id, Some(paid.id));
        market.audit(&[listing]).await;
    });
}

#[test]
fn a_refund_voids_the_passes_and_puts_the_seats_on_sale_again() {
    on_a_busy_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 2, 5_000).await;
        let order = buy(market, &buyer, &listing).await;
        let passes = passes_of(&buyer, &order, 2).await;

        buyer.ask_for_a_refund(&order).await.expect(202);
        market.until_order_is(&order, OrderStatus::Refunded).await;

        for pass in &passes {
            let path = format!("/api/passes/{}", pass["id"].as_str().unwrap());
            let pass = buyer.get(&path).await.expect(200);
            assert_eq!((pass.json()["status"].as_str(), pass.json().get("code")), (Some("voided"), None));
        }
        market.until_seats_left(&listing, 2).await;
        until("the payout to be called off", async || match seller.payout_for(&order).await? {
            Some(payout) if payout["status"] == "cancelled" => Ok(()),
            payout => Err(format!("{payout:?}")),
        })
        .await;
        buy(market, &market.sign_up().await, &listing).await;

        let findings = market.audit(&[listing]).await;
        let money = findings.money_of(order.id)[0];
        assert_eq!((money.captured_cents, money.refunded_cents), (11_000, 11_000));
        assert_eq!(buyer.ask_for_a_refund(&order).await.expect(409).code(), "not_refundable");
    });
}

#[test]
fn who_pays_after_the_hold_is_refused_and_not_charged() {
    on_a_hasty_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 2, 5_000).await;
        let order = buyer.place_order(&listing, 2).await;
        let token = market.site.tokenize(card::VISA).await;

        until("the hold to be over", async || {
            if Clock::system().now() >= order.expires_at { Ok(()) } else { Err("not yet".to_owned()) }
        })
        .await;
        let refused = buyer.try_to_pay(order.id, &token).await.expect(409);
        assert_eq!(refused.code(), "order_closed");

        market.until_order_is(&order, OrderStatus::Expired).await;
        let findings = market.audit(&[listing]).await;
        assert!(findings.money_of(order.id).iter().all(|money| money.authorized_cents.is_none()));
    });
}

#[test]
fn money_that_turns_out_to_be_reserved_after_the_hold_is_released() {
    on_a_hasty_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 2, 5_000).await;
        let order = buyer.place_order(&listing, 2).await;

        // The gateway reserves the money, but nobody can learn of it until the hold is over.
        market.site.break_gateway("lookup").await;
        let payment = buyer.pay(&order, card::HANGS_AFTER_EFFECT).await;
        assert_eq!(payment.status, PaymentStatus::Authorizing);
        market.until_order_is(&order, OrderStatus::Expired).await;
        market.site.mend_gateway().await;

        until("the payment to be voided", async || match buyer.payments_of(&order).await?.as_slice() {
            [payment] if payment.status == PaymentStatus::Voided => Ok(()),
            payments => Err(format!("{payments:?}")),
        })
        .await;
        let findings = market.audit(&[listing]).await;
        let money = findings.money_of(order.id)[0];
        assert_eq!((money.authorized_cents, money.captures, money.released), (Some(11_000), 0, true));
    });
}

#[test]
fn a_withdrawn_listing_is_not_sold_and_what_was_ordered_stays_ordered() {
    on_a_busy_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 4, 5_000).await;
        let order = buyer.place_order(&listing, 2).await;

        assert_eq!(seller.withdraw(&listing).await.expect(200).json()["status"], "withdrawn");
        let other = market.sign_up().await;
        until("orders to hear of the withdrawal", async || {
            let answer = other.try_to_order(&listing, 2).await;
            match answer.code().as_str() {
                "listing_closed" => Ok(()),
                _ if answer.status == 201 => {
                    other.cancel(&answer.body()).await;
                    Err("it was still sold".to_owned())
                }
                _ => Err(answer.text),
            }
        })
        .await;

        buyer.pay(&order, card::VISA).await;
        market.until_order_is(&order, OrderStatus::Completed).await;
        passes_of(&buyer, &order, 2).await;
        market.audit(&[listing]).await;
    });
}

#[test]
fn nobody_pays_another_price_than_the_one_he_accepted() {
    on_a_busy_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 4, 5_000).await;
        let order = buyer.place_order(&listing, 2).await;

        for wrong in [0, 5_000, 5_499, 5_501] {
            let refused = buyer.try_to_order_at(listing.id, 2, wrong).await.expect(409);
            assert_eq!(refused.code(), "price_changed", "at {wrong}");
            assert_eq!(refused.pointers(), ["/expectedPriceCents"]);
        }

        let dearer = seller.reprice(&listing, 9_900).await;
        until("orders to hear of the new price", async || {
            let answer = buyer.try_to_order(&dearer, 2).await;
            if answer.status == 201 { Ok(()) } else { Err(answer.text) }
        })
        .await;
        assert_eq!(buyer.try_to_order(&listing, 2).await.expect(409).code(), "price_changed");

        buyer.pay(&order, card::VISA).await;
        let completed = market.until_order_is(&order, OrderStatus::Completed).await;
        assert_eq!(completed.total.amount_cents, 11_000, "S13: the price accepted, not the one of today");
    });
}

#[test]
fn nobody_buys_from_himself() {
    on_a_busy_market(async |market| {
        let seller = market.sign_up().await;
        let listing = market.list_seats(&seller, 2, 5_000).await;
        assert_eq!(seller.try_to_order(&listing, 2).await.expect(409).code(), "own_listing");
    });
}

#[test]
fn a_buyer_holds_seats_for_four_unpaid_orders_and_no_more() {
    on_a_busy_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 10, 5_000).await;
        let first = buyer.place_order(&listing, 2).await;
        for _ in 0..3 {
            buyer.place_order(&listing, 2).await;
        }
        assert_eq!(buyer.try_to_order(&listing, 2).await.expect(409).code(), "limit_reached");
        buyer.cancel(&first).await;
        buyer.place_order(&listing, 2).await;
        market.audit(&[listing]).await;
    });
}

#[test]
fn who_signs_out_is_signed_out_everywhere() {
    on_a_busy_market(async |market| {
        let person = market.sign_up().await;
        person.get("/api/orders").await.expect(200);
        let sign_out = person.request("DELETE", "/api/users/sessions/current").send().await.unwrap();
        assert_eq!(sign_out.status(), 204);
        for path in ["/api/users/me", "/api/orders", "/api/payments", "/api/passes"] {
            until_within(Duration::from_secs(5), "the token to be refused", async || {
                let answer = person.get(path).await;
                if answer.status == 401 { Ok(()) } else { Err(format!("{path}: {}", answer.status)) }
            })
            .await;
        }
    });
}

#[test]
fn a_request_under_a_used_key_with_another_body_is_refused() {
    on_a_busy_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 8, 5_000).await;
        let (key, mut body) = (
            new_key(),
            serde_json::json!({
                "listingId": listing.id, "quantity": 2, "expectedPriceCents": listing.total().amount_cents,
            }),
        );
        let first = buyer.post_once("/api/orders", &key, &body).await.expect(201);
        let again = buyer.post_once("/api/orders", &key, &body).await.expect(201);
        assert_eq!(first.json()["id"], again.json()["id"]);
        body["quantity"] = 4.into();
        let refused = buyer.post_once("/api/orders", &key, &body).await.expect(422);
        assert_eq!(refused.code(), "idempotency_key_reused");
    });
}

/// Buys all that is left of a listing of two seats.
async fn buy(
    market: &Market,
    buyer: &Person,
    listing: &common::events::listing::ListingSnapshot,
) -> common::events::order::OrderSnapshot {
    let order = buyer.place_order(listing, 2).await;
    buyer.pay(&order, card::VISA).await;
    market.until_order_is(&order, OrderStatus::Completed).await
}

async fn passes_of(
    buyer: &Person,
    order: &common::events::order::OrderSnapshot,
    count: usize,
) -> Vec<serde_json::Value> {
    until("the passes", async || {
        let passes = buyer.passes_of(order).await?;
        if passes.len() == count { Ok(passes) } else { Err(format!("{} passes", passes.len())) }
    })
    .await
}
