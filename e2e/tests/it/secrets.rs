//! S15: whatever a marketplace writes down, no secret is in it.

use bson::{Document, doc};
use serde_json::json;

use crate::scene::Scene;
use e2e::market::{
    Market, PASSWORD, Person, Service, alone_on_a_market, card, new_key, on_a_busy_market, on_a_hasty_market,
    secrets::{Kind, Leak, Searcher},
    send, until,
};

/// Where an address of somebody is who has signed up, has asked for an order of that name, and is a key in Redis.
const WRITTEN_DOWN_IN: [&str; 5] = ["auth.users", "local.oplog.rs", "/nats/", "/redis/", "/nginx/access.log"];

#[test]
fn nothing_secret_is_written_down_where_all_goes_well_and_much_is_refused() {
    on_a_busy_market(async |market| {
        let refresh_token = use_every_secret(market).await;
        assert_eq!(market.leaks().await, Vec::<Leak>::new());
        // It begins with the id of its session, which is no secret.
        let found = market.search(&Searcher::for_word(Kind::Token, &refresh_token[22..])).await;
        assert_eq!(found, Vec::<Leak>::new());
    });
}

#[test]
fn nothing_secret_is_written_down_where_orders_expire() {
    on_a_hasty_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 2, 5_000).await;
        let order = buyer.place_order(&listing, 2).await;
        buyer.try_to_pay(order.id, &market.site.tokenize(card::DECLINED).await).await;
        market.until_seats_left(&listing, 2).await;
        assert_eq!(market.leaks().await, Vec::<Leak>::new());
    });
}

#[test]
fn a_word_is_found_wherever_it_was_written_down() {
    alone_on_a_market(async |market| {
        let canary = format!("canary-{}", new_key());
        let body =
            json!({ "email": format!("{canary}@stagedoor.example"), "password": PASSWORD, "name": "Bird" });
        market.site.post("/api/users", &body).await.expect(201);
        market.site.get(&format!("/api/orders/{canary}")).await.expect(401);
        market.machinery.tell_redis(&format!("SET {canary} 1 EX 600"));

        let searcher = Searcher::for_word(Kind::Password, &canary);
        until("the word to be found wherever it was written down", async || {
            let places: Vec<_> = market.search(&searcher).await.into_iter().map(|leak| leak.place).collect();
            let missing = |place: &&str| !places.iter().any(|found| found.contains(*place));
            let missing: Vec<_> = WRITTEN_DOWN_IN.into_iter().filter(missing).collect();
            if missing.is_empty() { Ok(()) } else { Err(format!("not in {missing:?}, but in {places:?}")) }
        })
        .await;
        // What failures before this test made the services say is in their logs.
        assert_eq!(market.leaks().await, Vec::<Leak>::new());
    });
}

#[test]
fn what_mongodb_does_slowly_is_not_told_to_its_log() {
    on_a_busy_market(async |market| {
        let canary = format!("canary-{}", new_key());
        let slowly = format!("sleep(300) || '{canary}' == this._id");
        let filter = doc! { "_id": market.admin.id, "$where": slowly };
        assert_eq!(market.books.find::<Document>(Service::Auth, "users", filter).await, []);
        let found = market.search(&Searcher::for_word(Kind::Secret, &canary)).await;
        assert_eq!(found, Vec::<Leak>::new());
    });
}

/// Passwords, cards, tokens and cookies, also where they do not belong. Gives a refresh token that was used.
async fn use_every_secret(market: &Market) -> String {
    let scene = Scene::set(market).await;
    let declined = market.site.tokenize(card::DECLINED).await;
    scene.buyer.try_to_pay(scene.order.id, &declined).await.expect(201);
    for number in [card::VISA, "4242424242424242", &scene.buyer.token] {
        scene.buyer.try_to_pay(scene.order.id, number).await.expect(422);
    }
    scene.buyer.ask_for_a_refund(&scene.bought).await.expect(202);
    sign_in_badly(market, &scene.buyer).await;

    let again = Person::sign_in(&market.site, &scene.buyer.email, PASSWORD).await;
    let cookie = format!("stagedoor={}", again.token);
    let by_cookie = market.site.request("GET", "/api/passes").header("Cookie", cookie);
    send(by_cookie).await.unwrap().expect(200);
    let cookie = format!("stagedoor-refresh={}", again.refresh_token);
    let refresh = market.site.request("POST", "/api/users/sessions/refresh").header("Cookie", cookie);
    send(refresh).await.unwrap().expect(200);
    send(again.request("DELETE", "/api/users/sessions/current")).await.unwrap().expect(204);
    again.get("/api/users/me").await.expect(401);
    let basic = market.site.request("GET", "/api/orders").header("Authorization", "Basic YWRhOnBhc3N3b3Jk");
    send(basic).await.unwrap().expect(401);
    again.refresh_token
}

/// A password in every field of a sign-up, and a token in place of an address.
async fn sign_in_badly(market: &Market, person: &Person) {
    for (path, body) in [
        ("/api/users", json!({ "email": PASSWORD, "password": PASSWORD, "name": "\u{0}" })),
        ("/api/users", json!({ "email": person.email, "password": PASSWORD, PASSWORD: 1 })),
        ("/api/users", json!({ "email": person.email, "password": [PASSWORD], "name": PASSWORD })),
        ("/api/users/sessions", json!({ "email": person.token, "password": PASSWORD })),
        ("/api/users/sessions", json!({ "email": person.email, "password": PASSWORD.repeat(9) })),
    ] {
        market.site.post(path, &body).await.expect(422);
    }
}
