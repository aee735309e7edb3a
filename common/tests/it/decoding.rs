//! Events are decoded from what lies in a stream, whoever put it there.

use common::{
    events::catalogue,
    testing::anything::{any_json, any_text, spoilt, try_all},
};
use proptest::prelude::*;
use serde_json::Value;

use crate::goldens::goldens_of;

#[test]
fn whatever_lies_in_a_stream_is_an_event_or_none() {
    for fact in catalogue() {
        for (_, golden) in goldens_of(&fact) {
            let golden: Value = serde_json::from_str(&golden).unwrap();
            // What is understood survives being written and read again.
            let decode = |text: &str| {
                let Ok(understood) = (fact.recode)(text) else { return Ok(()) };
                let again = (fact.recode)(&understood.to_string());
                prop_assert_eq!(again.map_err(|error| error.to_string()), Ok(understood));
                Ok(())
            };
            try_all(&spoilt(&golden), |json| decode(&json.to_string()));
            try_all(&any_json(), |json| decode(&json.to_string()));
            try_all(&any::<String>().boxed(), |text| decode(text));
        }
    }
}

#[test]
fn whatever_a_later_build_adds_to_an_event_is_ignored() {
    for fact in catalogue() {
        for (_, golden) in goldens_of(&fact) {
            let golden: Value = serde_json::from_str(&golden).unwrap();
            let known = golden.as_object().unwrap();
            try_all(&(any_text(), any_json()).boxed(), |(name, value)| {
                let mut later = known.clone();
                if !known.contains_key(name) {
                    later.insert(name.clone(), value.clone());
                }
                let understood =
                    (fact.recode)(&Value::from(later).to_string()).map_err(|error| error.to_string());
                prop_assert_eq!(understood.as_ref(), Ok(&golden));
                Ok(())
            });
        }
    }
}
