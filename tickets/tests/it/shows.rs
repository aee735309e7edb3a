//! Shows: entered, listed, changed, called off.

use common::{
    events::show::{ShowCreated, ShowStatus, ShowUpdated},
    ids::ShowId,
};
use serde_json::{Value, json};

use crate::app::{HOUR, TestApp, id, ids};

#[tokio::test(flavor = "multi_thread")]
async fn a_show_that_was_entered_is_there_and_told_of() {
    let app = TestApp::start().await;
    let answer = app.post_as(&app.admin, "/api/shows", &app.new_show(30)).await.expect(201);
    let show = answer.json();
    assert_eq!(answer.headers["location"], format!("/api/shows/{}", show["id"].as_str().unwrap()));
    assert_eq!(show["venue"]["timeZone"], "Europe/London");
    assert_eq!((show["version"].as_u64(), show["status"].as_str()), (Some(1), Some("scheduled")));
    assert_eq!(app.get(&answer.headers["location"]).await.expect(200).json(), show);
    assert_eq!(
        (&show["cheapest"], &show["seatsLeft"], &show["listingsCount"]),
        (&Value::Null, &json!(0), &json!(0))
    );
    let mut told = show;
    for field in ["cheapest", "seatsLeft", "listingsCount"] {
        told.as_object_mut().unwrap().remove(field);
    }
    let published = app.published::<ShowCreated>().await;
    assert_eq!(
        serde_json::to_value(published).unwrap(),
        json!([told]),
        "what is on sale is told by its own events"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_show_that_nobody_entered_is_not_there() {
    let app = TestApp::start().await;
    for path in ["/api/shows/01932f5c-7f1e-7cc3-98c4-dc0c0c07398f", "/api/shows/none"] {
        assert_eq!(app.get(path).await.expect(404).code(), "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_are_listed_by_their_start_and_filtered() {
    let app = TestApp::start().await;
    let show = |days: u32, category: &str, city: &str| {
        let mut body = app.new_show(days);
        body["category"] = json!(category);
        body["venue"]["city"] = json!(city);
        body
    };
    let late = app.show_of(&show(30, "concert", "Łódź")).await;
    let early = app.show_of(&show(10, "concert", "London")).await;
    let middle = app.show_of(&show(20, "sports", "London")).await;
    let lists = async |query: &str, expected: &[ShowId]| {
        let found = ids(&app.get(&format!("/api/shows{query}")).await.expect(200));
        assert_eq!(found, expected.iter().map(ToString::to_string).collect::<Vec<_>>(), "{query}");
    };

    lists("", &[early, middle, late]).await;
    lists("?category=concert", &[early, late]).await;
    lists("?city=london", &[early, middle]).await;
    lists("?city=%C5%81%C3%B3d%C5%BA", &[late]).await;
    lists("?category=concert&city=LONDON", &[early]).await;
    let (from, until) = (app.in_days(15), app.in_days(25));
    lists(&format!("?from={from}"), &[middle, late]).await;
    lists(&format!("?from={from}&until={until}"), &[middle]).await;
    lists(&format!("?until={until}"), &[early, middle]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_of_the_past_are_listed_only_for_who_asks_for_them() {
    let app = TestApp::start().await;
    let show = app.show_of(&app.show_soon()).await.to_string();
    app.world.clock.advance(HOUR * 2);
    assert!(ids(&app.get("/api/shows").await.expect(200)).is_empty());
    assert_eq!(ids(&app.get("/api/shows?from=2020-01-01T00:00:00Z").await.expect(200)), [show]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_shows_neither_repeat_nor_skip_what_starts_at_the_same_time() {
    let app = TestApp::start().await;
    let body = app.new_show(30);
    let mut entered = Vec::new();
    for _ in 0..5 {
        entered.push(app.show_of(&body).await.to_string());
    }
    let mut seen = Vec::new();
    let mut path = "/api/shows?limit=2".to_owned();
    loop {
        let page = app.get(&path).await.expect(200);
        seen.extend(ids(&page));
        let Some(cursor) = page.json()["nextCursor"].as_str().map(str::to_owned) else { break };
        path = format!("/api/shows?limit=2&cursor={cursor}");
    }
    entered.sort();
    assert_eq!(seen, entered);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_show_is_changed_step_by_step_and_each_step_is_told() {
    let app = TestApp::start().await;
    let path = format!("/api/shows/{}", app.show().await);
    let edit = async |body: Value| app.patch_as(&app.admin, &path, &body).await.expect(200).json();
    let moved = app.in_days(31);
    let show = edit(json!({ "title": "Macbeth", "performers": ["Three Witches"], "startsAt": moved })).await;
    assert_eq!((show["version"].as_u64(), show["title"].as_str()), (Some(2), Some("Macbeth")));
    assert_eq!(show["startsAt"], json!(moved));
    assert_eq!(edit(json!({})).await, show, "nothing to change");
    assert_eq!(edit(json!({ "title": "Macbeth" })).await, show, "changed already");
    let show = edit(json!({ "status": "cancelled" })).await;
    assert_eq!((show["version"].as_u64(), show["status"].as_str()), (Some(3), Some("cancelled")));
    assert_eq!(app.get(&path).await.json(), show);
    let told: Vec<_> = app.published::<ShowUpdated>().await.into_iter().map(|fact| fact.0).collect();
    let told: Vec<_> = told.iter().map(|show| (show.version, show.status)).collect();
    assert_eq!(told, [(2, ShowStatus::Scheduled), (3, ShowStatus::Cancelled)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_or_called_off_is_not_changed() {
    let app = TestApp::start().await;
    let path = format!("/api/shows/{}", app.show_of(&app.show_soon()).await);
    let cancelled = format!("/api/shows/{}", app.show().await);
    app.patch_as(&app.admin, &cancelled, &json!({ "status": "cancelled" })).await.expect(200);
    for body in [json!({ "title": "Macbeth" }), json!({ "status": "scheduled" })] {
        let answer = app.patch_as(&app.admin, &cancelled, &body).await.expect(409);
        assert_eq!(answer.code(), "show_cancelled");
    }
    app.world.clock.advance(HOUR * 2);
    let answer = app.patch_as(&app.admin, &path, &json!({ "title": "Macbeth" })).await.expect(409);
    assert_eq!(answer.code(), "show_started");
    app.patch_as(&app.admin, &path, &json!({ "status": "cancelled" })).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_who_change_a_show_at_once_change_it_one_after_the_other() {
    let app = TestApp::start().await;
    let show: ShowId = id(&app.post_as(&app.admin, "/api/shows", &app.new_show(30)).await);
    let path = format!("/api/shows/{show}");
    let edits =
        (0..8).map(|n| {
            let (app, path) = (&app, &path);
            async move {
                app.patch_as(&app.admin, path, &json!({ "title": format!("Take {n}") })).await.expect(200)
            }
        });
    futures::future::join_all(edits).await;
    let told = app.published::<ShowUpdated>().await;
    let versions: Vec<_> = told.iter().map(|fact| fact.0.version).collect();
    assert_eq!(versions, [2, 3, 4, 5, 6, 7, 8, 9]);
}
