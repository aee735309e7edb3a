//! Shows are found: by words, by what they cost, in every order, and by what is suggested and counted.

use common::{events::order::OrderCreated, ids::ShowId};
use serde_json::{Value, json};

use crate::app::{HOUR, TestApp, assert_names, ids};

/// A show in so many days, with this title, performer and city.
async fn show(app: &TestApp, days: u32, title: &str, performer: &str, city: &str) -> ShowId {
    let mut body = app.new_show(days);
    body["title"] = json!(title);
    body["performers"] = json!([performer]);
    body["venue"] = json!({ "name": format!("{city} Arena"), "city": city, "timeZone": "Europe/London" });
    app.show_of(&body).await
}

async fn expect(app: &TestApp, query: &str, shows: &[ShowId]) {
    let found = ids(&app.get(&format!("/api/shows?{query}")).await.expect(200));
    assert_eq!(found, shows.iter().map(ToString::to_string).collect::<Vec<_>>(), "{query}");
}

/// All pages of one show each.
async fn page_through(app: &TestApp, query: &str) -> Vec<String> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/api/shows?{query}&limit=1{cursor}")).await.expect(200);
        seen.extend(ids(&page));
        let Some(next) = page.json()["nextCursor"].as_str().map(str::to_owned) else { return seen };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_are_found_by_the_beginnings_of_words() {
    let app = TestApp::start().await;
    let hamlet = show(&app, 10, "Hamlet", "Solène Marchetti", "Łódź").await;
    let hamster = show(&app, 20, "Hamster Races", "Ada O'Neill", "London").await;
    let london = show(&app, 30, "The Late Trains", "London Voices", "Hamburg").await;

    expect(&app, "q=hamle", &[hamlet]).await;
    expect(&app, "q=HAM%20lodz", &[hamlet]).await;
    expect(&app, "q=solene", &[hamlet]).await;
    expect(&app, "q=oneill", &[hamster]).await;
    expect(&app, "q=arena%20tra", &[london]).await;
    expect(&app, "q=ham%20nobody", &[]).await;
    expect(&app, "q=amlet", &[]).await;
    expect(&app, "q=!!", &[]).await;
    expect(&app, "q=%20", &[hamlet, hamster, london]).await;
    expect(&app, "q=ham&category=concert", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_so_comes_before_what_is_at_a_place_called_so() {
    let app = TestApp::start().await;
    let there = show(&app, 10, "The Late Trains", "Odd Ones", "Hamburg").await;
    let called = show(&app, 30, "Hamlet", "The Company", "London").await;
    let by_them = show(&app, 20, "Low Tide", "Ham and Eggs", "London").await;
    expect(&app, "q=ham", &[by_them, called, there]).await;
    expect(&app, "q=ham&sort=relevance", &[by_them, called, there]).await;
    expect(&app, "q=ham&sort=soonest", &[there, by_them, called]).await;
    let expected = [by_them, called, there].map(|id| id.to_string());
    assert_eq!(page_through(&app, "q=ham").await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_can_be_paged_through() {
    let app = TestApp::start().await;
    let mut shows = Vec::new();
    for (days, offers) in [(10, [(9_000, 2), (8_000, 1)]), (20, [(3_000, 4), (9_000, 4)])] {
        let show = show(&app, days, "Hamlet", "The Company", "London").await;
        for (cents, seats) in offers {
            app.listing(show, seats, cents).await;
        }
        shows.push(show);
    }
    let nothing = show(&app, 5, "Hamlet", "The Company", "London").await;
    app.world.settle().await;
    let ([dear, cheap], text) =
        (shows[..].try_into().unwrap(), |ids: [ShowId; 3]| ids.map(|id| id.to_string()));
    assert_eq!(page_through(&app, "sort=soonest").await, text([nothing, dear, cheap]));
    assert_eq!(page_through(&app, "sort=cheapest").await, text([cheap, dear, nothing]));
    assert_eq!(page_through(&app, "sort=seats").await, text([cheap, dear, nothing]));
    expect(&app, "onSale=true", &[dear, cheap]).await;
    expect(&app, "onSale=false", &[nothing, dear, cheap]).await;
    expect(&app, "maxCents=5000", &[cheap]).await;
    expect(&app, "maxCents=9900&sort=cheapest", &[cheap, dear]).await;
    expect(&app, "maxCents=0", &[]).await;
    expect(&app, &format!("to={}", app.in_days(15)), &[nothing, dear]).await;
    expect(&app, &format!("to={}&until={}", app.in_days(15), app.in_days(7)), &[nothing]).await;
    for (asked, given) in [("cheapest", "seats"), ("soonest", "relevance")] {
        let page = app.get(&format!("/api/shows?sort={given}&limit=1")).await.expect(200).json();
        let cursor = page["nextCursor"].as_str().unwrap();
        assert_names(&app.get(&format!("/api/shows?sort={asked}&cursor={cursor}")).await, "/query/cursor");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_show_that_changed_its_name_is_found_by_the_new_one() {
    let app = TestApp::start().await;
    let id = show(&app, 10, "Hamlet", "The Company", "London").await;
    let edit = json!({ "title": "Macbeth" });
    app.patch_as(&app.admin, &format!("/api/shows/{id}"), &edit).await.expect(200);
    expect(&app, "q=macb", &[id]).await;
    expect(&app, "q=haml", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_meant_is_suggested() {
    let app = TestApp::start().await;
    let lonely = show(&app, 10, "Lonely", "London Voices", "London").await;
    let other = show(&app, 20, "Hamlet", "The Company", "London").await;
    let suggested = async |q: &str| -> Vec<Value> {
        let answer = app.get(&format!("/api/shows/suggestions?q={q}")).await.expect(200).json();
        answer["items"].as_array().unwrap().clone()
    };
    let kinds: Vec<_> = suggested("LON").await.iter().map(|item| item["kind"].clone()).collect();
    assert_eq!(kinds, ["city", "performer", "venue", "show", "show"]);
    let items = suggested("lon").await;
    assert_eq!(items[0], json!({ "kind": "city", "text": "London" }));
    assert_eq!(items[2], json!({ "kind": "venue", "text": "London Arena", "city": "London" }));
    let shows: Vec<_> = items[3..].iter().map(|item| item["showId"].clone()).collect();
    assert_eq!(shows, [json!(lonely), json!(other)]);
    assert_eq!(suggested("hamlet%20lon").await[0]["text"], "Hamlet");
    for nothing in ["", "%20", "!!", "xyz"] {
        assert_eq!(suggested(nothing).await, Vec::<Value>::new(), "{nothing:?}");
    }
    assert_eq!(app.get("/api/shows/suggestions").await.expect(200).json(), json!({ "items": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_sale_is_counted_by_city_and_kind() {
    let app = TestApp::start().await;
    let mut sports = app.new_show(10);
    sports["category"] = json!("sports");
    sports["venue"]["city"] = json!("LONDON");
    let (one, two) = (app.show_of(&sports).await, show(&app, 20, "Hamlet", "The Company", "London").await);
    let (lodz, soon) = (show(&app, 30, "Hamlet", "Us", "Łódź").await, app.show_of(&app.show_soon()).await);
    show(&app, 30, "Nothing on sale", "Us", "Paris").await;
    let sold_out = show(&app, 30, "Sold out", "Us", "Vienna").await;
    for show in [one, two, lodz, soon] {
        app.listing(show, 2, 5_000).await;
    }
    let listing = app.listing(sold_out, 1, 5_000).await;
    app.world.publish(OrderCreated(app.order(sold_out, listing, &[1]))).await;
    app.world.settle().await;
    app.world.clock.advance(HOUR * 2);
    let answer = app.get("/api/shows/facets").await.expect(200);
    assert_eq!(answer.headers["cache-control"], "public, max-age=30");
    let cities = json!([{ "city": "LONDON", "shows": 2 }, { "city": "Łódź", "shows": 1 }]);
    let categories = json!([{ "category": "theatre", "shows": 2 }, { "category": "sports", "shows": 1 }]);
    assert_eq!(answer.json(), json!({ "cities": cities, "categories": categories }));
}
