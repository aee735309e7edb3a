//! What MongoDB did for each query: that a query is answered from its index, and not by walking through
//! everything that there ever was, shows only when there is much; its plan shows it at once.

use bson::{Document, doc};
use futures::TryStreamExt as _;
use mongodb::Database;

/// A database that writes down how it answers each query.
#[derive(Debug)]
pub struct Profile {
    database: Database,
}

impl Profile {
    /// Begins to write down.
    ///
    /// # Panics
    ///
    /// If MongoDB does not answer.
    pub async fn begin(database: Database) -> Self {
        database.run_command(doc! { "profile": 2 }).await.expect("begin a profile");
        Self { database }
    }

    /// The plans of the queries of a collection whose filter mentions a field, as MongoDB summarises them.
    ///
    /// # Panics
    ///
    /// If MongoDB does not answer, or no such query was made.
    pub async fn plans(&self, collection: &str, field: &str) -> Vec<String> {
        let found = self.queries(collection).await;
        let filter =
            |query: &Document| query.get_document("command").ok()?.get_document("filter").ok().cloned();
        let mentions =
            |query: &&Document| filter(query).is_some_and(|filter| filter.to_string().contains(field));
        let plans: Vec<String> = found
            .iter()
            .filter(mentions)
            .map(|query| query.get_str("planSummary").unwrap_or_default().to_owned())
            .collect();
        assert!(!plans.is_empty(), "no query of {collection} asked for {field}");
        plans
    }

    /// The commands that have read a collection.
    ///
    /// # Panics
    ///
    /// If MongoDB does not answer.
    pub async fn reads(&self, collection: &str) -> Vec<Document> {
        let queries = self.queries(collection).await;
        queries.iter().filter_map(|query| query.get_document("command").ok().cloned()).collect()
    }

    async fn queries(&self, collection: &str) -> Vec<Document> {
        let namespace = format!("{}.{collection}", self.database.name());
        let queries = self.database.collection::<Document>("system.profile");
        let found = queries.find(doc! { "op": "query", "ns": namespace }).await.expect("read the profile");
        found.try_collect().await.expect("read the profile")
    }
}
