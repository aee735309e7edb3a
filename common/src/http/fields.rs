//! Finds the field that is to blame, and says in plain words what is wrong with it.

use std::fmt::Write as _;

use serde_path_to_error::{Path, Segment};

use super::Problem;

/// A decoding error as a problem that names the field. `root` is the pointer of the whole value.
pub(super) fn undecodable(root: &str, path: &Path, message: &str) -> Problem {
    let mut pointer = root.to_owned();
    for segment in path {
        match segment {
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Map { key } => push(&mut pointer, key),
            Segment::Enum { variant } => push(&mut pointer, variant),
            Segment::Unknown => {}
        }
    }
    if let Some(field) = named_field(message)
        && !pointer.ends_with(&format!("/{}", escaped(field)))
    {
        push(&mut pointer, field);
    }
    Problem::invalid(pointer, explained(message))
}

/// The findings of garde as a problem that names the fields.
pub(super) fn refused(root: &str, report: &garde::Report) -> Problem {
    report.iter().fold(Problem::invalid_fields(), |problem, (path, error)| {
        problem.with_field(format!("{root}{}", pointer_of(&path.to_string())), error.message())
    })
}

/// `price.amount_cents` and `seats[0]`, as garde writes them, as pointers into the JSON that was sent.
fn pointer_of(path: &str) -> String {
    let mut pointer = String::new();
    for name in path.split(['.', '[', ']']).filter(|name| !name.is_empty()) {
        push(&mut pointer, &camel_case(name));
    }
    pointer
}

/// Bodies are camelCase; garde knows the Rust names.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        camel.push_str(&first.to_ascii_uppercase());
        camel.push_str(rest);
    }
    camel
}

fn push(pointer: &mut String, name: &str) {
    pointer.push('/');
    pointer.push_str(&escaped(name));
}

/// As RFC 6901 wants it; over-long names are the caller's own and are cut.
fn escaped(name: &str) -> String {
    name.chars().take(64).collect::<String>().replace('~', "~0").replace('/', "~1")
}

/// serde blames the surrounding object for fields that are missing, unknown or repeated, but names them.
fn named_field(message: &str) -> Option<&str> {
    let rest = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start))?;
    rest.split_once('`').map(|(field, _)| field)
}

/// What is wrong, without echoing what was sent: it may be a password.
fn explained(message: &str) -> String {
    if message.starts_with("missing field") {
        return "is required".to_owned();
    }
    if message.starts_with("unknown field") {
        return "is not a known field".to_owned();
    }
    if message.starts_with("duplicate field") {
        return "appears more than once".to_owned();
    }
    // From the end: what was found is quoted before it, and may be anything.
    match message.rsplit_once(", expected ") {
        Some((found, expected)) if found.starts_with("invalid ") || found.starts_with("unknown ") => {
            let mut detail = "must be ".to_owned();
            let _ = write!(detail, "{}", in_plain_words(without_place(expected)));
            detail
        }
        _ => without_place(message).to_owned(),
    }
}

/// serde_json says where it was; the pointer says it better.
fn without_place(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message)
}

fn in_plain_words(expected: &str) -> String {
    let words = match expected {
        "a string" | "str" | "a borrowed string" => "text",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number, not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        other if other.starts_with("struct ") => "an object",
        other => other,
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_finding_becomes_a_pointer() {
        assert_eq!(pointer_of("price.amount_cents"), "/price/amountCents");
        assert_eq!(pointer_of("seats[3].row_name"), "/seats/3/rowName");
        assert_eq!(pointer_of(""), "");
    }

    #[test]
    fn what_was_sent_is_never_echoed() {
        let message = "invalid type: integer `12345678`, expected a string at line 1 column 20";
        assert_eq!(explained(message), "must be text");
        let message = "invalid type: string \"hunter2, expected hunter3\", expected u32 at line 1 column 9";
        assert_eq!(explained(message), "must be a whole number from 0 to 4294967295");
        let message = "invalid type: string \"hunter2 at line 1\", expected u32";
        assert_eq!(explained(message), "must be a whole number from 0 to 4294967295");
    }

    #[test]
    fn a_name_in_a_pointer_is_escaped_and_cut() {
        assert_eq!(escaped("a/b~c"), "a~1b~0c");
        assert_eq!(escaped(&"x".repeat(1_000)).len(), 64);
    }
}
