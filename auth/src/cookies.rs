//! The cookies in which a browser keeps its session: out of reach of scripts, and not sent along by forms
//! of other sites. One carries the access token to every route, the other one the refresh token to the
//! routes about sessions alone.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time},
};
use common::http::{PLAIN_COOKIE, SECURE_COOKIE};
use secrecy::ExposeSecret as _;

use crate::{domain::refresh_token::RefreshToken, tokens::AccessToken};

/// The refresh token's cookie in production. `__Host-` would want it on all paths.
const SECURE_REFRESH_COOKIE: &str = "__Secure-stagedoor-refresh";
/// The refresh token's cookie on plain HTTP.
const PLAIN_REFRESH_COOKIE: &str = "stagedoor-refresh";
/// The only routes that a browser shows its refresh token to.
const REFRESH_PATH: &str = "/api/users/sessions";

/// Writes session cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionCookies {
    /// For production: `Secure`, and bound to the host.
    Secure,
    /// For plain HTTP.
    Plain,
}

impl SessionCookies {
    /// The cookies that carry these tokens for as long as they live.
    pub fn carrying(
        self,
        access: &AccessToken,
        access_ttl: Duration,
        refresh: &RefreshToken,
        refresh_ttl: Duration,
    ) -> [Cookie<'static>; 2] {
        let mut cookies = [
            self.access(access.text.expose_secret().to_owned()),
            self.refresh(refresh.text().expose_secret().to_owned()),
        ];
        for (cookie, ttl) in cookies.iter_mut().zip([access_ttl, refresh_ttl]) {
            cookie.set_max_age(time::Duration::try_from(ttl).unwrap_or(time::Duration::ZERO));
        }
        cookies
    }

    /// The cookies that make a browser forget its session.
    pub fn removals(self) -> [Cookie<'static>; 2] {
        let mut cookies = [self.access(String::new()), self.refresh(String::new())];
        cookies.iter_mut().for_each(Cookie::make_removal);
        cookies
    }

    /// The refresh token that a browser shows, if it is one.
    pub fn refresh_token(self, request: &HttpRequest) -> Option<RefreshToken> {
        let name = match self {
            Self::Secure => SECURE_REFRESH_COOKIE,
            Self::Plain => PLAIN_REFRESH_COOKIE,
        };
        request.cookie(name)?.value().parse().ok()
    }

    fn access(self, value: String) -> Cookie<'static> {
        let (name, secure) = match self {
            Self::Secure => (SECURE_COOKIE, true),
            Self::Plain => (PLAIN_COOKIE, false),
        };
        Cookie::build(name, value).path("/").http_only(true).same_site(SameSite::Lax).secure(secure).finish()
    }

    /// No link of another site leads to a route that wants it, hence strict.
    fn refresh(self, value: String) -> Cookie<'static> {
        let (name, secure) = match self {
            Self::Secure => (SECURE_REFRESH_COOKIE, true),
            Self::Plain => (PLAIN_REFRESH_COOKIE, false),
        };
        let cookie = Cookie::build(name, value).path(REFRESH_PATH).http_only(true);
        cookie.same_site(SameSite::Strict).secure(secure).finish()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use common::clock::Timestamp;

    use super::*;
    use crate::domain::renewal::tests::token;

    fn carrying(cookies: SessionCookies) -> [String; 2] {
        let access = AccessToken { text: "a.b.c".into(), expires_at: Timestamp::from_millis(0).unwrap() };
        let (minutes, hours) = (Duration::from_mins(10), Duration::from_hours(1));
        cookies.carrying(&access, minutes, &token(0), hours).map(|cookie| cookie.to_string())
    }

    #[test]
    fn in_production_the_cookies_are_bound_to_the_host_and_to_tls() {
        let [access, refresh] = carrying(SessionCookies::Secure);
        assert_eq!(access, "__Host-stagedoor=a.b.c; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600");
        let text = token(0).text();
        let expected = format!(
            "__Secure-stagedoor-refresh={}; HttpOnly; SameSite=Strict; Secure; Path=/api/users/sessions; Max-Age=3600",
            text.expose_secret(),
        );
        assert_eq!(refresh, expected);
    }

    #[test]
    fn without_tls_they_are_the_same_under_plain_names() {
        let [access, refresh] = carrying(SessionCookies::Plain);
        assert_eq!(access, "stagedoor=a.b.c; HttpOnly; SameSite=Lax; Path=/; Max-Age=600");
        assert!(refresh.starts_with("stagedoor-refresh="), "{refresh}");
        let rest = "; HttpOnly; SameSite=Strict; Path=/api/users/sessions; Max-Age=3600";
        assert!(refresh.ends_with(rest), "{refresh}");
    }

    #[test]
    fn signing_out_empties_both_cookies() {
        let [access, refresh] = SessionCookies::Secure.removals().map(|cookie| cookie.to_string());
        let expected = "__Host-stagedoor=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0";
        assert!(access.starts_with(expected), "{access}");
        assert!(refresh.starts_with("__Secure-stagedoor-refresh=; "), "{refresh}");
        assert!(refresh.contains("Path=/api/users/sessions; Max-Age=0"), "{refresh}");
    }

    #[test]
    fn behind_tls_a_cookie_of_the_plain_name_is_not_taken() {
        let shown = |name: &'static str| {
            let cookie = Cookie::new(name, token(0).text().expose_secret().to_owned());
            TestRequest::default().cookie(cookie).to_http_request()
        };
        let (plain, secure) = (shown(PLAIN_REFRESH_COOKIE), shown(SECURE_REFRESH_COOKIE));
        assert_eq!(SessionCookies::Secure.refresh_token(&secure), Some(token(0)));
        assert_eq!(SessionCookies::Secure.refresh_token(&plain), None);
        assert_eq!(SessionCookies::Plain.refresh_token(&plain), Some(token(0)));
    }
}
