//! The OpenAPI 3.1 document of a service, made from the route table that serves it.

use actix_web::App;
use serde_json::Value;
use utoipa::{
    PartialSchema as _, ToSchema as _,
    openapi::{
        ComponentsBuilder, InfoBuilder, ObjectBuilder, OpenApi, RefOr, Required, SchemaFormat,
        path::{Operation, ParameterBuilder, ParameterIn, PathItem},
        schema::Type,
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_actix_web::{AppExt as _, service_config::ServiceConfig};

use super::{
    problem::{FieldError, ProblemBody},
    responses,
    user::PLAIN_COOKIE,
};

/// What the document of a service says about the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiInfo {
    /// The document is served at `/api/<area>/openapi.json`.
    pub area: &'static str,
    /// The name of the API.
    pub title: &'static str,
    /// What it is for.
    pub description: &'static str,
}

impl ApiInfo {
    /// Where the document is served.
    pub fn path(&self) -> String {
        format!("/api/{}/openapi.json", self.area)
    }
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Access {
    /// Only who is signed in: `security(("bearer" = []))`.
    SignedIn,
    /// Everybody: `security(())`.
    Public,
    /// The handler does not say: a mistake, which the coverage test of the service finds.
    Undeclared,
}

/// One route of a service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteInfo {
    /// `GET`, `POST` …
    pub method: &'static str,
    /// With its parameters in braces: `/api/orders/{id}`.
    pub path: String,
    /// Who may use it.
    pub access: Access,
}

/// Builds the document from a route table, without a server.
pub fn openapi_of(info: ApiInfo, table: impl FnOnce(&mut ServiceConfig)) -> OpenApi {
    let (_, collected) = App::new().into_utoipa_app().configure(table).split_for_parts();
    completed(info, collected)
}

/// All routes of a document, sorted by path.
pub fn routes_of(document: &OpenApi) -> Vec<RouteInfo> {
    let mut routes = Vec::new();
    for (path, item) in &document.paths.paths {
        for (method, operation) in operations(item) {
            routes.push(RouteInfo { method, path: path.clone(), access: access(operation) });
        }
    }
    routes
}

/// What utoipa collects, with all that is the same for every route of every service.
pub(super) fn completed(info: ApiInfo, mut document: OpenApi) -> OpenApi {
    document.info = InfoBuilder::new()
        .title(info.title)
        .description(Some(info.description))
        .version(env!("CARGO_PKG_VERSION"))
        .build();
    let bearer = Http::builder().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    let bearer = bearer.description(Some("An access token of 10 minutes.")).build();
    let cookie =
        ApiKey::Cookie(ApiKeyValue::with_description(PLAIN_COOKIE, "`__Host-stagedoor` in production."));
    let components = document.components.get_or_insert_with(|| ComponentsBuilder::new().build());
    components.security_schemes.insert("bearer".to_owned(), SecurityScheme::Http(bearer).into());
    components.security_schemes.insert("cookie".to_owned(), SecurityScheme::ApiKey(cookie).into());
    components.schemas.insert(ProblemBody::name().into_owned(), ProblemBody::schema());
    components.schemas.insert(FieldError::name().into_owned(), FieldError::schema());
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations_mut(item) {
            complete(path, operation);
            responses::complete(method, access(operation), operation);
        }
    }
    document
}

/// Names the parameters of the path that the handler leaves to its types, and the cookie beside the token.
fn complete(path: &str, operation: &mut Operation) {
    for name in path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name) {
        let parameters = operation.parameters.get_or_insert_default();
        if parameters
            .iter()
            .any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == name))
        {
            continue;
        }
        let uuid = SchemaFormat::Custom("uuid".to_owned());
        let schema = ObjectBuilder::new().schema_type(Type::String).format(Some(uuid)).build();
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        parameters.push(parameter.required(Required::True).schema(Some(schema)).build().into());
    }
    if access(operation) == Access::SignedIn {
        let cookie = SecurityRequirement::new("cookie", Vec::<String>::new());
        operation.security.get_or_insert_default().push(cookie);
    }
}

fn access(operation: &Operation) -> Access {
    // utoipa keeps the names of the schemes to itself, so read them as a client does.
    let security = serde_json::to_value(&operation.security).unwrap_or_default();
    match security {
        Value::Array(ways)
            if ways.iter().any(|way| way.as_object().is_some_and(serde_json::Map::is_empty)) =>
        {
            Access::Public
        }
        Value::Array(ways) if !ways.is_empty() => Access::SignedIn,
        _ => Access::Undeclared,
    }
}

fn operations(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
        ("HEAD", &item.head),
        ("OPTIONS", &item.options),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", &mut item.get),
        ("POST", &mut item.post),
        ("PUT", &mut item.put),
        ("PATCH", &mut item.patch),
        ("DELETE", &mut item.delete),
        ("HEAD", &mut item.head),
        ("OPTIONS", &mut item.options),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}
