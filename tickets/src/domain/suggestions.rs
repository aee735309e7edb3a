//! What somebody may mean who has typed so much.

use std::collections::BTreeSet;

use super::{
    show::Show,
    words::{all_begin, words_of},
};

/// How many suggestions there are at most.
pub const MAX_SUGGESTIONS: usize = 10;
/// How many of these are names of one kind: the rest is left for shows.
const MAX_OF_A_KIND: usize = 3;

/// What may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suggestion {
    /// A city, with all that is on there.
    City(String),
    /// Somebody on stage.
    Performer(String),
    /// A house.
    Venue {
        /// Its name.
        name: String,
        /// Where it is.
        city: String,
    },
    /// One show.
    Show(Box<Show>),
}

/// What may be meant by words, of shows that are found by them: names that begin with all of the words, each
/// once, and then the shows.
pub fn suggest(searched: &[String], shows: &[Show]) -> Vec<Suggestion> {
    let is_meant = |name: &str| all_begin(searched, &words_of([name]));
    let cities = shows.iter().map(|show| show.snapshot.venue.city.as_str());
    let performers = shows.iter().flat_map(|show| show.snapshot.performers.iter().map(String::as_str));
    let venues = shows.iter().map(|show| &show.snapshot.venue);

    let mut suggestions = Vec::new();
    suggestions.extend(names(cities.filter(|name| is_meant(name))).map(Suggestion::City));
    suggestions.extend(names(performers.filter(|name| is_meant(name))).map(Suggestion::Performer));
    let mut seen = BTreeSet::new();
    let venues = venues.filter(|venue| is_meant(&venue.name) && seen.insert((&venue.name, &venue.city)));
    suggestions.extend(venues.take(MAX_OF_A_KIND).map(|venue| {
        let (name, city) = (venue.name.clone(), venue.city.clone());
        Suggestion::Venue { name, city }
    }));
    suggestions.extend(shows.iter().map(|show| Suggestion::Show(Box::new(show.clone()))));
    suggestions.truncate(MAX_SUGGESTIONS);
    suggestions
}

/// The first of them, each once.
fn names<'a>(found: impl Iterator<Item = &'a str>) -> impl Iterator<Item = String> {
    let mut seen = BTreeSet::new();
    found.filter(move |name| seen.insert(*name)).take(MAX_OF_A_KIND).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use common::events::show::ShowSnapshot;

    use super::*;
    use crate::domain::{
        show::tests::{new_show, now, show},
        words::searched,
    };

    fn show_of(title: &str, performer: &str, city: &str) -> Show {
        let mut venue = new_show().venue;
        venue.city = city.to_owned();
        let (title, performers) = (title.to_owned(), vec![performer.to_owned()]);
        ShowSnapshot { title, performers, venue, created_at: now(), ..show().snapshot }.into()
    }

    #[test]
    fn names_that_begin_so_come_before_the_shows_and_each_once() {
        let shows = [show_of("Lonely", "London Grammar", "London"), show_of("Hamlet", "Ada Low", "London")];
        let suggested = suggest(&searched("lon"), &shows);
        let expected = [
            Suggestion::City("London".to_owned()),
            Suggestion::Performer("London Grammar".to_owned()),
            Suggestion::Show(Box::new(shows[0].clone())),
            Suggestion::Show(Box::new(shows[1].clone())),
        ];
        assert_eq!(suggested, expected);
    }

    #[test]
    fn there_are_never_more_than_ten_and_names_leave_room_for_shows() {
        let shows: Vec<Show> =
            (0..20).map(|n| show_of("A", &format!("A{n}"), &format!("A{n}ville"))).collect();
        let suggested = suggest(&searched("a"), &shows);
        assert_eq!(suggested.len(), MAX_SUGGESTIONS);
        let shows = suggested.iter().filter(|suggestion| matches!(suggestion, Suggestion::Show(_))).count();
        assert_eq!(shows, 4);
    }
}
