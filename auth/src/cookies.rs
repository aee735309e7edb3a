//! The cookie in which a browser keeps its session: out of reach of scripts, and not sent along by forms
//! of other sites.

use std::time::Duration;

use actix_web::cookie::{Cookie, SameSite, time};
use common::http::{PLAIN_COOKIE, SECURE_COOKIE};
use secrecy::ExposeSecret as _;

use crate::tokens::AccessToken;

/// Writes session cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionCookies {
    /// For production: `Secure`, and bound to the host.
    Secure,
    /// For plain HTTP.
    Plain,
}

impl SessionCookies {
    /// The cookie that carries a token for as long as it lives.
    pub fn with(self, token: &AccessToken, ttl: Duration) -> Cookie<'static> {
        let mut cookie = self.cookie(token.text.expose_secret().to_owned());
        cookie.set_max_age(time::Duration::try_from(ttl).unwrap_or(time::Duration::ZERO));
        cookie
    }

    /// The cookie that makes a browser forget its session.
    pub fn removal(self) -> Cookie<'static> {
        let mut cookie = self.cookie(String::new());
        cookie.make_removal();
        cookie
    }

    fn cookie(self, value: String) -> Cookie<'static> {
        let (name, secure) = match self {
            Self::Secure => (SECURE_COOKIE, true),
            Self::Plain => (PLAIN_COOKIE, false),
        };
        Cookie::build(name, value).path("/").http_only(true).same_site(SameSite::Lax).secure(secure).finish()
    }
}

#[cfg(test)]
mod tests {
    use common::clock::Timestamp;

    use super::*;

    fn token() -> AccessToken {
        AccessToken { text: "a.b.c".into(), expires_at: Timestamp::from_millis(0).unwrap() }
    }

    #[test]
    fn in_production_the_cookie_is_bound_to_the_host_and_to_tls() {
        let cookie = SessionCookies::Secure.with(&token(), Duration::from_mins(10)).to_string();
        assert_eq!(cookie, "__Host-stagedoor=a.b.c; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600");
    }

    #[test]
    fn without_tls_it_is_the_same_under_a_plain_name() {
        let cookie = SessionCookies::Plain.with(&token(), Duration::from_mins(10)).to_string();
        assert_eq!(cookie, "stagedoor=a.b.c; HttpOnly; SameSite=Lax; Path=/; Max-Age=600");
    }

    #[test]
    fn signing_out_empties_the_cookie() {
        let cookie = SessionCookies::Secure.removal().to_string();
        assert!(
            cookie.starts_with("__Host-stagedoor=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0"),
            "{cookie}"
        );
    }
}
