//! Everything that can be wrong with a good body, one thing at a time.

use serde_json::{Value, json};

use crate::api::Operation;

/// What a query of MongoDB would take for more than a value.
pub fn operators() -> Vec<Value> {
    vec![
        json!({ "$gt": "" }),
        json!({ "$ne": null }),
        json!({ "$where": "sleep(1000)" }),
        json!({ "$regex": ".*" }),
        json!({ "$in": [null, ""] }),
        json!({ "$expr": { "$function": { "body": "sleep", "args": [], "lang": "js" } } }),
        json!([{ "$gt": "" }]),
    ]
}

/// Names that mean more than a field to MongoDB, or to JavaScript.
const STRANGE_NAMES: [&str; 7] = ["surprise", "$where", "$set", "__proto__", "state.role", "_id", "name.$[]"];

/// Longer than any text that a route takes, shorter than what the ingress lets through.
const OVERLONG: usize = 10_000;

/// A body with one thing wrong.
#[derive(Debug)]
pub struct Wrong {
    /// Which field.
    pub pointer: String,
    /// What is wrong with it, for people.
    pub what: String,
    /// The body.
    pub body: Value,
}

/// All that can be wrong with a good body of this route.
pub fn bodies(operation: &Operation, good: &Value) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    visit(operation, good, good, "", &mut wrong);
    wrong
}

fn visit(operation: &Operation, good: &Value, here: &Value, pointer: &str, wrong: &mut Vec<Wrong>) {
    match here {
        Value::Object(fields) => {
            for (name, value) in fields {
                let pointer = format!("{pointer}/{name}");
                if operation.requires(&pointer) {
                    wrong.push(Wrong {
                        body: without(good, &pointer),
                        pointer: pointer.clone(),
                        what: "missing".into(),
                    });
                }
                for value in values(operation, &pointer, value) {
                    let what = value.to_string().chars().take(60).collect();
                    wrong.push(Wrong {
                        body: replaced(good, &pointer, value),
                        pointer: pointer.clone(),
                        what,
                    });
                }
                visit(operation, good, value, &pointer, wrong);
            }
            for name in STRANGE_NAMES {
                for value in [json!(1), json!("sleep(1000)"), json!({ "$gt": "" })] {
                    let pointer = format!("{pointer}/{name}");
                    let body = replaced(good, &pointer, value);
                    wrong.push(Wrong { body, pointer, what: "unknown".into() });
                }
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                for value in values(operation, &pointer, value) {
                    let what = value.to_string().chars().take(60).collect();
                    wrong.push(Wrong {
                        body: replaced(good, &pointer, value),
                        pointer: pointer.clone(),
                        what,
                    });
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What the field must not be.
fn values(operation: &Operation, pointer: &str, good: &Value) -> Vec<Value> {
    let mut values = match good {
        Value::String(_) => wrong_texts(pointer),
        Value::Number(_) => wrong_numbers(&operation.schema_at(pointer)),
        Value::Array(items) => wrong_lists(items),
        Value::Object(_) => [operators(), vec![json!("text"), json!(7), json!([])]].concat(),
        Value::Null | Value::Bool(_) => Vec::new(),
    };
    let in_a_list = pointer.rsplit('/').next().is_some_and(|name| name.parse::<usize>().is_ok());
    if in_a_list || operation.requires(pointer) {
        values.push(Value::Null);
    }
    values
}

fn wrong_texts(pointer: &str) -> Vec<Value> {
    let mut values = operators();
    values.extend([json!(["text"]), json!(7), json!(true), json!(""), json!("x".repeat(OVERLONG))]);
    // A password is what its owner wants it to be.
    if !pointer.to_ascii_lowercase().ends_with("password") {
        let texts = ["a\u{0}b", "\u{1b}[2J", "a\r\nSet-Cookie: b", "\u{202e}txet", " ", "x\u{7f}"];
        values.extend(texts.map(|text| json!(text)));
    }
    values
}

fn wrong_numbers(schema: &Value) -> Vec<Value> {
    let mut values = operators();
    values.extend([
        json!("1"),
        json!([1]),
        json!(true),
        json!(1.5),
        json!(1e300),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(-1),
    ]);
    values.extend(schema["minimum"].as_i64().map(|least| json!(least - 1)));
    values.extend(schema["maximum"].as_i64().map(|most| json!(most + 1)));
    values
}

fn wrong_lists(items: &[Value]) -> Vec<Value> {
    let many: Vec<Value> = items.iter().cycle().take(1_000).cloned().collect();
    let mut values = operators();
    values.extend([json!([]), json!({}), json!("text"), json!(7), json!([[]]), json!(many)]);
    values
}

/// What is no body at all.
pub fn nonsense() -> Vec<Vec<u8>> {
    let texts = ["", " ", "{", "}", "null", "42", "\"text\"", "[]", "[null]", "{} {}", "{\"a\":1e999}", "\0"];
    let mut nonsense: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    nonsense.push(b"{\"\xff\xfe\": 1}".to_vec());
    nonsense.push("[".repeat(OVERLONG).into_bytes());
    nonsense.push("{\"a\":".repeat(OVERLONG).into_bytes());
    nonsense
}

/// What a query parameter must not be.
pub fn query_values(name: &str, schema: &Value) -> Vec<String> {
    let text = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut values: Vec<String> = operators().iter().map(Value::to_string).collect();
    if is(schema, "integer") {
        values.extend(text(&["many", "1.5", "99999999999999999999", "0x10", "-99999999999999999999"]));
        values.extend(schema["minimum"].as_i64().map(|least| (least - 1).to_string()));
        values.extend(schema["maximum"].as_i64().map(|most| (most + 1).to_string()));
    } else if is(schema, "boolean") || schema.get("enum").is_some() {
        values.extend(text(&["maybe", "nope\0"]));
    } else if schema["format"] == "uuid" {
        values.extend(text(&["x", "0", "01932f5c7f1e7cc398c4dc0c0c07398f"]));
    } else if schema["format"] == "date-time" {
        values.extend(text(&["yesterday", "2099-13-01T00:00:00Z", "12"]));
    } else if is_free_text(name, schema) {
        // Any text may be looked for, except what cannot be in any.
        values = text(&["a\0b", "a\r\nb"]);
        values.push("x".repeat(2_000));
    } else {
        values.extend(text(&["%%%", "bm9uc2Vuc2U", "e30"]));
        values.push("x".repeat(2_000));
    }
    values
}

/// Whether people may look for any text by this parameter.
pub fn is_free_text(name: &str, schema: &Value) -> bool {
    let constrained = schema.get("enum").is_some() || schema.get("format").is_some();
    is(schema, "string") && !constrained && name != "cursor"
}

fn is(schema: &Value, kind: &str) -> bool {
    match &schema["type"] {
        Value::String(known) => known == kind,
        Value::Array(known) => known.iter().any(|known| known == kind),
        _ => false,
    }
}

fn replaced(good: &Value, pointer: &str, value: Value) -> Value {
    let mut body = good.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Object(fields) => drop(fields.insert(name.to_owned(), value)),
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        other => panic!("{other} has no {name}"),
    }
    body
}

fn without(good: &Value, pointer: &str) -> Value {
    let mut body = good.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
    body
}
