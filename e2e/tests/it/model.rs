//! The model of the marketplace, as much of it as is walked through in seconds; `cargo xtask model` walks
//! through the rest.

use e2e::{
    market::beside_others,
    model::{
        report::{MOST_STEPS, check},
        scope::{self, Scope},
    },
};

fn nothing_breaks(scope: Scope) {
    let _company = beside_others();
    let report = check(scope, MOST_STEPS);
    println!("{report}");
    let failures: Vec<_> = report.failures().iter().map(|answer| answer.name).collect();
    assert!(failures.is_empty(), "not as it should be: {failures:?}\n{report}");
}

#[test]
fn nothing_that_happens_to_one_order_breaks_an_invariant() {
    nothing_breaks(scope::one_order());
}

#[test]
fn nothing_that_happens_to_two_cards_breaks_an_invariant() {
    nothing_breaks(scope::two_cards());
}

#[test]
fn nothing_that_a_seller_edits_breaks_an_invariant() {
    nothing_breaks(scope::prices());
}

#[test]
fn nothing_that_two_buyers_of_one_seat_do_breaks_an_invariant() {
    nothing_breaks(scope::a_seat_twice());
}
