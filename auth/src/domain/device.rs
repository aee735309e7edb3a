//! What a user can tell his devices by.

use serde::{Deserialize, Serialize};

use super::text::is_invisible;

/// Browsers use about a hundred characters.
pub const MAX_USER_AGENT_CHARS: usize = 256;

/// What a browser or program calls itself: visible characters, cut where it gets long. To be shown to its
/// user and believed by nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserAgent(String);

impl UserAgent {
    /// What a request said, if it said anything.
    pub fn seen(text: &str) -> Option<Self> {
        let visible = text.trim().chars().filter(|c| !is_invisible(*c));
        let shown: String = visible.take(MAX_USER_AGENT_CHARS).collect();
        if shown.is_empty() { None } else { Some(Self(shown)) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_as_it_came_within_bounds() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(UserAgent::seen(firefox).unwrap().as_str(), firefox);
        let long = UserAgent::seen(&"x".repeat(10_000)).unwrap();
        assert_eq!(long.as_str().len(), MAX_USER_AGENT_CHARS);
        assert_eq!(UserAgent::seen("curl\u{202e}\u{0}").unwrap().as_str(), "curl");
        assert_eq!(UserAgent::seen(" \u{200b}"), None);
    }
}
