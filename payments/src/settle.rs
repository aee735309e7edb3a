//! How a payment gets on: ask the gateway what has to be asked, and write down what it says.
//!
//! The gateway is asked after the state that says so is committed, never in the middle of a decision, and
//! its answer meets the newest state of the payment. All of it may happen twice or in two replicas at once:
//! requests are idempotent by our reference, and writes are guarded by the revision that was read.

use std::{error::Error, time::Instant};

use common::{
    bus::{CommitError, StoreError, Tx},
    control::{Control, is_broken},
    events::{order::OrderSnapshot, payment::PaymentStatus},
    failpoint::{self, Point},
    http::Problem,
    ids::PaymentId,
};

use crate::{
    app::Context,
    domain::{
        Answer, Call, Decision, GatewayState, Input, Naming, Payment, answer, decide, is_under_way, naming,
        next_call,
    },
    gateway::{Authorization, GatewayError},
};

/// How many requests one answer may need: lookup, then authorise or void.
const MAX_CALLS: u32 = 3;
/// How many steps a payment takes in one go: authorise, capture or void, refund.
const MAX_STEPS: u32 = 4;

/// Our own database is away.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// It could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It could not be written.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl From<SettleError> for Problem {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::Store(error) => error.into(),
            SettleError::Commit(error) => error.into(),
        }
    }
}

/// Asks the gateway until it has nothing to say that helps now, or the payment is at rest.
pub async fn drive(context: &Context, id: PaymentId) -> Result<(), SettleError> {
    for _ in 0..MAX_STEPS {
        let Some(payment) = context.payments.get(id).await? else { return Ok(()) };
        let before = payment.state.status;
        if !is_under_way(before) {
            return Ok(());
        }
        match ask_once(context, payment.state, None).await? {
            Some(after) if after.status != before => {}
            _ => return Ok(()),
        }
    }
    Ok(())
}

/// Asks the gateway about a payment, given what it is known to have said before, and writes the answer down.
pub async fn ask_once(
    context: &Context,
    payment: Payment,
    heard: Option<GatewayState>,
) -> Result<Option<Payment>, SettleError> {
    let id = payment.id;
    let Some(payment) = follow(context, payment).await? else { return Ok(None) };
    match ask(context, &payment, heard).await {
        Some(input) => learn(context, id, input).await,
        None => Ok(Some(payment)),
    }
}

/// Makes sure that the payment hears of its order from now on, before the gateway hears of the payment.
async fn follow(context: &Context, payment: Payment) -> Result<Option<Payment>, SettleError> {
    if payment.status != PaymentStatus::Authorizing {
        return Ok(Some(payment));
    }
    let order = name_in_order(context, &payment).await?;
    if order.version > payment.order.version {
        learn(context, payment.id, Input::Order(Box::new(order))).await
    } else {
        Ok(Some(payment))
    }
}

/// Names the payment in what is known of its order, and returns the newest snapshot.
///
/// Whoever is slow may find that the payment has been declined, and that the next one is named: the order's news is
/// for that one then. So the payment is looked at once more, after what is known of the order: if it can still be
/// authorised, the next one does not exist yet, and naming that will come after this or make this fail.
///
/// A payment or an order that is not there was written before all the same, and MongoDB does not show it yet: the
/// gateway must not hear of a payment that is not named, so it is left to the next try.
async fn name_in_order(context: &Context, payment: &Payment) -> Result<OrderSnapshot, SettleError> {
    let (orders, payments) = (context.orders.clone(), context.payments.clone());
    let (id, order) = (payment.id, payment.order.id);
    let work = async move |tx: &mut Tx| {
        let view = orders.known(order).await?;
        let payment = payments.get(id).await?;
        match naming(id, payment.as_ref().map(|payment| &payment.state), view.state.payment_id) {
            Naming::Due => orders.name_payment(tx, &view, id),
            Naming::Settled => {}
            Naming::Unseen => return Err(StoreError::unseen::<Payment>(&id).into()),
        }
        Ok::<_, SettleError>(view.state.order)
    };
    context.bus.transact(work).await
}

/// Load, decide, save, publish: the one way in which a payment learns something outside a listener.
async fn learn(context: &Context, id: PaymentId, input: Input) -> Result<Option<Payment>, SettleError> {
    let payments = context.payments.clone();
    let work = async move |tx: &mut Tx| {
        let Some(known) = payments.get(id).await? else { return Ok(None) };
        match decide(&known.state, input.clone(), tx.now()) {
            Decision::Next(next, told) => {
                payments.save(tx, &known, (*next).clone(), told);
                Ok::<_, SettleError>(Some(*next))
            }
            Decision::Skipped(_) => Ok(Some(known.state)),
        }
    };
    context.bus.transact(work).await
}

/// Asks as long as an answer raises the next question. `None`: there was nothing to ask.
async fn ask(context: &Context, payment: &Payment, mut heard: Option<GatewayState>) -> Option<Input> {
    for _ in 0..MAX_CALLS {
        let Some(call) = next_call(payment, heard.as_ref()) else { break };
        match perform(context, payment, call).await {
            Ok(state) => heard = Some(state),
            Err(error) => return Some(note_unknown(payment, call, &error)),
        }
    }
    let state = heard?;
    if answer(payment.status, &state) == Answer::Contradicts {
        let (id, status) = (payment.id, payment.status);
        tracing::error!(payment.id = %id, ?status, gateway = ?state, "the gateway contradicts a payment");
    }
    Some(Input::Gateway(state))
}

async fn perform(context: &Context, payment: &Payment, call: Call) -> Result<GatewayState, GatewayError> {
    let (gateway, reference) = (&context.gateway, payment.id);
    let started = Instant::now();
    let (unsent, unwritten) = failpoints(call);
    failpoint::pass(unsent);
    let answer = match call {
        Call::Lookup => gateway.lookup(reference).await,
        Call::Authorize => authorize(context, payment).await,
        Call::Capture => gateway.capture(reference).await,
        Call::Void => gateway.void(reference).await,
        Call::Refund => gateway.refund(reference).await,
    };
    failpoint::pass(unwritten);
    let outcome = match &answer {
        Ok(_) => "known",
        Err(GatewayError::Rejected(_)) => "rejected",
        Err(GatewayError::Unknown(_)) => "unknown",
    };
    let labels = [("call", name(call)), ("outcome", outcome)];
    metrics::histogram!("payments_gateway_call_seconds", &labels).record(started.elapsed());
    answer
}

async fn authorize(context: &Context, payment: &Payment) -> Result<GatewayState, GatewayError> {
    let Some(payment_method) = payment.payment_method.clone() else {
        let detail = "it forgot an authorisation that it had seen".to_owned();
        return Err(GatewayError::Rejected(detail));
    };
    let (reference, mut amount) = (payment.id, payment.amount);
    if is_broken(Control::ChargeMore) {
        amount.amount_cents += 1;
    }
    context.gateway.authorize(Authorization { reference, payment_method, amount }).await
}

/// An outcome that nobody knows is asked about again; a request that the gateway does not understand needs
/// a person as well.
fn note_unknown(payment: &Payment, call: Call, error: &GatewayError) -> Input {
    let (id, call) = (payment.id, name(call));
    match error {
        GatewayError::Unknown(cause) => {
            let cause = innermost(&**cause);
            tracing::warn!(payment.id = %id, call, cause, "the outcome of a payment is unknown for now");
        }
        GatewayError::Rejected(_) => {
            tracing::error!(payment.id = %id, call, %error, "the gateway does not understand us");
        }
    }
    Input::Unknown
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// Before the gateway is asked, and after it has answered.
fn failpoints(call: Call) -> (Point, Point) {
    match call {
        Call::Lookup => (Point::LookupUnsent, Point::LookupUnwritten),
        Call::Authorize => (Point::AuthorizeUnsent, Point::AuthorizeUnwritten),
        Call::Capture => (Point::CaptureUnsent, Point::CaptureUnwritten),
        Call::Void => (Point::VoidUnsent, Point::VoidUnwritten),
        Call::Refund => (Point::RefundUnsent, Point::RefundUnwritten),
    }
}

fn name(call: Call) -> &'static str {
    match call {
        Call::Lookup => "lookup",
        Call::Authorize => "authorize",
        Call::Capture => "capture",
        Call::Void => "void",
        Call::Refund => "refund",
    }
}
