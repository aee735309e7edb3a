//! Anything at all: what comes from outside may be anything, and must never make the code panic. The checks
//! here are the same for the bodies and queries of every service.
//!
//! How many cases are tried is `PROPTEST_CASES`, as for all property tests: `cargo xtask test <crate>
//! --examples 10000` tries more. They run on stable Rust, so they are property tests; a fuzzer that is led
//! by coverage would need a nightly compiler.

use std::fmt::Debug;

use garde::Validate;
use proptest::{
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use crate::http::{Problem, parse_body, parse_query};

/// Texts that mean something to a parser behind ours.
const LOADED: [&str; 8] =
    ["$gt", "$where", "__proto__", "a.b", "\u{0}", "\u{202e}", "2099-13-01T00:00:00Z", "1e999"];
/// Is never repeated to whoever sent it: it may be a password. Reads like a message of serde's.
const SECRET: &str = "hunter2, expected hunter3";

/// Any JSON, a few levels deep.
pub fn any_json() -> BoxedStrategy<Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number)),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        any_text().prop_map(Value::from)
    ];
    let inside = |inner: BoxedStrategy<Value>| {
        let list = proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
        let fields = proptest::collection::vec((any_text(), inner), 0..4);
        prop_oneof![list, fields.prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>()))]
    };
    leaf.prop_recursive(3, 24, 4, inside).boxed()
}

/// Any text, and what is more than text to somebody.
pub fn any_text() -> BoxedStrategy<String> {
    prop_oneof![any::<String>(), select(&LOADED).prop_map(str::to_owned), Just(SECRET.to_owned())].boxed()
}

/// Good JSON with any JSON in the place of one part of it, without that part, or with a field more.
pub fn spoilt(good: &Value) -> BoxedStrategy<Value> {
    let (good, places) = (good.clone(), pointers(good, String::new()));
    let changes = (select(places), any_text(), any_json(), 0_u8..3);
    changes.prop_map(move |(place, name, value, change)| spoil(&good, &place, &name, value, change)).boxed()
}

/// Whatever is sent as such a body gives a value or a refusal that names what is wrong and repeats nothing.
/// `accept` is what the route does with the value before it looks anything up.
pub fn check_body<T, U>(good: &Value, accept: impl Fn(T) -> Result<U, Problem>)
where
    T: DeserializeOwned + Validate<Context = ()>,
{
    let take = |bytes: &[u8]| parse_body::<T>(bytes).and_then(&accept).map(drop);
    take(good.to_string().as_bytes()).expect("the good body is accepted");
    try_all(&spoilt(good), |json| judge(take(json.to_string().as_bytes()), true));
    try_all(&any_json(), |json| judge(take(json.to_string().as_bytes()), true));
    try_all(&any::<Vec<u8>>().boxed(), |bytes| {
        judge(take(bytes), serde_json::from_slice::<Value>(bytes).is_ok())
    });
}

/// Whatever stands behind the question mark gives a value or a refusal that names the parameter.
pub fn check_query<T: DeserializeOwned + Validate<Context = ()>>(names: &[&str]) {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let name = prop_oneof![4 => select(names), 1 => any_text()];
    let pairs = proptest::collection::vec((name, any_text()), 0..4);
    let queries =
        pairs.prop_map(|pairs| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish());
    let take = |query: &String| judge(parse_query::<T>(query).map(drop), true);
    try_all(&queries.boxed(), take);
    try_all(&any::<String>().boxed(), take);
}

/// Tries a check on many values and tells the simplest one that fails.
pub fn try_all<T: Debug>(values: &BoxedStrategy<T>, check: impl Fn(&T) -> Result<(), TestCaseError>) {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let tried = runner.run(values, |value| check(&value));
    if let Err(found) = tried {
        panic!("{found}");
    }
}

/// A refusal has to be one that the sender can act on.
fn judge(taken: Result<(), Problem>, is_json: bool) -> Result<(), TestCaseError> {
    let Err(problem) = taken else { return Ok(()) };
    // Of what is no JSON, the beginning may be of the wrong type before the rest is read.
    let expected = if is_json { 422..=422 } else { 400..=422 };
    prop_assert!(expected.contains(&problem.status().as_u16()), "{}", problem);
    prop_assert!(!is_json || !problem.errors().is_empty(), "{} names nothing", problem);
    for error in problem.errors() {
        prop_assert!(error.pointer.is_empty() || error.pointer.starts_with('/'), "{}", problem);
        prop_assert!(!error.detail.contains("hunter"), "{} repeats what was sent", problem);
    }
    Ok(())
}

fn pointers(value: &Value, here: String) -> Vec<String> {
    let inside =
        |name: &str, value| pointers(value, format!("{here}/{}", name.replace('~', "~0").replace('/', "~1")));
    let below: Vec<String> = match value {
        Value::Object(fields) => fields.iter().flat_map(|(name, value)| inside(name, value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(at, value)| inside(&at.to_string(), value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    [vec![here], below].concat()
}

fn spoil(good: &Value, place: &str, name: &str, value: Value, change: u8) -> Value {
    let mut spoilt = good.clone();
    let (parent, field) = place.rsplit_once('/').unwrap_or_default();
    match (change, spoilt.pointer_mut(place)) {
        (0, Some(Value::Object(fields))) => drop(fields.insert(name.to_owned(), value)),
        (1, _) if !place.is_empty() => {
            if let Some(Value::Object(fields)) = spoilt.pointer_mut(parent) {
                fields.remove(field);
            }
        }
        (_, Some(part)) => *part = value,
        (_, None) => {}
    }
    spoilt
}
