//! Refresh tokens: used once, whatever gets lost or comes twice; and a copy of one ends the session.

use std::time::Duration;

use auth::{cookies::SessionCookies, domain::renewal::GRACE};
use common::{
    events::session::SessionRevoked,
    testing::{Answer, TestUser},
};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::app::{Member, PASSWORD, TestApp, claims};

const REFRESH: &str = "/api/users/sessions/refresh";
const DAY: Duration = Duration::from_hours(24);

async fn sign_up(app: &TestApp) -> Answer {
    let body = json!({ "email": "ada@example.com", "password": PASSWORD, "name": "Ada" });
    app.post("/api/users", &body).await.expect(201)
}

async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.post(REFRESH, &json!({ "refreshToken": token })).await
}

async fn refresh_by_cookie(app: &TestApp, cookie: &str) -> Answer {
    let request = app.world.request("POST", app.running.port(), REFRESH, None);
    Answer::read(request.header("Cookie", cookie).send().await.unwrap()).await
}

fn token(answer: &Answer) -> String {
    answer.json()["refreshToken"].as_str().unwrap().to_owned()
}

fn ended(answer: &Answer) {
    assert_eq!((answer.status, answer.code().as_str()), (401, "session_ended"), "{answer:?}");
    assert!(answer.headers.contains_key("www-authenticate"), "{answer:?}");
    assert_eq!(answer.cookies.len(), 2, "{answer:?}");
    assert!(answer.cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_for_as_long_as_it_is_renewed_and_not_longer() {
    let app = TestApp::start().await;
    let mut last = sign_up(&app).await;
    let session = Member::of(&last).session;
    for _ in 0..29 {
        app.world.clock.advance(DAY);
        app.me(last.json()["accessToken"].as_str().unwrap()).await.expect(401);
        last = refresh(&app, &token(&last)).await.expect(200);
        let member = Member::of(&last);
        assert_eq!(member.session, session);
        let claims = claims(&member.user.token);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
        app.me(&member.user.token).await.expect(200);
    }
    app.world.clock.advance(DAY);
    ended(&refresh(&app, &token(&last)).await);
    assert!(app.published::<SessionRevoked>().await.is_empty(), "it came to its end by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_shows_its_refresh_token_to_the_routes_about_sessions_alone() {
    let app = TestApp::start().await;
    let first = sign_up(&app).await;
    let cookie = |answer: &Answer| format!("stagedoor-refresh={}", token(answer));
    let attributes = "; HttpOnly; SameSite=Strict; Path=/api/users/sessions; Max-Age=2592000";
    assert_eq!(first.cookies[1], format!("{}{attributes}", cookie(&first)));

    let second = refresh_by_cookie(&app, &cookie(&first)).await.expect(200);
    assert_ne!(token(&first), token(&second));
    let access = second.json()["accessToken"].as_str().unwrap().to_owned();
    assert!(second.cookies[0].starts_with(&format!("stagedoor={access}; ")), "{second:?}");
    assert!(second.cookies[1].starts_with(&cookie(&second)), "{second:?}");
    app.me(&access).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_production_only_the_cookie_for_tls_is_taken() {
    let app = TestApp::start_with(|config| config.cookies = SessionCookies::Secure).await;
    let first = sign_up(&app).await;
    assert!(first.cookies[1].starts_with("__Secure-stagedoor-refresh="), "{first:?}");
    assert!(first.cookies[1].contains("; Secure; "), "{first:?}");
    ended(&refresh_by_cookie(&app, &format!("stagedoor-refresh={}", token(&first))).await);
    refresh_by_cookie(&app, &format!("__Secure-stagedoor-refresh={}", token(&first))).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_signs_nobody_out() {
    let app = TestApp::start().await;
    let first = sign_up(&app).await;
    let _lost = refresh(&app, &token(&first)).await.expect(200);
    app.world.clock.advance(DAY);
    let again = refresh(&app, &token(&first)).await.expect(200);
    let next = refresh(&app, &token(&again)).await.expect(200);
    app.me(&Member::of(&next).user.token).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_tabs_that_refresh_at_once_all_stay_signed_in() {
    let app = TestApp::start().await;
    for round in 0..4 {
        let email = format!("ada{round}@example.com");
        app.sign_up(&email).await;
        let first = app.try_sign_in(&email, PASSWORD).await.expect(201);
        let shown = token(&first);
        let answers = join_all((0..8).map(|_| refresh(&app, &shown))).await;
        for answer in &answers {
            assert_eq!(answer.status, 200, "{answer:?}");
            app.me(&Member::of(answer).user.token).await.expect(200);
        }
        let nexts =
            join_all(answers.iter().map(|answer| async { refresh(&app, &token(answer)).await })).await;
        assert!(nexts.iter().all(|next| next.status == 200), "{nexts:?}");
    }
    assert!(app.published::<SessionRevoked>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_agree_on_what_was_used() {
    let app = TestApp::start().await;
    let other = app.start_replica().await;
    let first = sign_up(&app).await;
    let second = refresh(&app, &token(&first)).await.expect(200);
    let body = json!({ "refreshToken": token(&second) });
    app.world.post(other.port(), REFRESH, None, &body).await.expect(200);
    ended(&refresh(&app, &token(&first)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_superseded_token_ends_the_session_for_whoever_holds_it_and_tells_it() {
    let app = TestApp::start().await;
    let first = sign_up(&app).await;
    let elsewhere = app.sign_in("ada@example.com").await;
    let second = refresh(&app, &token(&first)).await.expect(200);
    let third = refresh(&app, &token(&second)).await.expect(200);

    ended(&refresh(&app, &token(&first)).await);
    for answer in [&first, &second, &third] {
        ended(&refresh(&app, &token(answer)).await);
        app.me(&Member::of(answer).user.token).await.expect(401);
    }
    app.me(&elsewhere.user.token).await.expect(200);
    let revoked = app.published::<SessionRevoked>().await;
    assert_eq!(revoked.len(), 1);
    assert_eq!((revoked[0].0.id, revoked[0].0.version), (Member::of(&first).session, 1));
    let last = claims(&Member::of(&third).user.token)["exp"].as_i64().unwrap();
    assert_eq!(revoked[0].0.tokens_expire_at.secs(), last, "no access token outlives what is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thief_who_renews_beside_the_owner_is_found_out() {
    let app = TestApp::start().await;
    let stolen = token(&sign_up(&app).await);
    let of_thief = token(&refresh(&app, &stolen).await.expect(200));
    let of_owner = token(&refresh(&app, &stolen).await.expect(200));
    refresh(&app, &of_thief).await.expect(200);
    app.world.clock.advance(GRACE);
    ended(&refresh(&app, &of_owner).await);
    assert_eq!(app.published::<SessionRevoked>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_superseded_token_and_the_newest_at_once_none_is_left_and_it_is_told_once() {
    let app = TestApp::start().await;
    let first = sign_up(&app).await;
    let second = refresh(&app, &token(&first)).await.expect(200);
    let third = refresh(&app, &token(&second)).await.expect(200);
    let shown: Vec<String> = (0..8).map(|n| token(if n % 2 == 0 { &first } else { &third })).collect();
    let answers = join_all(shown.iter().map(|shown| refresh(&app, shown))).await;
    assert!(answers.iter().all(|answer| [200, 401].contains(&answer.status)), "{answers:?}");
    ended(&refresh(&app, &token(&third)).await);
    assert_eq!(app.published::<SessionRevoked>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signed_out_is_not_let_in_again() {
    let app = TestApp::start().await;
    let first = sign_up(&app).await;
    app.delete("/api/users/sessions/current", Some(&Member::of(&first).user)).await.expect(204);
    ended(&refresh(&app, &token(&first)).await);
    assert_eq!(app.published::<SessionRevoked>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_of_ours_is_refused_and_ends_nothing() {
    let app = TestApp::start().await;
    let first = sign_up(&app).await;
    // The session is right, as everybody who sees an access token knows it; the rest is made up.
    let mut made_up = token(&first);
    made_up.replace_range(22..64, &"A".repeat(42));
    ended(&refresh(&app, &made_up).await);
    ended(&refresh(&app, &"A".repeat(86)).await);
    ended(&refresh_by_cookie(&app, "stagedoor-refresh=nonsense").await);
    ended(&refresh_by_cookie(&app, "other=1").await);
    assert_eq!(app.post(REFRESH, &json!({})).await.expect(422).pointers(), ["/refreshToken"]);
    for bad in [json!("nonsense"), json!(7), json!(["hunter2"]), json!({ "$gt": "hunter2" })] {
        let answer = app.post(REFRESH, &json!({ "refreshToken": bad })).await.expect(422);
        assert_eq!(answer.pointers(), ["/refreshToken"]);
        assert!(!answer.text.contains("hunter2"), "{answer:?}");
    }
    refresh(&app, &token(&first)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_must_be_json_or_nothing() {
    let app = TestApp::start().await;
    for (content_type, body, status) in
        [("text/plain", "", 415), ("text/plain", "{}", 415), ("application/json", "", 400)]
    {
        let request = app.world.request("POST", app.running.port(), REFRESH, None);
        let answer = request.header("Content-Type", content_type).body(body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{content_type} {body:?}");
    }
    let request = app.world.request("POST", app.running.port(), REFRESH, None).body("{}");
    assert_eq!(request.send().await.unwrap().status(), 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_another_site_renews_a_session() {
    let app = TestApp::start().await;
    let first = sign_up(&app).await;
    let request = app.world.request("POST", app.running.port(), REFRESH, None);
    let cookie = format!("stagedoor-refresh={}", token(&first));
    let request = request.header("Cookie", cookie).header("Origin", "https://evil.example");
    let answer = Answer::read(request.send().await.unwrap()).await.expect(403);
    assert_eq!(answer.code(), "cross_origin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_from_before_there_were_refresh_tokens_is_still_read() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    forget_renewal(&app, &member).await;
    app.me(&member.user.token).await.expect(200);
    app.delete("/api/users/sessions/current", Some(&member.user)).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_hashes_of_refresh_tokens_are_kept() {
    let app = TestApp::start().await;
    let first = sign_up(&app).await;
    let second = refresh(&app, &token(&first)).await.expect(200);
    let stored = format!("{:?}", app.documents("sessions").await);
    for text in [token(&first), token(&second)] {
        // 16 bytes of id, then what is secret.
        assert!(!stored.contains(&text[22..]), "{stored}");
    }
    let user: TestUser = Member::of(&second).user;
    let me: Value = app.get("/api/users/me", Some(&user)).await.expect(200).json();
    assert!(me.get("refreshToken").is_none());
}

#[expect(clippy::disallowed_methods, reason = "plays the part of an older release")]
async fn forget_renewal(app: &TestApp, member: &Member) {
    let client = mongodb::Client::with_uri_str(&app.world.servers.mongodb_uri).await.unwrap();
    let database = client.database(&app.world.database("auth"));
    let sessions = database.collection::<bson::Document>("sessions");
    let fields = bson::doc! { "$unset": { "state.renewal": 1, "state.userAgent": 1 } };
    sessions.update_one(bson::doc! { "_id": member.session }, fields).await.unwrap();
}
