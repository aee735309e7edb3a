//! What answers when no route does: 404, or 405 when only the method is wrong.

use actix_web::{
    HttpRequest, HttpResponse,
    dev::ResourceDef,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web::Data,
};
use utoipa::openapi::OpenApi;

use super::{Problem, openapi::routes_of};

/// Which methods each path has.
pub(super) struct RouteTable(Vec<(ResourceDef, String)>);

impl RouteTable {
    pub(super) fn of(document: &OpenApi) -> Self {
        let mut table: Vec<(String, Vec<&str>)> = Vec::new();
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

    fn methods_at(&self, path: &str) -> Option<&str> {
        // A path can match two patterns, as `/api/passes/{id}`; the first has the literal names.
        self.0.iter().find(|(pattern, _)| pattern.is_match(path)).map(|(_, methods)| methods.as_str())
    }
}

/// The default handler.
pub(super) async fn fallback(request: HttpRequest, table: Data<RouteTable>) -> Result<HttpResponse, Problem> {
    let Some(methods) = table.methods_at(request.path()) else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "route_not_found", "There is nothing at this path."));
    };
    let detail = format!("This path answers to {methods} only.");
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
    match HeaderValue::from_str(methods) {
        Ok(methods) => Err(problem.with_header(header::ALLOW, methods)),
        Err(_) => Err(problem),
    }
}
