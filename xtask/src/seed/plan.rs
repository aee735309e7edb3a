//! What is to be made: shows spread over the coming year, and sellers with their offers.

use super::{
    Size,
    cities::{CITIES, City, House, VENUES, Venue},
    names,
    random::Random,
};
use crate::clock::{DAY_SECS, rfc3339};

/// The password of all sellers that are made: they are nobody's accounts.
pub const SELLERS_PASSWORD: &str = "a ticket to spare 42";

const SHOW: u64 = 1;
const SELLER: u64 = 2;
const DAYS_AHEAD: u64 = 360;

/// All of it.
#[derive(Debug)]
pub struct Plan {
    pub shows: Vec<Show>,
    pub sellers: Vec<Seller>,
}

/// A show.
#[derive(Debug, Clone)]
pub struct Show {
    pub title: String,
    pub category: &'static str,
    pub performers: Vec<String>,
    pub venue: &'static str,
    pub city: &'static str,
    pub time_zone: &'static str,
    pub starts_at: String,
    house: House,
    currency: &'static str,
    /// What an ordinary seat costs here.
    price_cents: u64,
}

/// A seller.
#[derive(Debug)]
pub struct Seller {
    pub email: String,
    pub name: String,
    pub listings: Vec<Listing>,
}

/// An offer.
#[derive(Debug, PartialEq, Eq)]
pub struct Listing {
    /// An index of the plan's shows.
    pub show: usize,
    pub section: String,
    pub seats: Seats,
    pub split_rule: &'static str,
    pub price_cents: u64,
    pub currency: &'static str,
}

/// Which seats.
#[derive(Debug, PartialEq, Eq)]
pub enum Seats {
    Numbered { row: String, seats: Vec<String> },
    General { quantity: u64 },
}

impl Plan {
    /// What follows from a seed, with dates from today on. A larger plan begins with the shows of a smaller.
    pub fn new(size: Size, seed: u64, now_secs: i64) -> Self {
        let today = now_secs.div_euclid(DAY_SECS);
        let mut shows: Vec<Show> = Vec::with_capacity(size.shows);
        let mut attempt = 0;
        while shows.len() < size.shows {
            let show = show(&mut Random::of(seed, SHOW, attempt), today);
            attempt += 1;
            // One show of a title at a house. The names run out long after anybody wants more; then a
            // second evening is put on.
            let is_new = !shows.iter().any(|other| other.title == show.title && other.venue == show.venue);
            if is_new || attempt > 10_000 {
                shows.push(show);
            }
        }
        let sellers = (0..size.sellers).map(|index| seller(index, size, seed, &shows)).collect();
        Self { shows, sellers }
    }
}

fn show(random: &mut Random, today: i64) -> Show {
    let (category, houses, low, high): (_, &[House], _, _) = match random.below(100) {
        0..=41 => ("concert", &[House::Arena, House::Club, House::Stadium], 35, 160),
        42..=60 => ("sports", &[House::Arena, House::Stadium], 25, 120),
        61..=76 => ("theatre", &[House::Theatre], 30, 110),
        77..=84 => ("comedy", &[House::Theatre, House::Club], 20, 55),
        85..=89 => ("festival", &[House::Park], 60, 190),
        90..=94 => ("other", &[House::Theatre, House::Club], 15, 60),
        _ => ("family", &[House::Theatre, House::Arena], 15, 45),
    };
    let fitting: Vec<&Venue> = VENUES.iter().filter(|venue| houses.contains(&venue.house)).collect();
    let venue = *random.pick(&fitting);
    let city = &CITIES[venue.city];
    let (title, performers) = bill(category, city, random);
    Show {
        title,
        category,
        performers,
        venue: venue.name,
        city: city.name,
        time_zone: city.time_zone,
        starts_at: rfc3339(starts_at(category, city, today, random)),
        house: venue.house,
        currency: city.currency,
        price_cents: random.between(low, high) * 100,
    }
}

fn starts_at(category: &str, city: &City, today: i64, random: &mut Random) -> i64 {
    let days = i64::try_from(2 + random.below(DAYS_AHEAD)).unwrap_or(2);
    let (hour, minute) = match category {
        "sports" => *random.pick(&[(13, 0), (15, 0), (19, 5), (20, 45)]),
        "festival" => (12, 0),
        "family" => *random.pick(&[(11, 0), (15, 0)]),
        _ => *random.pick(&[(19, 0), (19, 30), (20, 0), (20, 30)]),
    };
    city.local(today + days, hour, minute)
}

fn bill(category: &str, city: &City, random: &mut Random) -> (String, Vec<String>) {
    let one = |random: &mut Random, from: &[&'static str]| (*random.pick(from)).to_owned();
    match category {
        "concert" => {
            let artist = one(random, &names::ARTISTS);
            let mut performers = vec![artist.clone()];
            let support = one(random, &names::ARTISTS);
            if support != artist && random.percent(60) {
                performers.push(support);
            }
            (format!("{artist}: {}", random.pick(&names::TOURS)), performers)
        }
        "sports" => {
            let home = one(random, city.teams);
            // The guests come from within reach: nobody here plays across an ocean.
            let within_reach = |other: &&City| {
                other.name != city.name && (other.currency == "USD") == (city.currency == "USD")
            };
            let others: Vec<&City> = CITIES.iter().filter(within_reach).collect();
            let guests = *random.pick(&others);
            let away = one(random, guests.teams);
            (format!("{home} v {away}"), vec![home, away])
        }
        "theatre" => (one(random, &names::PLAYS), vec![one(random, &names::COMPANIES)]),
        "comedy" => {
            let comedian = one(random, &names::COMEDIANS);
            (format!("{comedian}: {}", random.pick(&names::COMEDY_SHOWS)), vec![comedian])
        }
        "festival" => {
            let mut performers: Vec<String> = (0..6).map(|_| one(random, &names::ARTISTS)).collect();
            performers.sort();
            performers.dedup();
            (one(random, &names::FESTIVALS), performers)
        }
        "other" => {
            let speaker = one(random, &names::SPEAKERS);
            (format!("{speaker}: {}", random.pick(&names::TALKS)), vec![speaker])
        }
        _ => (one(random, &names::FAMILY_SHOWS), vec![one(random, &names::COMPANIES)]),
    }
}

fn seller(index: usize, size: Size, seed: u64, shows: &[Show]) -> Seller {
    let number = u64::try_from(index).unwrap_or_default();
    let given = names::GIVEN[index % names::GIVEN.len()];
    let family = names::FAMILY[(index / names::GIVEN.len() + index * 7) % names::FAMILY.len()];
    let share = size.listings / size.sellers.max(1);
    let extra = usize::from(index < size.listings % size.sellers.max(1));
    let mut random = Random::of(seed, SELLER, number);
    Seller {
        email: format!("seller{:03}@stagedoor.localhost", index + 1),
        name: format!("{given} {family}"),
        listings: (0..share + extra).map(|_| listing(shows, &mut random)).collect(),
    }
}

fn listing(shows: &[Show], random: &mut Random) -> Listing {
    let index = random.index(shows.len());
    let show = &shows[index];
    let (section, percent_of_price, general) = section(show.house, random);
    let split_rule = *random.pick(&["any", "any", "any", "pairs", "all_together"]);
    let quantity = match split_rule {
        "pairs" => 2 * random.between(1, 3),
        "all_together" => random.between(2, 5),
        _ => *random.pick(&[1, 2, 2, 2, 3, 4, 4, 6]),
    };
    // Fans ask for a little less or more than they paid, and for whole amounts.
    let asked = show.price_cents * percent_of_price * random.between(80, 145) / 10_000;
    Listing {
        show: index,
        section,
        seats: if general { Seats::General { quantity } } else { numbered(show.house, quantity, random) },
        split_rule,
        price_cents: (asked / 50).max(10) * 50,
        currency: show.currency,
    }
}

/// The section, its price in per cent of the ordinary, and whether one stands there.
fn section(house: House, random: &mut Random) -> (String, u64, bool) {
    let number = |random: &mut Random, low, high| random.between(low, high).to_string();
    match house {
        House::Arena => match random.below(10) {
            0..=1 => ("Floor".to_owned(), 150, true),
            2..=5 => (format!("Lower {}", number(random, 101, 124)), 120, false),
            _ => (format!("Upper {}", number(random, 201, 230)), 75, false),
        },
        House::Stadium => match random.below(10) {
            0 => ("Pitch".to_owned(), 160, true),
            1..=4 => (format!("Block {}", number(random, 1, 40)), 110, false),
            _ => (format!("Upper Tier {}", number(random, 301, 348)), 70, false),
        },
        House::Theatre => match random.below(10) {
            0..=3 => ("Stalls".to_owned(), 130, false),
            4..=6 => ("Dress Circle".to_owned(), 110, false),
            _ => ("Balcony".to_owned(), 70, false),
        },
        House::Club => match random.below(10) {
            0..=7 => ("Standing".to_owned(), 100, true),
            _ => ("Gallery".to_owned(), 130, false),
        },
        House::Park => match random.below(10) {
            0..=7 => ("General Admission".to_owned(), 100, true),
            _ => ("Terrace".to_owned(), 180, false),
        },
    }
}

fn numbered(house: House, quantity: u64, random: &mut Random) -> Seats {
    let row = if house == House::Stadium {
        random.between(1, 38).to_string()
    } else {
        random.pick(&["A", "B", "C", "D", "E", "F", "G", "H", "J", "K", "L", "M", "N", "P"]).to_string()
    };
    let first = random.between(1, 28);
    Seats::Numbered { row, seats: (first..first + quantity).map(|seat| seat.to_string()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Size = Size { shows: 200, listings: 3_000, sellers: 20 };
    const SMALL: Size = Size { shows: 24, listings: 200, sellers: 20 };
    const NOW: i64 = 1_804_995_000;

    #[test]
    fn the_full_plan_is_complete_and_without_doubles() {
        let plan = Plan::new(FULL, 1, NOW);
        let mut titles: Vec<_> = plan.shows.iter().map(|show| (&show.title, show.venue)).collect();
        titles.sort();
        titles.dedup();
        assert_eq!(titles.len(), 200);
        assert_eq!(plan.sellers.iter().map(|seller| seller.listings.len()).sum::<usize>(), 3_000);
        let mut emails: Vec<_> = plan.sellers.iter().map(|seller| &seller.email).collect();
        emails.dedup();
        assert_eq!(emails.len(), 20);
    }

    #[test]
    fn a_larger_plan_begins_with_the_shows_of_a_smaller() {
        let titles = |size, count| -> Vec<String> {
            Plan::new(size, 1, NOW).shows.into_iter().take(count).map(|show| show.title).collect()
        };
        assert_eq!(titles(FULL, 24), titles(SMALL, 24));
    }

    #[test]
    fn every_offer_keeps_the_rules_of_the_shop() {
        for listing in Plan::new(FULL, 3, NOW).sellers.iter().flat_map(|seller| &seller.listings) {
            let quantity = match &listing.seats {
                Seats::Numbered { seats, .. } => u64::try_from(seats.len()).unwrap(),
                Seats::General { quantity } => *quantity,
            };
            assert!((1..=8).contains(&quantity));
            assert!(listing.split_rule != "pairs" || quantity % 2 == 0);
            assert!((500..100_000).contains(&listing.price_cents));
        }
    }

    #[test]
    fn every_kind_of_show_is_there() {
        let shows = Plan::new(FULL, 1, NOW).shows;
        for category in ["concert", "sports", "theatre", "comedy", "festival", "family", "other"] {
            let count = shows.iter().filter(|show| show.category == category).count();
            assert!(count >= 3, "{count} shows are of the kind {category}");
        }
    }

    #[test]
    fn every_show_is_in_the_coming_twelve_months() {
        let (today, in_a_year) = (rfc3339(NOW), rfc3339(NOW + 366 * DAY_SECS));
        for show in Plan::new(FULL, 1, NOW).shows {
            assert!(today < show.starts_at && show.starts_at < in_a_year, "{}", show.starts_at);
        }
    }
}
