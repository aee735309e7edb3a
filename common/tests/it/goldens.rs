//! What a released build wrote, every later build must read. A golden file is never changed and never
//! removed; a new fact gets a new one, a new optional field gets a second file `<type>.<n>.json`.

use std::{fs, path::Path};

use common::events::{FactInfo, catalogue};
use serde_json::Value;

pub fn goldens_of(fact: &FactInfo) -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens");
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let of_fact = files.filter(|path| {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        stem == fact.ce_type || stem.starts_with(&format!("{}.", fact.ce_type))
    });
    of_fact.map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_fact_has_a_golden_file_and_reads_it_to_the_letter() {
    for fact in catalogue() {
        let goldens = goldens_of(&fact);
        assert!(!goldens.is_empty(), "{} has no golden file common/goldens/{}.json", fact.name, fact.ce_type);
        for (path, text) in goldens {
            let written: Value = serde_json::from_str(&text).unwrap();
            let read = (fact.recode)(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(read, written, "{path} does not survive reading and writing");
        }
    }
}

#[test]
fn a_field_that_a_later_build_adds_is_ignored() {
    for fact in catalogue() {
        for (path, text) in goldens_of(&fact) {
            let mut body: Value = serde_json::from_str(&text).unwrap();
            body["addedLater"] = Value::from("unknown here");
            assert!((fact.recode)(&body.to_string()).is_ok(), "{path} with a field more is refused");
        }
    }
}

#[test]
fn every_golden_file_belongs_to_a_fact() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens");
    let known: usize = catalogue().iter().map(|fact| goldens_of(fact).len()).sum();
    assert_eq!(fs::read_dir(directory).unwrap().count(), known);
}

#[test]
fn the_type_of_a_fact_is_unique() {
    let mut types: Vec<String> = catalogue().into_iter().map(|fact| fact.ce_type).collect();
    let count = types.len();
    types.sort();
    types.dedup();
    assert_eq!(types.len(), count);
}
