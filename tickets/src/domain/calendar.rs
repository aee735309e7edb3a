//! A show as an entry of a calendar (RFC 5545).
//!
//! One entry of a dozen lines is all that is ever written, and nothing is read, so there is no library for it: each
//! would bring a parser along, and zones, repetitions and alarms that a show has not.

use common::{
    clock::Timestamp,
    events::show::{ShowSnapshot, ShowStatus},
};

/// The longest line, without its end; longer ones are folded.
const MAX_LINE_BYTES: usize = 75;

/// The calendar file of a show. The same show gives the same file, and one that has changed replaces the entry
/// that somebody has: `UID` stays, `SEQUENCE` grows. Nobody knows when a show ends, so the entry does not say.
pub fn calendar(show: &ShowSnapshot) -> String {
    let (venue, performers) = (&show.venue, show.performers.join("\n"));
    let status = match show.status {
        ShowStatus::Scheduled => "CONFIRMED",
        ShowStatus::Cancelled => "CANCELLED",
    };
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Stagedoor//tickets//EN".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@stagedoor", show.id),
        format!("DTSTAMP:{}", utc(show.created_at)),
        format!("SEQUENCE:{}", show.version.saturating_sub(1)),
        format!("DTSTART:{}", utc(show.starts_at)),
        format!("STATUS:{status}"),
        format!("SUMMARY:{}", escaped(&show.title)),
        format!("DESCRIPTION:{}", escaped(&performers)),
        format!("LOCATION:{}", escaped(&format!("{}, {}", venue.name, venue.city))),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    lines.iter().map(|line| folded(line)).collect()
}

/// `20270630T193000Z`: whole seconds, in UTC, so that no file has to say what the clocks of a zone do.
fn utc(time: Timestamp) -> String {
    let text = time.to_string();
    let secs = text.split('.').next().unwrap_or_default();
    let digits: String = secs.chars().filter(|c| c.is_ascii_digit() || *c == 'T').collect();
    digits + "Z"
}

/// A text as a value (section 3.3.11).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            '\n' => escaped += "\\n",
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// A line with its end, in pieces that are short enough, none of which divides a character (section 3.1).
fn folded(line: &str) -> String {
    let mut folded = String::new();
    let mut length_bytes = 0;
    for c in line.chars() {
        if length_bytes + c.len_utf8() > MAX_LINE_BYTES {
            folded += "\r\n ";
            length_bytes = 1;
        }
        folded.push(c);
        length_bytes += c.len_utf8();
    }
    folded + "\r\n"
}

#[cfg(test)]
mod tests {
    use common::events::show::Venue;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::show::tests::{cancelled_show, show};

    /// The lines as they were before they were folded.
    fn lines(file: &str) -> Vec<String> {
        file.replace("\r\n ", "").split_terminator("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn a_show_is_an_entry_at_its_time_in_utc() {
        let show = show().snapshot;
        let lines = lines(&calendar(&show));
        for line in [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Stagedoor//tickets//EN",
            "BEGIN:VEVENT",
            &format!("UID:{}@stagedoor", show.id),
            "DTSTAMP:20270301T120000Z",
            "DTSTART:20270630T193000Z",
            "SEQUENCE:0",
            "STATUS:CONFIRMED",
            "SUMMARY:Hamlet",
            "LOCATION:Globe\\, London",
            "END:VEVENT",
            "END:VCALENDAR",
        ] {
            assert!(lines.iter().any(|known| known == line), "{line} is not in {lines:#?}");
        }
    }

    #[test]
    fn a_show_that_was_called_off_replaces_the_entry() {
        let show = cancelled_show().snapshot;
        let lines = lines(&calendar(&show));
        for line in ["SEQUENCE:1", "STATUS:CANCELLED"] {
            assert!(lines.iter().any(|known| known == line), "{line} is not in {lines:#?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_out_of_its_line(title in "[^\\p{Cc}]{1,120}", name in "[;,:\"\\\\ a-zé日]{1,90}") {
            let show = show().snapshot;
            let plain = lines(&calendar(&show)).len();
            let venue = Venue { name, ..show.venue.clone() };
            let file = calendar(&ShowSnapshot { title, venue, ..show });
            prop_assert!(file.split("\r\n").all(|line| line.len() <= 75), "{}", file);
            prop_assert_eq!(file.matches('\n').count(), file.matches("\r\n").count());
            prop_assert_eq!(lines(&file).len(), plain);
        }
    }
}
