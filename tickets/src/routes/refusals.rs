//! The refusals of the domain as problem documents.

use common::{events::order::MAX_SEATS_PER_ORDER, http::Problem};

use crate::domain::{
    check_in::CheckInRefusal,
    listing::ListingRefusal,
    seats::{MAX_SEATS, SeatsRefusal},
    show::ShowRefusal,
};

impl From<ShowRefusal> for Problem {
    fn from(refusal: ShowRefusal) -> Self {
        match refusal {
            ShowRefusal::StartNotInFuture => Self::invalid("/startsAt", "must be in the future"),
            ShowRefusal::Started => show_started(),
            ShowRefusal::Cancelled => show_cancelled(),
        }
    }
}

impl From<CheckInRefusal> for Problem {
    fn from(refusal: CheckInRefusal) -> Self {
        match refusal {
            CheckInRefusal::Unknown => Self::not_found("pass"),
            CheckInRefusal::Voided => Self::conflict("pass_voided", "The pass does not admit any more."),
            CheckInRefusal::Already { at } => {
                Self::conflict("already_checked_in", format!("Somebody entered with this pass at {at}."))
            }
            CheckInRefusal::KeyReused => Self::idempotency_key_reused(),
        }
    }
}

impl From<ListingRefusal> for Problem {
    fn from(refusal: ListingRefusal) -> Self {
        match refusal {
            ListingRefusal::ShowStarted => show_started(),
            ListingRefusal::ShowCancelled => show_cancelled(),
            ListingRefusal::NotYours => Self::forbidden("Only its seller or an admin may change a listing."),
            ListingRefusal::Withdrawn => Self::conflict("listing_withdrawn", "The listing was withdrawn."),
            ListingRefusal::Price => Self::invalid("/price/amountCents", "must be from 1 to 20000000"),
            ListingRefusal::CurrencyFixed => {
                Self::invalid("/price/currency", "cannot change: withdraw the listing and make a new one")
            }
            ListingRefusal::Seats(refusal) => refusal.into(),
        }
    }
}

impl From<SeatsRefusal> for Problem {
    fn from(refusal: SeatsRefusal) -> Self {
        match refusal {
            SeatsRefusal::EitherSeatsOrQuantity => Self::invalid("/seats", "give either seats or a quantity")
                .with_field("/quantity", "see seats"),
            SeatsRefusal::SeatCount => Self::invalid("/seats", format!("must be 1 to {MAX_SEATS} seats")),
            SeatsRefusal::Quantity => Self::invalid("/quantity", format!("must be from 1 to {MAX_SEATS}")),
            SeatsRefusal::Repeated { at } => Self::invalid(format!("/seats/{at}"), "appears more than once"),
            SeatsRefusal::OddForPairs => {
                Self::invalid("/splitRule", "an odd number of seats cannot be sold in pairs")
            }
            SeatsRefusal::TooManyTogether => {
                let detail = format!("at most {MAX_SEATS_PER_ORDER} seats can be sold all together");
                Self::invalid("/splitRule", detail)
            }
        }
    }
}

fn show_started() -> Problem {
    Problem::conflict("show_started", "The show has started.")
}

fn show_cancelled() -> Problem {
    Problem::conflict("show_cancelled", "The show was called off.")
}
