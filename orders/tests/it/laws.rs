//! The laws that every listener obeys, each with a history that reaches all it can do.

use std::time::Duration;

use common::{
    bus::Tx,
    events::{
        listing::{ListingChanged, ListingSnapshot, ListingStatus},
        order::{OrderSnapshot, OrderStatus},
        payment::{PaymentChanged, PaymentStatus},
        timer::{ExpirationCompleted, TimerSnapshot},
    },
    ids::{OrderId, UserId},
    service::Service,
    testing::{TestWorld, laws},
};
use orders::{
    app::{Context, connect},
    domain::{
        decide::{Decision, Input, decide},
        order::{Actor, Order, RefundRequest, RequestKey},
        placing::{Draw, Situation, Wish, place},
    },
    listeners::{ExpireOnExpirationCompleted, FollowPaymentOnPaymentChanged, KeepInventoryOnListingChanged},
    store::Orders,
};

use crate::app::{HOLD, PRICE_CENTS, TERMS, config, next, payment, row};

struct Laws {
    world: TestWorld,
    _service: Service,
    context: Context,
}

impl Laws {
    /// The service without its listeners.
    async fn start() -> Self {
        let world = TestWorld::new("orders").await;
        let (service, context) = connect(&config(&world, TERMS), world.clock.clone()).await.unwrap();
        Self { world, _service: service, context }
    }

    /// An order in the database.
    async fn placed(&self) -> Order {
        let listing = row(self.world.now(), 2);
        let wish = Wish {
            buyer_id: UserId::generate(),
            listing_id: listing.id,
            quantity: 2,
            expected_price_cents: PRICE_CENTS,
            request: RequestKey { key: "k".to_owned(), fingerprint: "f".to_owned() },
        };
        let situation = Situation { listing, taken: [].into(), slots: [].into() };
        let draw = Draw { id: OrderId::generate(), now: self.world.now(), spread: 0 };
        let order = place(&wish, &situation, TERMS, draw).unwrap();
        let insert = async |tx: &mut Tx| {
            Orders::place(tx, order.clone());
            Ok::<(), common::bus::CommitError>(())
        };
        self.context.bus.transact(insert).await.unwrap();
        order
    }

    async fn status(&self, id: OrderId) -> OrderSnapshot {
        self.context.orders.get(id).await.unwrap().unwrap().state.snapshot()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keeping_the_inventory_obeys_the_laws() {
    let laws = Laws::start().await;
    let first = row(laws.world.now(), 4);
    let dearer = ListingSnapshot { version: 2, ..first.clone() };
    let withdrawn = ListingSnapshot { version: 3, status: ListingStatus::Withdrawn, ..dearer.clone() };
    let other = row(laws.world.now(), 1);
    let history = [first, dearer, other, withdrawn.clone()].map(ListingChanged);
    laws::check::<KeepInventoryOnListingChanged>(&laws.context.bus, &laws.context, &history).await;
    let kept = laws.context.inventories.get(withdrawn.id).await.unwrap().unwrap();
    assert_eq!(kept.state.listing, withdrawn);
}

#[tokio::test(flavor = "multi_thread")]
async fn expiring_obeys_the_laws() {
    let laws = Laws::start().await;
    let order = laws.placed().await;
    let later = laws.placed().await;
    let timer = |order: &Order| {
        let (id, expires_at) = (order.id, order.expires_at);
        ExpirationCompleted(TimerSnapshot { id, version: 1, expires_at, fired_at: expires_at })
    };
    laws::check::<ExpireOnExpirationCompleted>(&laws.context.bus, &laws.context, &[timer(&order)]).await;
    assert_eq!(laws.status(order.id).await.status, OrderStatus::AwaitingPayment, "not before the deadline");
    laws.world.clock.advance(HOLD);
    let history = [timer(&order), timer(&later)];
    laws::check::<ExpireOnExpirationCompleted>(&laws.context.bus, &laws.context, &history).await;
    assert_eq!(laws.status(order.id).await.status, OrderStatus::Expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn following_payments_obeys_the_laws() {
    let laws = Laws::start().await;
    let (bought, failed, late) = (laws.placed().await, laws.placed().await, laws.placed().await);
    let pay = |order: &Order, status| payment(&order.snapshot(), status);
    let declined = pay(&bought, PaymentStatus::Declined);
    let wins = pay(&bought, PaymentStatus::Authorized);
    let loses = pay(&bought, PaymentStatus::Authorized);
    let fails = pay(&failed, PaymentStatus::Authorized);
    let history = [
        declined,
        wins.clone(),
        loses.clone(),
        fails.clone(),
        next(&loses, PaymentStatus::Voided),
        next(&wins, PaymentStatus::Captured),
        next(&fails, PaymentStatus::Failed),
    ];
    let history = history.map(PaymentChanged);
    laws::check::<FollowPaymentOnPaymentChanged>(&laws.context.bus, &laws.context, &history).await;
    assert_eq!(laws.status(bought.id).await.status, OrderStatus::Completed);
    assert_eq!(laws.status(failed.id).await.status, OrderStatus::Cancelled);
    laws.world.clock.advance(HOLD + Duration::from_secs(1));
    let history = [PaymentChanged(pay(&late, PaymentStatus::Authorized))];
    laws::check::<FollowPaymentOnPaymentChanged>(&laws.context.bus, &laws.context, &history).await;
    assert_eq!(laws.status(late.id).await.status, OrderStatus::AwaitingPayment);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_missed_a_payments_history_catches_up_from_its_end() {
    let laws = Laws::start().await;
    let order = laws.placed().await;
    let authorized = payment(&order.snapshot(), PaymentStatus::Authorized);
    let follow = async |payment| {
        laws::check::<FollowPaymentOnPaymentChanged>(
            &laws.context.bus,
            &laws.context,
            &[PaymentChanged(payment)],
        )
        .await;
        laws.status(order.id).await.status
    };
    // Published again as the current state: the authorisation itself was lost.
    let capturing = next(&authorized, PaymentStatus::Capturing);
    assert_eq!(follow(capturing.clone()).await, OrderStatus::Confirmed);
    let captured = next(&capturing, PaymentStatus::Captured);
    assert_eq!(follow(captured.clone()).await, OrderStatus::Completed);
    ask_for_refund(&laws, order.id).await;
    assert_eq!(follow(next(&captured, PaymentStatus::Refunded)).await, OrderStatus::Refunded);
}

async fn ask_for_refund(laws: &Laws, id: OrderId) {
    let ask = async |tx: &mut Tx| {
        let loaded = laws.context.orders.get(id).await.unwrap().unwrap();
        let request = RefundRequest { requested_by: loaded.state.buyer_id, key: "r".to_owned() };
        let show_starts_at = tx.now().plus(HOLD);
        let input = Input::RefundRequested { by: Actor::Buyer, request, show_starts_at };
        let Decision::Changed(order) = decide(&loaded.state, input, tx.now()) else { panic!("not refunded") };
        Orders::change(tx, &loaded, *order);
        Ok::<(), common::bus::CommitError>(())
    };
    laws.context.bus.transact(ask).await.unwrap();
}
