//! The time of day and of the year, without a time library: xtask builds in seconds.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds in a day.
pub const DAY_SECS: i64 = 86_400;

/// Seconds since 1970, UTC.
#[expect(clippy::disallowed_methods, reason = "the one place where xtask looks at the clock")]
pub fn now_secs() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs().try_into().unwrap_or(i64::MAX))
}

/// `09:41:07`, UTC.
pub fn time_of_day(secs: i64) -> String {
    let second = secs.rem_euclid(DAY_SECS);
    format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
}

/// `2027-03-14T19:30:00Z`.
pub fn rfc3339(secs: i64) -> String {
    let (year, month, day) = date(secs.div_euclid(DAY_SECS));
    format!("{year:04}-{month:02}-{day:02}T{}Z", time_of_day(secs))
}

/// Year, month and day of the n-th day since 1970 (Howard Hinnant's `civil_from_days`).
pub fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// 0 for Sunday to 6 for Saturday, of the n-th day since 1970.
pub fn weekday(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_dates() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(rfc3339(1_804_995_000), "2027-03-14T03:30:00Z");
    }

    #[test]
    fn the_fourteenth_of_march_2027_is_a_sunday() {
        assert_eq!(weekday(1_804_995_000 / DAY_SECS), 0);
    }
}
