//! The service under test, in a world of its own.

use std::time::Duration;

use bson::doc;
use common::{
    clock::Timestamp,
    config::{Env, FromEnv as _},
    events::{
        Fact,
        listing::Seat,
        order::{OrderSnapshot, OrderStatus},
    },
    ids::{ListingId, OrderId, ShowId, UserId},
    money::{Currency, Money},
    service::Running,
    testing::{Answer, TestUser, TestWorld},
};
use serde_json::{Value, json};
use tickets::{
    app,
    config::Config,
    domain::{admission::Admission, invariants::s7, pass_code::PassSigner},
};

pub const SIGNING_KEY: [u8; 32] = *b"a key that only these tests know";
pub const HOUR: Duration = Duration::from_hours(1);
pub const DAY: Duration = Duration::from_hours(24);

pub struct TestApp {
    pub world: TestWorld,
    pub running: Running,
    pub admin: TestUser,
    pub seller: TestUser,
    pub buyer: TestUser,
}

pub fn config(world: &TestWorld) -> Config {
    let key = std::str::from_utf8(&SIGNING_KEY).unwrap();
    let config = Config::read(&Env::of([("PASS_SIGNING_KEY", key)])).unwrap();
    Config { service: world.service_config(), ..config }
}

pub fn signer() -> PassSigner {
    PassSigner::new(&SIGNING_KEY).unwrap()
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_in(TestWorld::new("tickets").await).await
    }

    pub async fn start_in(world: TestWorld) -> Self {
        let running = app::start(config(&world), world.clock.clone()).await.expect("start tickets");
        let (admin, seller, buyer) = (world.admin(), world.user(), world.user());
        Self { world, running, admin, seller, buyer }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.world.get(self.running.port(), path, None).await
    }

    pub async fn get_as(&self, user: &TestUser, path: &str) -> Answer {
        self.world.get(self.running.port(), path, Some(user)).await
    }

    pub async fn post_as(&self, user: &TestUser, path: &str, body: &Value) -> Answer {
        self.world.post(self.running.port(), path, Some(user), body).await
    }

    pub async fn patch_as(&self, user: &TestUser, path: &str, body: &Value) -> Answer {
        self.world.patch(self.running.port(), path, Some(user), body).await
    }

    /// A show that starts in so many days.
    pub fn new_show(&self, days: u32) -> Value {
        json!({
            "title": "Hamlet",
            "category": "theatre",
            "performers": ["The Company", "A. Prince"],
            "venue": { "name": "Globe", "city": "London", "timeZone": "Europe/London" },
            "startsAt": self.in_days(days),
        })
    }

    /// A show that starts in an hour.
    pub fn show_soon(&self) -> Value {
        let mut show = self.new_show(0);
        show["startsAt"] = json!(self.world.now().plus(HOUR));
        show
    }

    pub fn in_days(&self, days: u32) -> Timestamp {
        self.world.now().plus(DAY * days)
    }

    pub async fn show(&self) -> ShowId {
        self.show_of(&self.new_show(30)).await
    }

    pub async fn show_of(&self, body: &Value) -> ShowId {
        id(&self.post_as(&self.admin, "/api/shows", body).await.expect(201))
    }

    /// The seller's offer of so many places at this price.
    pub async fn listing(&self, show: ShowId, quantity: u32, cents: i64) -> ListingId {
        id(&self.post_as(&self.seller, "/api/listings", &general(show, quantity, cents)).await.expect(201))
    }

    pub async fn seats_left(&self, listing: ListingId) -> u64 {
        let answer = self.get(&format!("/api/listings/{listing}")).await.expect(200);
        answer.json()["seatsLeft"].as_u64().unwrap()
    }

    /// The buyer's order of these seats, as the service orders would tell of it.
    pub fn order(&self, show_id: ShowId, listing_id: ListingId, seats: &[u32]) -> OrderSnapshot {
        let order = order_of(listing_id, seats, self.world.now());
        OrderSnapshot { show_id, buyer_id: self.buyer.id, seller_id: self.seller.id, ..order }
    }

    pub async fn published<F: Fact>(&self) -> Vec<F> {
        self.world.settle().await;
        self.world.published::<F>().await
    }

    /// How many documents of any kind the service has made.
    pub async fn documents(&self) -> u64 {
        let client = mongodb::Client::with_uri_str(&self.world.servers.mongodb_uri).await.unwrap();
        let database = client.database(&self.world.database("tickets"));
        let mut count = 0;
        for collection in ["shows", "listings", "admissions"] {
            let documents = database.collection::<bson::Document>(collection);
            count += documents.count_documents(doc! {}).await.unwrap();
        }
        count
    }

    /// S7 holds of everything that is stored.
    pub async fn assert_s7(&self) {
        let stored = self.running.bus().repository::<Admission>();
        let admissions = stored.find(doc! {}, doc! { "_id": 1 }, 1_000).await.unwrap();
        let admissions: Vec<_> = admissions.into_iter().map(|loaded| loaded.state).collect();
        assert_eq!(s7(&admissions), []);
    }
}

/// So many places of general admission.
pub fn general(show: ShowId, quantity: u32, cents: i64) -> Value {
    json!({
        "showId": show,
        "section": "Floor",
        "quantity": quantity,
        "splitRule": "any",
        "price": { "amountCents": cents, "currency": "GBP" },
    })
}

/// Somebody's order of these seats of a listing.
pub fn order_of(listing_id: ListingId, seats: &[u32], now: Timestamp) -> OrderSnapshot {
    let price = Money::new(5_000, Currency::Gbp);
    OrderSnapshot {
        id: OrderId::generate(),
        version: 1,
        listing_id,
        show_id: ShowId::generate(),
        buyer_id: UserId::generate(),
        seller_id: UserId::generate(),
        seats: seats.iter().copied().map(Seat::ordinal).collect(),
        price,
        fees: None,
        total: price.times(u32::try_from(seats.len()).unwrap()).unwrap(),
        status: OrderStatus::AwaitingPayment,
        created_at: now,
        expires_at: now.plus(Duration::from_mins(15)),
        payment_id: None,
        cancel_reason: None,
        changed_at: now,
    }
}

/// The order in a later state.
pub fn later(order: &OrderSnapshot, version: u64, status: OrderStatus) -> OrderSnapshot {
    OrderSnapshot { version, status, ..order.clone() }
}

pub fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(answer: &Answer) -> T {
    answer.json()["id"].as_str().unwrap().parse().unwrap()
}

/// The ids of a page, in its order.
pub fn ids(page: &Answer) -> Vec<String> {
    let json = page.json();
    json["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// A problem document that blames the caller.
#[track_caller]
pub fn assert_problem(answer: &Answer) {
    assert!((400..500).contains(&answer.status), "{answer:?}");
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{answer:?}");
    assert_eq!(answer.json()["status"], answer.status, "{answer:?}");
    assert!(!answer.code().is_empty(), "{answer:?}");
}

/// A 422 that names this field.
#[track_caller]
pub fn assert_names(answer: &Answer, pointer: &str) {
    assert_problem(answer);
    assert_eq!(answer.status, 422, "{answer:?}");
    let names = |named: &String| named == pointer || named.starts_with(&format!("{pointer}/"));
    assert!(answer.pointers().iter().any(names), "{pointer} is not named: {answer:?}");
}
