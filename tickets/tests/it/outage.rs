//! The broker may be away: what was acknowledged is told when it is back.

use common::{
    events::listing::ListingCreated,
    testing::{Servers, TestWorld, free_port, start_nats, start_nats_in},
};

use crate::app::{TestApp, general};

#[tokio::test(flavor = "multi_thread")]
async fn seats_can_be_offered_while_nats_is_down_and_are_told_of_afterwards() {
    let port = free_port();
    let nats = start_nats(port).await;
    let servers = Servers { nats_url: nats.url.clone(), ..Servers::shared().await.clone() };
    let app = TestApp::start_in(TestWorld::on(servers, "tickets").await).await;
    let show = app.show().await;
    app.world.settle().await;

    let data = nats.kill().unwrap();
    let body = general(show, 2, 100);
    let listing = app.post_as(&app.seller, "/api/listings", &body).await.expect(201).json();
    let path = format!("/api/listings/{}", listing["id"].as_str().unwrap());
    assert_eq!(app.get(&path).await.expect(200).json(), listing);

    let _nats = start_nats_in(port, data).await;
    let told = app
        .world
        .eventually("the listing to be told of", async || {
            app.world.published::<ListingCreated>().await.into_iter().next()
        })
        .await;
    assert_eq!(listing["id"], told.0.id.to_string());
}
