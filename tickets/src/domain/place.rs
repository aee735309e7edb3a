//! Where a show is on.

/// Whether this is the name of an IANA time zone, such as `Europe/Vienna`.
pub fn is_time_zone(name: &str) -> bool {
    name.parse::<chrono_tz::Tz>().is_ok()
}

/// The form in which city names are compared: `Wien`, `wien` and `WIEN` are one city.
pub fn city_key(city: &str) -> String {
    city.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_do_not_make_another_city() {
        assert_eq!(city_key("ŁÓDŹ"), city_key("Łódź"));
        assert_ne!(city_key("Köln"), city_key("Koln"));
    }

    #[test]
    fn only_names_that_the_time_zone_database_knows_are_time_zones() {
        for name in ["America/New_York", "Europe/London", "Asia/Kolkata", "UTC"] {
            assert!(is_time_zone(name), "{name} was refused");
        }
        for name in ["", "Mars/Olympus_Mons", "GMT+25", "America/new york", "{\"$gt\": \"\"}"] {
            assert!(!is_time_zone(name), "{name} was accepted");
        }
    }
}
