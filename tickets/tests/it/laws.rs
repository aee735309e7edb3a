//! The laws that every listener obeys.

use common::{
    bus::{CommitError, HandlerError, Listener, Outcome, Tx},
    events::{
        listing::{ListingChanged, ListingSnapshot},
        order::{OrderChanged, OrderSnapshot, OrderStatus},
        show::{ShowSnapshot, ShowStatus, ShowUpdated},
    },
    ids::ListingId,
    service::Service,
    testing::{TestWorld, laws},
};
use serde_json::json;
use tickets::{
    domain::{admission::Admission, listing::Listing, show::Show},
    listeners::{
        Context, FollowShowOnListingChanged, FollowShowOnShowUpdated, KeepAdmissionOnOrderChanged,
        RecountShowOnListingChanged, RecountShowOnOrderChanged,
    },
    recounts::Recounts,
    store::{Admissions, Counted, Counts, Listings, Shows},
};

use crate::app::{DAY, later, order_of};

/// A service whose listeners do not run by themselves.
async fn quiet(world: &TestWorld) -> (Service, Context) {
    let service = Service::connect("tickets", &world.service_config(), world.clock.clone()).await.unwrap();
    service.register::<Show>().await.unwrap();
    service.register::<Listing>().await.unwrap();
    service.register::<Admission>().await.unwrap();
    service.register::<Counted>().await.unwrap();
    let bus = service.bus();
    let shows = Shows::new(bus.repository());
    let listings = Listings::new(bus.repository());
    let admissions = Admissions::new(bus.repository());
    let recounts = Recounts::new(bus.clone(), shows.clone(), listings.clone(), admissions.clone());
    let counts = Counts::new(bus.repository());
    let context = Context { bus, shows, listings, admissions, counts, recounts };
    (service, context)
}

fn show(world: &TestWorld) -> ShowSnapshot {
    let venue = json!({ "name": "Globe", "city": "London", "timeZone": "Europe/London" });
    let starts_at = world.now().plus(DAY);
    let show = json!({
        "id": common::ids::ShowId::generate(),
        "version": 1,
        "title": "Hamlet",
        "category": "theatre",
        "performers": ["The Company"],
        "venue": venue,
        "startsAt": starts_at,
        "status": "scheduled",
        "createdAt": world.now(),
    });
    serde_json::from_value(show).unwrap()
}

fn listing(show: &ShowSnapshot) -> ListingSnapshot {
    let listing = json!({
        "id": ListingId::generate(),
        "version": 1,
        "showId": show.id,
        "showStartsAt": show.starts_at,
        "sellerId": common::ids::UserId::generate(),
        "section": "Floor",
        "row": null,
        "admission": "general",
        "seats": ["1", "2"],
        "splitRule": "any",
        "price": { "amountCents": 100, "currency": "GBP" },
        "status": "active",
        "createdAt": show.created_at,
    });
    serde_json::from_value(listing).unwrap()
}

async fn store(service: &Service, show: &ShowSnapshot, listings: &[ListingSnapshot]) {
    let write = async |tx: &mut Tx| {
        tx.insert(Show::from(show.clone()));
        for snapshot in listings {
            tx.insert(Listing::new(snapshot.clone(), None));
        }
        Ok::<_, CommitError>(())
    };
    service.bus().transact(write).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keeping_admissions_obeys_the_laws() {
    let world = TestWorld::new("tickets").await;
    let (service, context) = quiet(&world).await;
    let listing = ListingId::generate();
    let order = |seats: &[u32]| order_of(listing, seats, world.now());
    let bought = order(&[1, 2]);
    let given_up = order(&[3]);
    let refunded_first = order(&[4]);
    let sold_again = order(&[1]);
    let history = [
        bought.clone(),
        given_up.clone(),
        later(&bought, 2, OrderStatus::Confirmed),
        later(&given_up, 2, OrderStatus::Cancelled),
        later(&bought, 3, OrderStatus::Completed),
        later(&refunded_first, 5, OrderStatus::Refunded),
        later(&refunded_first, 3, OrderStatus::Completed),
        later(&bought, 4, OrderStatus::Refunding),
        later(&bought, 5, OrderStatus::Refunded),
        later(&sold_again, 3, OrderStatus::Completed),
    ];
    laws::check::<KeepAdmissionOnOrderChanged>(&service.bus(), &context, &history.map(OrderChanged)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn following_a_show_obeys_the_laws() {
    let world = TestWorld::new("tickets").await;
    let (service, context) = quiet(&world).await;
    let before = show(&world);
    let starts_at = before.starts_at.plus(DAY);
    let moved = ShowSnapshot { version: 2, starts_at, ..before.clone() };
    let off = ShowSnapshot { version: 3, status: ShowStatus::Cancelled, ..moved.clone() };
    // The show is off already, and its listings have heard nothing of it.
    store(&service, &off, &[listing(&before), listing(&before), listing(&moved)]).await;
    let history = [moved, off].map(ShowUpdated);
    laws::check::<FollowShowOnShowUpdated>(&service.bus(), &context, &history).await;
    let off = &history[1].0;
    assert_eq!(context.listings.count_out_of_step(off).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn following_a_show_as_a_listing_obeys_the_laws() {
    let world = TestWorld::new("tickets").await;
    let (service, context) = quiet(&world).await;
    let before = show(&world);
    let off = ShowSnapshot { version: 2, status: ShowStatus::Cancelled, ..before.clone() };
    let listings = [listing(&before), listing(&before)];
    store(&service, &off, &listings).await;
    let unknown = listing(&before);
    let history = [listings[0].clone(), unknown, listings[1].clone()].map(ListingChanged);
    laws::check::<FollowShowOnListingChanged>(&service.bus(), &context, &history).await;
    assert_eq!(context.listings.count_out_of_step(&off).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn counting_a_show_again_is_counting_it_once() {
    let world = TestWorld::new("tickets").await;
    let (service, context) = quiet(&world).await;
    let show = show(&world);
    let listings = [listing(&show), listing(&show)];
    store(&service, &show, &listings).await;
    let taken = OrderSnapshot { show_id: show.id, ..order_of(listings[0].id, &[1], world.now()) };
    let offers = async || context.shows.get(show.id).await.unwrap().unwrap().state.offers;

    let event = ListingChanged(listings[0].clone());
    for _ in 0..2 {
        laws::deliver::<RecountShowOnListingChanged>(&service.bus(), &context, &event).await;
        let offers = offers().await;
        assert_eq!((offers.seats_left, offers.listings_count), (4, 2));
    }
    let again = laws::attempt::<RecountShowOnListingChanged>(&service.bus(), &context, &event).await.unwrap();
    assert_eq!(again, Outcome::Skipped("already_done"));
    let event = OrderChanged(taken);
    laws::deliver::<RecountShowOnOrderChanged>(&service.bus(), &context, &event).await;
    assert_eq!(offers().await.seats_left, 4, "the order is not kept yet, and the news of it waits");
    laws::deliver::<KeepAdmissionOnOrderChanged>(&service.bus(), &context, &event).await;
    for _ in 0..2 {
        laws::deliver::<RecountShowOnOrderChanged>(&service.bus(), &context, &event).await;
        assert_eq!(offers().await.seats_left, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn news_of_what_cannot_be_seen_yet_is_left_for_the_next_try() {
    let world = TestWorld::new("tickets").await;
    let (service, context) = quiet(&world).await;
    let show = show(&world);
    let listing = listing(&show);
    let taken = OrderSnapshot { show_id: show.id, ..order_of(listing.id, &[1], world.now()) };
    let offered = ListingChanged(listing.clone());
    let updated = ShowUpdated(show.clone());
    let ordered = OrderChanged(taken.clone());
    laws::deliver::<KeepAdmissionOnOrderChanged>(&service.bus(), &context, &ordered).await;
    let left = async || {
        [
            is_left::<FollowShowOnListingChanged>(&service, &context, &offered).await,
            is_left::<FollowShowOnShowUpdated>(&service, &context, &updated).await,
            is_left::<RecountShowOnListingChanged>(&service, &context, &offered).await,
            is_left::<RecountShowOnOrderChanged>(&service, &context, &ordered).await,
        ]
    };
    let counted = async || context.admissions.get(taken.id).await.unwrap().unwrap().state.is_counted();

    // Another replica has written both, and MongoDB does not show either yet.
    assert_eq!(left().await, [true; 4]);
    assert!(!counted().await);
    store(&service, &show, &[listing]).await;
    assert_eq!(left().await, [false; 4]);
    assert!(counted().await);
    assert_eq!(context.shows.get(show.id).await.unwrap().unwrap().state.offers.seats_left, 1);
}

/// Whether the listener says that the event is to be tried again.
async fn is_left<L: Listener<Context = Context>>(
    service: &Service,
    context: &Context,
    event: &L::Event,
) -> bool {
    matches!(laws::attempt::<L>(&service.bus(), context, event).await, Err(HandlerError::Failed(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_seat_never_has_two_valid_passes() {
    let world = TestWorld::new("tickets").await;
    let (service, context) = quiet(&world).await;
    let listing = ListingId::generate();
    let order = |seats: &[u32]| order_of(listing, seats, world.now());
    let first = order(&[1, 2]);
    let again = later(&order(&[2, 3]), 3, OrderStatus::Completed);
    let deliver = async |order: &OrderSnapshot| {
        let event = OrderChanged(order.clone());
        laws::deliver::<KeepAdmissionOnOrderChanged>(&service.bus(), &context, &event).await;
    };
    let passes =
        async |order: &OrderSnapshot| context.admissions.passes_of_order(order.id, None).await.unwrap();
    deliver(&later(&first, 3, OrderStatus::Completed)).await;
    deliver(&again).await;
    assert_eq!(
        (passes(&first).await.len(), passes(&again).await.len()),
        (2, 0),
        "MongoDB refuses the second"
    );
    deliver(&later(&first, 4, OrderStatus::Refunding)).await;
    deliver(&again).await;
    assert_eq!(passes(&again).await.len(), 2);
}
