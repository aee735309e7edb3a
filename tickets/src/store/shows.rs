//! The collection `shows`.

use bson::{Document, doc};
use common::{
    bus::{Aggregate, Index, Loaded, Publication, Repository, StoreError},
    clock::Timestamp,
    events::show::{Category, ShowCreated, ShowUpdated},
    ids::ShowId,
};

use crate::domain::{place::city_key, show::Show};

const STARTS_AT: &str = "state.snapshot.startsAt";
const CATEGORY: &str = "state.snapshot.category";
const CITY: &str = "state.cityKey";
const LISTINGS_COUNT: &str = "state.offers.listingsCount";

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
}

/// A place in a list of shows: its order is by start, then by id.
pub type ShowPlace = (Timestamp, ShowId);

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

    /// Shows that have begun and are kept as if something of them were on sale.
    pub async fn begun_on_sale(&self, now: Timestamp, limit: i64) -> Result<Vec<Show>, StoreError> {
        let filter = doc! { STARTS_AT: { "$lte": now }, LISTINGS_COUNT: { "$gt": 0 } };
        let found = self.repository.find(filter, doc! { STARTS_AT: 1 }, limit).await?;
        Ok(found.into_iter().map(|loaded| loaded.state).collect())
    }

    /// The shows that follow this one by their ids, or the first.
    pub async fn following(&self, after: Option<ShowId>, limit: i64) -> Result<Vec<Show>, StoreError> {
        let filter = after.map_or_else(Document::new, |after| doc! { "_id": { "$gt": after } });
        let found = self.repository.find(filter, doc! { "_id": 1 }, limit).await?;
        Ok(found.into_iter().map(|loaded| loaded.state).collect())
    }

    /// The next shows of a list, in its order.
    pub async fn page(
        &self,
        filter: &ShowFilter,
        after: Option<ShowPlace>,
        limit: i64,
    ) -> Result<Vec<Show>, StoreError> {
        let order = doc! { STARTS_AT: 1, "_id": 1 };
        let found = self.repository.find(query(filter, after), order, limit).await?;
        Ok(found.into_iter().map(|loaded| loaded.state).collect())
    }
}

fn query(filter: &ShowFilter, after: Option<ShowPlace>) -> Document {
    let first = after.map_or(filter.from, |(starts_at, _)| starts_at.max(filter.from));
    let mut starts_at = doc! { "$gte": first };
    if let Some(until) = filter.until {
        starts_at.insert("$lt", until);
    }
    let mut query = doc! { STARTS_AT: starts_at };
    if let Some(category) = filter.category {
        query.insert(CATEGORY, category_name(category));
    }
    if let Some(city) = &filter.city {
        query.insert(CITY, city_key(city));
    }
    if let Some((starts_at, id)) = after {
        query.insert("$or", [doc! { STARTS_AT: { "$gt": starts_at } }, doc! { "_id": { "$gt": id } }]);
    }
    query
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
        ] {
            let written = bson::serialize_to_bson(&category).unwrap();
            assert_eq!(written.as_str(), Some(category_name(category)));
        }
    }
}
