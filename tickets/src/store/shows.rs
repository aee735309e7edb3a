//! The collection `shows`.

use bson::{Document, doc};
use common::{
    bus::{Aggregate, Index, Loaded, Publication, Repository, StoreError},
    clock::Timestamp,
    events::show::{Category, ShowCreated, ShowStatus, ShowUpdated},
    ids::ShowId,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::domain::{place::city_key, show::Show};

const STARTS_AT: &str = "state.snapshot.startsAt";
const CATEGORY: &str = "state.snapshot.category";
const STATUS: &str = "state.snapshot.status";
const CITY: &str = "state.cityKey";
const WORDS: &str = "state.words";
const NAMES: &str = "state.names";
const CHEAPEST: &str = "state.cheapestCents";
const SEATS_LEFT: &str = "state.offers.seatsLeft";
const LISTINGS_COUNT: &str = "state.offers.listingsCount";

/// How many cities are counted at most: those with the most shows.
const MAX_CITIES: i64 = 100;

impl Aggregate for Show {
    const COLLECTION: &'static str = "shows";

    fn document_id(&self) -> String {
        self.snapshot.id.to_string()
    }

    fn indexes() -> Vec<Index> {
        vec![
            Index::on("by_start", doc! { STARTS_AT: 1, "_id": 1 }),
            Index::on("by_category", doc! { CATEGORY: 1, STARTS_AT: 1, "_id": 1 }),
            Index::on("by_city", doc! { CITY: 1, STARTS_AT: 1, "_id": 1 }),
            Index::on("by_cheapest", doc! { CHEAPEST: 1, "_id": 1 }),
            Index::on("by_seats", doc! { SEATS_LEFT: -1, "_id": 1 }),
            Index::on("by_word", doc! { WORDS: 1 }),
            Index::on("by_name", doc! { NAMES: 1 }),
            Index::on("on_sale", doc! { STARTS_AT: 1 }).partial(doc! { LISTINGS_COUNT: { "$gt": 0 } }),
        ]
    }

    fn current_facts(&self) -> Vec<Publication> {
        let snapshot = self.snapshot.clone();
        vec![if snapshot.version == 1 { ShowCreated(snapshot).into() } else { ShowUpdated(snapshot).into() }]
    }
}

/// Which shows a list is of; what is `None` does not matter.
#[derive(Debug, Clone)]
pub struct ShowFilter {
    /// Only of this kind.
    pub category: Option<Category>,
    /// Only in this city, whatever its capitals.
    pub city: Option<String>,
    /// Only what starts then or later.
    pub from: Timestamp,
    /// Only what starts before.
    pub until: Option<Timestamp>,
    /// Only what is found by all of these words.
    pub words: Vec<String>,
    /// Only what something is on sale of, at that time.
    pub on_sale_at: Option<Timestamp>,
    /// Only what a seat is on sale of that costs so much in all, or less.
    pub max_cents: Option<i64>,
}

impl ShowFilter {
    /// All shows from this time on.
    pub const fn starting(from: Timestamp) -> Self {
        let words = Vec::new();
        Self { category: None, city: None, from, until: None, words, on_sale_at: None, max_cents: None }
    }
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShowOrder {
    /// By the start.
    Soonest,
    /// By the cheapest seat; what nothing is on sale of comes last.
    Cheapest,
    /// By the number of seats left, the most first.
    Seats,
    /// What is itself called so, then what is only at a place called so; both by the start.
    Relevance,
}

/// A place in a list of shows, of one order: what it goes by, then the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ShowPlace {
    /// By the start.
    Soonest(Timestamp, ShowId),
    /// By the cheapest seat, in cents.
    Cheapest(i64, ShowId),
    /// By the seats left.
    Seats(u32, ShowId),
    /// Among what is called so, by the start.
    Named(Timestamp, ShowId),
    /// Among what is at a place called so, by the start.
    Found(Timestamp, ShowId),
}

impl ShowPlace {
    /// The place of a show in a list of this order, of what is found by these words.
    pub fn of(order: ShowOrder, show: &Show, words: &[String]) -> Self {
        let (starts_at, id) = (show.snapshot.starts_at, show.snapshot.id);
        match order {
            ShowOrder::Soonest => Self::Soonest(starts_at, id),
            ShowOrder::Cheapest => Self::Cheapest(show.cheapest_cents, id),
            ShowOrder::Seats => Self::Seats(show.offers.seats_left, id),
            ShowOrder::Relevance if show.is_named(words) => Self::Named(starts_at, id),
            ShowOrder::Relevance => Self::Found(starts_at, id),
        }
    }

    /// Whether it is a place in a list of this order.
    pub const fn is_of(self, order: ShowOrder) -> bool {
        match order {
            ShowOrder::Soonest => matches!(self, Self::Soonest(..)),
            ShowOrder::Cheapest => matches!(self, Self::Cheapest(..)),
            ShowOrder::Seats => matches!(self, Self::Seats(..)),
            ShowOrder::Relevance => matches!(self, Self::Named(..) | Self::Found(..)),
        }
    }

    /// What comes after it in a list sorted by [`sorted`].
    fn rest(self) -> Document {
        match self {
            Self::Soonest(at, id) | Self::Named(at, id) | Self::Found(at, id) => doc! {
                STARTS_AT: { "$gte": at }, "$or": [{ STARTS_AT: { "$gt": at } }, { "_id": { "$gt": id } }],
            },
            Self::Cheapest(cents, id) => doc! {
                CHEAPEST: { "$gte": cents }, "$or": [{ CHEAPEST: { "$gt": cents } }, { "_id": { "$gt": id } }],
            },
            Self::Seats(seats, id) => doc! {
                SEATS_LEFT: { "$lte": seats },
                "$or": [{ SEATS_LEFT: { "$lt": seats } }, { "_id": { "$gt": id } }],
            },
        }
    }
}

/// How many shows there are of something.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Count<T> {
    /// Of what.
    pub name: T,
    /// How many.
    pub shows: u32,
}

/// Reads shows.
#[derive(Debug, Clone)]
pub struct Shows {
    repository: Repository<Show>,
}

impl Shows {
    /// The shows in this repository.
    pub fn new(repository: Repository<Show>) -> Self {
        Self { repository }
    }

    /// The show with this id.
    pub async fn get(&self, id: ShowId) -> Result<Option<Loaded<Show>>, StoreError> {
        self.repository.get(id).await
    }

    /// The show with this id, which something else tells of.
    pub async fn known(&self, id: ShowId) -> Result<Loaded<Show>, StoreError> {
        self.repository.known(id).await
    }

    /// Shows that have begun and are kept as if something of them were on sale.
    pub async fn begun_on_sale(&self, now: Timestamp, limit: i64) -> Result<Vec<Show>, StoreError> {
        let filter = doc! { STARTS_AT: { "$lte": now }, LISTINGS_COUNT: { "$gt": 0 } };
        self.find(filter, doc! { STARTS_AT: 1 }, limit).await
    }

    /// The shows that follow this one by their ids, or the first.
    pub async fn following(&self, after: Option<ShowId>, limit: i64) -> Result<Vec<Show>, StoreError> {
        self.repository.after(after, limit).await
    }

    /// The next shows of a list, in its order.
    pub async fn page(
        &self,
        filter: &ShowFilter,
        order: ShowOrder,
        after: Option<ShowPlace>,
        limit: i64,
    ) -> Result<Vec<Show>, StoreError> {
        match order {
            ShowOrder::Soonest | ShowOrder::Cheapest | ShowOrder::Seats => {
                self.find(query(filter, after), sorted(order), limit).await
            }
            ShowOrder::Relevance => self.most_relevant(filter, after, limit).await,
        }
    }

    /// In how many cities, and of which kinds, there are shows that something is on sale of.
    pub async fn counts(
        &self,
        now: Timestamp,
    ) -> Result<(Vec<Count<String>>, Vec<Count<Category>>), StoreError> {
        let cities = self.count_by(CITY, "state.snapshot.venue.city", now).await?;
        let categories = self.count_by(CATEGORY, CATEGORY, now).await?;
        Ok((cities, categories))
    }

    /// Two lists, one after the other: what is called so, and what is only at a place called so.
    async fn most_relevant(
        &self,
        filter: &ShowFilter,
        after: Option<ShowPlace>,
        limit: i64,
    ) -> Result<Vec<Show>, StoreError> {
        let named = doc! { "$and": beginnings(NAMES, &filter.words) };
        let order = sorted(ShowOrder::Relevance);
        if filter.words.is_empty() {
            return self.find(query(filter, after), order, limit).await;
        }
        let mut shows = Vec::new();
        if !matches!(after, Some(ShowPlace::Found(..))) {
            let query = doc! { "$and": [query(filter, after), named.clone()] };
            shows = self.find(query, order.clone(), limit).await?;
        }
        let missing = limit.saturating_sub(i64::try_from(shows.len()).unwrap_or(limit));
        if missing > 0 {
            let after = after.filter(|place| matches!(place, ShowPlace::Found(..)));
            let query = doc! { "$and": [query(filter, after)], "$nor": [named] };
            shows.extend(self.find(query, order, missing).await?);
        }
        Ok(shows)
    }

    async fn count_by<T: DeserializeOwned>(
        &self,
        key: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Vec<Count<T>>, StoreError> {
        let pipeline = vec![
            doc! { "$match": on_sale(now) },
            doc! { "$group": {
                "_id": format!("${key}"),
                "name": { "$min": format!("${name}") },
                "shows": { "$sum": 1 },
            } },
            doc! { "$sort": { "shows": -1, "_id": 1 } },
            doc! { "$limit": MAX_CITIES },
        ];
        let counts = self.repository.aggregate(pipeline).await?;
        Ok(counts.into_iter().filter_map(|count| bson::deserialize_from_document(count).ok()).collect())
    }

    async fn find(&self, filter: Document, order: Document, limit: i64) -> Result<Vec<Show>, StoreError> {
        let found = self.repository.find(filter, order, limit).await?;
        Ok(found.into_iter().map(|loaded| loaded.state).collect())
    }
}

fn sorted(order: ShowOrder) -> Document {
    match order {
        ShowOrder::Soonest | ShowOrder::Relevance => doc! { STARTS_AT: 1, "_id": 1 },
        ShowOrder::Cheapest => doc! { CHEAPEST: 1, "_id": 1 },
        ShowOrder::Seats => doc! { SEATS_LEFT: -1, "_id": 1 },
    }
}

fn query(filter: &ShowFilter, after: Option<ShowPlace>) -> Document {
    let mut starts_at = doc! { "$gte": filter.from };
    if let Some(until) = filter.until {
        starts_at.insert("$lt", until);
    }
    let mut all = vec![doc! { STARTS_AT: starts_at }];
    all.extend(filter.category.map(|category| doc! { CATEGORY: category_name(category) }));
    all.extend(filter.city.as_deref().map(|city| doc! { CITY: city_key(city) }));
    all.extend(filter.on_sale_at.map(on_sale));
    all.extend(filter.max_cents.map(|cents| doc! { CHEAPEST: { "$lte": cents } }));
    all.extend(beginnings(WORDS, &filter.words));
    all.extend(after.map(ShowPlace::rest));
    doc! { "$and": all }
}

fn on_sale(now: Timestamp) -> Document {
    let scheduled = status_name(ShowStatus::Scheduled);
    doc! { LISTINGS_COUNT: { "$gt": 0 }, STARTS_AT: { "$gt": now }, STATUS: scheduled }
}

/// Words are letters and digits, so none of them means anything in an expression; and an expression that
/// begins at the beginning is looked up in the index.
fn beginnings(field: &str, words: &[String]) -> Vec<Document> {
    words.iter().map(|word| doc! { field: { "$regex": format!("^{word}") } }).collect()
}

/// As serde writes it.
const fn status_name(status: ShowStatus) -> &'static str {
    match status {
        ShowStatus::Scheduled => "scheduled",
        ShowStatus::Cancelled => "cancelled",
    }
}

/// As serde writes it.
const fn category_name(category: Category) -> &'static str {
    match category {
        Category::Concert => "concert",
        Category::Sports => "sports",
        Category::Theatre => "theatre",
        Category::Comedy => "comedy",
        Category::Festival => "festival",
        Category::Family => "family",
        Category::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_asked_for_as_they_are_written() {
        for category in [
            Category::Concert,
            Category::Sports,
            Category::Theatre,
            Category::Comedy,
            Category::Festival,
            Category::Family,
            Category::Other,
        ] {
            let written = bson::serialize_to_bson(&category).unwrap();
            assert_eq!(written.as_str(), Some(category_name(category)));
        }
    }

    #[test]
    fn statuses_are_asked_for_as_they_are_written() {
        for status in [ShowStatus::Scheduled, ShowStatus::Cancelled] {
            let written = bson::serialize_to_bson(&status).unwrap();
            assert_eq!(written.as_str(), Some(status_name(status)));
        }
    }
}
