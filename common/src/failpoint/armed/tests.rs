//! The table of points is what is in the code, and what the variable may say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::{Armed, Point};

/// Where points are passed: everything that a service is made of.
const CRATES: [&str; 6] = ["common", "auth", "tickets", "orders", "expiration", "payments"];

#[test]
fn every_point_of_the_table_is_passed_at_one_place_in_the_code() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in CRATES.iter().flat_map(|name| sources(&workspace().join(name).join("src"))) {
        let text = fs::read_to_string(&file).unwrap();
        for point in points_in(&text) {
            places.entry(point).or_default().push(file.display().to_string());
        }
    }
    for point in Point::ALL {
        let found = places.remove(&format!("{point:?}")).unwrap_or_default();
        assert_eq!(found.len(), 1, "{point} ({point:?}) is passed in {found:?}");
    }
    assert_eq!(places, BTreeMap::new(), "these are not in the table");
}

#[test]
fn names_differ() {
    let names: BTreeSet<_> = Point::ALL.iter().map(|point| point.name()).collect();
    assert_eq!(names.len(), Point::ALL.len());
}

#[test]
fn the_variable_names_a_point_and_perhaps_a_pass() {
    let first: Armed = "publish/after_ack".parse().unwrap();
    assert_eq!((first.point, first.at_pass), (Point::PublishAcked, 1));
    let third: Armed = "publish/after_ack:3".parse().unwrap();
    assert_eq!((third.point, third.at_pass), (Point::PublishAcked, 3));
    for wrong in ["", "nowhere", "publish/after_ack:0", "publish/after_ack:", "publish/after_ack:often"] {
        assert!(wrong.parse::<Armed>().is_err(), "{wrong}");
    }
}

#[test]
fn only_the_named_pass_of_the_named_point_is_a_hit() {
    let armed: Armed = "commit/before_send:2".parse().unwrap();
    assert!(!armed.is_hit(Point::CommitUnsent), "the first pass");
    assert!(!armed.is_hit(Point::CommitUnanswered), "another point");
    assert!(armed.is_hit(Point::CommitUnsent), "the second pass");
    assert!(!armed.is_hit(Point::CommitUnsent), "the third pass");
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Rust files below, but for this module's own.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_some_and(|stem| stem == "failpoint") {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The names behind `Point::`.
fn points_in(text: &str) -> impl Iterator<Item = String> {
    let behind = text.split("Point::").skip(1);
    behind.map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect())
}
