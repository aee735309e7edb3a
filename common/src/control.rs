//! Deliberate mistakes, to see that they are caught.
//!
//! An instrument that never found anything may be one that cannot find anything. So for every invariant
//! there is at least one [`Control`]: a mistake that somebody could make, built into the product at the
//! place where it would be made, and switched on by nobody but a test that expects to see the invariant
//! broken. Each control names the test that catches it.
//!
//! Without the cargo feature `controls` no mistake is compiled in: [`is_broken`] is a constant `false`. With
//! it, the mistake is made that the environment variable `STAGEDOOR_CONTROL` names when it is first asked
//! for, and none if it names none.

#[cfg(feature = "controls")]
use std::{env, sync::LazyLock};

/// The variable that names the mistake to make.
pub const VARIABLE: &str = "STAGEDOOR_CONTROL";

/// The test that catches a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Catcher {
    /// The package among whose tests it is.
    pub package: &'static str,
    /// Its full name.
    pub test: &'static str,
    /// What it says when it has caught the mistake, and at no other failure.
    pub says: &'static str,
}

macro_rules! controls {
    ($($(#[doc = $doc:literal])+ $control:ident = $name:literal breaks $invariant:literal
        caught by $package:literal $test:literal saying $says:literal;)+) => {
        /// A mistake that somebody could make.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Control {
            $($(#[doc = $doc])+ $control,)+
        }

        impl Control {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$control),+];

            /// By which `STAGEDOOR_CONTROL` names it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$control => $name,)+
                }
            }

            /// The one of that name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|control| control.name() == name)
            }

            /// The invariant that it breaks, by its id in the design.
            pub const fn breaks(self) -> &'static str {
                match self {
                    $(Self::$control => $invariant,)+
                }
            }

            /// Who notices.
            pub const fn catcher(self) -> Catcher {
                match self {
                    $(Self::$control => Catcher { package: $package, test: $test, says: $says },)+
                }
            }
        }
    };
}

controls! {
    /// A unit of work is answered before MongoDB has it.
    AnswerBeforeCommit = "answer_before_commit" breaks "S10"
        caught by "common" "committing::of_64_inserts_of_one_seat_exactly_one_is_committed"
        saying "left: 64";
    /// A message is acknowledged before it is handled.
    AckBeforeCommit = "ack_before_commit" breaks "D1"
        caught by "common" "redelivery::what_a_dead_process_had_in_hand_is_handled_by_the_next_one"
        saying "left: [2]";
    /// An event is published before MongoDB has what it tells of.
    PublishBeforeCommit = "publish_before_commit" breaks "S9"
        caught by "common" "committing::a_refused_unit_of_work_does_not_disturb_its_group"
        saying "right: 91";
    /// An event leaves the outbox although JetStream has not acknowledged it.
    ForgetUnpublished = "forget_unpublished" breaks "L7"
        caught by "common" "outages::what_is_committed_while_the_broker_is_down_is_published_when_it_is_back"
        saying "right: [1, 2]";
    /// A document is saved whatever became of it since it was read.
    NoRevisionGuard = "no_revision_guard" breaks "S10"
        caught by "common" "committing::writers_that_meet_on_one_document_all_succeed_without_a_gap"
        saying "right: 41";
    /// Seats are claimed by reading first and writing then; no unique index has the last word.
    NoSeatIndex = "no_seat_index" breaks "S1"
        caught by "orders" "racing::one_of_64_buyers_gets_the_last_seat"
        saying "\"409 sold_out\": 63";
    /// The limit of open orders is kept by reading first and writing then.
    NoSlotIndex = "no_slot_index" breaks "S12"
        caught by "orders" "racing::a_buyer_who_asks_for_many_orders_at_once_gets_as_many_as_permitted"
        saying "right: 4";
    /// A request that comes again is known by reading first and writing then.
    NoKeyIndex = "no_key_index" breaks "S10"
        caught by "tickets" "idempotency::eight_at_once_with_one_key_make_one_listing"
        saying "left: ListingId(";
    /// Who asks for an order gets it, whosever it is.
    AnybodysOrder = "anybodys_order" breaks "S14"
        caught by "orders" "reading::an_order_is_seen_by_its_buyer_and_by_admins_and_by_nobody_else"
        saying "right: 404";
    /// A confirmed order has no seats until it is completed.
    FreeSeatsEarly = "free_seats_early" breaks "S2"
        caught by "e2e" "model::nothing_that_happens_to_one_order_breaks_an_invariant"
        saying "[\"S2 ";
    /// An order that has ended keeps its seats.
    KeepSeats = "keep_seats" breaks "S6"
        caught by "e2e" "model::nothing_that_happens_to_one_order_breaks_an_invariant"
        saying "[\"S6 ";
    /// Money that is reserved completes an order.
    CompleteUncharged = "complete_uncharged" breaks "S5"
        caught by "e2e" "model::nothing_that_happens_to_one_order_breaks_an_invariant"
        saying "[\"S5 ";
    /// A timer ends an order that is paid.
    ExpireConfirmed = "expire_confirmed" breaks "S8"
        caught by "e2e" "model::nothing_that_happens_to_one_order_breaks_an_invariant"
        saying "[\"S8 ";
    /// A payment revives an order that has expired.
    ReviveExpired = "revive_expired" breaks "S8"
        caught by "e2e" "model::nothing_that_happens_to_one_order_breaks_an_invariant"
        saying "[\"S8 ";
    /// A timer is believed before the deadline.
    ExpireEarly = "expire_early" breaks "S11"
        caught by "e2e" "model::nothing_that_happens_to_one_order_breaks_an_invariant"
        saying "[\"S11 ";
    /// An authorisation confirms after the deadline.
    ConfirmLate = "confirm_late" breaks "S11"
        caught by "e2e" "model::nothing_that_happens_to_one_order_breaks_an_invariant"
        saying "[\"S11 ";
    /// A buyer gets the price of now, whatever he has accepted.
    PriceOfNow = "price_of_now" breaks "S13"
        caught by "e2e" "model::nothing_that_a_seller_edits_breaks_an_invariant"
        saying "[\"S13 ";
    /// What is reserved is charged at once.
    AutoCapture = "auto_capture" breaks "S3"
        caught by "e2e" "model::nothing_that_happens_to_one_order_breaks_an_invariant"
        saying "[\"S3 ";
    /// The gateway is asked for a little more than the order costs.
    ChargeMore = "charge_more" breaks "S4"
        caught by "payments" "paying::a_card_is_authorised_then_charged_when_the_order_is_confirmed"
        saying "invariant: \"S4\"";
    /// What the gateway did not answer has not happened.
    UnknownIsFailed = "unknown_is_failed" breaks "S3"
        caught by "e2e" "model::nothing_that_happens_to_one_order_breaks_an_invariant"
        saying "[\"S3 ";
    /// Who is slow with a declined payment takes the news of the order from the next one.
    NameDeclined = "name_declined" breaks "L5"
        caught by "e2e" "model::nothing_that_happens_to_two_cards_breaks_an_invariant"
        saying "[\"L1-L6 ";
    /// A payment that cannot be seen yet is taken for one that need not be named in its order.
    UnseenIsNothing = "unseen_is_nothing" breaks "L5"
        caught by "e2e" "model::nothing_that_happens_to_one_order_breaks_an_invariant"
        saying "[\"L1-L6 ";
    /// Tickets believes whatever version of an order comes last.
    NoVersionGuard = "no_version_guard" breaks "S9"
        caught by "e2e" "model::nothing_that_happens_to_one_order_breaks_an_invariant"
        saying "[\"S9 ";
    /// The versions of a payment go up by two.
    VersionGap = "version_gap" breaks "S9"
        caught by "e2e" "model::nothing_that_happens_to_one_order_breaks_an_invariant"
        saying "[\"S9 ";
    /// Timers are in Redis, and what Redis loses is lost.
    TimersInRedis = "timers_in_redis" breaks "D1"
        caught by "expiration" "losses::a_flushed_index_is_rebuilt_and_timers_fire_in_time"
        saying "the timers to be indexed";
    /// A pass admits after its order was refunded.
    KeepPasses = "keep_passes" breaks "S7"
        caught by "e2e" "model::nothing_that_happens_to_one_order_breaks_an_invariant"
        saying "[\"S7 ";
    /// Nothing refuses a second valid pass for a seat.
    NoPassIndex = "no_pass_index" breaks "S7"
        caught by "tickets" "passes::a_second_valid_pass_for_a_seat_is_refused_by_the_database_itself"
        saying "S7: Ok";
    /// A log line tells an access token.
    LogToken = "log_token" breaks "S15"
        caught by "auth" "secrets::nothing_secret_is_in_the_stream_the_logs_or_the_documents"
        saying "is in the logs";
}

/// Whether this mistake is to be made.
#[cfg(not(feature = "controls"))]
pub const fn is_broken(_: Control) -> bool {
    false
}

/// Whether this mistake is to be made.
#[cfg(feature = "controls")]
pub fn is_broken(control: Control) -> bool {
    *ON == Some(control)
}

/// The mistake that is made in this process.
#[cfg(feature = "controls")]
static ON: LazyLock<Option<Control>> = LazyLock::new(|| Control::named(&env::var(VARIABLE).ok()?));

/// Says in the log that this build can make mistakes on purpose, and which one it makes.
pub(crate) fn announce() {
    #[cfg(feature = "controls")]
    match *ON {
        None => tracing::warn!("built with the feature controls, which is for tests only"),
        Some(control) => {
            tracing::error!(control = control.name(), "this process makes a mistake on purpose");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_safety_invariant_has_a_control() {
        let broken: BTreeSet<_> = Control::ALL.iter().map(|control| control.breaks()).collect();
        for invariant in (1..=15).map(|n| format!("S{n}")) {
            assert!(broken.contains(invariant.as_str()), "nothing breaks {invariant}");
        }
    }

    #[test]
    fn every_control_has_a_name_of_its_own() {
        let names: BTreeSet<_> = Control::ALL.iter().map(|control| control.name()).collect();
        assert_eq!(names.len(), Control::ALL.len());
    }

    #[test]
    fn the_tests_of_every_catcher_check_the_controls() {
        for control in Control::ALL {
            let tests = |binary: &str| {
                let package = control.catcher().package;
                let main = format!("{}/../{package}/tests/{binary}/main.rs", env!("CARGO_MANIFEST_DIR"));
                std::fs::read_to_string(main).unwrap_or_default()
            };
            let checked = ["it", "conformance"].iter().any(|binary| tests(binary).contains("mod controls;"));
            assert!(checked, "{} is caught by nobody", control.name());
        }
    }

    #[test]
    fn a_process_that_is_not_told_to_makes_no_mistake() {
        assert!(Control::ALL.iter().all(|control| !is_broken(*control)));
    }
}
