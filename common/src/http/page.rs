//! Lists, a page at a time. A cursor names the last item that was seen, so a list that changes meanwhile
//! neither repeats nor skips what stays.

use std::{fmt, marker::PhantomData};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use garde::Validate;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, DeserializeOwned, Visitor},
};
use utoipa::{IntoParams, ToSchema};

use super::Problem;

const DEFAULT_LIMIT: u32 = 20;

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct PageQuery {
    /// How many items at most.
    #[serde(default = "default_limit", deserialize_with = "number")]
    #[garde(range(min = 1, max = 100))]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub limit: u32,
    /// `nextCursor` of the page before; the first page without.
    #[garde(inner(length(max = 1_024)))]
    pub cursor: Option<String>,
}

impl Default for PageQuery {
    fn default() -> Self {
        Self { limit: DEFAULT_LIMIT, cursor: None }
    }
}

impl PageQuery {
    /// How many documents to fetch: one more than fits tells whether there is a next page.
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Where the page before ended, if this is not the first.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, Problem> {
        self.cursor.as_deref().map(Cursor::decode).transpose()
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Asks for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The page out of [`PageQuery::fetch`] items; `key` is what the order of the list goes by.
    pub fn of<K: Serialize>(mut items: Vec<T>, query: &PageQuery, key: impl Fn(&T) -> K) -> Self {
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|last| Cursor::encode(&key(last)));
        Self { items, next_cursor }
    }

    /// The same page with each item seen in another way.
    pub fn map<U>(self, view: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(view).collect(), next_cursor: self.next_cursor }
    }
}

/// Opaque to clients: base64url of JSON.
#[derive(Debug, Clone, Copy)]
pub struct Cursor;

impl Cursor {
    /// The cursor of this place in a list.
    pub fn encode(place: &impl Serialize) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
    }

    /// The place that a cursor names; 422 when it is not one that we gave.
    pub fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K, Problem> {
        let unknown = || Problem::invalid("/query/cursor", "is not a cursor that this list gave");
        let json = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| unknown())?;
        serde_json::from_slice(&json).map_err(|_| unknown())
    }
}

const fn default_limit() -> u32 {
    DEFAULT_LIMIT
}

/// Inside a flattened struct a query parameter arrives as text.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    struct Number(PhantomData<()>);

    impl Visitor<'_> for Number {
        type Value = u32;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number from 1 to 100")
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<u32, E> {
            u32::try_from(number).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<u32, E> {
            text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }

    deserializer.deserialize_any(Number(PhantomData))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::anything::check_query;

    #[test]
    fn a_page_ends_with_a_cursor_only_if_there_is_more() {
        let query = PageQuery { limit: 2, cursor: None };
        let page = Page::of(vec![10, 20, 30], &query, |item| *item);
        assert_eq!(page.items, [10, 20]);
        let next = PageQuery { limit: 2, cursor: page.next_cursor };
        assert_eq!(next.after::<i32>().unwrap(), Some(20));
        assert_eq!(Page::of(vec![10, 20], &query, |item| *item).next_cursor, None);
    }

    #[test]
    fn garbage_is_not_a_cursor() {
        for garbage in ["", "%%%", "bm9uc2Vuc2U", &Cursor::encode(&serde_json::json!({"$gt": ""}))] {
            let problem = Cursor::decode::<(i64, String)>(garbage).unwrap_err();
            assert_eq!(
                (problem.status().as_u16(), problem.errors()[0].pointer.as_str()),
                (422, "/query/cursor")
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_cursor_or_refused(text: String, place: (i64, String)) {
            if let Err(problem) = Cursor::decode::<(i64, String)>(&text) {
                prop_assert_eq!(problem.errors()[0].pointer.as_str(), "/query/cursor");
            }
            prop_assert_eq!(Cursor::decode::<(i64, String)>(&Cursor::encode(&place)).unwrap(), place);
        }
    }

    #[test]
    fn any_query_gives_a_page_or_names_the_parameter() {
        check_query::<PageQuery>(&["limit", "cursor"]);
    }
}
