//! Parameters in the path and in the query string.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode};
use garde::Validate;
use serde::de::DeserializeOwned;

use super::{Problem, fields};

/// The query string: parameters that decode to `T` and satisfy its rules.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T> FromRequest for Query<T>
where
    T: DeserializeOwned + Validate<Context = ()> + 'static,
{
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

pub(crate) fn parse<T: DeserializeOwned + Validate<Context = ()>>(query: &str) -> Result<T, Problem> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    let value: T = serde_path_to_error::deserialize(pairs)
        .map_err(|error| fields::undecodable("/query", error.path(), &error.inner().to_string()))?;
    value.validate().map_err(|report| fields::refused("/query", &report))?;
    Ok(value)
}

/// A parameter in the path, usually an id. What is no id names nothing, so the answer is 404.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let extracted = actix_web::web::Path::<T>::from_request(request, payload).into_inner();
        ready(extracted.map(|path| Self(path.into_inner())).map_err(|_| nothing_there(request)))
    }
}

fn nothing_there(request: &HttpRequest) -> Problem {
    let names: Vec<_> = request.match_info().iter().map(|(name, _)| format!("{{{name}}}")).collect();
    let detail = format!("There is nothing at this path: {} is malformed.", names.join(" or "));
    Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::{http::PageQuery, ids::ShowId};

    #[derive(Debug, Deserialize, Validate)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct ListListings {
        #[garde(skip)]
        show_id: Option<ShowId>,
        #[garde(range(min = 1, max = 8))]
        min_seats: Option<u32>,
    }

    #[derive(Debug, Deserialize, Validate)]
    struct Paged {
        #[serde(flatten)]
        #[garde(dive)]
        page: PageQuery,
    }

    fn blamed<T: DeserializeOwned + Validate<Context = ()> + std::fmt::Debug>(query: &str) -> String {
        let problem = parse::<T>(query).unwrap_err();
        assert_eq!(problem.status().as_u16(), 422, "{query}");
        problem.errors()[0].pointer.clone()
    }

    #[test]
    fn parameters_are_typed_and_optional() {
        let query: ListListings = parse("minSeats=3").unwrap();
        assert_eq!((query.min_seats, query.show_id), (Some(3), None));
    }

    #[test]
    fn the_parameter_to_blame_is_named() {
        assert_eq!(blamed::<ListListings>("minSeats=many"), "/query/minSeats");
        assert_eq!(blamed::<ListListings>("minSeats=9"), "/query/minSeats");
        assert_eq!(blamed::<ListListings>("minSeats=1&minSeats=2"), "/query/minSeats");
        assert_eq!(blamed::<ListListings>("showId=%7B%22%24gt%22%3A%22%22%7D"), "/query/showId");
        assert_eq!(blamed::<ListListings>("showId[$gt]="), "/query/showId[$gt]");
    }

    #[test]
    fn a_page_can_be_part_of_a_larger_query() {
        assert_eq!(parse::<Paged>("limit=5&category=music").unwrap().page.limit, 5);
        assert_eq!(parse::<Paged>("").unwrap().page.limit, 20);
        assert_eq!(parse::<PageQuery>("limit=100").unwrap().limit, 100);
        for query in ["limit=0", "limit=101", "limit=-1", "limit=", "limit=99999999999"] {
            assert_eq!(blamed::<PageQuery>(query), "/query/limit", "{query}");
        }
    }
}
