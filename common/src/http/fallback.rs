//! What answers when no route does: 404, or 405 when only the method is wrong.
//!
//! A path with a name of its own may look like one with an id, as `/api/users/sessions` does like
//! `/api/users/{id}`. A method that it has not is refused before the router would take the name for an id.

use actix_web::{
    HttpRequest, HttpResponse,
    dev::ResourceDef,
    http::{
        Method, StatusCode,
        header::{self, HeaderValue},
    },
    web::Data,
};
use utoipa::openapi::OpenApi;

use super::{Problem, openapi::routes_of};

/// Which methods each path has.
pub(super) struct RouteTable(Vec<(ResourceDef, String)>);

impl RouteTable {
    /// The table of a document, which is itself at this path.
    pub(super) fn of(document: &OpenApi, own_path: &str) -> Self {
        let mut table = vec![(own_path.to_owned(), vec!["GET", "HEAD"])];
        for route in routes_of(document) {
            let methods = match route.method {
                "GET" => vec!["GET", "HEAD"],
                method => vec![method],
            };
            match table.last_mut() {
                Some((path, known)) if *path == route.path => known.extend(methods),
                _ => table.push((route.path, methods)),
            }
        }
        Self(table.into_iter().map(|(path, methods)| (ResourceDef::new(path), methods.join(", "))).collect())
    }

    /// Refuses a method that a path with a name of its own does not have, though the path of an id has it.
    pub(super) fn check(&self, method: &Method, path: &str) -> Result<(), Problem> {
        let named = self.0.iter().find(|(pattern, _)| pattern.pattern() == Some(path));
        match named {
            Some((_, methods)) if !methods.split(", ").any(|known| known == method.as_str()) => {
                Err(method_not_allowed(methods))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn methods_at(&self, path: &str) -> Option<&str> {
        // The first of the patterns that match has the literal names.
        self.0.iter().find(|(pattern, _)| pattern.is_match(path)).map(|(_, methods)| methods.as_str())
    }
}

/// The default handler.
pub(super) async fn fallback(request: HttpRequest, table: Data<RouteTable>) -> Result<HttpResponse, Problem> {
    Err(match table.methods_at(request.path()) {
        Some(methods) => method_not_allowed(methods),
        None => Problem::new(StatusCode::NOT_FOUND, "route_not_found", "There is nothing at this path."),
    })
}

fn method_not_allowed(methods: &str) -> Problem {
    let detail = format!("This path answers to {methods} only.");
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
    match HeaderValue::from_str(methods) {
        Ok(methods) => problem.with_header(header::ALLOW, methods),
        Err(_) => problem,
    }
}
