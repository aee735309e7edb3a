//! Versions of three numbers, as the servers print them.

use std::fmt;

/// Major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// The first `a.b.c` in what a program says about itself.
    pub fn find(text: &str) -> Option<Self> {
        text.split(|c: char| !(c.is_ascii_digit() || c == '.')).find_map(|word| {
            let mut numbers = word.split('.').map(str::parse);
            match (numbers.next()?, numbers.next()?, numbers.next()?) {
                (Ok(major), Ok(minor), Ok(patch)) => Some(Self(major, minor, patch)),
                _ => None,
            }
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(major, minor, patch) = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_each_server_prints() {
        let redis =
            "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d7c971a948f0";
        assert_eq!(Version::find(redis), Some(Version(7, 0, 15)));
        assert_eq!(Version::find("nats-server: v2.14.6\n"), Some(Version(2, 14, 6)));
        assert_eq!(Version::find("db version v6.0.5\nBuild Info: {"), Some(Version(6, 0, 5)));
        assert_eq!(Version::find("nginx version: nginx/1.22.1"), Some(Version(1, 22, 1)));
        assert_eq!(Version::find("no version"), None);
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(Version(2, 12, 6) < Version(2, 12, 10));
        assert!(Version(2, 14, 0) > Version(2, 12, 6));
    }
}
