//! Who sees which payments.

use common::ids::{OrderId, PaymentId};
use payments::routes::PaymentView;
use serde_json::Value;

use crate::app::*;

#[tokio::test]
async fn others_do_not_learn_that_a_payment_exists() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let payment: PaymentView = app.pay(&order, VISA).await.expect(201).body();
    let (stranger, admin) = (app.world.user(), app.world.admin());
    let path = format!("/api/payments/{}", payment.id);
    let theirs = app.world.get(app.port(), &path, Some(&stranger)).await.expect(404);
    let nobodys = format!("/api/payments/{}", PaymentId::generate());
    let nobodys = app.world.get(app.port(), &nobodys, Some(&app.buyer)).await.expect(404);
    assert_eq!(theirs.code(), nobodys.code());
    let seen: PaymentView = app.world.get(app.port(), &path, Some(&admin)).await.expect(200).body();
    assert_eq!(seen, payment);
    for malformed in ["1", "%7B%22$gt%22:%22%22%7D", "0190"] {
        let path = format!("/api/payments/{malformed}");
        app.world.get(app.port(), &path, Some(&app.buyer)).await.expect(404);
    }
}

#[tokio::test]
async fn others_can_neither_pay_an_order_nor_see_its_payments() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let (stranger, admin) = (app.world.user(), app.world.admin());
    let token = app.token(VISA).await;
    for user in [&stranger, &admin] {
        let answer = app.pay_with(user, "key", order.id, &token).await.expect(404);
        assert_eq!(answer.code(), "not_found");
    }
    app.pay(&order, VISA).await.expect(201);
    let path = format!("/api/payments?orderId={}", order.id);
    let count = async |user| items(&app.world.get(app.port(), &path, Some(user)).await.expect(200).json());
    assert_eq!(count(&stranger).await.len(), 0);
    assert_eq!(count(&app.buyer).await.len(), 1);
    assert_eq!(count(&admin).await.len(), 1);
    assert_eq!(items(&app.world.get(app.port(), "/api/payments", Some(&admin)).await.json()).len(), 0);
}

#[tokio::test]
async fn an_order_that_nobody_ever_hears_of_is_not_found() {
    let app = TestApp::start().await;
    let answer = app.pay_with(&app.buyer, "key", OrderId::generate(), "tok_a").await.expect(404);
    assert_eq!(answer.code(), "not_found");
}

#[tokio::test]
async fn a_list_is_read_page_by_page_newest_first() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(app.pay(&order, DECLINED).await.expect(201).body::<PaymentView>().id.to_string());
    }
    made.reverse();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for size in [2, 2, 1] {
        let path = format!("/api/payments?limit=2{cursor}");
        let page = app.world.get(app.port(), &path, Some(&app.buyer)).await.expect(200).json();
        let ids: Vec<_> = items(&page).iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids.len(), size);
        seen.extend(ids);
        cursor = page["nextCursor"].as_str().map(|next| format!("&cursor={next}")).unwrap_or_default();
    }
    assert_eq!((seen, cursor), (made, String::new()));
}

fn items(page: &Value) -> Vec<Value> {
    page["items"].as_array().unwrap().clone()
}
