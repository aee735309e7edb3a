//! The services watch themselves. That they find nothing in all other tests is worth something only if they
//! would.

use bson::doc;
use e2e::market::{Service, alone_on_a_market, until};

#[test]
fn what_is_wrong_in_a_database_is_told_within_seconds_by_the_service_that_owns_it() {
    alone_on_a_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 2, 5_000).await;
        let order = buyer.place_order(&listing, 2).await;
        assert_eq!(market.alarms().await, Vec::<String>::new());

        set_total(market, &order.id.to_string(), 1).await;
        until("the alarm of orders", async || match market.alarms().await {
            alarms if alarms == ["orders S2 1"] => Ok(()),
            alarms => Err(format!("{alarms:?}")),
        })
        .await;

        // As it was; a service that starts again has told nothing yet.
        set_total(market, &order.id.to_string(), order.total.amount_cents).await;
        market.machinery.kill(Service::Orders);
        market.machinery.start_again(Service::Orders).await;
        buyer.cancel(&order).await;
        market.audit(&[listing]).await;
    });
}

async fn set_total(market: &e2e::market::Market, order: &str, amount_cents: i64) {
    let update = doc! { "q": { "_id": order }, "u": { "$set": { "state.total.amountCents": amount_cents } } };
    let orders = market.books.database(Service::Orders);
    let reply = orders.run_command(doc! { "update": "orders", "updates": [update] }).await.unwrap();
    assert_eq!(reply.get_i32("nModified").unwrap(), 1, "{reply}");
}
