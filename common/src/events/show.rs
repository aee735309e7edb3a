//! Facts about shows. Owner: tickets.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{clock::Timestamp, events::facts, ids::ShowId};

/// What kind of show it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Music.
    Concert,
    /// A match, a race, a fight.
    Sports,
    /// A play, a musical, an opera, a ballet.
    Theatre,
    /// Stand-up and the like.
    Comedy,
    /// Several acts over one or more days.
    Festival,
    /// For children and those who bring them.
    Family,
    /// A talk, a circus, an exhibition, or whatever else people go to.
    Other,
}

/// Where a show is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Venue {
    /// The name of the house.
    pub name: String,
    /// The city.
    pub city: String,
    /// IANA time zone, for example `America/New_York`.
    pub time_zone: String,
}

/// Whether the show is going to take place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShowStatus {
    /// It is.
    Scheduled,
    /// It is not.
    Cancelled,
}

/// The public state of a show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShowSnapshot {
    /// The show.
    pub id: ShowId,
    /// 1, 2, 3 … per show.
    pub version: u64,
    /// What it is called.
    pub title: String,
    /// What kind of show it is.
    pub category: Category,
    /// Who is on stage, headliner first.
    pub performers: Vec<String>,
    /// Where it is on.
    pub venue: Venue,
    /// When it starts.
    pub starts_at: Timestamp,
    /// Whether it is going to take place.
    pub status: ShowStatus,
    /// When it was entered.
    pub created_at: Timestamp,
}

facts! {
    ShowSnapshot by "tickets" about "show";
    any ShowChanged;
    /// A show was entered.
    ShowCreated = "created" v 1;
    /// A show was changed or called off.
    ShowUpdated = "updated" v 1;
}
