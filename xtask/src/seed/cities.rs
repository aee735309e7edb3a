//! Real cities with their time zones, and houses in them that could be real.

use crate::clock::{DAY_SECS, date, weekday};

/// What kind of house it is, which decides its sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum House {
    Arena,
    Stadium,
    Theatre,
    Club,
    Park,
}

/// A house.
#[derive(Debug, Clone, Copy)]
pub struct Venue {
    pub name: &'static str,
    pub house: House,
    /// An index of [`CITIES`].
    pub city: usize,
}

/// A city.
#[derive(Debug, Clone, Copy)]
pub struct City {
    pub name: &'static str,
    pub time_zone: &'static str,
    pub currency: &'static str,
    /// What its sports teams are called after; empty if we made up none.
    pub teams: &'static [&'static str],
    offset_hours: i64,
    summer_time: SummerTime,
}

#[derive(Debug, Clone, Copy)]
enum SummerTime {
    Europe,
    America,
    Never,
}

impl City {
    /// The instant at which the clocks of the city show this hour and minute of the day.
    pub fn local(&self, day: i64, hour: i64, minute: i64) -> i64 {
        let summer = i64::from(self.summer_time.holds_on(day));
        day * DAY_SECS + (hour - self.offset_hours - summer) * 3_600 + minute * 60
    }
}

impl SummerTime {
    /// Whether the clocks are put forward in the evening of that day.
    fn holds_on(self, day: i64) -> bool {
        let (_, month, day_of_month) = date(day);
        // Sundays of this month up to and with this day.
        let last_sunday = day_of_month - weekday(day);
        match self {
            Self::Never => false,
            Self::Europe => match month {
                4..=9 => true,
                3 => last_sunday >= 25,
                10 => last_sunday < 25,
                _ => false,
            },
            Self::America => match month {
                4..=10 => true,
                3 => last_sunday >= 8,
                11 => last_sunday < 1,
                _ => false,
            },
        }
    }
}

const fn america(
    name: &'static str,
    time_zone: &'static str,
    offset_hours: i64,
    teams: &'static [&'static str],
) -> City {
    City { name, time_zone, currency: "USD", teams, offset_hours, summer_time: SummerTime::America }
}

const fn europe(
    name: &'static str,
    time_zone: &'static str,
    offset_hours: i64,
    teams: &'static [&'static str],
) -> City {
    City { name, time_zone, currency: "EUR", teams, offset_hours, summer_time: SummerTime::Europe }
}

const fn britain(name: &'static str, teams: &'static [&'static str]) -> City {
    let summer_time = SummerTime::Europe;
    City { name, time_zone: "Europe/London", currency: "GBP", teams, offset_hours: 0, summer_time }
}

const PHOENIX: City = City {
    name: "Phoenix",
    time_zone: "America/Phoenix",
    currency: "USD",
    teams: &["Phoenix Roadrunners", "Phoenix Copper"],
    offset_hours: -7,
    summer_time: SummerTime::Never,
};

/// The cities.
pub const CITIES: [City; 20] = [
    america("New York", "America/New_York", -5, &["New York Ferrymen", "New York Lanterns"]),
    america("Boston", "America/New_York", -5, &["Boston Clippers", "Boston Lamplighters"]),
    america("Chicago", "America/Chicago", -6, &["Chicago Gales", "Chicago Ironworks"]),
    america("Nashville", "America/Chicago", -6, &["Nashville Mockingbirds"]),
    america("Denver", "America/Denver", -7, &["Denver Summits", "Denver Bighorns"]),
    PHOENIX,
    america("Los Angeles", "America/Los_Angeles", -8, &["Los Angeles Palms", "Los Angeles Breakers"]),
    america("Seattle", "America/Los_Angeles", -8, &["Seattle Orcas", "Seattle Evergreens"]),
    britain("London", &["London Wharf FC", "Camden Rovers"]),
    britain("Manchester", &["Manchester Weavers FC"]),
    britain("Edinburgh", &["Edinburgh Thistle"]),
    europe("Dublin", "Europe/Dublin", 0, &["Dublin Harbour RFC"]),
    europe("Paris", "Europe/Paris", 1, &["Racing Belleville", "Paris Canal"]),
    europe("Berlin", "Europe/Berlin", 1, &["SV Spree Berlin", "Berlin Kranich"]),
    europe("Hamburg", "Europe/Berlin", 1, &["Hamburger Elbe 09"]),
    europe("Amsterdam", "Europe/Amsterdam", 1, &["Amstel Sport"]),
    europe("Madrid", "Europe/Madrid", 1, &["Atletico Retiro"]),
    europe("Rome", "Europe/Rome", 1, &["Trastevere Calcio"]),
    europe("Vienna", "Europe/Vienna", 1, &["Wiener Prater SC"]),
    europe("Helsinki", "Europe/Helsinki", 2, &["Helsinki Halla"]),
];

const fn venue(name: &'static str, house: House, city: usize) -> Venue {
    Venue { name, house, city }
}

/// The houses.
pub const VENUES: [Venue; 48] = [
    venue("Hudson Yard Arena", House::Arena, 0),
    venue("The Lyric on 44th", House::Theatre, 0),
    venue("Mercury Room", House::Club, 0),
    venue("Ferry Point Stadium", House::Stadium, 0),
    venue("Harborlight Arena", House::Arena, 1),
    venue("Beacon Hill Playhouse", House::Theatre, 1),
    venue("Lakefront Arena", House::Arena, 2),
    venue("The Orpheum on State", House::Theatre, 2),
    venue("Prairie Field", House::Stadium, 2),
    venue("Cumberland Hall", House::Theatre, 3),
    venue("The Bluebird Attic", House::Club, 3),
    venue("Riverside Green", House::Park, 3),
    venue("Front Range Center", House::Arena, 4),
    venue("Red Mesa Park", House::Park, 4),
    venue("Saguaro Center", House::Arena, 5),
    venue("Encanto Stage", House::Theatre, 5),
    venue("Sunset Forum", House::Arena, 6),
    venue("The Marquee on Vine", House::Club, 6),
    venue("Pacific Bowl", House::Stadium, 6),
    venue("Elliott Bay Arena", House::Arena, 7),
    venue("Pike Street Theatre", House::Theatre, 7),
    venue("Royal Wharf Arena", House::Arena, 8),
    venue("The Aldgate Empire", House::Theatre, 8),
    venue("Cellar Street", House::Club, 8),
    venue("Lea Valley Park", House::Park, 8),
    venue("Wharf Lane Ground", House::Stadium, 8),
    venue("Irwell Arena", House::Arena, 9),
    venue("Cottonworks", House::Club, 9),
    venue("Leith Playhouse", House::Theatre, 10),
    venue("The Grassmarket Vaults", House::Club, 10),
    venue("Docklands Hall", House::Arena, 11),
    venue("The Liffey Theatre", House::Theatre, 11),
    venue("Arena du Canal", House::Arena, 12),
    venue("Théâtre des Lilas", House::Theatre, 12),
    venue("Stade de Belleville", House::Stadium, 12),
    venue("Spreehalle", House::Arena, 13),
    venue("Theater am Ostkreuz", House::Theatre, 13),
    venue("Tempelfeld", House::Park, 13),
    venue("Elbarena", House::Arena, 14),
    venue("Kaiserspeicher", House::Club, 14),
    venue("IJ Hall", House::Arena, 15),
    venue("De Oude Rederij", House::Club, 15),
    venue("Palacio del Retiro", House::Arena, 16),
    venue("Teatro Lavapiés", House::Theatre, 16),
    venue("Arena Ostiense", House::Arena, 17),
    venue("Teatro Testaccio", House::Theatre, 17),
    venue("Praterhalle", House::Arena, 18),
    venue("Kallio Hall", House::Arena, 19),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::rfc3339;

    fn city(name: &str) -> City {
        CITIES.into_iter().find(|city| city.name == name).unwrap()
    }

    #[test]
    fn eight_in_the_evening_is_found_on_both_sides_of_the_change_of_clocks() {
        // 2027-03-27 is the Saturday before Europe changes; America has changed on the 14th.
        let saturday = 20_904;
        assert_eq!(rfc3339(city("Berlin").local(saturday, 20, 0)), "2027-03-27T19:00:00Z");
        assert_eq!(rfc3339(city("Berlin").local(saturday + 1, 20, 0)), "2027-03-28T18:00:00Z");
        assert_eq!(rfc3339(city("New York").local(saturday, 20, 0)), "2027-03-28T00:00:00Z");
        assert_eq!(rfc3339(city("Phoenix").local(saturday, 20, 30)), "2027-03-28T03:30:00Z");
    }

    #[test]
    fn winter_time_comes_back() {
        // 2027-10-30 is the Saturday before Europe changes back, 2027-11-07 the Sunday that America does.
        assert_eq!(rfc3339(city("London").local(21_121, 20, 0)), "2027-10-30T19:00:00Z");
        assert_eq!(rfc3339(city("London").local(21_122, 20, 0)), "2027-10-31T20:00:00Z");
        assert_eq!(rfc3339(city("Chicago").local(21_128, 20, 0)), "2027-11-07T01:00:00Z");
        assert_eq!(rfc3339(city("Chicago").local(21_129, 20, 0)), "2027-11-08T02:00:00Z");
    }

    #[test]
    fn every_venue_is_in_a_city() {
        assert!(VENUES.iter().all(|venue| venue.city < CITIES.len()));
    }
}
