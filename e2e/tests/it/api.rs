//! The routes, as the services themselves describe them.

use std::fmt;

use serde_json::{Map, Value};

use e2e::market::{Market, Service};

/// Takes what a gateway signs, not what people send; it has a test of its own.
const WEBHOOKS: &str = "/api/payments/webhooks/";

/// One route.
#[derive(Debug, Clone)]
pub struct Operation {
    /// `POST`
    pub method: String,
    /// `/api/orders/{id}`
    pub path: String,
    described: Value,
    schemas: Value,
}

/// All routes that people use.
pub async fn operations(market: &Market) -> Vec<Operation> {
    let mut operations = all_operations(market).await;
    operations.retain(|operation| {
        !operation.path.starts_with(WEBHOOKS) && !operation.path.ends_with("/openapi.json")
    });
    assert!(operations.len() >= 25, "the documents list only {} routes", operations.len());
    operations
}

/// All routes of all services, with those of the documents themselves.
pub async fn all_operations(market: &Market) -> Vec<Operation> {
    let mut operations = Vec::new();
    for service in Service::ALL {
        let path = format!("/api/{}/openapi.json", area(service));
        let document = market.ask_directly(service, &path).await.expect(200).json();
        let listed = listed(&document);
        // The one service that nobody needs to ask for anything; the ingress does not lead there.
        if listed.is_empty() {
            assert_eq!(service, Service::Expiration, "a service without routes");
            continue;
        }
        operations.extend(listed);
        operations.push(Operation {
            method: "GET".to_owned(),
            path,
            described: Value::Null,
            schemas: Value::Null,
        });
    }
    operations
}

/// The name under which each service serves its OpenAPI document.
const fn area(service: Service) -> &'static str {
    match service {
        Service::Auth => "users",
        Service::Tickets => "shows",
        Service::Orders => "orders",
        Service::Expiration => "expiration",
        Service::Payments => "payments",
    }
}

fn listed(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, described) in item.as_object().unwrap() {
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                described: described.clone(),
                schemas: document["components"]["schemas"].clone(),
            });
        }
    }
    operations
}

impl Operation {
    /// Whether it takes a body.
    pub fn has_body(&self) -> bool {
        self.described.get("requestBody").is_some()
    }

    /// Whether only who is signed in may use it.
    pub fn needs_sign_in(&self) -> bool {
        let ways = self.described["security"].as_array();
        ways.is_some_and(|ways| ways.iter().all(|way| way.as_object().is_some_and(|way| !way.is_empty())))
    }

    /// Whether it has to carry an `Idempotency-Key`.
    pub fn needs_key(&self) -> bool {
        let described = self.described["parameters"].as_array();
        described.into_iter().flatten().any(|parameter| {
            parameter["in"] == "header"
                && parameter["name"] == "Idempotency-Key"
                && parameter["required"] == true
        })
    }

    /// Its parameters of one kind, with their schemas.
    pub fn parameters(&self, kind: &str) -> Vec<(String, Value)> {
        let described = self.described["parameters"].as_array();
        let of_kind = described.into_iter().flatten().filter(|parameter| parameter["in"] == kind);
        of_kind
            .map(|parameter| (parameter["name"].as_str().unwrap().to_owned(), parameter["schema"].clone()))
            .collect()
    }

    /// The schema of the field that a pointer names; that of the whole body for an empty pointer.
    pub fn schema_at(&self, pointer: &str) -> Value {
        let body = &self.described["requestBody"]["content"]["application/json"]["schema"];
        let mut schema = self.resolve(body);
        for name in pointer.split('/').skip(1) {
            let inner =
                if name.parse::<usize>().is_ok() { &schema["items"] } else { &schema["properties"][name] };
            schema = self.resolve(&inner.clone());
        }
        schema
    }

    /// Whether the field that a pointer names has to be there.
    pub fn requires(&self, pointer: &str) -> bool {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let required = self.schema_at(parent)["required"].clone();
        required.as_array().is_some_and(|required| required.iter().any(|known| known == name))
    }

    /// A schema without references, and without the alternative of being null.
    pub fn resolve(&self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            return self.resolve(&self.schemas[name].clone());
        }
        let alternatives = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
        let real = alternatives.and_then(|all| all.iter().find(|one| one["type"] != "null"));
        match real {
            Some(real) => self.resolve(&real.clone()),
            None if schema.is_object() => schema.clone(),
            None => Value::Object(Map::new()),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}
