use super::*;

const CENTS: i64 = 12_500;

fn at() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).unwrap()
}

fn amount() -> Amount {
    Amount { amount_cents: CENTS, currency: "USD".to_owned() }
}

fn request(reference: &str) -> Request {
    Request { reference: reference.to_owned(), token: "tok_a".to_owned(), amount: amount() }
}

fn book_with(behaviour: Behaviour) -> Book {
    let mut book = Book::default();
    let (token, brand, last4) = ("tok_a".to_owned(), "visa".to_owned(), "4242".to_owned());
    book.record(at(), Effect::TokenCreated { token, brand, last4, behaviour });
    book
}

fn take(book: &mut Book, decision: Decision) -> Status {
    let Decision::Takes(effect) = decision else { panic!("{decision:?} has no effect") };
    let reference = match &effect {
        Effect::ActionRequired { reference, .. }
        | Effect::Authorized { reference, .. }
        | Effect::Declined { reference, .. }
        | Effect::Captured { reference, .. }
        | Effect::CaptureFailed { reference }
        | Effect::Voided { reference }
        | Effect::Refunded { reference, .. } => reference.clone(),
        Effect::TokenCreated { .. } => panic!("a token is no authorisation"),
    };
    book.record(at(), effect);
    book.authorization(&reference).unwrap().status
}

/// A book with one authorisation, `p`, in the given state.
fn book_at(status: Status) -> Book {
    let behaviour = match status {
        Status::RequiresAction => Behaviour::NeedsAuthentication,
        Status::Declined => Behaviour::CardDeclined,
        Status::CaptureFailed => Behaviour::CaptureFails,
        Status::Authorized | Status::Captured | Status::Voided | Status::Refunded => Behaviour::Succeeds,
    };
    let mut book = book_with(behaviour);
    let decision = book.authorize(&request("p"));
    take(&mut book, decision);
    let steps: &[fn(&Book) -> Decision] = match status {
        Status::RequiresAction | Status::Authorized | Status::Declined => &[],
        Status::Captured | Status::CaptureFailed => &[|book| book.capture("p")],
        Status::Voided => &[|book| book.void("p")],
        Status::Refunded => &[|book| book.capture("p"), |book| book.refund("p")],
    };
    for step in steps {
        let decision = step(&book);
        take(&mut book, decision);
    }
    assert_eq!(book.authorization("p").unwrap().status, status);
    book
}

const STATUSES: [Status; 7] = [
    Status::RequiresAction,
    Status::Authorized,
    Status::Declined,
    Status::Captured,
    Status::CaptureFailed,
    Status::Voided,
    Status::Refunded,
];

#[test]
fn every_request_has_its_answer_in_every_state() {
    for status in STATUSES {
        let book = book_at(status);
        let kinds = [book.capture("p"), book.void("p"), book.refund("p")].map(|decision| match decision {
            Decision::Takes(_) => '+',
            Decision::Stands => '=',
            Decision::Refused => '!',
            Decision::Unseen | Decision::Reused => '?',
        });
        let expected = match status {
            Status::RequiresAction => ['!', '+', '!'],
            Status::Authorized => ['+', '+', '!'],
            Status::Captured => ['=', '!', '+'],
            Status::CaptureFailed => ['=', '!', '!'],
            Status::Declined => ['!', '!', '!'],
            Status::Voided => ['!', '=', '!'],
            Status::Refunded => ['!', '!', '='],
        };
        assert_eq!(kinds, expected, "capture, void and refund from {status:?}");
        assert_eq!(book.authorize(&request("p")), Decision::Stands, "authorise again from {status:?}");
    }
}

#[test]
fn each_card_that_declines_gives_its_reason() {
    for (behaviour, why) in [
        (Behaviour::CardDeclined, "card_declined"),
        (Behaviour::InsufficientFunds, "insufficient_funds"),
        (Behaviour::ExpiredCard, "expired_card"),
        (Behaviour::IncorrectCvc, "incorrect_cvc"),
        (Behaviour::AuthenticationFails, "authentication_failed"),
    ] {
        let Decision::Takes(Effect::Declined { reason, .. }) = book_with(behaviour).authorize(&request("p"))
        else {
            panic!("{behaviour:?} was not declined");
        };
        assert_eq!(reason, why);
    }
}

#[test]
fn three_d_secure_ends_in_an_authorisation_or_a_decline() {
    let mut accepted = book_at(Status::RequiresAction);
    let decision = accepted.authenticate("p", true);
    assert_eq!(take(&mut accepted, decision), Status::Authorized);
    assert_eq!(accepted.authenticate("p", true), Decision::Stands);

    let mut refused = book_at(Status::RequiresAction);
    let decision = refused.authenticate("p", false);
    assert_eq!(take(&mut refused, decision), Status::Declined);
    let reason = refused.authorization("p").unwrap().decline_reason.clone();
    assert_eq!(reason.as_deref(), Some("authentication_failed"));
    assert_eq!(refused.authenticate("p", true), Decision::Refused);
}

#[test]
fn a_reference_that_was_voided_before_it_was_seen_reserves_nothing() {
    let mut book = book_with(Behaviour::Succeeds);
    let decision = book.void("p");
    assert_eq!(take(&mut book, decision), Status::Voided);
    assert_eq!(book.authorize(&request("p")), Decision::Stands);
    assert_eq!(book.authorization("p").unwrap().status, Status::Voided);
}

#[test]
fn a_reference_cannot_be_used_for_something_else() {
    let book = book_at(Status::Authorized);
    let dearer = Amount { amount_cents: CENTS + 1, ..amount() };
    assert_eq!(book.authorize(&Request { amount: dearer, ..request("p") }), Decision::Reused);
    let other_card = Request { token: "tok_b".to_owned(), ..request("p") };
    assert_eq!(book.authorize(&other_card), Decision::Reused);
}

#[test]
fn an_unknown_token_is_declined_and_not_kept() {
    let book = book_with(Behaviour::Succeeds);
    let stranger = Request { token: "4242424242424242".to_owned(), ..request("p") };
    let Decision::Takes(effect) = book.authorize(&stranger) else { panic!("no effect") };
    assert!(!serde_json::to_string(&effect).unwrap().contains("4242"));
}

#[test]
fn what_was_never_seen_can_be_neither_captured_nor_refunded() {
    let book = Book::default();
    assert_eq!(book.capture("p"), Decision::Unseen);
    assert_eq!(book.refund("p"), Decision::Unseen);
    assert_eq!(book.authenticate("p", true), Decision::Unseen);
}
