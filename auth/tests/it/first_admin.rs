use auth::first_admin::FirstAdmin;
use common::{
    events::user::{Role, UserCreated, UserUpdated},
    testing::TestWorld,
};
use secrecy::SecretString;

use crate::app::{Member, PASSWORD, TestApp, config};

const EMAIL: &str = "admin@example.com";

fn admin(password: &str) -> FirstAdmin {
    FirstAdmin::new(EMAIL, &SecretString::from(password)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_admin_is_made_at_the_first_start_and_kept_at_the_next() {
    let app = TestApp::start_with(|config| config.first_admin = Some(admin(PASSWORD))).await;
    let member = app.sign_in(EMAIL).await;
    assert_eq!(member.role, Role::Admin);

    let mut again = config(&app.world);
    again.first_admin = Some(admin("another password by now"));
    auth::app::start(again, app.world.clock.clone()).await.unwrap();
    app.sign_in(EMAIL).await;
    let created = app.published::<UserCreated>().await;
    assert_eq!((created.len(), created[0].0.role), (1, Role::Admin));
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_make_one_admin() {
    let world = TestWorld::new("auth").await;
    let start = || {
        let mut config = config(&world);
        config.first_admin = Some(admin(PASSWORD));
        auth::app::start(config, world.clock.clone())
    };
    let (one, two) = tokio::join!(start(), start());
    let app = TestApp { world, running: one.unwrap() };
    two.unwrap();
    assert_eq!(app.published::<UserCreated>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_the_configured_password_becomes_an_admins() {
    let app = TestApp::start().await;
    let before = app.sign_up(EMAIL).await;
    let mut with_admin = config(&app.world);
    with_admin.first_admin = Some(admin(PASSWORD));
    auth::app::start(with_admin, app.world.clock.clone()).await.unwrap();

    let Member { user, role, .. } = app.sign_in(EMAIL).await;
    assert_eq!((user.id, role), (before.user.id, Role::Admin));
    app.me(&before.user.token).await.expect(401);
    let updated = app.published::<UserUpdated>().await;
    assert_eq!((updated.len(), updated[0].0.version, updated[0].0.role), (1, 2, Role::Admin));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signed_up_with_the_admins_address_first_gains_nothing_by_it() {
    let app = TestApp::start().await;
    app.sign_up(EMAIL).await;
    let mut with_admin = config(&app.world);
    with_admin.first_admin = Some(admin("what only the operator knows"));
    auth::app::start(with_admin, app.world.clock.clone()).await.unwrap();
    assert_eq!(app.sign_in(EMAIL).await.role, Role::User);
}
