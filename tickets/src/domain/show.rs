//! Shows: what is on, where and when.

use common::{
    clock::Timestamp,
    events::show::{Category, ShowCreated, ShowSnapshot, ShowStatus, ShowUpdated, Venue},
    ids::ShowId,
};
use serde::{Deserialize, Serialize};

use super::{
    offers::Offers,
    place::city_key,
    words::{all_begin, words_of},
};

/// A show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Show {
    /// All of it is public.
    pub snapshot: ShowSnapshot,
    /// The city as it is compared, for the filter.
    pub city_key: String,
    /// What is on sale of it, as it was last counted; [`Offers::at`] says what holds at a time.
    #[serde(default)]
    pub offers: Offers,
    /// The cents of the cheapest seat, for the order; of what nothing is on sale of, more than anything costs.
    #[serde(default)]
    pub cheapest_cents: i64,
    /// The words of the title and the performers.
    #[serde(default)]
    pub names: Vec<String>,
    /// All words that it is found by: those, and those of the venue and its city.
    #[serde(default)]
    pub words: Vec<String>,
}

/// What an admin enters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewShow {
    /// What it is called.
    pub title: String,
    /// What kind of show it is.
    pub category: Category,
    /// Who is on stage, headliner first.
    pub performers: Vec<String>,
    /// Where it is on.
    pub venue: Venue,
    /// When it starts.
    pub starts_at: Timestamp,
}

/// What an admin changes; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShowEdit {
    /// Another title.
    pub title: Option<String>,
    /// Others on stage.
    pub performers: Option<Vec<String>>,
    /// Another start.
    pub starts_at: Option<Timestamp>,
    /// Called off, or (no change) not.
    pub status: Option<ShowStatus>,
}

/// Why a show is not entered or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShowRefusal {
    /// A show starts in the future.
    #[error("the start is not in the future")]
    StartNotInFuture,
    /// What has started can be called off, but not be changed.
    #[error("the show has started")]
    Started,
    /// End: what was called off stays called off.
    #[error("the show was called off")]
    Cancelled,
}

impl Show {
    /// Enters a show.
    pub fn create(id: ShowId, new: NewShow, now: Timestamp) -> Result<ShowCreated, ShowRefusal> {
        if new.starts_at <= now {
            return Err(ShowRefusal::StartNotInFuture);
        }
        Ok(ShowCreated(ShowSnapshot {
            id,
            version: 1,
            title: new.title,
            category: new.category,
            performers: new.performers,
            venue: new.venue,
            starts_at: new.starts_at,
            status: ShowStatus::Scheduled,
            created_at: now,
        }))
    }

    /// Changes a show, or calls it off; `None` if everything stays as it is.
    pub fn edit(&self, edit: ShowEdit, now: Timestamp) -> Result<Option<ShowUpdated>, ShowRefusal> {
        let old = &self.snapshot;
        let next = ShowSnapshot {
            title: edit.title.unwrap_or_else(|| old.title.clone()),
            performers: edit.performers.unwrap_or_else(|| old.performers.clone()),
            starts_at: edit.starts_at.unwrap_or(old.starts_at),
            status: edit.status.unwrap_or(old.status),
            version: old.version + 1,
            ..old.clone()
        };
        let rewritten = next.title != old.title || next.performers != old.performers;
        let moved = next.starts_at != old.starts_at;
        if !rewritten && !moved && next.status == old.status {
            return Ok(None);
        }
        match old.status {
            ShowStatus::Cancelled => return Err(ShowRefusal::Cancelled),
            ShowStatus::Scheduled => {}
        }
        if (rewritten || moved) && old.starts_at <= now {
            return Err(ShowRefusal::Started);
        }
        if moved && next.starts_at <= now {
            return Err(ShowRefusal::StartNotInFuture);
        }
        Ok(Some(ShowUpdated(next)))
    }

    /// Whether seats of it are sold at this time.
    pub fn sells_at(&self, now: Timestamp) -> bool {
        match self.snapshot.status {
            ShowStatus::Scheduled => now < self.snapshot.starts_at,
            ShowStatus::Cancelled => false,
        }
    }

    /// This show in another public state.
    #[must_use]
    pub fn with(&self, snapshot: ShowSnapshot) -> Self {
        Self::of(snapshot, self.offers)
    }

    /// This show with so much on sale.
    #[must_use]
    pub fn offering(&self, offers: Offers) -> Self {
        Self::of(self.snapshot.clone(), offers)
    }

    /// Whether it is called so itself, or has such performers: each word is the beginning of one of theirs.
    pub fn is_named(&self, searched: &[String]) -> bool {
        all_begin(searched, &self.names)
    }

    fn of(snapshot: ShowSnapshot, offers: Offers) -> Self {
        let Venue { name, city, .. } = &snapshot.venue;
        let performers = snapshot.performers.iter().map(String::as_str);
        let names = words_of(performers.chain([snapshot.title.as_str()]));
        let words = words_of([name.as_str(), city.as_str()]).union(&names).cloned().collect();
        Self {
            city_key: city_key(city),
            offers,
            cheapest_cents: offers.cheapest.map_or(i64::MAX, |cheapest| cheapest.amount_cents),
            names: names.into_iter().collect(),
            words,
            snapshot,
        }
    }
}

impl From<ShowSnapshot> for Show {
    fn from(snapshot: ShowSnapshot) -> Self {
        Self::of(snapshot, Offers::default())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    pub fn now() -> Timestamp {
        time("2027-03-01T12:00:00Z")
    }

    pub fn new_show() -> NewShow {
        NewShow {
            title: "Hamlet".to_owned(),
            category: Category::Theatre,
            performers: vec!["The Company".to_owned()],
            venue: Venue {
                name: "Globe".to_owned(),
                city: "London".to_owned(),
                time_zone: "Europe/London".to_owned(),
            },
            starts_at: time("2027-06-30T19:30:00Z"),
        }
    }

    pub fn show() -> Show {
        Show::create(ShowId::generate(), new_show(), now()).unwrap().0.into()
    }

    pub fn cancelled_show() -> Show {
        show().edit(cancel(), now()).unwrap().unwrap().0.into()
    }

    pub fn cancel() -> ShowEdit {
        ShowEdit { status: Some(ShowStatus::Cancelled), ..ShowEdit::default() }
    }

    fn moved() -> ShowEdit {
        ShowEdit { starts_at: Some(time("2027-07-01T19:30:00Z")), ..ShowEdit::default() }
    }

    fn renamed() -> ShowEdit {
        ShowEdit { title: Some("Macbeth".to_owned()), ..ShowEdit::default() }
    }

    #[test]
    fn a_new_show_is_scheduled_and_has_version_one() {
        let show = show();
        assert_eq!((show.snapshot.version, show.snapshot.status), (1, ShowStatus::Scheduled));
        assert_eq!(show.city_key, "london");
    }

    #[test]
    fn a_show_starts_in_the_future() {
        for starts_at in [now(), time("2020-01-01T00:00:00Z")] {
            let new = NewShow { starts_at, ..new_show() };
            assert_eq!(Show::create(ShowId::generate(), new, now()), Err(ShowRefusal::StartNotInFuture));
        }
    }

    #[test]
    fn every_status_answers_every_edit() {
        let reinstate = ShowEdit { status: Some(ShowStatus::Scheduled), ..ShowEdit::default() };
        let before = now();
        let after = time("2027-06-30T19:30:00Z");
        let changed = Ok(true);
        let unchanged = Ok(false);
        for (show, edit, at, expected) in [
            (show(), ShowEdit::default(), before, unchanged),
            (show(), reinstate.clone(), before, unchanged),
            (show(), renamed(), before, changed),
            (show(), moved(), before, changed),
            (show(), cancel(), before, changed),
            (show(), ShowEdit::default(), after, unchanged),
            (show(), renamed(), after, Err(ShowRefusal::Started)),
            (show(), moved(), after, Err(ShowRefusal::Started)),
            (show(), cancel(), after, changed),
            (cancelled_show(), ShowEdit::default(), before, unchanged),
            (cancelled_show(), cancel(), before, unchanged),
            (cancelled_show(), reinstate, before, Err(ShowRefusal::Cancelled)),
            (cancelled_show(), renamed(), before, Err(ShowRefusal::Cancelled)),
            (cancelled_show(), moved(), after, Err(ShowRefusal::Cancelled)),
        ] {
            let answer = show.edit(edit.clone(), at).map(|fact| fact.is_some());
            assert_eq!(answer, expected, "{:?} at {at}: {edit:?}", show.snapshot.status);
        }
    }

    #[test]
    fn a_change_is_the_next_version_and_keeps_the_rest() {
        let show = show();
        let updated = show.edit(moved(), now()).unwrap().unwrap().0;
        let expected = ShowSnapshot { version: 2, starts_at: time("2027-07-01T19:30:00Z"), ..show.snapshot };
        assert_eq!(updated, expected);
    }

    #[test]
    fn a_show_is_found_by_its_names_and_by_its_place() {
        let show = show();
        assert_eq!(show.names, ["company", "hamlet", "the"]);
        assert_eq!(show.words, ["company", "globe", "hamlet", "london", "the"]);
        let is_named =
            |words: &[&str]| show.is_named(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(is_named(&["ham", "comp"]) && !is_named(&["ham", "lon"]));
    }

    #[test]
    fn what_is_on_sale_stays_when_the_show_changes() {
        let offers = Offers { seats_left: 4, listings_count: 1, ..Offers::default() };
        let show = show().offering(offers);
        let updated = show.edit(renamed(), now()).unwrap().unwrap().0;
        let next = show.with(updated.clone());
        assert_eq!((next.snapshot, next.offers), (updated, offers));
    }

    #[test]
    fn a_show_is_not_moved_into_the_past() {
        let edit = ShowEdit { starts_at: Some(now()), ..ShowEdit::default() };
        assert_eq!(show().edit(edit, now()), Err(ShowRefusal::StartNotInFuture));
    }
}
