//! The refusals of orders as problem documents.

use common::http::Problem;

use crate::domain::{decide, placing, seats::SeatsRefusal};

impl From<placing::Refusal> for Problem {
    fn from(refusal: placing::Refusal) -> Self {
        match refusal {
            placing::Refusal::ListingClosed => {
                Self::conflict("listing_closed", "The listing is not on sale any more.")
            }
            placing::Refusal::OwnListing => Self::conflict("own_listing", "You cannot buy your own tickets."),
            placing::Refusal::PriceChanged { price_cents } => {
                let detail = format!("The price of a seat is {price_cents} by now.");
                Self::conflict("price_changed", detail)
                    .with_field("/expectedPriceCents", "is not the price any more")
            }
            placing::Refusal::TotalTooHigh => Self::invalid("/quantity", "makes the total too high"),
            placing::Refusal::LimitReached { limit } => {
                let detail = format!("You have {limit} unpaid orders: pay or cancel one first.");
                Self::conflict("limit_reached", detail)
            }
            placing::Refusal::Seats(refusal) => refusal.into(),
        }
    }
}

impl From<SeatsRefusal> for Problem {
    fn from(refusal: SeatsRefusal) -> Self {
        match refusal {
            SeatsRefusal::SoldOut => Self::conflict("sold_out", "There are not enough free seats left."),
            SeatsRefusal::LeavesSingleSeat => {
                Self::conflict("leaves_single_seat", "That would leave a single seat, which nobody wants.")
                    .with_field("/quantity", "would leave a single seat")
            }
            SeatsRefusal::SplitRule => {
                Self::conflict("split_rule", "The seller does not divide the seats like that.")
                    .with_field("/quantity", "is not how the seller divides the seats")
            }
        }
    }
}

impl From<decide::Refusal> for Problem {
    fn from(refusal: decide::Refusal) -> Self {
        match refusal {
            decide::Refusal::NotCancellable => Self::conflict(
                "not_cancellable",
                "The order is paid or has ended, so it cannot be cancelled.",
            ),
            decide::Refusal::NotRefundable => {
                Self::conflict("not_refundable", "Only a completed order can be refunded, and only once.")
            }
            decide::Refusal::ShowStarted => {
                Self::conflict("not_refundable", "The show has started, so the order cannot be refunded.")
            }
        }
    }
}

/// Others were faster again and again.
pub fn busy() -> Problem {
    use actix_web::http::StatusCode;
    let detail = "Many people want these seats at this moment. Please try again.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).with_retry_after(1)
}
