//! Random lives of an order and its payment: news of the order late, twice, in any order or not at all, and a
//! gateway whose answers get lost. However it went, the money ends where the order says.

use common::{
    events::{
        order::{
            OrderSnapshot,
            OrderStatus::{self, Cancelled, Completed, Confirmed, Expired, Refunded, Refunding},
        },
        payment::{DeclineReason, PaymentSnapshot, PaymentStatus},
        payout::PayoutStatus,
    },
    ids::PaymentId,
};
use proptest::{prelude::*, sample::select};

use super::{
    Call, Decision, GatewayState, Input, Payment, PayoutDecision, decide, decide_payout,
    fixture::{at, card, later, new_payment},
    is_under_way, next_call, s8_violations,
};

/// What becomes of an order after its beginning, and whether it is this payment that confirms it.
type Life = (&'static [OrderStatus], bool);

const LIVES: [Life; 7] = [
    (&[], false),
    (&[Expired], false),
    (&[Cancelled], false),
    (&[Confirmed, Completed], false),
    (&[Confirmed, Completed, Refunding, Refunded], false),
    (&[Confirmed, Completed], true),
    (&[Confirmed, Completed, Refunding, Refunded], true),
];

/// What becomes of a request to the gateway.
#[derive(Debug, Clone, Copy)]
enum Luck {
    Answered,
    AnswerLost,
    RequestLost,
}

#[derive(Debug, Clone, Copy)]
enum Event {
    /// A version of the order arrives, if the order can be there yet.
    Hear(usize),
    /// The gateway is asked until an answer settles something or gets lost.
    Ask(Luck),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let luck = select(vec![Luck::Answered, Luck::AnswerLost, Luck::RequestLost]);
    let event = prop_oneof![(0_usize..5).prop_map(Event::Hear), luck.prop_map(Event::Ask)];
    proptest::collection::vec(event, 0..30)
}

/// A payment, its order, and the gateway that has its money.
struct Sale {
    payment: Payment,
    order: Vec<OrderSnapshot>,
    ours: bool,
    gateway: GatewayState,
    bank_agrees: bool,
    published: Vec<PaymentSnapshot>,
    was_charged: bool,
}

impl Sale {
    fn of((life, ours): Life, bank_agrees: bool) -> Self {
        let payment = new_payment();
        let chosen = if ours { payment.id } else { PaymentId::generate() };
        let mut order = vec![payment.order.clone()];
        for status in life {
            let payment_id = (!matches!(status, Expired | Cancelled)).then_some(chosen);
            order.push(later(&order[order.len() - 1], *status, payment_id));
        }
        let gateway = GatewayState::NeverSeen;
        Self { payment, order, ours, gateway, bank_agrees, published: Vec::new(), was_charged: false }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Hear(version) => self.hear(version),
            Event::Ask(luck) => self.ask(luck),
        }
    }

    fn hear(&mut self, version: usize) {
        if version < self.possible() {
            self.learn(Input::Order(Box::new(self.order[version].clone())));
        }
    }

    /// How many versions of the order there can be: one that is ours goes on only after this payment did.
    fn possible(&self) -> usize {
        let goes_on = |snapshot: &&OrderSnapshot| match snapshot.status {
            Confirmed => self.has_told(PaymentStatus::Authorized),
            Completed | Refunding => self.has_told(PaymentStatus::Captured),
            Refunded => self.has_told(PaymentStatus::Refunded),
            OrderStatus::AwaitingPayment | Cancelled | Expired => true,
        };
        if self.ours { self.order.iter().take_while(goes_on).count() } else { self.order.len() }
    }

    fn has_told(&self, status: PaymentStatus) -> bool {
        self.published.iter().any(|told| told.status == status)
    }

    fn learn(&mut self, input: Input) {
        if let Decision::Next(next, told) = decide(&self.payment, input, at(20)) {
            self.payment = *next;
            self.published.extend(told.map(|fact| fact.snapshot().clone()));
        }
    }

    fn ask(&mut self, luck: Luck) {
        let (loaded, mut heard) = (self.payment.clone(), None);
        while let Some(call) = next_call(&loaded, heard.as_ref()) {
            match luck {
                Luck::RequestLost => return self.learn(Input::Unknown),
                Luck::AnswerLost => {
                    self.take(call);
                    return self.learn(Input::Unknown);
                }
                Luck::Answered => heard = Some(self.take(call)),
            }
        }
        if let Some(state) = heard {
            self.learn(Input::Gateway(state));
        }
    }

    fn take(&mut self, call: Call) -> GatewayState {
        self.gateway = match (call, &self.gateway) {
            (Call::Authorize, GatewayState::NeverSeen) if self.bank_agrees => {
                GatewayState::Authorized(card())
            }
            (Call::Authorize, GatewayState::NeverSeen) => {
                GatewayState::Declined(DeclineReason::CardDeclined, None)
            }
            (Call::Capture, GatewayState::Authorized(_)) => GatewayState::Captured(card()),
            (Call::Void, GatewayState::NeverSeen | GatewayState::Authorized(_)) => GatewayState::Voided,
            (Call::Refund, GatewayState::Captured(_)) => GatewayState::Refunded,
            (_, unchanged) => unchanged.clone(),
        };
        self.was_charged |= matches!(self.gateway, GatewayState::Captured(_));
        self.gateway.clone()
    }

    /// What was lost is told again, and the gateway answers at last.
    fn come_to_rest(&mut self) {
        for _ in 0..10 {
            self.hear(self.possible() - 1);
            self.ask(Luck::Answered);
        }
    }

    /// Where the money must be.
    fn expected(&self) -> &'static [PaymentStatus] {
        match (self.order[self.possible() - 1].status, self.ours) {
            (OrderStatus::AwaitingPayment, _) if self.bank_agrees => &[PaymentStatus::Authorized],
            (OrderStatus::AwaitingPayment, _) => &[PaymentStatus::Declined],
            (Confirmed | Completed, true) => &[PaymentStatus::Captured],
            (Refunding | Refunded, true) => &[PaymentStatus::Refunded],
            (Cancelled | Expired, _) | (_, false) => &[PaymentStatus::Declined, PaymentStatus::Voided],
        }
    }
}

proptest! {
    #[test]
    fn however_it_went_the_money_ends_where_the_order_says(
        life in select(LIVES.to_vec()),
        bank_agrees: bool,
        events in events(),
    ) {
        let mut sale = Sale::of(life, bank_agrees);
        for event in events {
            sale.happen(event);
            prop_assert_eq!(s8_violations(&sale.published), []);
            prop_assert!(sale.ours || !sale.was_charged, "charged for an order that another payment has");
            prop_assert_eq!(sale.payment.next_attempt_at.is_some(), is_under_way(sale.payment.status));
        }
        sale.come_to_rest();
        prop_assert!(sale.expected().contains(&sale.payment.status), "{:?}", sale.payment.status);
        let versions: Vec<_> = sale.published.iter().map(|told| told.version).collect();
        prop_assert_eq!(&versions, &(1..=sale.payment.version).collect::<Vec<_>>());
        let at_rest = sale.payment.clone();
        for version in 0..sale.order.len() {
            sale.hear(version);
        }
        prop_assert_eq!(sale.payment, at_rest, "what is old or known changed it");
    }

    #[test]
    fn a_seller_is_owed_what_the_newest_news_says(
        life in select(LIVES.to_vec()),
        heard in proptest::collection::vec(0_usize..5, 0..20),
    ) {
        let order = Sale::of(life, true).order;
        let mut payout = None;
        for version in heard.into_iter().chain([order.len() - 1]).filter(|version| *version < order.len()) {
            if let PayoutDecision::Next(next, _) = decide_payout(payout.as_ref(), &order[version], at(5)) {
                payout = Some(*next);
            }
        }
        let expected = match order[order.len() - 1].status {
            Completed => Some(PayoutStatus::Scheduled),
            Refunding | Refunded => Some(PayoutStatus::Cancelled),
            OrderStatus::AwaitingPayment | Confirmed | Cancelled | Expired => None,
        };
        prop_assert_eq!(payout.map(|payout| payout.status), expected);
    }
}
