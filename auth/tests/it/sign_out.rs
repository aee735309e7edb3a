use common::events::session::SessionRevoked;
use futures::future::join_all;

use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_and_tells_it() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    let answer = app.delete("/api/users/sessions/current", Some(&member.user)).await.expect(204);
    assert!(answer.cookies[0].starts_with("stagedoor=; "), "{answer:?}");
    assert!(answer.cookies[1].starts_with("stagedoor-refresh=; "), "{answer:?}");
    assert!(answer.cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{answer:?}");

    app.me(&member.user.token).await.expect(401);
    let revoked = app.published::<SessionRevoked>().await;
    assert_eq!(revoked.len(), 1);
    let snapshot = &revoked[0].0;
    assert_eq!((snapshot.id, snapshot.user_id, snapshot.version), (member.session, member.user.id, 1));
    assert!(snapshot.tokens_expire_at >= snapshot.revoked_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_on_one_device_leaves_the_others_signed_in() {
    let app = TestApp::start().await;
    let phone = app.sign_up("ada@example.com").await;
    let laptop = app.sign_in("ada@example.com").await;
    app.delete("/api/users/sessions/current", Some(&phone.user)).await.expect(204);
    app.me(&phone.user.token).await.expect(401);
    app.me(&laptop.user.token).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_parallel_sign_outs_are_told_once() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    let requests = (0..8).map(|_| app.delete("/api/users/sessions/current", Some(&member.user)));
    let statuses: Vec<u16> = join_all(requests).await.iter().map(|answer| answer.status).collect();
    assert!(statuses.contains(&204), "{statuses:?}");
    assert!(statuses.iter().all(|status| [204, 401].contains(status)), "{statuses:?}");
    assert_eq!(app.published::<SessionRevoked>().await.len(), 1);
}
