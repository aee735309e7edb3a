//! What is kept in MongoDB, and how it is found. Writes are recorded in a `Tx`; nothing here writes.

mod admissions;
mod counts;
mod listings;
mod shows;

pub use admissions::{Admissions, CHECK_INS, PassPlace};
pub use counts::{Counted, Counts};
pub use listings::{ListingFilter, ListingOrder, ListingPlace, Listings, OnSale, REQUESTS};
pub use shows::{Count, ShowFilter, ShowOrder, ShowPlace, Shows};
